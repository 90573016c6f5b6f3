"""The index in a Meilisearch server: one Meilisearch index serves, a second one exists during a rebuild.

Meilisearch has no conditional writes. `write` asks for the known versions and leaves out what is older; nothing comes in between within
one process, since all writing passes its one writer. Two processes that write the same record in the same moment can leave the older
state behind, until the completeness check compares sequences with the owners. Also, a rebuild follows the changes of its own process
only. So let one process at a time consume the events for the index (single active consumer).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import orjson
import structlog
from meilisearch import Client
from meilisearch.errors import MeilisearchApiError, MeilisearchCommunicationError, MeilisearchError, MeilisearchTimeoutError
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
# Documents per request, and their bytes: large batches cost the server half as much per document, but changes wait behind those of a
# rebuild. It takes 100 MB at most.
_BATCH = 2_000
_BATCH_BYTES = 20_000_000
# So long the unfinished rebuild of another process may still be going on.
_LEFT_BEHIND = timedelta(days=1)
# Requests that wait in the server's queue at once. Changes wait behind those of a rebuild, so there may not be many.
_QUEUED = 2
# Versions per request, and per request when all are listed.
_IDS = 500
_PAGE = 5_000
_MAX_VERSION = 2**62


def meilisearch_index(
    url: str, *, api_key: str = "", name: str = "kontor", clock: Clock = system_clock, commit_interval: float = COMMIT_INTERVAL
) -> Index:
    """The index kept in the server at `url`, as the Meilisearch index `name` and `<name>-next-…`. Not opened yet."""
    return Index(ServerStore(url, api_key, name=name, clock=clock), commit_interval=commit_interval)


class ServerStore:
    """Which generation serves is settled by Meilisearch's swap of two indexes, which is atomic; the serving one always has the plain name.

    A document without account in each of them tells its format and whether it is complete. A new generation has a name of its own, so
    that a process that starts does not take another's rebuild for its leftover; true leftovers go after a day.
    """

    def __init__(self, url: str, api_key: str, *, name: str, clock: Clock) -> None:
        self._client = Client(url, api_key or None, timeout=_WRITE_TIMEOUT)
        self._reader = Client(url, api_key or None, timeout=_READ_TIMEOUT)
        self._name = name
        self._clock = clock

    def open(self) -> tuple[Generation, bool]:
        with _talking():
            serving, state = self._generation(self._name), self._state(self._name)
            if state.get("format") == requests.FORMAT:
                serving.forget_marks()
                return serving, bool(state["complete"])
            # A server that has never had this index, as on the very first start.
            first = not state and not self._exists(self._name)
            if state:
                log.warning("search_index_format_changed", index=self._name)
            (log.info if first else log.warning)("search_index_begun_empty", index=self._name, first_start=first)
            self._make(self._name)
            return serving, False

    def create(self) -> Generation:
        with _talking():
            self._remove_leftovers()
            uid = f"{self._name}-next-{microseconds(self._clock())}"
            self._make(uid)
            return self._generation(uid)

    def promote(self, generation: Generation) -> Generation:
        assert isinstance(generation, ServerGeneration)
        with _talking():
            # Writing to an index that was removed makes a new one, with other settings: that must not serve.
            if not self._state(generation.uid):
                raise Unavailable("Somebody removed the new index.", reason="REBUILD_FAILED")
            self._tell(generation.uid, complete=True)
            self._done(self._client.swap_indexes([{"indexes": [self._name, generation.uid]}]))
        try:
            self._remove(generation.uid)
        except MeilisearchError:
            log.exception("search_generation_left_behind", index=generation.uid)
        return self._generation(self._name)

    def discard(self, generation: Generation) -> None:
        assert isinstance(generation, ServerGeneration)
        with _talking():
            self._remove(generation.uid)

    def close(self) -> None:
        """Nothing is held open between requests."""

    def _generation(self, uid: str) -> "ServerGeneration":
        return ServerGeneration(self._client, self._reader, uid=uid, clock=self._clock)

    def _state(self, uid: str) -> dict[str, Any]:
        try:
            return dict(self._client.index(uid).get_document(requests.STATE, {"fields": ["format", "complete"]}))
        except MeilisearchApiError as error:
            if error.code in ("index_not_found", "document_not_found"):
                return {}
            raise

    def _exists(self, uid: str) -> bool:
        try:
            self._client.get_index(uid)
        except MeilisearchApiError as error:
            if error.code == "index_not_found":
                return False
            raise
        return True

    def _make(self, uid: str) -> None:
        self._remove(uid)
        self._done(self._client.index(uid).update_settings(dict(requests.SETTINGS)))
        self._tell(uid, complete=False)

    def _tell(self, uid: str, *, complete: bool) -> None:
        state = {"id": requests.STATE, "format": requests.FORMAT, "complete": complete}
        self._done(self._client.index(uid).add_documents([state], "id"))

    def _remove(self, uid: str) -> None:
        """Whether it exists or not: the task of deleting a missing index fails, and that is all."""
        self._client.wait_for_task(self._client.delete_index(uid).task_uid, _TASK_TIMEOUT, _TASK_INTERVAL)

    def _remove_leftovers(self) -> None:
        before = microseconds(self._clock() - _LEFT_BEHIND)
        for index in self._client.get_indexes({"limit": 1_000})["results"]:
            name, _, made = index.uid.rpartition("-next-")
            if name == self._name and made.isdecimal() and int(made) < before:
                self._remove(index.uid)

    def _done(self, task: TaskInfo) -> None:
        _wait(self._client, task.task_uid)


class ServerGeneration:
    """One Meilisearch index. A deletion is a document without an account, which no search finds, and so remembers its version.

    Each client is for one kind of use: Meilisearch's sets its headers for every request anew and is not safe where GET and POST mix among
    threads. The writer's thread uses `client` only, the others use `reader`, for POST only.
    """

    def __init__(self, client: Client, reader: Client, *, uid: str, clock: Clock) -> None:
        self._client = client
        self._reader = reader
        self.uid = uid
        self._clock = clock
        # Documents as JSON that are still to be sent, tasks in the server's queue, and the versions in both.
        self._waiting: list[bytes] = []
        self._waiting_versions: dict[str, int] = {}
        self._queued: list[tuple[int, dict[str, int]]] = []

    def write(self, changes: Sequence[Change]) -> None:
        with _talking():
            for start in range(0, len(changes), _IDS):
                self._write(changes[start : start + _IDS])

    def commit(self) -> None:
        with _talking():
            self._send()
            self._wait_for_all_but(0)

    def forget_marks(self) -> None:
        """Remove marks of deletions that nothing late can concern any more."""
        before = microseconds(self._clock() - MARKS_KEPT)
        self._client.index(self.uid).delete_documents(filter=f"deleted < {before}")

    def search(self, account_id: str, query: Query) -> Result:
        wanted = terms(query.text)
        if not wanted:
            return Result()
        limit = max(min(query.limit, MAX_DEPTH - query.offset), 0)
        scope = requests.of_account(account_id, viewer=query.viewer)
        narrow, by_kind = requests.filters(query), requests.kinds(query.kinds)
        with _talking():
            stage, answer = self._stage(scope, wanted, limit=0 if narrow or by_kind else limit, offset=query.offset)
            if narrow:
                answer = self._ask(stage, [*scope, *narrow], limit=0 if by_kind else limit, offset=query.offset)
            counts = _kind_counts(answer)
            if by_kind:
                answer = self._ask(stage, [*scope, *narrow, *by_kind], limit=limit, offset=query.offset)
        hits = (hit(found["shown"], wanted, score=found["_federation"]["weightedRankingScore"]) for found in answer["hits"])
        return Result(tuple(hits), counts)

    def sequences(self, account_id: str) -> Mapping[str, int]:
        found: dict[str, int] = {}
        with _talking():
            for start in range(0, 2**31, _PAGE):
                request = {"filter": requests.of_account(account_id), "fields": ["ref", "version"], "limit": _PAGE, "offset": start}
                page = self._documents(self._reader, request)
                found |= {document["ref"]: document["version"] // 2 for document in page}
                if len(page) < _PAGE:
                    break
        return found

    def close(self) -> None:
        """Nothing is held open between requests."""

    def _write(self, changes: Sequence[Change]) -> None:
        ids = {change.key: requests.key(change.account_id, change.ref) for change in changes}
        known = self._known(list(ids.values()))
        for change in changes:
            record, version = ids[change.key], min(change.version, _MAX_VERSION)
            if version >= known.get(record, 0):
                known[record] = version
                mark = {"deleted": microseconds(self._clock())}
                fields = requests.fields(change.document) if change.document else mark
                self._waiting.append(orjson.dumps({"id": record, "version": version, **fields}))
                self._waiting_versions[record] = version
                if len(self._waiting) >= _BATCH or sum(map(len, self._waiting)) > _BATCH_BYTES:
                    self._send()

    def _send(self) -> None:
        if self._waiting:
            self._wait_for_all_but(_QUEUED - 1)
            body, versions = b"[" + b",".join(self._waiting) + b"]", self._waiting_versions
            self._waiting, self._waiting_versions = [], {}
            task = self._client.index(self.uid).add_documents_raw(body, "id", "application/json")
            self._queued.append((task.task_uid, versions))

    def _wait_for_all_but(self, count: int) -> None:
        while len(self._queued) > count:
            task, _ = self._queued.pop(0)
            _wait(self._client, task)

    def _known(self, ids: Sequence[str]) -> dict[str, int]:
        stored = self._documents(self._client, {"filter": f"id IN [{', '.join(ids)}]", "fields": ["id", "version"], "limit": len(ids)})
        known = {document["id"]: int(document["version"]) for document in stored}
        for _, versions in self._queued:
            known |= versions
        return known | self._waiting_versions

    def _documents(self, client: Client, request: dict[str, Any]) -> list[dict[str, Any]]:
        return [dict(document) for document in client.index(self.uid).get_documents(request).results]

    def _stage(
        self, scope: Sequence[str], wanted: Sequence[Term], *, limit: int, offset: int
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The first way to look that finds enough, regardless of filters, so that a filter narrows the hits and never changes them."""
        for stage, enough in zip(requests.stages(wanted), (FEW, 1, 0), strict=False):
            answer = self._ask(stage, scope, limit=limit, offset=offset)
            if sum(_kind_counts(answer).values()) >= enough:
                break
        return stage, answer

    def _ask(self, stage: Sequence[dict[str, Any]], scope: Sequence[str], *, limit: int, offset: int) -> dict[str, Any]:
        queries = [{**query, "indexUid": self.uid, "filter": [*scope, *query["filter"]]} for query in stage]
        federation = {"limit": limit, "offset": offset, "facetsByIndex": {self.uid: ["kind"]}}
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


def _kind_counts(answer: Mapping[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for facets in answer["facetsByIndex"].values():
        # An index that never had a document knows no facets.
        counts |= facets["distribution"].get("kind", {})
    return counts
