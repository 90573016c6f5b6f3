"""What a whole run gave, as JSON files keep it."""

import json
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.measured import Measured


@dataclass
class Subject:
    """What was measured of one installation, or of the baseline on one database. Times in seconds, but in Measured."""

    cases: dict[str, Measured] = field(default_factory=dict)
    # The same with one connection instead of many: what an answer takes when nobody waits in line.
    alone: dict[str, Measured] = field(default_factory=dict)
    # By process: from its start to its readiness, the first time (tables are made) and later ones.
    first_start: dict[str, float] = field(default_factory=dict)
    later_start: dict[str, float] = field(default_factory=dict)
    # Bytes by process: ten seconds after the start, and after all cases.
    idle_memory: dict[str, int] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    # Seconds until a deposited mail stood on the timeline, until a new person was found; each a list of tries.
    mail_on_timeline: list[float] = field(default_factory=list)
    found_by_search: list[float] = field(default_factory=list)
    load_seconds: float = 0.0
    reindexed_documents: int = 0
    reindex_seconds: float = 0.0
    # All records compared with those that may be the same, and the pairs that were found.
    scan_seconds: float = 0.0
    scan_found: int = 0
    # A tag for one person of ten; `alone` holds the single writes before and meanwhile.
    bulk_seconds: float = 0.0
    bulk_records: int = 0
    # How long the mails of the SMTP case were still being read and filed after the last one.
    mail_backlog_seconds: float = 0.0


@dataclass
class Results:
    people: int
    seconds: float
    connections: int
    machine: dict[str, str]
    # `embedded`, `split`, `bare-sqlite`, `bare-postgresql`
    subjects: dict[str, Subject] = field(default_factory=dict)
    # What could not be measured here, and why.
    missing: list[str] = field(default_factory=list)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n")


def load_results(path: Path) -> Results:
    content = json.loads(path.read_text())
    content["subjects"] = {name: _subject(values) for name, values in content["subjects"].items()}
    return Results(**content)


def _subject(values: dict[str, Any]) -> Subject:
    for name in ("cases", "alone"):
        values[name] = {case: Measured(**content) for case, content in values[name].items()}
    return Subject(**values)


def machine() -> dict[str, str]:
    """What somebody who compares has to know of the machine."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    pages = next(line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {
        "processor": f"{len(models)} × {models[0]}" if models else platform.machine(),
        "memory": f"{int(pages) / 1024 / 1024:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
