"""Values of custom fields in rows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.text import fold
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.custom_values import NO_VALUES, SCALE, Change, Value
from kontor_contacts.store import tag_bits
from kontor_contacts.store.tables import CUSTOM_FIELDS as F
from kontor_contacts.store.tables import CUSTOM_VALUES as V
from kontor_contacts.store.tables import ORGANISATIONS, PERSONS
from kontor_contacts.store.visibility import can_hide, seen, viewer

# Longer texts are compared and sorted by their beginning: an entry of an index in PostgreSQL holds some 2,700 bytes.
KEY_LENGTH = 300
# Types whose values are found in `number`.
NUMERIC = frozenset({"number", "decimal", "yes_no"})

_RECORDS = {"persons": PERSONS, "organisations": ORGANISATIONS}
_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_RECORD = sa.bindparam("this_id", type_=sa.Text)
_FIELD = sa.bindparam("this_field", type_=sa.Text)
_OF_FIELD = (V.c.account_id == _ACCOUNT, V.c.field_id == _FIELD)
_INSERT = sa.insert(V).values(tag_bits=tag_bits.of_record())
_DELETE = sa.delete(V).where(V.c.account_id == _ACCOUNT, V.c.record_id == _RECORD)
_DELETE_ONE = _DELETE.where(V.c.field_id == _FIELD)
_CARRIERS = sa.select(V.c.record_id).where(*_OF_FIELD, V.c.place == 0)
_COUNT = sa.select(sa.func.count()).select_from(V).where(*_OF_FIELD, V.c.place == 0)


def column(record: sa.Table) -> sa.ScalarSelect[list[list[Any]]]:
    """A record's values as a column of its own statement, without those of archived fields; read it with `from_rows`."""
    return children(
        F.c.position, F.c.key, V.c.place, F.c.type, V.c.value, V.c.number,
        where=sa.and_(V.c.account_id == record.c.account_id, V.c.record_id == record.c.id, sa.not_(F.c.archived)),
        join=V.join(F, sa.and_(F.c.account_id == V.c.account_id, F.c.id == V.c.field_id)),
    )  # fmt: skip


def from_rows(rows: Sequence[Sequence[Any]]) -> Mapping[str, Value]:
    """By the fields' keys, in the order of the fields."""
    if not rows:
        return NO_VALUES
    values: dict[str, Any] = {}
    for _, key, _, kind, text, number in sorted(rows, key=lambda row: (row[0], row[1], row[2])):
        if kind == "multi_choice":
            values[key] = (*values.get(key, ()), text)
        else:
            values[key] = value_from(kind, text, number)
    return values


def every(session: ReadSession, record_id: str) -> Mapping[str, Value]:
    """All values of a record, those of archived fields too."""
    columns = (F.c.position, F.c.key, V.c.place, F.c.type, V.c.value, V.c.number)
    joined = V.join(F, sa.and_(F.c.account_id == V.c.account_id, F.c.id == V.c.field_id))
    statement = sa.select(*columns).select_from(joined).where(V.c.account_id == session.account_id, V.c.record_id == record_id)
    return from_rows(session.execute(statement).all())


def value_from(kind: str, text: str, number: int | None) -> Value:
    """The value that one row holds."""
    match kind:
        case "number":
            return number or 0
        case "decimal":
            return Decimal(number or 0).scaleb(-SCALE).normalize() + 0
        case "yes_no":
            return bool(number)
        case "date":
            return date.fromisoformat(text)
        case _:
            return text


def text_key(text: str) -> str:
    """What texts and links are compared by."""
    return fold(text)[:KEY_LENGTH]


def write(session: WriteSession, record_id: str, changes: Sequence[Change]) -> None:
    """Write what changes; other fields keep their values."""
    if not changes:
        return
    this = {"this_account": session.account_id, "this_id": record_id}
    session.execute(_DELETE_ONE, [{**this, "this_field": change.field.id} for change in changes])
    rows = [row for change in changes if change.value is not None for row in rows_of(session, record_id, change.field, change.value)]
    insert(session, rows)


