"""One installation of each profile that may be broken; each test leaves it running and whole."""

from collections.abc import Iterator

import pytest

from tests.reliability.broken import SEED, Breakable, breakable_embedded, breakable_split
from tests.reliability.figures import TOLD, Figures, Tell


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


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Has figures shown with the name of the test."""
    told = request.config.stash.setdefault(TOLD, [])

    def remember(figures: Figures) -> None:
        told.append((request.node.nodeid.rpartition("/")[2], figures))

    return remember


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if told := config.stash.get(TOLD, []):
        terminalreporter.section("bad days")
        for name, figures in told:
            terminalreporter.line(f"{name}\n    {figures}")
