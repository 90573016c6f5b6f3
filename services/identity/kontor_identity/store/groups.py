"""Every SQL statement about groups and who is in them."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_identity.domain.groups import Group
from kontor_identity.store.tables import GROUP_MEMBERS as M
from kontor_identity.store.tables import GROUPS as G
from kontor_identity.store.tables import USERS as U

# A place in a list: key and id.
After = tuple[str, str]

_WHOLE = sa.select(G, children(M.c.user_id, where=sa.and_(M.c.account_id == G.c.account_id, M.c.group_id == G.c.id)).label("members"))


def of_user(user: sa.FromClause) -> sa.ScalarSelect[list[list[str]]]:
    """The ids of a user's groups as a column of another statement about users."""
    return children(M.c.group_id, where=sa.and_(M.c.account_id == user.c.account_id, M.c.user_id == user.c.id))


def get(session: ReadSession, group_id: str) -> Group | None:
    row = session.execute(_WHOLE.where(*_this(session, group_id))).one_or_none()
    return _group(row) if row else None


def lock(session: WriteSession, group_id: str) -> Group | None:
    """The group, with its row held until the end of the session: its members change only under it."""
    session.hold(sa.select(G.c.id).where(*_this(session, group_id)).with_for_update())
    return get(session, group_id)


def page(session: ReadSession, *, after: After | None, limit: int) -> Sequence[Group]:
    """By name."""
    statement = _WHOLE.where(G.c.account_id == session.account_id)
    if after:
        statement = statement.where(sa.tuple_(G.c.key, G.c.id) > after)
    return [_group(row) for row in session.execute(statement.order_by(G.c.key, G.c.id).limit(limit))]


def count(session: ReadSession) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(G).where(G.c.account_id == session.account_id)).scalar_one())


def name_is_taken(session: ReadSession, group: Group) -> bool:
    """Whether another group has this name."""
    same = (G.c.account_id == session.account_id, G.c.key == group.key, G.c.id != group.id)
    return session.execute(sa.select(G.c.id).where(*same)).first() is not None


def missing_users(session: ReadSession, user_ids: Collection[str]) -> list[str]:
    """Those that are no users of the account; deactivated ones are."""
    found = session.execute(sa.select(U.c.id).where(U.c.account_id == session.account_id, U.c.id.in_(user_ids))).scalars()
    return sorted(set(user_ids).difference(found))


def insert(session: WriteSession, group: Group) -> bool:
    """False where there is one of this name already."""
    if not insert_or_ignore(session.connection, G, {"create_time": group.create_time, **_values(session, group)}):
        return False
    _add_members(session, group.id, group.user_ids)
    return True


def update(session: WriteSession, before: Group, after: Group) -> None:
    """The caller holds the row and has raised the version."""
    session.execute(sa.update(G).where(*_this(session, after.id)).values(_values(session, after)))
    left = set(before.user_ids).difference(after.user_ids)
    if left:
        session.execute(sa.delete(M).where(M.c.account_id == session.account_id, M.c.group_id == after.id, M.c.user_id.in_(left)))
    _add_members(session, after.id, sorted(set(after.user_ids).difference(before.user_ids)))


def delete(session: WriteSession, group_id: str) -> None:
    """The group and, by the foreign key, who was in it."""
    session.execute(sa.delete(G).where(*_this(session, group_id)))


def _add_members(session: WriteSession, group_id: str, user_ids: Sequence[str]) -> None:
    common = {"account_id": session.account_id, "group_id": group_id}
    if user_ids:
        session.execute(sa.insert(M), [{**common, "user_id": user_id} for user_id in user_ids])


def _this(session: ReadSession, group_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return G.c.account_id == session.account_id, G.c.id == group_id


def _values(session: WriteSession, group: Group) -> dict[str, Any]:
    return {
        "account_id": session.account_id,
        "id": group.id,
        "version": group.version,
        "name": group.name,
        "key": group.key,
        "update_time": group.update_time,
    }


def _group(row: sa.Row[Any]) -> Group:
    return Group(
        id=row.id,
        version=row.version,
        name=row.name,
        user_ids=tuple(sorted(member[0] for member in row.members)),
        create_time=row.create_time,
        update_time=row.update_time,
    )
