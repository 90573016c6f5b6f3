"""The index as the service uses it: asynchronous, always open for changes, rebuilt while it serves."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

import structlog

from kontor_chassis.errors import FailedPrecondition, Unavailable
from kontor_search.domain.documents import Change, IndexDocument, latest
from kontor_search.domain.queries import Query
from kontor_search.index.port import Damaged, Generation, Result, Store

log = structlog.get_logger()
T = TypeVar("T")

# Between the beginnings of two commits, in seconds: rare enough for the backend, soon enough to be found at once.
COMMIT_INTERVAL = 0.15
# So long a search may take, in seconds; a black-holed backend is told as Unavailable by then.
SEARCH_TIMEOUT = 2.8
# After a failure the backend is asked again so often, in seconds, so that `ready` turns true without any traffic.
PROBE_INTERVAL = 2.0


@dataclass(frozen=True)
class _Pending:
    changes: Sequence[Change]
    done: asyncio.Future[None]


class Index:
    """Changes are gathered and committed together: the first at once, those that come meanwhile with the next commit.

    All writing happens in one thread, so that changes are applied in the order of the calls and `Generation.write` may read,
    compare and write. Two processes on one Meilisearch lack that order between them; see there.
    """

    def __init__(self, store: Store, *, commit_interval: float = COMMIT_INTERVAL, search_timeout: float = SEARCH_TIMEOUT) -> None:
        self._store = store
        self._commit_interval = commit_interval
        self._search_timeout = search_timeout
        self._serving: Generation | None = None
        self._rebuild: Rebuild | None = None
        self._complete = False
        self._working = False
        self._pending: list[_Pending] = []
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="index-write")
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="index-read")

    async def start(self) -> None:
        """Open what is there, or begin empty with `needs_rebuild`. Raises Unavailable; then start again later."""
        self._serving, self._complete = await self._run(self._writer, self._store.open)
        self._committer = asyncio.create_task(self._commit_forever())

    async def stop(self) -> None:
        """Commit what is pending and close. An unfinished rebuild is lost, the serving documents are not."""
        self._stopping.set()
        self._wake.set()
        if self._committer is not None:
            await self._committer
        self._serving = self._rebuild = None
        await self._run(self._writer, self._store.close)
        self._working = False
        self._writer.shutdown()
        self._readers.shutdown(wait=False)

    def ready(self) -> bool:
        """Whether the last call of the backend worked."""
        return self._working

    @property
    def needs_rebuild(self) -> bool:
        """Whether documents are missing, or cannot be read, because the index began empty or is damaged; until a rebuild is committed."""
        return not self._complete

    async def upsert(self, documents: Iterable[IndexDocument]) -> None:
        """Returns when these documents, or later states of their records, are found. Raises Unavailable; then try again."""
        await self._change([Change(document.account_id, document.ref, document.sequence, document) for document in documents])

    async def delete(self, account_id: str, refs: Mapping[str, int]) -> None:
        """Remove the documents: ref → sequence of the deletion. A document of this or an earlier sequence does not come back."""
        await self._change([Change(account_id, ref, sequence) for ref, sequence in refs.items()])

    async def search(self, account_id: str, query: Query) -> Result:
        """Raises Unavailable, at the latest after the time-out."""
        return await self._read(partial(self._open().search, account_id, query))

    async def refs(self, account_id: str) -> Mapping[str, int]:
        """Ref → sequence of all documents of the account, to compare with their owners. Raises Unavailable."""
        return await self._run(self._readers, partial(self._open().sequences, account_id))

    async def begin_rebuild(self) -> "Rebuild":
        """Begin a second, empty generation; from now on changes go to both. Raises FailedPrecondition while one is being rebuilt."""
        self._open()
        if self._rebuild is not None:
            raise FailedPrecondition("The index is being rebuilt already.", reason="REBUILD_RUNNING")
        self._rebuild = rebuild = Rebuild(self)
        try:
            await self._run(self._writer, rebuild.create)
        except Unavailable:
            self._rebuild = None
            raise
        return rebuild

    def _open(self) -> Generation:
        if self._serving is None:
            raise Unavailable("The search index is not open.", reason="INDEX_CLOSED")
        return self._serving

    async def _change(self, changes: Sequence[Change]) -> None:
        self._open()
        if self._stopping.is_set():
            raise Unavailable("The search index is closing.", reason="INDEX_CLOSED")
        if not changes:
            return
        pending = _Pending(changes, asyncio.get_running_loop().create_future())
        self._pending.append(pending)
        self._wake.set()
        await pending.done

    async def _commit_forever(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._pending or not self._stopping.is_set():
            await _either(self._wake, None if self._working else PROBE_INTERVAL)
            self._wake.clear()
            begun = clock()
            await self._commit_pending()
            await _either(self._stopping, self._commit_interval - (clock() - begun))

    async def _commit_pending(self) -> None:
        batch, self._pending = self._pending, []
        if not batch and (self._working or self._stopping.is_set()):
            return
        changes = list(latest(change for pending in batch for change in pending.changes).values())
        failure: Unavailable | None = None
        try:
            await self._run(self._writer, partial(self._apply, changes))
        except Unavailable as error:
            failure = error
        for pending in batch:
            if pending.done.done():
                continue
            if failure is None:
                pending.done.set_result(None)
            else:
                pending.done.set_exception(Unavailable(failure.message, reason=failure.reason))

    def _apply(self, changes: Sequence[Change]) -> None:
        serving = self._open()
        if not changes:
            serving.sequences("")  # a probe
            return
        serving.write(changes)
        serving.commit()
        if self._rebuild is not None:
            self._rebuild.follow(changes)

    async def _read(self, call: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self._search_timeout):
                return await self._run(self._readers, call)
        except TimeoutError:
            self._working = False
            raise Unavailable("The search index does not answer.", reason="INDEX_TIMEOUT") from None

    async def _run(self, pool: Executor, call: Callable[[], T]) -> T:
        try:
            answer = await asyncio.get_running_loop().run_in_executor(pool, call)
        except Unavailable as error:
            self._working = False
            log.warning("search_index_unavailable", reason=error.reason)
            raise
        except Damaged as error:
            self._working = self._complete = False
            log.exception("search_index_damaged")
            raise Unavailable("The search index is damaged.", reason="INDEX_DAMAGED") from error
        except Exception as error:
            self._working = False
            log.exception("search_index_failed")
            raise Unavailable("The search index does not work.", reason="INDEX_FAILED") from error
        self._working = True
        return answer


class Rebuild:
    """A generation that is being filled from the owners while the present one serves; changes reach both.

    Leaving the `async with` block without `commit` aborts. A crash does, too: what was filled is gone then.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._generation: Generation | None = None
        self._failed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.abort()

    async def add(self, documents: Iterable[IndexDocument]) -> None:
        """Add what an owner listed; it does not replace later states that came as changes meanwhile. Raises Unavailable."""
        changes = [Change(document.account_id, document.ref, document.sequence, document) for document in documents]
        await self._index._run(self._index._writer, partial(self._add, changes))

    async def commit(self) -> None:
        """Serve the new generation, without a gap. Raises Unavailable; then the old one goes on serving."""
        await self._index._run(self._index._writer, self._promote)

    async def abort(self) -> None:
        """Give the new generation up. Nothing happens where it was committed."""
        if self._generation is not None:
            await self._index._run(self._index._writer, self._discard)

    # From here on in the writer's thread.

    def create(self) -> None:
        self._generation = self._index._store.create()

    def follow(self, changes: Sequence[Change]) -> None:
        """Take changes that are committed in the serving generation. Where that fails it is the rebuild that fails, not the change."""
        try:
            if self._generation is not None and not self._failed:
                self._generation.write(changes)
        except Exception:
            self._failed = True
            log.exception("search_rebuild_failed")

    def _add(self, changes: Sequence[Change]) -> None:
        try:
            self._usable().write(changes)
        except Exception:
            # What was written before may be gone with it.
            self._failed = True
            raise

    def _promote(self) -> None:
        generation = self._usable()
        generation.commit()
        self._index._serving = self._index._store.promote(generation)
        self._index._complete = True
        self._generation = self._index._rebuild = None
        log.info("search_rebuild_committed")

    def _discard(self) -> None:
        generation, self._generation, self._index._rebuild = self._generation, None, None
        if generation is not None:
            self._index._store.discard(generation)
            log.warning("search_rebuild_aborted")

    def _usable(self) -> Generation:
        if self._generation is None or self._failed:
            raise Unavailable("This rebuild of the search index has ended or failed.", reason="REBUILD_FAILED")
        return self._generation


async def _either(event: asyncio.Event, seconds: float | None) -> None:
    """Wait for the event, but no longer than that."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
