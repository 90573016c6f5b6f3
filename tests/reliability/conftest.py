"""One installation of each profile that may be broken; each test leaves it running and whole."""

from collections.abc import Iterator

import pytest

from tests.reliability.broken import SEED, Breakable, breakable_embedded, breakable_split


@pytest.fixture(scope="session")
def fragile() -> Iterator[Breakable]:
    """The embedded suite."""
    with breakable_embedded() as breakable:
        yield breakable


@pytest.fixture(scope="session")
def fragile_split() -> Iterator[Breakable]:
    """The suite as a process per service, on a broker and a database server of its own."""
    with breakable_split() as breakable:
        yield breakable


def pytest_report_header() -> str:
    return f"reliability seed: {SEED} (KONTOR_RELIABILITY_SEED)"
