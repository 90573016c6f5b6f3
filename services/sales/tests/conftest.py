"""A running sales service per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kontor_chassis.testing import Harness, harness
from kontor_sales.service import SERVICE


@pytest.fixture
async def sales(tmp_path: Path) -> AsyncIterator[Harness]:
    async with harness(SERVICE, tmp_path) as running:
        yield running
