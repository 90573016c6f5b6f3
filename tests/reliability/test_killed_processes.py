"""R1, R4: whatever process is killed when, nothing acknowledged is lost and nothing is there twice (I3)."""

import random
import time
from pathlib import Path

from tests.reliability.broken import LONG, SEED, Breakable, kill
from tests.reliability.figures import Tell
from tests.reliability.ledger import Load, compare
from tests.suite_clients import open_team


def test_the_embedded_suite_killed_at_random_under_load_loses_and_doubles_nothing(fragile: Breakable, tmp_path: Path, tell: Tell) -> None:
    installation, chance = fragile.installation, random.Random(SEED)
    load = Load(open_team(installation), tmp_path)
    with load:
        for _ in range(50 if LONG else 4):
            load.progresses()
            time.sleep(chance.uniform(0, 1))
            kill(installation.processes["suite"])
            installation.start()
        load.progresses()

    tell(compare(load))


def test_processes_of_the_split_suite_killed_at_random_lose_and_double_nothing(
    fragile_split: Breakable, tmp_path: Path, tell: Tell
) -> None:
    """Two at a time, so that callers and called, tellers and told die together too; each process has its turn."""
    installation, chance = fragile_split.installation, random.Random(SEED)
    load = Load(open_team(installation), tmp_path)
    with load:
        for _ in range(50 if LONG else 1):
            names = list(installation.processes)
            chance.shuffle(names)
            for pair in zip(names[::2], names[1::2], strict=True):
                load.progresses()
                time.sleep(chance.uniform(0, 0.5))
                for name in pair:
                    kill(installation.processes[name])
                installation.start(pair)
        load.progresses()

    tell(compare(load))