def insert(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    """What `rows_of` makes; the records have their rows already."""
    if rows:
        session.execute(_INSERT, [{**row, "this_account": row["account_id"], "this_id": row["record_id"]} for row in rows])


def rows_of(session: WriteSession, record_id: str, field: CustomField, value: Value) -> Iterator[dict[str, Any]]:
    common = {"account_id": session.account_id, "record_id": record_id, "field_id": field.id}
    for place, item in enumerate(value if isinstance(value, tuple) else (value,)):
        yield {**common, "place": place, **columns_of(field.type, item)}


def columns_of(kind: str, value: Any) -> dict[str, Any]:
    """What one row holds of a value, by its field's type."""
    if kind in NUMERIC:
        return {"value": "", "text_key": None, "number": int(value.scaleb(SCALE) if isinstance(value, Decimal) else value)}
    text = value.isoformat() if isinstance(value, date) else value
    return {"value": text, "text_key": text_key(text) if kind in ("text", "link") else text, "number": None}


def delete_record(session: WriteSession, record_id: str) -> None:
    session.execute(_DELETE, {"this_account": session.account_id, "this_id": record_id})


def carriers(session: ReadSession, field_id: str) -> list[str]:
    """Ids of the records that have a value."""
    return [row.record_id for row in session.execute(_CARRIERS, {"this_account": session.account_id, "this_field": field_id})]


def count(session: ReadSession, field_id: str) -> int:
    """How many records have a value."""
    return int(session.execute(_COUNT, {"this_account": session.account_id, "this_field": field_id}).scalar_one())


def count_choice(session: ReadSession, field_id: str, key: str) -> int:
    """How many records have this choice."""
    parameters = {"this_account": session.account_id, "this_field": field_id, "key": key}
    chosen = sa.select(sa.func.count()).select_from(V).where(*_OF_FIELD, V.c.text_key == sa.bindparam("key", type_=sa.Text))
    return int(session.execute(chosen, parameters).scalar_one())


def count_seen(session: ReadSession, field: CustomField, choice: str = "") -> int:
    """How many of the records that the caller sees have a value, or this choice."""
    which = V.c.text_key == choice if choice else V.c.place == 0
    theirs = sa.select(sa.func.count()).select_from(V).where(*_OF_FIELD, which, seen(_RECORDS[field.noun], V.c.account_id, V.c.record_id))
    parameters = {"this_account": session.account_id, "this_field": field.id}
    return int(session.execute(theirs, parameters | viewer(session)).scalar_one())


def may_be_hidden(session: ReadSession, field: CustomField) -> bool:
    """Whether records that can have a value may be hidden from the caller."""
    return can_hide(session, _RECORDS[field.noun])


def largest(session: ReadSession, field_id: str) -> int:
    """The largest number without its sign; 0 where there is none."""
    ends = sa.select(sa.func.max(V.c.number).label("high"), sa.func.min(V.c.number).label("low")).where(*_OF_FIELD)
    row = session.execute(ends, {"this_account": session.account_id, "this_field": field_id}).one()
    return max(abs(int(row.high or 0)), abs(int(row.low or 0)))


def of_records(session: ReadSession, field: CustomField, ids: Sequence[str]) -> list[tuple[str, Value]]:
    """Record and value of these records, of a field with one value each."""
    statement = sa.select(V.c.record_id, V.c.value, V.c.number).where(*_OF_FIELD, V.c.record_id.in_(ids))
    rows = session.execute(statement, {"this_account": session.account_id, "this_field": field.id})
    return [(row.record_id, value_from(field.type, row.value, row.number)) for row in rows]


def rewrite(session: WriteSession, field: CustomField, values: Sequence[tuple[str, Value]]) -> None:
    """Give records with one value each another one, of the type that the field now has."""
    statement = sa.update(V).where(*_OF_FIELD, V.c.record_id == _RECORD)
    this = {"this_account": session.account_id, "this_field": field.id}
    session.execute(statement, [{**this, "this_id": record_id, **columns_of(field.type, value)} for record_id, value in values])
