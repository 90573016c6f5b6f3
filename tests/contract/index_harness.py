"""What the contract suites of the index share: two accounts, a moment, and short ways to make and find documents."""

from collections.abc import Callable
from datetime import UTC, datetime

from kontor_search.domain.documents import IndexDocument
from kontor_search.domain.queries import Query
from kontor_search.index.live import Index
from kontor_search.index.port import Result

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINE = "0195d0a0-0000-7000-8000-000000000001"
OTHER = "0195d0a0-0000-7000-8000-000000000002"


Maker = Callable[[], Index]


def document(ref: str, title: str, **fields: object) -> IndexDocument:
    kind = ref.split("/", maxsplit=1)[0].removesuffix("s")
    values: dict[str, object] = {"account_id": MINE, "kind": kind, "update_time": NOW, "sequence": 1}
    return IndexDocument(ref=ref, title=title, **(values | fields))  # type: ignore[arg-type]


async def found(index: Index, text: str, account_id: str = MINE, **filters: object) -> list[str]:
    result = await search(index, text, account_id, **filters)
    return [hit.ref for hit in result.hits]


async def search(index: Index, text: str, account_id: str = MINE, **filters: object) -> Result:
    return await index.search(account_id, Query(text, **filters))  # type: ignore[arg-type]
