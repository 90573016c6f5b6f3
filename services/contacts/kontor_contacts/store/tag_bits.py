"""Bits of tags on records, and once more on their tags and custom values: in every index that lists walk (domain/tag_bits.py).

They are changed by whoever holds the record's row, together with its tags.
"""

from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.domain.tag_bits import tag_bits
from kontor_contacts.store.tables import CUSTOM_VALUES as V
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import TAGGINGS as G

_RECORDS = {"persons": P, "organisations": O}
_AT_ONCE = 500
_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_THIS = sa.bindparam("this_id", type_=sa.Text)


def _put(table: sa.Table, record_id: sa.Column[str]) -> sa.Update:
    return (
        sa.update(table)
        .where(table.c.account_id == _ACCOUNT, record_id == _THIS)
        .values(tag_bits=sa.bindparam("bits", type_=sa.BigInteger))
    )


_PUT_ON_RECORDS = {noun: _put(record, record.c.id) for noun, record in _RECORDS.items()}
_PUT_ON_TAGS = _put(G, G.c.record_id)
_PUT_ON_VALUES = _put(V, V.c.record_id)


def put_on_values(session: WriteSession, record_id: str, bits: int) -> None:
    """Let the values of a record have the bits that the record now has."""
    session.execute(_PUT_ON_VALUES, {"this_account": session.account_id, "this_id": record_id, "bits": bits})


def put_right(session: WriteSession, noun: str, ids: Collection[str]) -> None:
    """Let these records, whose rows are held, have the bits of the tags that they now carry."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        these = ordered[start : start + _AT_ONCE]
        carried: dict[str, list[str]] = defaultdict(list)
        rows = sa.select(G.c.record_id, G.c.tag_id).where(G.c.account_id == session.account_id, G.c.record_id.in_(these))
        for row in session.execute(rows):
            carried[row.record_id].append(row.tag_id)
        bits = [{"this_account": session.account_id, "this_id": each, "bits": tag_bits(carried[each])} for each in these]
        for statement in (_PUT_ON_RECORDS[noun], _PUT_ON_TAGS, _PUT_ON_VALUES):
            session.execute(statement, bits)


def of_record() -> sa.ColumnElement[int]:
    """The bits of the record `this_id` of `this_account`, of whichever noun it is."""
    bits = [
        sa.select(record.c.tag_bits).where(record.c.account_id == _ACCOUNT, record.c.id == _THIS).scalar_subquery() for record in (P, O)
    ]
    return sa.func.coalesce(*bits, 0)
