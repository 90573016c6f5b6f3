"""Fixtures of the contract suites: every port's suite runs once per adapter."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kontor_chassis.blobs.s3_address import S3Address, parse_address
from kontor_chassis.db.database import Database
from kontor_chassis.db.sessions import Sessions
from kontor_search.index.embedded import embedded_index
from kontor_search.index.live import Index
from kontor_search.index.meilisearch import meilisearch_index
from tests.backends import ObjectStore
from tests.contract.blob_harness import BlobPlace, disk_place, s3_place
from tests.contract.bus_harness import Harness
from tests.contract.database_harness import DatabasePlace, postgresql_place, sessions_of, sqlite_place
from tests.contract.index_harness import NOW, Maker
from tests.databases import DIALECTS


@pytest.fixture(params=["local", "rabbitmq"])
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """A storage for buses, on each adapter."""
    if request.param == "local":
        made = Harness(adapter="local", storage=str(tmp_path / "bus" / "queues.db"))
    else:
        made = Harness(adapter="rabbitmq", storage=request.getfixturevalue("rabbitmq").url)
    yield made
    await made.close()


@pytest.fixture(params=["embedded", "meilisearch"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Maker:
    """Makes indexes, not started, that all keep the same place."""
    if request.param == "embedded":
        return lambda: embedded_index(tmp_path / "index", clock=lambda: NOW)
    server = request.getfixturevalue("meilisearch")
    name = f"test-{uuid.uuid4().hex}"
    return lambda: meilisearch_index(server.url, api_key=server.key, name=name, clock=lambda: NOW)


@pytest.fixture
async def index(make: Maker) -> AsyncIterator[Index]:
    index = make()
    await index.start()
    yield index
    if index.ready():
        await index.stop()


@pytest.fixture
async def reopen(make: Maker, index: Index) -> AsyncIterator[Callable[[], Awaitable[Index]]]:
    """Stops the index and starts another one in its place."""
    opened: list[Index] = []

    async def reopen() -> Index:
        await index.stop()
        opened.append(make())
        await opened[0].start()
        return opened[0]

    yield reopen
    for again in opened:
        await again.stop()


@pytest.fixture
def s3_address(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> S3Address:
    """A part of the bucket that no other test uses, and the environment to be let in."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    bucket = parse_address(object_store.url)
    return replace(bucket, prefix=bucket.name_of(f"test-{uuid.uuid4().hex}"))


@pytest.fixture(params=["disk", "s3"])
def blob_place(request: pytest.FixtureRequest, tmp_path: Path) -> BlobPlace:
    """A place for blobs, on each adapter."""
    return disk_place(tmp_path) if request.param == "disk" else s3_place(request.getfixturevalue("s3_address"))


@pytest.fixture(params=DIALECTS)
def database_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabasePlace]:
    """A place for one service's database, on each adapter."""
    if request.param == "sqlite":
        with sqlite_place(tmp_path) as place:
            yield place
    else:
        with postgresql_place(request.getfixturevalue("postgres")) as place:
            yield place


@pytest.fixture
def database(database_place: DatabasePlace) -> Iterator[Database]:
    with database_place.open() as database:
        yield database


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return sessions_of(database)
