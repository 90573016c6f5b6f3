"""Backends as pytest fixtures, started once per session and only when a test asks for one.

Where a backend is missing its tests are skipped with the reason, and the end of the report counts them, so that nobody takes a
green run for a full one. `KONTOR_REQUIRE_BACKENDS=postgres,rabbitmq` names those whose absence is a failure.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

import pytest

from tests import backends
from tests.backend_servers import Server

T = TypeVar("T")
_skipped: Counter[str] = Counter()
_MARK = "backend missing: "


@contextmanager
def required(name: str, backend: AbstractContextManager[T]) -> Iterator[T]:
    """The running backend; skips the test where there is none, or fails it where the environment requires it."""
    with ExitStack() as stack:
        missing = ""
        try:
            running = stack.enter_context(backend)
        except backends.BackendMissing as error:
            missing = str(error)
        if missing and name in os.environ.get("KONTOR_REQUIRE_BACKENDS", "").replace(" ", "").split(","):
            pytest.fail(f"KONTOR_REQUIRE_BACKENDS asks for {name}, but {missing}", pytrace=False)
        if missing:
            pytest.skip(f"{_MARK}{missing}")
        yield running


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[backends.Rabbit]:
    with required("rabbitmq", backends.rabbitmq()) as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[backends.Postgres]:
    with required("postgres", backends.postgres(durable=False)) as running:
        yield running


@pytest.fixture(scope="session")
def meilisearch() -> Iterator[backends.Meilisearch]:
    with required("meilisearch", backends.meilisearch()) as running:
        yield running


@pytest.fixture(scope="session")
def object_store() -> Iterator[backends.ObjectStore]:
    with required("s3", backends.object_store()) as running:
        yield running


def owned(server: Server | None, variable: str) -> Server:
    """The server for a test that stops it; skips where somebody else runs it."""
    if server is None:
        pytest.skip(f"{_MARK}the server of {variable} is not ours to stop")
    return server


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        _, mark, reason = report.longrepr[2].partition(_MARK)
        if mark:
            _skipped[reason] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason, count in sorted(_skipped.items()):
        terminalreporter.write_line(f"NOT TESTED: {count} skipped, {reason}", red=True, bold=True)
