"""Definitions of custom fields."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_contacts.domain.custom_fields import Choice, CustomField
from kontor_contacts.store.tables import CUSTOM_FIELDS as F

_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_OF_NOUN = (F.c.account_id == _ACCOUNT, F.c.noun == sa.bindparam("this_noun", type_=sa.Text))
_THIS = (F.c.account_id == _ACCOUNT, F.c.id == sa.bindparam("this_id", type_=sa.Text))
_ALL = sa.select(F).where(*_OF_NOUN).order_by(F.c.position, F.c.key)
_READ_LOCK = sa.select(F.c.id).where(*_OF_NOUN).order_by(F.c.id).with_for_update(read=True)
_LOCK = sa.select(F.c.id).where(*_OF_NOUN).order_by(F.c.id).with_for_update()
_UPDATE = sa.update(F).where(*_THIS)


def of_noun(session: ReadSession, noun: str) -> list[CustomField]:
    """All definitions of a kind of record in their order, archived ones too."""
    return [_field(row) for row in session.execute(_ALL, {"this_account": session.account_id, "this_noun": noun})]


def by_key(session: ReadSession, noun: str) -> Mapping[str, CustomField]:
    return {field.key: field for field in of_noun(session, noun)}


def keep_as_they_are(session: WriteSession, noun: str) -> None:
    """Until the end of the session nobody changes a definition; others may write values as well."""
    session.hold(_READ_LOCK, {"this_account": session.account_id, "this_noun": noun})


def lock_all(session: WriteSession, noun: str) -> list[CustomField]:
    """All definitions of a kind of record, locked until the end of the session; nobody writes values meanwhile."""
    session.hold(_LOCK, {"this_account": session.account_id, "this_noun": noun})
    return of_noun(session, noun)


def get(session: ReadSession, field_id: str) -> CustomField | None:
    row = session.execute(sa.select(F).where(*_THIS), {"this_account": session.account_id, "this_id": field_id}).one_or_none()
    return _field(row) if row else None


def page(session: ReadSession, *, noun: str, after: tuple[str, int, str] | None, limit: int) -> list[CustomField]:
    """Those of people before those of organisations, by position; `after` is noun rank, position and id of the last one seen."""
    # The larger word comes first.
    statement = sa.select(F).where(F.c.account_id == session.account_id)
    if noun:
        statement = statement.where(F.c.noun == noun)
    if after:
        same = sa.and_(F.c.noun == after[0], sa.tuple_(F.c.position, F.c.id) > (after[1], after[2]))
        statement = statement.where(sa.or_(F.c.noun < after[0], same))
    return [_field(row) for row in session.execute(statement.order_by(F.c.noun.desc(), F.c.position, F.c.id).limit(limit))]


def insert(session: WriteSession, field: CustomField) -> bool:
    """False where there is one with this key already."""
    row = {"account_id": session.account_id, "noun": field.noun, "key": field.key, "create_time": field.create_time, **_values(field)}
    return insert_or_ignore(session.connection, F, row)


def update(session: WriteSession, field: CustomField) -> None:
    session.execute(_UPDATE, {"this_account": session.account_id, "this_id": field.id, **_values(field)})


def delete(session: WriteSession, field_id: str) -> None:
    """The definition and, by the foreign key, all values."""
    session.execute(sa.delete(F).where(F.c.account_id == session.account_id, F.c.id == field_id))


def choices_from(rows: Sequence[Sequence[str]]) -> tuple[Choice, ...]:
    return tuple(Choice(*row) for row in rows)


def _values(field: CustomField) -> dict[str, Any]:
    return {
        "id": field.id,
        "version": field.version,
        "label": field.label,
        "type": field.type,
        "choices": [[choice.key, choice.label] for choice in field.choices],
        "description": field.description,
        "position": field.position,
        "archived": field.archived,
        "update_time": field.update_time,
    }


def _field(row: sa.Row[Any]) -> CustomField:
    return CustomField(
        noun=row.noun,
        key=row.key,
        label=row.label,
        type=row.type,
        choices=choices_from(row.choices),
        description=row.description,
        position=row.position,
        archived=row.archived,
        id=row.id,
        version=row.version,
        create_time=row.create_time,
        update_time=row.update_time,
    )
