"""Pages of a list: the index that is walked in the order of the list, and what is looked up on the way.

A list narrowed by a linked record walks that record's links, which are few; one narrowed by tags walks the rarest tag; any
other one walks the records' own table. All three hold the sort key, so a page stops when it is full, however many records
there are. What is looked up stands in EXISTS: SQLite keeps to that order, PostgreSQL knows its numbers and may do better.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.db.unwalked import unwalked
from kontor_sales.store import tags
from kontor_sales.store.tables import TAGGINGS as G

# A place in a list: sort key and id.
After = tuple[str, str]


@dataclass(frozen=True)
class Links:
    """Rows that tie records to one linked record, such as the deals of a person."""

    table: sa.Table
    record_id: sa.Column[Any]
    sort_key: sa.Column[Any]
    # Ties it to the one linked record; the account is added here.
    only: Sequence[sa.ColumnElement[bool]]


def equal(*rarest_first: tuple[sa.Column[Any], str]) -> list[sa.ColumnElement[bool]]:
    """That each column has its value; pairs with an empty value say nothing. The index is picked by the first that is left."""
    wanted = [(column, value) for column, value in rarest_first if value]
    return [(unwalked(column) if place else column) == value for place, (column, value) in enumerate(wanted)]


def places(
    session: ReadSession,
    noun: str,
    *,
    record: sa.Table,
    sort_key: sa.Column[Any],
    only: Sequence[sa.ColumnElement[bool]],
    tag_ids: Sequence[str],
    links: Links | None,
    after: After | None,
    limit: int,
) -> sa.Subquery:
    """The page's places (`key`, `id`). `only` are conditions on `record`; `tag_ids` come rarest first."""
    key, record_id, looked_up = sort_key, record.c.id, tag_ids
    conditions = [record.c.account_id == session.account_id, *only]
    if links or tag_ids:
        if links:
            key, record_id = links.sort_key, links.record_id
            walked = [links.table.c.account_id == session.account_id, *links.only]
        else:
            key, record_id, looked_up = G.c.sort_key, G.c.record_id, tag_ids[1:]
            walked = [G.c.account_id == session.account_id, G.c.tag_id == tag_ids[0], G.c.noun == noun]
        fits = sa.select(sa.literal(1)).where(*conditions, record.c.id == record_id)
        conditions = [*walked, fits.exists()] if only else walked
    conditions += tags.carried(session, record_id, looked_up)
    if after:
        conditions.append(sa.tuple_(key, record_id) > after)
    statement = sa.select(key.label("key"), record_id.label("id")).where(*conditions)
    return statement.order_by(key, record_id).limit(limit).subquery("places")
