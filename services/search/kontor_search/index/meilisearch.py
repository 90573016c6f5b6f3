"""The index in a Meilisearch server: one Meilisearch index serves, a second one exists during a rebuild.

Meilisearch has no conditional writes. `write` asks for the known versions and leaves out what is older; nothing comes in between within
one process, since all writing passes its one writer. Two processes that write the same record in the same moment can leave the older
state behind, until the completeness check compares sequences with the owners. Also, a rebuild follows the changes of its own process
only. So let one process at a time consume the events for the index (single active consumer).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import structlog
from meilisearch import Client
from meilisearch.errors import MeilisearchApiError, MeilisearchCommunicationError, MeilisearchTimeoutError
from meilisearch.models.task import TaskInfo

from kontor_chassis.clock import Clock, system_clock
from kontor_chassis.errors import Unavailable
from kontor_search.domain.documents import Change
from kontor_search.domain.queries import MAX_DEPTH, Query, Term, terms
from kontor_search.index import meilisearch_requests as requests
from kontor_search.index.live import COMMIT_INTERVAL, Index
from kontor_search.index.material import hit, microseconds
from kontor_search.index.port import FEW, MARKS_KEPT, Generation, Result

log = structlog.get_logger()

# Seconds to connect, and as many to answer.
_READ_TIMEOUT = 2
_WRITE_TIMEOUT = 5
# How long a write may wait in Meilisearch's queue, in milliseconds, and how often to ask for it.
_TASK_TIMEOUT = 60_000
_TASK_INTERVAL = 20
# Documents per request, and their bytes; Meilisearch takes 100 MB.
_CHUNK = 500
_CHUNK_BYTES = 10_000_000
# Requests that wait in the server's queue at once. Changes wait behind those of a rebuild, so there may not be many.
_QUEUED = 2
# Documents per request when all are listed.
_PAGE = 5_000
_MAX_VERSION = 2**62


def meilisearch_index(
    url: str, *, api_key: str = "", name: str = "kontor", clock: Clock = system_clock, commit_interval: float = COMMIT_INTERVAL
) -> Index:
    """The index kept in the server at `url`, as Meilisearch indexes `<name>` and `<name>-next`. Not opened yet."""
    return Index(ServerStore(url, api_key, name, clock), commit_interval=commit_interval)


class ServerStore:
    """Which generation serves is settled by Meilisearch's swap of two indexes, which is atomic; the serving one always has the plain name.

    A document without account in each of them tells its format and whether it is complete.
    """

    def __init__(self, url: str, api_key: str, name: str, clock: Clock) -> None:
        self._client = Client(url, api_key or None, timeout=_WRITE_TIMEOUT)
        self._reader = Client(url, api_key or None, timeout=_READ_TIMEOUT)
        self._name = name
        self._next = f"{name}-next"
        self._clock = clock

    def open(self) -> tuple[Generation, bool]:
        with _talking():
            state = self._state()
            if state.get("format") == requests.FORMAT:
                self._remove(self._next)
                serving = self._generation(self._name)
                serving.forget_marks()
                return serving, bool(state["complete"])
            if state:
                log.warning("search_index_format_changed", index=self._name)
            log.warning("search_index_begun_empty", index=self._name)
            self._remove(self._name)
            self._make(self._name, complete=False)
            return self._generation(self._name), False

    def create(self) -> Generation:
        with _talking():
            self._remove(self._next)
            self._make(self._next, complete=False)
            return self._generation(self._next)

    def promote(self, generation: Generation) -> Generation:
        with _talking():
            self._done(self._tell(self._next, complete=True))
            self._done(self._client.swap_indexes([{"indexes": [self._name, self._next]}]))
            self._remove(self._next)
            return self._generation(self._name)

    def discard(self, generation: Generation) -> None:
        with _talking():
            self._remove(self._next)

    def close(self) -> None:
        """Nothing is held open between requests."""

    def _generation(self, uid: str) -> "ServerGeneration":
        return ServerGeneration(self._client, self._reader, uid, self._clock)

    def _state(self) -> dict[str, Any]:
        try:
            return dict(self._client.index(self._name).get_document(requests.STATE, {"fields": ["format", "complete"]}))
        except MeilisearchApiError as error:
            if error.code in ("index_not_found", "document_not_found"):
                return {}
            raise

    def _make(self, uid: str, *, complete: bool) -> None:
        self._done(self._client.index(uid).update_settings(dict(requests.SETTINGS)))
        self._done(self._tell(uid, complete=complete))

    def _tell(self, uid: str, *, complete: bool) -> TaskInfo:
        state = {"id": requests.STATE, "format": requests.FORMAT, "complete": complete}
        return self._client.index(uid).add_documents([state], "id")

    def _remove(self, uid: str) -> None:
        """Whether it exists or not: the task of deleting a missing index fails, and that is all."""
        self._client.wait_for_task(self._client.delete_index(uid).task_uid, _TASK_TIMEOUT, _TASK_INTERVAL)

    def _done(self, task: TaskInfo) -> None:
        _wait(self._client, task.task_uid)


class ServerGeneration:
    """One Meilisearch index. A deletion is a document without an account, which no search finds, and so remembers its version."""

    def __init__(self, client: Client, reader: Client, uid: str, clock: Clock) -> None:
        self._client = client
        self._reader = reader
        self._uid = uid
        self._clock = clock
        # Versions and tasks that were sent since the last commit.
        self._uncommitted: dict[str, int] = {}
        self._tasks: list[int] = []

    def write(self, changes: Sequence[Change]) -> None:
        with _talking():
            for start in range(0, len(changes), _CHUNK):
                self._write(changes[start : start + _CHUNK])

    def commit(self) -> None:
        with _talking():
            tasks, self._tasks = self._tasks, []
            self._uncommitted.clear()
            for task in tasks:
                _wait(self._client, task)

    def forget_marks(self) -> None:
        """Remove marks of deletions that nothing late can concern any more."""
        before = microseconds(self._clock() - MARKS_KEPT)
        self._client.index(self._uid).delete_documents(filter=f"deleted < {before}")

    def search(self, account_id: str, query: Query) -> Result:
        wanted = terms(query.text)
        if not wanted:
            return Result()
        limit = max(min(query.limit, MAX_DEPTH - query.offset), 0)
        narrow, by_kind = requests.filters(query), requests.kinds(query.kinds)
        with _talking():
            stage, answer = self._stage(account_id, wanted, limit=0 if narrow or by_kind else limit, offset=query.offset)
            if narrow:
                answer = self._ask(stage, requests.of_account(account_id, narrow), limit=0 if by_kind else limit, offset=query.offset)
            counts = _kind_counts(answer)
            if by_kind:
                answer = self._ask(stage, requests.of_account(account_id, [*narrow, *by_kind]), limit=limit, offset=query.offset)
        hits = (hit(found["shown"], found["_federation"]["weightedRankingScore"], wanted) for found in answer["hits"])
        return Result(tuple(hits), counts)

    def sequences(self, account_id: str) -> Mapping[str, int]:
        found: dict[str, int] = {}
        with _talking():
            for start in range(0, 2**31, _PAGE):
                page = self._documents(
                    {"filter": requests.of_account(account_id), "fields": ["ref", "version"], "limit": _PAGE, "offset": start}
                )
                found |= {document["ref"]: document["version"] // 2 for document in page}
                if len(page) < _PAGE:
                    break
        return found

    def close(self) -> None:
        """Nothing is held open between requests."""

    def _write(self, changes: Sequence[Change]) -> None:
        ids = {change.key: requests.key(change.account_id, change.ref) for change in changes}
        known = self._known(list(ids.values()))
        newer: list[dict[str, Any]] = []
        for change in changes:
            record, version = ids[change.key], min(change.version, _MAX_VERSION)
            if version >= known.get(record, 0):
                known[record] = version
                mark = {"deleted": microseconds(self._clock())}
                newer.append({"id": record, "version": version, **(requests.fields(change.document) if change.document else mark)})
        for body in _bodies(newer):
            if len(self._tasks) >= _QUEUED:
                _wait(self._client, self._tasks.pop(0))
            self._tasks.append(self._client.index(self._uid).add_documents_raw(body, "id", "application/json").task_uid)
        self._uncommitted |= {document["id"]: document["version"] for document in newer}

    def _known(self, ids: Sequence[str]) -> dict[str, int]:
        stored = self._documents({"filter": f"id IN [{', '.join(ids)}]", "fields": ["id", "version"], "limit": len(ids)})
        known = {document["id"]: int(document["version"]) for document in stored}
        return known | {record: self._uncommitted[record] for record in ids if record in self._uncommitted}

    def _documents(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        return [dict(document) for document in self._client.index(self._uid).get_documents(request).results]

    def _stage(self, account_id: str, wanted: Sequence[Term], *, limit: int, offset: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The first way to look that finds enough, regardless of filters, so that a filter narrows the hits and never changes them."""
        for stage, enough in zip(requests.stages(wanted), (FEW, 1, 0), strict=False):
            answer = self._ask(stage, requests.of_account(account_id), limit=limit, offset=offset)
            if sum(_kind_counts(answer).values()) >= enough:
                break
        return stage, answer

    def _ask(self, stage: Sequence[dict[str, Any]], scope: Sequence[str], *, limit: int, offset: int) -> dict[str, Any]:
        queries = [{**query, "indexUid": self._uid, "filter": [*scope, *query["filter"]]} for query in stage]
        federation = {"limit": limit, "offset": offset, "facetsByIndex": {self._uid: ["kind"]}}
        answer: dict[str, Any] = self._reader.multi_search(queries, federation)
        return answer


@contextmanager
def _talking() -> Iterator[None]:
    try:
        yield
    except (MeilisearchCommunicationError, MeilisearchTimeoutError) as error:
        raise Unavailable("The search server does not answer.", reason="INDEX_UNAVAILABLE") from error


def _wait(client: Client, task_uid: int) -> None:
    task = client.wait_for_task(task_uid, _TASK_TIMEOUT, _TASK_INTERVAL)
    if task.status != "succeeded":
        log.error("search_task_failed", task=task_uid, status=task.status, error=task.error)
        raise Unavailable("The search server refused a change.", reason="INDEX_TASK_FAILED")


def _bodies(documents: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """JSON arrays of the documents, none much larger than a chunk."""
    waiting: list[bytes] = []
    for document in documents:
        waiting.append(orjson.dumps(document))
        if sum(map(len, waiting)) > _CHUNK_BYTES:
            yield b"[" + b",".join(waiting) + b"]"
            waiting = []
    if waiting:
        yield b"[" + b",".join(waiting) + b"]"


def _kind_counts(answer: Mapping[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for facets in answer["facetsByIndex"].values():
        counts |= facets["distribution"]["kind"]
    return counts
