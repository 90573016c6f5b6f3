"""One tantivy index in a folder of its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import orjson
import tantivy

from kontor_chassis.clock import Clock
from kontor_chassis.visibility import Viewer
from kontor_search.domain.documents import Change
from kontor_search.domain.queries import MAX_DEPTH, Query, Term, tag_key, terms
from kontor_search.index.embedded_queries import LIMITED, Queries, schema
from kontor_search.index.material import hit, material, microseconds, precedence, shown, stored
from kontor_search.index.port import FEW, MARKS_KEPT, Damaged, Result

# Bytes that wait for a commit at most; tantivy asks for at least 15 MB. More makes rebuilds hardly faster.
_HEAP = 16_000_000
# Versions that are remembered beside the index until they are committed; bounds memory during a rebuild.
_MAX_UNCOMMITTED = 20_000
# tantivy multiplies a score with log2(2 + precedence): at most 1.07, less than the least distance of two kinds of match.
_PRECEDENCE = 0.1
# Sequences are int64 in the protos; half of that range holds a version (Change.version).
_MAX_VERSION = 2**62


class FolderGeneration:
    """A deletion is a document without an account, which no search can find, and so remembers its version like any other.

    `write` compares with the version in the index and with those that it wrote since the last commit; there is one writer per folder
    (tantivy's lock), hence nothing comes between comparing and writing.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._clock = clock
        self._schema = schema()
        self._queries = Queries(self._schema)
        self._index = tantivy.Index(self._schema, str(folder))
        # The reader is brought up to date by commit(), not by a thread that watches the folder.
        self._index.config_reader("manual")
        self._index.register_tokenizer("whitespace", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self._writer: tantivy.IndexWriter | None = self._index.writer(_HEAP, 1)
        self._uncommitted: dict[str, int] = {}

    def write(self, changes: Sequence[Change]) -> None:
        with self._all_or_rolled_back():
            for change in changes:
                self._write(change)
            if len(self._uncommitted) > _MAX_UNCOMMITTED:
                self._commit()

    def commit(self) -> None:
        with self._all_or_rolled_back():
            self._commit()

    def check(self) -> None:
        """Raises where the files cannot be read. Reads what every search needs, not every block."""
        self._index.searcher().search(tantivy.Query.all_query(), 1, weight_by_field="precedence")

    def forget_marks(self) -> None:
        """Remove marks of deletions that nothing late can concern any more."""
        self._open_writer().delete_documents_by_query(self._queries.deleted_before(microseconds(self._clock() - MARKS_KEPT)))
        self.commit()

    def search(self, account_id: str, query: Query) -> Result:
        wanted = terms(query.text)
        if not wanted:
            return Result()
        with _reading():
            return self._search(self._index.searcher(), query, account_id=account_id, wanted=wanted)

    def sequences(self, account_id: str) -> Mapping[str, int]:
        before = f"{account_id} "
        with _reading():
            found = self._index.searcher().terms_with_prefix("listed", before, self._queries.of_account(account_id))
        listed = (term.removeprefix(before).rpartition(" ") for term, _ in found)
        return {ref: int(sequence) for ref, _, sequence in listed}

    def close(self) -> None:
        """Wait for merges, so that the folder is at rest, and free the writer's lock."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def _search(self, searcher: tantivy.Searcher, query: Query, *, account_id: str, wanted: Sequence[Term]) -> Result:
        filters = self._queries.filters(query)
        found, counts = self._stage(searcher, wanted, account_id=account_id, viewer=query.viewer)
        if filters:
            counts = _kind_counts(searcher, self._queries.of_account(account_id, found, viewer=query.viewer, filters=filters))
        limit = min(query.limit, MAX_DEPTH - query.offset)
        if not counts or limit <= 0:
            return Result(kind_counts=counts)
        narrowed = [*filters, *self._queries.kinds(query.kinds)]
        scoped = self._queries.of_account(account_id, found, viewer=query.viewer, filters=narrowed)
        hits = searcher.search(scoped, limit, count=False, offset=query.offset, weight_by_field="precedence").hits
        return Result(tuple(hit(_stored(searcher, address), wanted, score=score) for score, address in hits), counts)

    def _write(self, change: Change) -> None:
        known = self._uncommitted.get(change.key)
        if known is None:
            known = self._version(self._index.searcher(), change.key)
        version = min(change.version, _MAX_VERSION)
        if known is not None and known > version:
            return
        writer = self._open_writer()
        if known is not None:
            writer.delete_documents_by_term("id", change.key)
        writer.add_document(tantivy.Document.from_dict(self._fields(change, version), self._schema))
        self._uncommitted[change.key] = version

    def _fields(self, change: Change, version: int) -> dict[str, Any]:
        fields: dict[str, Any] = {"id": change.key, "version": version}
        document = change.document
        if document is None:
            return fields | {"deleted": microseconds(self._clock())}
        texts = shown(document)
        found = material(texts)
        return fields | {
            "listed": f"{change.key} {version // 2}",
            "account": document.account_id,
            "kind": document.kind,
            "tag": [tag_key(tag) for tag in texts.tags],
            "owner": document.owner_user_id,
            "limited": [LIMITED] if document.visible_to else [],
            "visible_to": list(document.visible_to),
            "names": " ".join(found.names),
            "facts": " ".join(found.facts),
            "text": " ".join(found.text),
            "name_parts": " ".join(found.name_parts),
            "fact_parts": " ".join(found.fact_parts),
            "text_parts": " ".join(found.text_parts),
            "phones": " ".join(found.phones),
            "updated": microseconds(document.update_time),
            "precedence": precedence(document) * _PRECEDENCE,
            "shown": orjson.dumps(stored(document, texts)),
        }

    def _version(self, searcher: tantivy.Searcher, key: str) -> int | None:
        hits = searcher.search(self._queries.record(key), 1, count=False).hits
        if not hits:
            return None
        (version,) = searcher.fast_field_values("version", [hits[0][1]])
        return cast(int, version)

    def _stage(
        self, searcher: tantivy.Searcher, wanted: Sequence[Term], *, account_id: str, viewer: Viewer
    ) -> tuple[tantivy.Query, dict[str, int]]:
        """The first way to look that finds enough, regardless of filters, so that a filter narrows the hits and never changes them."""
        for stage, enough in zip(self._queries.stages(wanted), (FEW, 1, 0), strict=False):
            found = stage()
            counts = _kind_counts(searcher, self._queries.of_account(account_id, found, viewer=viewer))
            if sum(counts.values()) >= enough:
                break
        return found, counts

    def _commit(self) -> None:
        self._open_writer().commit()
        self._index.reload()
        self._uncommitted.clear()

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(_HEAP, 1)
        return self._writer

    @contextmanager
    def _all_or_rolled_back(self) -> Iterator[None]:
        """After an error (a full disk) a tantivy writer cannot be used again; it goes with all that it did not commit."""
        try:
            with _reading():
                yield
        except BaseException:
            self._writer = None
            self._uncommitted.clear()
            raise


@contextmanager
def _reading() -> Iterator[None]:
    """Tantivy panics on data that it cannot understand, and a panic is no Exception: it would end whatever waits for the thread."""
    try:
        yield
    except Exception:
        raise
    except BaseException as panic:
        raise Damaged(str(panic)) from panic


def _kind_counts(searcher: tantivy.Searcher, query: tantivy.Query) -> dict[str, int]:
    buckets = searcher.aggregate(query, {"kinds": {"terms": {"field": "kind", "size": 100}}})["kinds"]["buckets"]
    return {bucket["key"]: bucket["doc_count"] for bucket in buckets}


def _stored(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Mapping[str, Any]:
    try:
        kept = searcher.doc(address).get_first("shown")
        return cast(Mapping[str, Any], orjson.loads(cast(bytes, kept)))
    except ValueError as error:
        raise Damaged(str(error)) from error
