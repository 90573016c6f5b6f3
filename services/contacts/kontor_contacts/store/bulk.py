"""Choosing many records, and writing the same change to some of them in a few statements."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.filters.fields import Condition
from kontor_chassis.filters.tree import Node
from kontor_contacts.domain.custom_values import Change
from kontor_contacts.domain.home import Home
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.store import custom_columns, custom_values, lists, tag_bits
from kontor_contacts.store.lists import Listing
from kontor_contacts.store.merge_tables import MERGES as M
from kontor_contacts.store.tables import CUSTOM_VALUES as V
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import TAGGINGS as G
from kontor_contacts.store.tables import TAGS as T
from kontor_contacts.store.visibility import visible_to

_RECORDS = {"persons": P, "organisations": O}
_PUT_ON = sa.insert(G)


def conditions(session: ReadSession, listing: Listing, noun: str, node: Node, also: Sequence[Condition], *, home: Home) -> list[Condition]:
    """What a record must fulfil to be chosen. Raises InvalidArgument naming filter, with the position."""
    listing = custom_columns.with_custom(session, listing, noun, node)
    compile_ = lists.compiler(session, listing, home)
    record = listing.record
    found = [visible_to(session, record), compile_.condition(node), *also]
    start = lists.rarest(session, listing, compile_, node)
    if start is not None and start.is_rare:
        return [*found, *lists.among(session, record, record.c.id, start)]
    return [*found, record.c.account_id == session.account_id]


def count(session: ReadSession, noun: str, chosen: Sequence[Condition]) -> int:
    record = _RECORDS[noun]
    return int(session.execute(sa.select(sa.func.count()).select_from(record).where(*chosen)).scalar_one())


def gather(session: ReadSession, noun: str, chosen: Sequence[Condition], *, after: str, limit: int) -> list[str]:
    """Ids of the next ones, by id."""
    record = _RECORDS[noun]
    statement = sa.select(record.c.id).where(*chosen, record.c.id > after).order_by(record.c.id).limit(limit)
    return list(session.execute(statement).scalars())


def merged(session: ReadSession, noun: str, ids: Sequence[str]) -> set[str]:
    """Those that were merged into other records and have no rows of their own."""
    those = (M.c.account_id == session.account_id, M.c.noun == noun, M.c.duplicate_id.in_(ids), M.c.undo_time.is_(None))
    return set(session.execute(sa.select(M.c.duplicate_id).where(*those)).scalars())


def hold(session: WriteSession, noun: str, ids: Sequence[str]) -> None:
    """Lock the rows of these records until the end of the session."""
    record = _RECORDS[noun]
    those = sa.select(record.c.id).where(record.c.account_id == session.account_id, record.c.id.in_(ids))
    session.hold(those.order_by(record.c.id).with_for_update())


def hold_tags(session: WriteSession, tag_ids: Sequence[str]) -> None:
    """Let nobody delete these tags until the end of the session."""
    those = sa.select(T.c.id).where(T.c.account_id == session.account_id, T.c.id.in_(tag_ids))
    session.hold(those.order_by(T.c.id).with_for_update(read=True, key_share=True))


def write(session: WriteSession, noun: str, ids: Sequence[str], values: Mapping[str, Any]) -> None:
    """Raise the versions of these records, whose rows are held, and give them these columns."""
    record = _RECORDS[noun]
    moved = {**values, "version": record.c.version + 1, "update_time": session.now}
    session.execute(sa.update(record).where(record.c.account_id == session.account_id, record.c.id.in_(ids)).values(moved))


def change_tags(
    session: WriteSession, noun: str, ids: Sequence[str], *, removed: Collection[str], added: Sequence[tuple[Person | Organisation, str]]
) -> None:
    """Take the tags of the ids `removed` off all of these records, whose rows are held, and let each record of `added` carry the tag of
    the id beside it, which it does not carry yet."""
    if removed:
        session.execute(sa.delete(G).where(G.c.account_id == session.account_id, G.c.record_id.in_(ids), G.c.tag_id.in_(removed)))
    common = {"account_id": session.account_id, "noun": noun, "tag_bits": 0}
    rows = [{**common, "record_id": record.id, "tag_id": tag_id, "sort_key": record.sort_key} for record, tag_id in added]
    if rows:
        session.execute(_PUT_ON, rows)
    if removed or rows:
        tag_bits.put_right(session, noun, ids)


def write_custom(session: WriteSession, changes: Mapping[str, Sequence[Change]]) -> None:
    """Write what changes of custom fields, by record; other fields keep their values."""
    field_ids = {change.field.id for made in changes.values() for change in made}
    if not field_ids:
        return
    changed = [(record_id, change) for record_id, made in changes.items() for change in made]
    for field_id in sorted(field_ids):
        ids = [record_id for record_id, change in changed if change.field.id == field_id]
        those = (V.c.account_id == session.account_id, V.c.record_id.in_(ids), V.c.field_id == field_id)
        session.execute(sa.delete(V).where(*those))
    rows = [
        row
        for record_id, change in changed
        if change.value is not None
        for row in custom_values.rows_of(session, record_id, change.field, change.value)
    ]
    custom_values.insert(session, rows)
