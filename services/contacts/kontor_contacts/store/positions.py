"""Every SQL statement about positions."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_contacts.domain.positions import Position
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import POSITIONS as T
from kontor_contacts.store.visibility import not_hidden_from, visible_to

_AT_ONCE = 500
_WHOLE = sa.select(T, O.c.name.label("organisation_name"), O.c.address_origin_id, O.c.visible_to).join(
    O, sa.and_(O.c.account_id == T.c.account_id, O.c.id == T.c.organisation_id)
)


def get(session: ReadSession, person_id: str, position_id: str) -> Position | None:
    """Where the caller sees both, the person and the organisation."""
    statement = _WHOLE.where(T.c.account_id == session.account_id, T.c.id == position_id, T.c.person_id == person_id)
    statement = statement.where(visible_to(session, O), not_hidden_from(session, P, T.c.person_id))
    row = session.execute(statement).one_or_none()
    return _position(row) if row else None


def of_organisation(session: ReadSession, organisation_id: str) -> list[Position]:
    """All of them, for changes of the organisation."""
    rows = session.execute(_WHOLE.where(T.c.account_id == session.account_id, T.c.organisation_id == organisation_id))
    return [_position(row) for row in rows]


def insert(session: WriteSession, position: Position) -> None:
    session.execute(sa.insert(T).values(account_id=session.account_id, person_id=position.person_id, **_values(position)))


def update(session: WriteSession, position: Position) -> None:
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == position.id).values(_values(position)))


def move(session: WriteSession, position: Position) -> None:
    """As `update`; to another person, too, whose rows are held both."""
    values = {**_values(position), "person_id": position.person_id}
    session.execute(sa.update(T).where(T.c.account_id == session.account_id, T.c.id == position.id).values(values))


def move_all(session: WriteSession, position_ids: Sequence[str], *, organisation_id: str) -> None:
    """To another organisation, each with its next version."""
    for start in range(0, len(position_ids), _AT_ONCE):
        these = (T.c.account_id == session.account_id, T.c.id.in_(position_ids[start : start + _AT_ONCE]))
        session.execute(sa.update(T).where(*these).values(organisation_id=organisation_id, version=T.c.version + 1))


def delete(session: WriteSession, position_ids: Sequence[str]) -> None:
    session.execute(sa.delete(T).where(T.c.account_id == session.account_id, T.c.id.in_(position_ids)))


def _values(position: Position) -> dict[str, Any]:
    return {
        "id": position.id,
        "version": position.version,
        "organisation_id": position.organisation_id,
        "role": position.role,
        "department": position.department,
        "is_primary": position.primary,
        "from_date": position.from_date.isoformat() if position.from_date else None,
        "to_date": position.to_date.isoformat() if position.to_date else None,
    }


def _position(row: sa.Row[Any]) -> Position:
    return Position(
        id=row.id,
        version=row.version,
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        organisation_name=row.organisation_name,
        address_origin_id=row.address_origin_id,
        role=row.role,
        department=row.department,
        primary=row.is_primary,
        from_date=date.fromisoformat(row.from_date) if row.from_date else None,
        to_date=date.fromisoformat(row.to_date) if row.to_date else None,
        limited=row.visible_to is not None,
    )
