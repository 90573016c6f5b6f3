"""Bits of tags on records, and once more on their tags and custom values: in every index that lists walk (domain/tag_bits.py).

A record has the bits of all tags that it carries, and may keep those of tags that it no longer does. Its rows are held by whoever
changes them.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.domain.tag_bits import tag_bits
from kontor_contacts.store.tables import CUSTOM_VALUES as V
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import TAGGINGS as G

_RECORDS = {"persons": P, "organisations": O}
_AT_ONCE = 500
_OF_RECORD = (V.c.account_id == sa.bindparam("this_account", type_=sa.Text), V.c.record_id == sa.bindparam("this_id", type_=sa.Text))
_PUT_ON_VALUES = sa.update(V).where(*_OF_RECORD).values(tag_bits=sa.bindparam("bits", type_=sa.BigInteger))


def put_on_values(session: WriteSession, record_id: str, bits: int) -> None:
    """Let the values of a record have the bits that the record now has."""
    session.execute(_PUT_ON_VALUES, {"this_account": session.account_id, "this_id": record_id, "bits": bits})


def add(session: WriteSession, noun: str, ids: Sequence[str], tag_ids: Collection[str]) -> None:
    """Let these records, which now carry these tags too, have their bits."""
    bits = tag_bits(tag_ids)
    if not bits:
        return
    record = _RECORDS[noun]
    for start in range(0, len(ids), _AT_ONCE):
        these = ids[start : start + _AT_ONCE]
        for table, record_id in ((record, record.c.id), (G, G.c.record_id), (V, V.c.record_id)):
            mine = sa.and_(table.c.account_id == session.account_id, record_id.in_(these))
            session.execute(sa.update(table).where(mine).values(tag_bits=table.c.tag_bits.bitwise_or(bits)))


def of_record() -> sa.ColumnElement[int]:
    """The bits of the record `this_id` of `this_account`, of whichever noun it is."""
    bits = [
        sa.select(record.c.tag_bits)
        .where(record.c.account_id == sa.bindparam("this_account", type_=sa.Text), record.c.id == sa.bindparam("this_id", type_=sa.Text))
        .scalar_subquery()
        for record in (P, O)
    ]
    return sa.func.coalesce(*bits, 0)
