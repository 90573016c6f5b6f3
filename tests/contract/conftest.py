"""Fixtures of the contract suites: every port's suite runs once per adapter."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.bus_harness import Harness


@pytest.fixture(params=["local", "rabbitmq"])
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """A storage for buses, on each adapter."""
    if request.param == "local":
        made = Harness(adapter="local", storage=str(tmp_path / "bus" / "queues.db"))
    else:
        made = Harness(adapter="rabbitmq", storage=request.getfixturevalue("rabbitmq").url)
    yield made
    await made.close()
