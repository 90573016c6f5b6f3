"""Installations as pytest fixtures: one per profile and session, shared by all stories, each of which works in an account of its own.

The split one is skipped loudly where PostgreSQL or RabbitMQ is missing; without Meilisearch it uses the embedded index.
What starts them is imported when a test asks for one: the suite is large, and most tests below this folder do without.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.backends import Meilisearch, Postgres, Rabbit
    from tests.suite_clients import Team
    from tests.suite_processes import Installation

PROFILES = ("embedded", "split")


@pytest.fixture(scope="session")
def embedded() -> Iterator[Installation]:
    from tests import suite_processes

    with suite_processes.running(suite_processes.embedded) as installation:
        yield installation


@pytest.fixture(scope="session")
def split(request: pytest.FixtureRequest, postgres: Postgres, rabbitmq: Rabbit) -> Iterator[Installation]:
    from tests import suite_processes

    search: Meilisearch | None = None
    try:
        search = request.getfixturevalue("meilisearch")
    except pytest.skip.Exception as skipped:
        warnings.warn(f"the split profile runs on the embedded index: {skipped}", stacklevel=1)
    with suite_processes.running(
        lambda folder: suite_processes.split(folder, postgres=postgres, bus_url=rabbitmq.url, search=search)
    ) as installation:
        yield installation


@pytest.fixture(scope="session", params=PROFILES)
def installation(request: pytest.FixtureRequest) -> Installation:
    """A running installation; every test that asks for it runs in both profiles."""
    running: Installation = request.getfixturevalue(request.param)
    return running


@pytest.fixture
def team(installation: Installation) -> Team:
    """A fresh account."""
    from tests.suite_clients import open_team

    return open_team(installation)
