"""A running tasks service per test, on each database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kontor_chassis.testing import Harness, harness
from kontor_tasks.service import SERVICE


@pytest.fixture(params=["sqlite", "postgresql"])
async def tasks(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    settings = {}
    if request.param == "postgresql":
        settings["database_url"] = request.getfixturevalue("postgres").create_migrated(SERVICE.name, SERVICE.migrations)
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        yield running
