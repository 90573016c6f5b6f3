"""One installation of each profile that may be broken; each test leaves it running and whole."""

from collections.abc import Iterator

import pytest

from tests.reliability.broken import Breakable, breakable_embedded, breakable_split
from tests.reliability.figures import Figures, Tell
from tests.report import FIGURES


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


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Has figures shown at the end of the report."""

    def remember(figures: Figures) -> None:
        request.node.user_properties.append((FIGURES, str(figures)))

    return remember
