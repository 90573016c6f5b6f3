"""Installations that tests may break: with a broker and a database server of their own, so that nobody else is harmed."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import report, suite_processes
from tests.backend_fixtures import owned, required
from tests.backend_servers import Program, Server
from tests.backends import postgres, rabbitmq
from tests.suite_clients import eventually
from tests.suite_processes import Installation

# The long form is for by hand: minutes become hours.
LONG = bool(os.environ.get("KONTOR_RELIABILITY_LONG"))
SEED = int(os.environ[report.SEED])


@dataclass(frozen=True)
class Breakable:
    installation: Installation
    # Only in the split profile.
    postgres: Server | None = None
    rabbitmq: Server | None = None
    bus_url: str = ""


@contextmanager
def breakable_embedded() -> Iterator[Breakable]:
    with suite_processes.running(suite_processes.embedded) as installation:
        yield Breakable(installation)


@contextmanager
def breakable_split() -> Iterator[Breakable]:
    with required("postgres", postgres()) as database, required("rabbitmq", rabbitmq()) as broker:
        servers = owned(database.server, "KONTOR_TEST_DATABASE_URL"), owned(broker.server, "KONTOR_TEST_BUS_URL")

        def make(folder: Path) -> Installation:
            return suite_processes.split(folder, postgres=database, bus_url=broker.url)

        with suite_processes.running(make) as installation:
            yield Breakable(installation, *servers, broker.url)


def kill(process: Program) -> None:
    """kill -9, and see that none of its children is left behind."""
    children = _children(process.pid) if process.pid is not None else set()
    process.kill()
    eventually(lambda: not any(_runs(child) for child in children))


def _children(pid: int) -> set[int]:
    """Those of all its threads; empty where there is no /proc."""
    return {int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()}


def _runs(pid: int) -> bool:
    try:
        # The state follows the name in parentheses (proc(5)); a zombie waits for whoever has inherited it.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def stop_at_once(server: Server) -> None:
    """PostgreSQL's "immediate": as after a power cut, it has to recover when it starts."""
    if isinstance(server, Program):
        server.stop_signal = signal.SIGQUIT
        server.stop()
        server.stop_signal = signal.SIGINT
    else:
        server.kill()
