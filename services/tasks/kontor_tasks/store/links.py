"""Where entries show: every SQL statement that makes or removes links.

The rule is one statement (`_rolled_up`), used for changed ties and merges; `_roll_up_entry` says it for one new entry: an entry
that hangs directly on a subject shows at each target that the subject, or anyone who was merged with it, was tied to when the
entry occurred. What shows because of a tie ties no further. Of several reasons the smallest name is kept, the direct one (an
empty name) before all, so that the links are the same in whatever order entries, ties and merges arrive.
"""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_tasks.domain.entries import Entry
from kontor_tasks.store.entries import After
from kontor_tasks.store.tables import LINKS as L
from kontor_tasks.store.tables import MERGES
from kontor_tasks.store.tables import TIES as T

_ROWS_AT_ONCE = 1000
# The direct links from which others follow.
_DIRECT = L.alias("direct")
_INSERT = sa.insert(L)


def add(session: WriteSession, entry: Entry, subjects: Iterable[str]) -> None:
    """Show an entry that shows nowhere yet: directly at `subjects`, and wherever these are tied to."""
    named = sorted(set(subjects))
    row = {"account_id": session.account_id, "entry_id": entry.id, "occur_time": entry.occur_time, "kind": entry.kind, "via": ""}
    session.execute(_INSERT, [row | {"subject": subject} for subject in named])
    values = {"this_account": session.account_id, "this_entry": entry.id, "this_time": entry.occur_time, "this_kind": entry.kind}
    session.execute(_roll_up_entry(session.connection.dialect.name), [values | {"this_subject": subject} for subject in named])


def delete(session: WriteSession, entry_ids: Collection[str]) -> None:
    """Show these entries nowhere any more."""
    session.execute(sa.delete(L).where(L.c.account_id == session.account_id, L.c.entry_id.in_(entry_ids)))


def direct_subjects(session: ReadSession, entry_id: str) -> set[str]:
    which = (L.c.account_id == session.account_id, L.c.entry_id == entry_id, L.c.via == "")
    return set(session.execute(sa.select(L.c.subject).where(*which)).scalars())


def refresh(session: WriteSession, subject: str, *, after: After | None, limit: int) -> After | None:
    """Bring the links of some entries that hang directly on `subject` in step with ties and merges, the newest ones or those before
    `after`. Writes only what differs. Answers where to go on; None at the end."""
    place = sa.tuple_(L.c.occur_time, L.c.entry_id)
    which = [L.c.account_id == session.account_id, L.c.subject == subject, L.c.via == "", *([place < after] if after else [])]
    statement = sa.select(L.c.occur_time, L.c.entry_id).where(*which).order_by(L.c.occur_time.desc(), L.c.entry_id.desc())
    touched = session.execute(statement.limit(limit)).all()
    if not touched:
        return None
    entry_ids = [row.entry_id for row in touched]
    tied = sa.select(sa.literal(1)).where(
        T.c.account_id == L.c.account_id,
        T.c.root == MERGES.root_of(L.c.account_id, L.c.via),
        T.c.target == L.c.subject,
        T.c.from_time <= L.c.occur_time,
        L.c.occur_time < T.c.until_time,
    )
    stale = sa.and_(L.c.account_id == session.account_id, L.c.via != "", L.c.entry_id.in_(entry_ids), ~tied.exists())
    session.execute(sa.delete(L).where(stale))
    rolled_up = _rolled_up(sa.literal(session.account_id), _DIRECT.c.entry_id.in_(entry_ids))
    session.execute(_kept(session.connection.dialect.name, rolled_up))
    return (touched[-1].occur_time, touched[-1].entry_id) if len(touched) == limit else None


def orphans(session: ReadSession, subjects: Collection[str]) -> list[str]:
    """Ids of some entries that hang directly on `subjects` and on nothing else; none when there are no more."""
    here, other = L.alias("here"), L.alias("other")
    elsewhere = sa.select(sa.literal(1)).where(
        other.c.account_id == here.c.account_id, other.c.entry_id == here.c.entry_id, other.c.via == "", other.c.subject.not_in(subjects)
    )
    which = (here.c.account_id == session.account_id, here.c.subject.in_(subjects), here.c.via == "", ~elsewhere.exists())
    return list(session.execute(sa.select(here.c.entry_id).distinct().where(*which).limit(_ROWS_AT_ONCE)).scalars())


def delete_at(session: WriteSession, subject: str) -> None:
    """Empty a subject's timeline, in bounded statements."""
    some = sa.select(L.c.entry_id).where(L.c.account_id == session.account_id, L.c.subject == subject).limit(_ROWS_AT_ONCE)
    which = (L.c.account_id == session.account_id, L.c.subject == subject, L.c.entry_id.in_(some))
    while session.execute(sa.delete(L).where(*which)).rowcount:
        pass


@cache
def _roll_up_entry(dialect: str) -> Any:
    """For one new entry and one of its subjects, the same from what is known of them: SQLite would look through all ties of the
    account. Built once, because every write of an entry runs it."""
    names = ("this_account", "this_entry", "this_kind", "this_subject")
    account_id, entry_id, kind, subject = (sa.bindparam(name, type_=sa.Text) for name in names)
    moment = sa.bindparam("this_time", type_=T.c.from_time.type)
    tied = (T.c.account_id == account_id, T.c.root == MERGES.root_of(account_id, subject))
    during = (T.c.from_time <= moment, moment < T.c.until_time)
    links = sa.select(account_id, entry_id, T.c.target, moment, kind, subject).where(*tied, *during)
    return _kept(dialect, links.group_by(T.c.target))


def _kept(dialect: str, links: sa.Select[Any]) -> Any:
    """Insert these links; of several reasons the smallest name is kept, the direct one (an empty name) before all."""
    names = ["account_id", "entry_id", "subject", "occur_time", "kind", "via"]
    insert: Any = postgresql.insert(L) if dialect == "postgresql" else sqlite.insert(L)
    statement = insert.from_select(names, links)
    keys = [column.name for column in L.primary_key.columns]
    better = statement.excluded.via < L.c.via
    return statement.on_conflict_do_update(index_elements=keys, set_={"via": statement.excluded.via}, where=better)


def _rolled_up(account_id: sa.ColumnElement[str], which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Rows of LINKS for what hangs directly where `which` says so."""
    link = (_DIRECT.c.account_id, _DIRECT.c.entry_id, T.c.target, _DIRECT.c.occur_time, _DIRECT.c.kind)
    tied = sa.and_(T.c.account_id == _DIRECT.c.account_id, T.c.root == MERGES.root_of(_DIRECT.c.account_id, _DIRECT.c.subject))
    during = sa.and_(T.c.from_time <= _DIRECT.c.occur_time, _DIRECT.c.occur_time < T.c.until_time)
    return (
        sa.select(*link, sa.func.min(_DIRECT.c.subject))
        .select_from(_DIRECT.join(T, sa.and_(tied, during)))
        .where(_DIRECT.c.account_id == account_id, _DIRECT.c.via == "", which)
        .group_by(*link)
    )
