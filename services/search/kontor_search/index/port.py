"""The index port: a store of documents that can be searched. Adapters: `embedded` (tantivy in a folder), `meilisearch`; one contract suite.

What both sides share, the order of changes, group commit and rebuilds, is in `live.py`; an adapter only keeps generations.
A generation is one complete set of documents of all accounts. One serves; during a rebuild a second one fills beside it.

Guarantees that every adapter gives and `tests/contract/test_index_*.py` proves:

- A search sees the documents of its account only, and of those what its viewer may see, whatever its text and filters are.
- After `commit` what was written is found, and is still there after a crash.
- A state never replaces a later one (`Change.version`). Deletions leave a mark that holds against late documents for `MARKS_KEPT`.
- `promote` is atomic: a search sees the old set or the new one, and a crash leaves one of the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from kontor_search.domain.documents import Change
from kontor_search.domain.queries import Query

# An event that comes later than this after its record's deletion could bring the document back, until the completeness check sees it.
MARKS_KEPT = timedelta(days=7)
# With fewer hits than this a query is tried with typing mistakes, too.
FEW = 3


class Damaged(Exception):
    """The generation's data cannot be read; only a rebuild helps."""


@dataclass(frozen=True)
class Hit:
    ref: str
    kind: str
    title: str
    # HTML-safe excerpt in which what matched stands in <em>…</em>.
    highlight: str
    subjects: tuple[str, ...]
    update_time: datetime
    # Comparable within one result only.
    score: float


@dataclass(frozen=True)
class Result:
    """Hits with names first, and how many there are per kind without regard to the filter by kind."""

    hits: tuple[Hit, ...] = ()
    kind_counts: Mapping[str, int] = field(default_factory=dict)


class Generation(Protocol):
    """Called from worker threads: `write` and `commit` one at a time, the others whenever. Raises what its backend raises, and
    Damaged."""

    def write(self, changes: Sequence[Change]) -> None:
        """Take the changes whose version is not below what is known of their records. They need not be found before `commit`.

        Where it or `commit` raises, nothing, some or all that was written since the last commit is taken; writing it again is harmless.
        """

    def commit(self) -> None:
        """Make durable and findable what was written."""

    def search(self, account_id: str, query: Query) -> Result:
        """The best hits. Every word must be found; where nothing has them all, any word suffices."""

    def sequences(self, account_id: str) -> Mapping[str, int]:
        """Ref → sequence of every document of the account that can be found."""


class Store(Protocol):
    """Called from one worker thread at a time. Raises Unavailable when its backend is away or in use by another process."""

    def open(self) -> tuple[Generation, bool]:
        """The serving generation, and whether it is complete. Made empty, and then not complete, where there is none that works."""

    def create(self) -> Generation:
        """An empty generation beside the serving one; what is left of an earlier one that was never promoted goes."""

    def promote(self, generation: Generation) -> Generation:
        """Let the created generation serve, complete, in place of the present one, which goes; answers the handle to use from now on."""

    def discard(self, generation: Generation) -> None:
        """Remove a created generation."""

    def close(self) -> None: ...
