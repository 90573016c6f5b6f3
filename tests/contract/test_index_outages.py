"""The index in a server, when the server is away or somebody else works on it."""

import asyncio
import contextlib
import uuid
from urllib.parse import urlsplit

import pytest
from meilisearch import Client

from kontor_chassis.errors import Unavailable
from kontor_search.index.live import Index
from kontor_search.index.meilisearch import ServerStore, meilisearch_index
from tests import backends
from tests.contract.index_harness import NOW, document, found, search

# Outages of the server -----------------------------------------------------------------------------------------------------------


class Line:
    """A connection to the search server that can go silent, as when its machine hangs, or be cut, as when it restarts."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._loud = asyncio.Event()
        self._loud.set()
        self.cut = False

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def silence(self, silent: bool) -> None:
        self._loud.clear() if silent else self._loud.set()

    async def close(self) -> None:
        self._loud.set()
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.close()
            return
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        await asyncio.gather(self._pass(reader, there_writer), self._pass(there_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self._loud.wait()
                writer.write(data)
                await writer.drain()
            writer.close()


@pytest.mark.parametrize("outage", ["silent", "cut"])
async def test_an_outage_of_the_server_is_told_in_time_and_survived(meilisearch: backends.Meilisearch, outage: str) -> None:
    """R17: a black-holed dependency is Unavailable within 3 s, and what comes later works again by itself."""
    server = urlsplit(meilisearch.url)
    line = Line(server.hostname or "", server.port or 0)
    store = ServerStore(f"http://127.0.0.1:{await line.open()}", meilisearch.key, name=f"test-{uuid.uuid4().hex}", clock=lambda: NOW)
    index = Index(store)
    await index.start()
    await index.upsert([document("persons/1", "Anna")])
    if outage == "silent":
        line.silence(True)
    else:
        line.cut = True
    async with asyncio.timeout(60):
        with pytest.raises(Unavailable):
            await search(index, "anna")
        assert not index.ready()
        with pytest.raises(Unavailable):
            await index.upsert([document("persons/2", "Ben")])
        line.silence(False)
        line.cut = False
        await index.upsert([document("persons/2", "Ben")])
        assert await found(index, "anna") == ["persons/1"]
        assert await found(index, "ben") == ["persons/2"]
        assert index.ready()
    await index.stop()
    await line.close()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    index = meilisearch_index("http://127.0.0.1:9", name="nowhere")
    with pytest.raises(Unavailable):
        await index.start()
    assert not index.ready()
    await index.stop()


async def test_a_process_that_starts_leaves_the_rebuild_of_another_alone(meilisearch: backends.Meilisearch) -> None:
    """As while a deployment is being replaced."""
    name = f"test-{uuid.uuid4().hex}"
    old, new = (meilisearch_index(meilisearch.url, api_key=meilisearch.key, name=name) for _ in range(2))
    await old.start()
    rebuild = await old.begin_rebuild()
    await rebuild.add([document("persons/1", "Anna")])
    await new.start()
    await rebuild.add([document("persons/2", "Anna")])
    await rebuild.commit()
    for index in (old, new):
        assert set(await found(index, "anna")) == {"persons/1", "persons/2"}
        await index.stop()


async def test_a_new_generation_that_somebody_removed_never_serves(meilisearch: backends.Meilisearch) -> None:
    """A write would have made it again, without settings and therefore without accounts."""
    name = f"test-{uuid.uuid4().hex}"
    index = meilisearch_index(meilisearch.url, api_key=meilisearch.key, name=name, clock=lambda: NOW)
    await index.start()
    await index.upsert([document("persons/1", "Anna")])
    rebuild = await index.begin_rebuild()
    client = Client(meilisearch.url, meilisearch.key)
    (next_name,) = [each.uid for each in client.get_indexes({"limit": 1_000})["results"] if each.uid.startswith(f"{name}-next")]
    client.wait_for_task(client.delete_index(next_name).task_uid)
    with pytest.raises(Unavailable):
        await rebuild.commit()
    with pytest.raises(Unavailable):
        await rebuild.add([document("persons/2", "Anna")])
    await rebuild.abort()
    assert await found(index, "anna") == ["persons/1"]
    await index.stop()
