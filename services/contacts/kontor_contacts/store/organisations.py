"""Every SQL statement about organisations."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.text import prefix_end
from kontor_contacts.domain.blocking import keys_of
from kontor_contacts.domain.care import Care
from kontor_contacts.domain.likely import of_organisation
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.tag_bits import tag_bits as bits_of
from kontor_contacts.domain.visibility import Visibility, from_refs
from kontor_contacts.store import contact_points, custom_values, duplicate_keys, duplicates, main_contacts, relationships, tag_bits, tags
from kontor_contacts.store.lists import has_bits
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import TAGGINGS as G
from kontor_contacts.store.visibility import EVERYTHING, seen, viewer, visible

NOUN = "organisations"
# A place in a list: sort key and id.
After = tuple[str, str]

_WHOLE = sa.select(
    O,
    contact_points.column(O).label("points"),
    tags.column(O).label("tags"),
    custom_values.column(O).label("custom"),
    relationships.COLUMN.label("relationships"),
    main_contacts.COLUMN.label("main_contact"),
)
_THIS = (O.c.account_id == sa.bindparam("this_account", type_=sa.Text), O.c.id == sa.bindparam("this_id", type_=sa.Text))
_GET = _WHOLE.where(*_THIS, visible(O))
_BY_IDS = _WHOLE.where(
    O.c.account_id == sa.bindparam("this_account", type_=sa.Text), O.c.id.in_(sa.bindparam("ids", expanding=True)), visible(O)
)
_HOLD = sa.select(O.c.id).where(*_THIS).with_for_update()
_KEEP = sa.select(O.c.id).where(*_THIS).with_for_update(read=True, key_share=True)
_INSERT = sa.insert(O)
_UPDATE = sa.update(O).where(*_THIS)


def get(session: ReadSession, organisation_id: str) -> Organisation | None:
    row = session.execute(_GET, _this(session, organisation_id) | viewer(session)).one_or_none()
    return _organisation(row) if row else None


def lock(session: WriteSession, organisation_id: str) -> Organisation | None:
    """The organisation, with its row locked until the end of the session."""
    session.hold(_HOLD, _this(session, organisation_id))
    return get(session, organisation_id)


def keep(session: WriteSession, organisation_id: str) -> None:
    """Keep others from deleting or merging the organisation until the end of the session; before any person is held."""
    session.hold(_KEEP, _this(session, organisation_id))


def _this(session: ReadSession, organisation_id: str) -> dict[str, Any]:
    return {"this_account": session.account_id, "this_id": organisation_id}


def by_ids(session: ReadSession, ids: Sequence[str], *, everything: bool = False) -> list[Organisation]:
    """Those that the caller sees, in no particular order; `everything`: all, for work that is not shown to them."""
    these = {"this_account": session.account_id, "ids": list(ids)}
    return [_organisation(row) for row in session.execute(_BY_IDS, these | (EVERYTHING if everything else viewer(session)))]


def page(session: ReadSession, *, tag_ids: Sequence[str], name: str, after: After | None, limit: int) -> list[Organisation]:
    """Organisations by name; `name` is a folded prefix."""
    if tag_ids:
        walked = G.alias("walked")
        key, record_id = walked.c.sort_key, walked.c.record_id
        statement = sa.select(record_id.label("id")).where(
            walked.c.account_id == session.account_id, walked.c.tag_id == tag_ids[0], walked.c.noun == NOUN
        )
        statement = statement.where(seen(O, session.account_id, record_id), has_bits(walked.c.tag_bits, bits_of(tag_ids)))
        for number, tag_id in enumerate(tag_ids[1:]):
            other = G.alias(f"other{number}")
            carried = sa.select(sa.literal(1)).where(
                other.c.account_id == session.account_id, other.c.record_id == record_id, other.c.tag_id == tag_id
            )
            statement = statement.where(carried.exists())
    else:
        key, record_id = O.c.sort_key, O.c.id
        statement = sa.select(record_id.label("id")).where(O.c.account_id == session.account_id, visible(O))
    if name:
        statement = statement.where(key >= name, key < prefix_end(name))
    if after:
        statement = statement.where(sa.tuple_(key, record_id) > after)
    places = statement.order_by(key, record_id).limit(limit).subquery("places")
    whole = _WHOLE.join(places, sa.and_(O.c.account_id == session.account_id, O.c.id == places.c.id))
    return [_organisation(row) for row in session.execute(whole.order_by(O.c.sort_key, O.c.id), viewer(session))]


def filtered(session: ReadSession, places: sa.Select[Any], *, descending: bool) -> list[tuple[Any, Organisation]]:
    """The organisations at these places (`key` and `id`), in their order, each with its key and id."""
    found = places.subquery("places")
    statement = _WHOLE.add_columns(found.c.key).join(found, sa.and_(O.c.account_id == session.account_id, O.c.id == found.c.id))
    ways = (found.c.key.desc(), O.c.id.desc()) if descending else (found.c.key, O.c.id)
    rows = session.execute_planned_anew(statement.order_by(*ways), viewer(session))
    return [((row.key, row.id), _organisation(row)) for row in rows]


def named(name: str) -> sa.ColumnElement[bool]:
    """Whose name begins so; `name` is folded."""
    return sa.and_(O.c.sort_key >= name, O.c.sort_key < prefix_end(name))


def insert(session: WriteSession, organisation: Organisation) -> Organisation:
    """Answers the organisation with its tags as they are kept."""
    origin = {
        "account_id": session.account_id,
        "create_time": organisation.create_time,
        "creator_user_id": organisation.creator_user_id,
    }
    bits = 0
    if organisation.tags:
        organisation, bits = tags.put_on(session, NOUN, organisation)
    session.execute(_INSERT, origin | _values(organisation) | {"tag_bits": bits})
    contact_points.insert(session, NOUN, organisation.id, organisation.points)
    duplicate_keys.insert(session, NOUN, organisation.id, keys_of(of_organisation(organisation)))
    relationships.insert(session, organisation.id, organisation.relationships)
    return organisation


def update(session: WriteSession, before: Organisation, after: Organisation) -> Organisation:
    """Write what differs; the caller holds the row and has raised the version. Answers it with its tags as they are kept."""
    columns = _values(after)
    if set(before.tags) != set(after.tags) or before.sort_key != after.sort_key:
        after, bits = tags.put_on(session, NOUN, after)
        columns["tag_bits"] = bits
        tag_bits.put_on_values(session, after.id, bits)
    session.execute(_UPDATE, _this(session, after.id) | columns)
    if of_organisation(before) != of_organisation(after):
        rekey(session, after)
    if before.points != after.points:
        contact_points.delete(session, after.id)
        contact_points.insert(session, NOUN, after.id, after.points)
    if before.relationships != after.relationships:
        relationships.delete(session, after.id)
        relationships.insert(session, after.id, after.relationships)
    return after


def rekey(session: WriteSession, organisation: Organisation) -> None:
    """Put right by which keys others that may be the same are found."""
    duplicate_keys.delete(session, organisation.id)
    duplicate_keys.insert(session, NOUN, organisation.id, keys_of(of_organisation(organisation)))


def raise_versions(session: WriteSession, ids: Sequence[str]) -> None:
    session.hold(sa.select(O.c.id).where(O.c.account_id == session.account_id, O.c.id.in_(ids)).order_by(O.c.id).with_for_update())
    values = {"version": O.c.version + 1, "update_time": session.now}
    session.execute(sa.update(O).where(O.c.account_id == session.account_id, O.c.id.in_(ids)).values(values))


def delete(session: WriteSession, organisation_id: str) -> None:
    contact_points.delete(session, organisation_id)
    custom_values.delete_record(session, organisation_id)
    duplicate_keys.delete(session, organisation_id)
    duplicates.delete_of(session, organisation_id)
    session.execute(sa.delete(G).where(G.c.account_id == session.account_id, G.c.record_id == organisation_id))
    session.execute(sa.delete(O).where(O.c.account_id == session.account_id, O.c.id == organisation_id))


def all_after(session: ReadSession, after: str, limit: int) -> list[Organisation]:
    """Organisations by id, for reading all of them."""
    statement = _WHOLE.where(O.c.account_id == session.account_id, O.c.id > after, visible(O)).order_by(O.c.id).limit(limit)
    return [_organisation(row) for row in session.execute(statement, viewer(session))]


def limits(session: ReadSession, ids: Sequence[str]) -> dict[str, Visibility]:
    """Who may see each of those that exist."""
    rows = session.execute(sa.select(O.c.id, O.c.visible_to).where(O.c.account_id == session.account_id, O.c.id.in_(ids)))
    return {row.id: from_refs(row.visible_to) for row in rows}


def _values(organisation: Organisation) -> dict[str, Any]:
    return {
        "id": organisation.id,
        "version": organisation.version,
        "name": organisation.name,
        "sort_key": organisation.sort_key,
        "kind": organisation.kind,
        "background": organisation.background,
        "industry": organisation.industry,
        "size": organisation.size,
        "website": organisation.website,
        "vip": organisation.care.vip,
        "key_accounter_user_id": organisation.care.key_accounter_user_id,
        "responsible_user_id": organisation.care.responsible_user_id,
        "update_time": organisation.update_time,
        "parent_id": organisation.parent_id,
        "main_contact_person_id": organisation.main_contact_person_id,
        "address_origin_id": organisation.address_origin_id,
        "visible_to": organisation.visibility.refs or None,
    }


def _organisation(row: sa.Row[Any]) -> Organisation:
    return Organisation(
        id=row.id,
        version=row.version,
        name=row.name,
        kind=row.kind,
        background=row.background,
        industry=row.industry,
        size=row.size,
        website=row.website,
        relationships=relationships.from_rows(row.relationships),
        care=Care(row.vip, row.key_accounter_user_id, row.responsible_user_id),
        points=contact_points.from_rows(row.points),
        tags=tags.from_rows(row.tags),
        custom=custom_values.from_rows(row.custom),
        parent_id=row.parent_id,
        main_contact_person_id=row.main_contact_person_id,
        main_contact=main_contacts.from_rows(row.main_contact),
        address_origin_id=row.address_origin_id,
        visibility=from_refs(row.visible_to),
        create_time=row.create_time,
        update_time=row.update_time,
        creator_user_id=row.creator_user_id,
    )
