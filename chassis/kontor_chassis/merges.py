"""Merges that another service has told: which record answers for which, whatever the order in which it was heard.

A merge says that one record (`ref`) was found to be another one (`survivor`); it may be undone later. Survivors may be merged
themselves, so who answers for a record is found by following the survivors to the end; that end (`root`) is kept in the row, so
that a statement needs one look for it. Order holds per record only: A into B and B into C may be heard in either order, and where an
undo is late the survivors may run in a circle for a while; then the smallest name of the circle answers, until the undo comes.

A follower keeps the references that it was given as they are, and looks through this table for whom they mean now. So nothing has
to be moved when a merge comes, and nothing is lost for its undo.
"""

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.types import Key
from kontor_chassis.db.upsert import upsert_newer


class Merges:
    """The table of one service. Whoever writes what depends on a merge shares `locks.ACCOUNT`; who calls `keep` claims it."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self.table = table = sa.Table(
            "merges",
            metadata,
            sa.Column("account_id", Key, primary_key=True),
            sa.Column("ref", Key, primary_key=True),
            # Into which it was merged; itself where that was undone.
            sa.Column("survivor", Key, nullable=False),
            # Who answers for it now.
            sa.Column("root", Key, nullable=False),
            # Of the record's last news of a merge; rows of undone merges stay, so that a late older event does not redo them.
            sa.Column("sequence", sa.BigInteger, nullable=False),
            sa.Index("merges_by_survivor", "account_id", "survivor"),
            sa.Index("merges_by_root", "account_id", "root"),
        )
        mine = table.c.account_id == sa.bindparam("this_account", type_=sa.Text)
        refs = sa.bindparam("refs", expanding=True, type_=sa.Text)
        self._roots = sa.select(table.c.ref, table.c.root).where(mine, table.c.ref.in_(refs))
        self._members = sa.select(table.c.ref).where(mine, table.c.root.in_(refs)).order_by(table.c.ref)
        self._up = sa.select(table.c.ref, table.c.survivor).where(mine, table.c.ref.in_(refs))
        self._down = sa.select(table.c.ref, table.c.survivor).where(mine, table.c.survivor.in_(refs))
        self._sequence = sa.select(table.c.sequence).where(mine, table.c.ref == sa.bindparam("this_ref", type_=sa.Text))
        self._set_root = sa.update(table).where(mine, table.c.ref == sa.bindparam("this_ref", type_=sa.Text))
        self._set_root = self._set_root.values(root=sa.bindparam("new_root", type_=sa.Text))

    def root_of(self, account_id: sa.ColumnElement[str], ref: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        """Who answers for `ref`, as a column of another statement."""
        table = self.table.alias()
        found = sa.select(table.c.root).where(table.c.account_id == account_id, table.c.ref == ref).correlate_except(table)
        return sa.func.coalesce(found.scalar_subquery(), ref)

    def is_told(self, account_id: sa.ColumnElement[str], ref: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        """Whether `ref` was ever merged or answers for another one, as a condition in another statement."""
        table = self.table.alias()
        told = sa.select(sa.literal(1)).where(table.c.account_id == account_id, sa.or_(table.c.ref == ref, table.c.root == ref))
        return told.correlate_except(table).exists()

    def roots(self, session: ReadSession, refs: Iterable[str]) -> dict[str, str]:
        """Each of these → who answers for it."""
        result = {ref: ref for ref in refs}
        if result:
            rows = session.execute(self._roots, {"this_account": session.account_id, "refs": list(result)})
            result |= {row.ref: row.root for row in rows}
        return result

    def root(self, session: ReadSession, ref: str) -> str:
        return self.roots(session, [ref])[ref]

    def members(self, session: ReadSession, ref: str) -> list[str]:
        """All for whom the same one answers as for `ref`: that one first."""
        root = self.root(session, ref)
        rows = session.execute(self._members, {"this_account": session.account_id, "refs": [root]})
        return [root, *(row.ref for row in rows if row.ref != root)]

    def keep(self, session: WriteSession, ref: str, survivor: str, *, sequence: int) -> Mapping[str, str]:
        """Remember that `ref` was merged into `survivor`, or that this was undone (`survivor` is `ref` itself then).

        Answers for whom somebody else answers now, with who did before; nothing where the news is not newer than what is known.
        """
        values = {"this_account": session.account_id, "this_ref": ref}
        known = session.execute(self._sequence, values).scalar_one_or_none()
        if known is not None and known >= sequence:
            return {}
        touched = self._followers(session, ref)
        before = self.roots(session, touched)
        row = {"account_id": session.account_id, "ref": ref, "survivor": survivor, "root": ref, "sequence": sequence}
        upsert_newer(session.connection, self.table, [row])
        survivors = self._survivors(session, touched)
        after = {item: _end(survivors, item) for item in touched}
        rows = [{"this_account": session.account_id, "this_ref": item, "new_root": root} for item, root in after.items()]
        session.execute(self._set_root, rows)
        return {item: before[item] for item in touched if before[item] != after[item]}

    def _followers(self, session: ReadSession, ref: str) -> list[str]:
        """The record and all that were merged into it, also over others."""
        found = [ref]
        news = [ref]
        while news:
            rows = session.execute(self._down, {"this_account": session.account_id, "refs": news}).all()
            news = [row.ref for row in rows if row.ref not in found]
            found += news
        return found

    def _survivors(self, session: ReadSession, refs: Collection[str]) -> dict[str, str]:
        """Who was merged into whom, along the way of each of these to its end."""
        found: dict[str, str] = {}
        news = list(refs)
        while news:
            rows = session.execute(self._up, {"this_account": session.account_id, "refs": news}).all()
            found |= {row.ref: row.survivor for row in rows}
            news = [row.survivor for row in rows if row.survivor not in found]
        return found


def _end(survivors: Mapping[str, str], ref: str) -> str:
    way = [ref]
    while (following := survivors.get(way[-1], way[-1])) not in way:
        way.append(following)
    return min(way[way.index(following) :])
