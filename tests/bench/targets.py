"""Something that answers HTTP and is measured: an installation of the suite, or the baseline."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.backend_servers import Program, Server
from tests.bench.bare import Setting
from tests.bench.processes import processor_seconds
from tests.bench.world import World
from tests.suite_clients import Person, sign_in
from tests.suite_processes import OWNER_EMAIL, Installation, choose_ports

# Less than that of one processor within a second is no work, only heartbeats.
_QUIET_SHARE = 0.08
_QUIET_AFTER = 2
_LONGEST_WAIT = 600.0


@dataclass(frozen=True)
class Target:
    host: str
    port: int
    # Process id by name; their children count too.
    watch: Mapping[str, int]
    # The baseline asks nobody who he is.
    token: str = "none"
    # Only where the target is the suite.
    smtp_port: int = 0
    owner: Person | None = field(default=None, repr=False)

    def settle(self) -> float:
        """Wait until the processes have nothing more to do; answers how many seconds they had."""
        began = last_busy = time.monotonic()
        before = sum(processor_seconds(self.watch).values())
        while time.monotonic() - last_busy < _QUIET_AFTER and time.monotonic() - began < _LONGEST_WAIT:
            time.sleep(1)
            after = sum(processor_seconds(self.watch).values())
            if after - before > _QUIET_SHARE * max(1, len(self.watch) / 2):
                last_busy = time.monotonic()
            before = after
        return last_busy - began


def suite_target(installation: Installation, backends: Mapping[str, int]) -> Target:
    """The running installation, seen by its owner. `backends` are the processes beside it."""
    owner = sign_in(installation, OWNER_EMAIL)
    address = urlsplit(installation.http_url)
    watch = {name: pid_of(process) for name, process in installation.processes.items()} | dict(backends)
    return Target(address.hostname or "", address.port or 0, watch, owner.token, installation.smtp_port, owner)


@contextmanager
def bare_target(world: World, *, contacts: str, tasks: str, folder: Path, backends: Mapping[str, int]) -> Iterator[Target]:
    """The running baseline on these databases."""
    [port] = choose_ports(1)
    setting = Setting(port=port, account_id=world.account_id, contacts=contacts, tasks=tasks)
    folder.mkdir()
    command = [sys.executable, "-m", "tests.bench.bare", json.dumps(asdict(setting))]
    root = Path(__file__).parents[2]
    program = Program(
        command=command,
        answers=lambda: _answers(port),
        folder=folder,
        environment={"PYTHONPATH": str(root)},
    )
    program.start()
    try:
        yield Target("127.0.0.1", port, {"bare": pid_of(program), **backends})
    finally:
        program.stop()


def _answers(port: int) -> None:
    httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).raise_for_status()


def pid_of(program: Program) -> int:
    """Of a program that runs."""
    process: subprocess.Popen[bytes] | None = program._process
    assert process is not None
    return process.pid


def backend_pids(**servers: Server | None) -> dict[str, int]:
    """Those that we started ourselves; what a server of the environment does cannot be seen from here."""
    return {name: pid_of(server) for name, server in servers.items() if isinstance(server, Program)}
