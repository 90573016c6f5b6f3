"""Every SQL statement about people.

Those on hot paths are built once, with parameters: building a statement anew costs several times what running it does.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.text import fold, prefix_end
from kontor_chassis.visibility import Viewer, viewer_of
from kontor_contacts.domain.assistants import Assistant
from kontor_contacts.domain.blocking import keys_of
from kontor_contacts.domain.care import Care
from kontor_contacts.domain.likely import of_person
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.positions import Position
from kontor_contacts.domain.tag_bits import tag_bits as bits_of
from kontor_contacts.domain.visibility import EVERYONE, from_refs
from kontor_contacts.store import contact_points, custom_values, duplicate_keys, duplicates, person_dates, photos, tag_bits, tags
from kontor_contacts.store.lists import has_bits
from kontor_contacts.store.tables import CONTACT_POINTS, POSITIONS
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import TAGGINGS as G
from kontor_contacts.store.visibility import EVERYTHING, not_hidden, not_hidden_from, seen, viewer, visible, visible_to

NOUN = "persons"
# A place in a list: sort key and id.
After = tuple[str, str]
_AT_ONCE = 500
# More people than share one address.
_MOST_NAMESAKES = 50

_POSITIONS = children(
    POSITIONS.c.id, POSITIONS.c.version, POSITIONS.c.organisation_id, O.c.name, POSITIONS.c.role, POSITIONS.c.department,
    POSITIONS.c.is_primary, POSITIONS.c.from_date, POSITIONS.c.to_date, O.c.address_origin_id, O.c.visible_to,
    where=sa.and_(POSITIONS.c.account_id == P.c.account_id, POSITIONS.c.person_id == P.c.id),
    join=POSITIONS.join(O, sa.and_(O.c.account_id == POSITIONS.c.account_id, O.c.id == POSITIONS.c.organisation_id)),
)  # fmt: skip
_WHOLE = sa.select(
    P,
    contact_points.column(P).label("points"),
    tags.column(P).label("tags"),
    custom_values.column(P).label("custom"),
    person_dates.COLUMN.label("dates"),
    _POSITIONS.label("positions"),
    photos.COLUMN.label("photo_id"),
)
_ACCOUNT = sa.bindparam("this_account", type_=sa.Text)
_THIS = (P.c.account_id == _ACCOUNT, P.c.id == sa.bindparam("this_id", type_=sa.Text))
_GET = _WHOLE.where(*_THIS, visible(P))
_BY_IDS = _WHOLE.where(P.c.account_id == _ACCOUNT, P.c.id.in_(sa.bindparam("ids", expanding=True)), visible(P))
_HOLD = sa.select(P.c.id).where(*_THIS).with_for_update()
_INSERT = sa.insert(P)
_UPDATE = sa.update(P).where(*_THIS)


def get(session: ReadSession, person_id: str) -> Person | None:
    row = session.execute(_GET, _this(session, person_id) | viewer(session)).one_or_none()
    return _person(row, viewer_of(session.principal)) if row else None


def lock(session: WriteSession, person_id: str) -> Person | None:
    """The person, with their row locked until the end of the session."""
    session.hold(_HOLD, _this(session, person_id))
    return get(session, person_id)


def _this(session: ReadSession, person_id: str) -> dict[str, Any]:
    return {"this_account": session.account_id, "this_id": person_id}


def by_ids(session: ReadSession, ids: Sequence[str], *, everything: bool = False) -> list[Person]:
    """Those that the caller sees, in no particular order; `everything`: all, for work that is not shown to them."""
    these = {"this_account": session.account_id, "ids": list(ids)}
    seen_by = None if everything else viewer_of(session.principal)
    rows = session.execute(_BY_IDS, these | (EVERYTHING if everything else viewer(session)))
    return [_person(row, seen_by) for row in rows]


def of_email(session: ReadSession, address: str) -> list[Person]:
    """Those who have this normalised address, the oldest ones."""
    those = (CONTACT_POINTS.c.account_id == session.account_id, CONTACT_POINTS.c.medium == "email", CONTACT_POINTS.c.lookup == address)
    found = sa.select(CONTACT_POINTS.c.record_id).where(*those, CONTACT_POINTS.c.noun == NOUN).order_by(CONTACT_POINTS.c.record_id)
    ids = [row.record_id for row in session.execute(found.limit(_MOST_NAMESAKES))]
    return by_ids(session, ids) if ids else []


def page(
    session: ReadSession, *, tag_ids: Sequence[str], organisation_id: str, name: str, after: After | None, limit: int
) -> list[tuple[After, Person]]:
    """People and their place in the list; `name` is folded."""
    statement = _page(len(tag_ids), organisation=bool(organisation_id), name=bool(name), after=bool(after))
    values: dict[str, Any] = {"this_account": session.account_id, "most": limit, "organisation": organisation_id}
    values |= viewer(session)
    values |= {f"tag{number}": tag_id for number, tag_id in enumerate(tag_ids)} | {"bits": bits_of(tag_ids)}
    if name:
        values |= {"name": name, "name_end": prefix_end(name)}
    if after:
        values |= {"after_key": after[0], "after_id": after[1]}
    seen_by = viewer_of(session.principal)
    return [((row.key, row.id), _person(row, seen_by)) for row in session.execute(statement, values)]


def filtered(session: ReadSession, places: sa.Select[Any], *, descending: bool) -> list[tuple[Any, Person]]:
    """The people at these places (`key` and `id`), in their order, each with its key and id."""
    found = places.subquery("places")
    statement = _WHOLE.add_columns(found.c.key).join(found, sa.and_(P.c.account_id == session.account_id, P.c.id == found.c.id))
    ways = (found.c.key.desc(), P.c.id.desc()) if descending else (found.c.key, P.c.id)
    seen_by = viewer_of(session.principal)
    return [((row.key, row.id), _person(row, seen_by)) for row in session.execute_planned_anew(statement.order_by(*ways))]


def named(name: str) -> sa.ColumnElement[bool]:
    """Whose last or first name begins so; `name` is folded."""
    end = prefix_end(name)
    return sa.or_(sa.and_(P.c.sort_key >= name, P.c.sort_key < end), sa.and_(P.c.given_key >= name, P.c.given_key < end))


def works_at(session: ReadSession, organisation_id: str) -> sa.ColumnElement[bool]:
    """Who has a position at this organisation, former ones included."""
    there = (POSITIONS.c.account_id == session.account_id, POSITIONS.c.organisation_id == organisation_id)
    return sa.and_(sa.exists().where(POSITIONS.c.person_id == P.c.id, *there), not_hidden_from(session, O, sa.literal(organisation_id)))


@cache
def _page(tag_count: int, *, organisation: bool, name: bool, after: bool) -> sa.Select[Any]:
    if name and not tag_count and not organisation:
        keys = _by_name(after)
    elif tag_count:
        keys = _by_tags(tag_count, organisation, name, after)
    else:
        keys = _by_sort_key(organisation, name, after)
    places = keys.subquery("places")
    statement = _WHOLE.add_columns(places.c.key).join(places, sa.and_(P.c.account_id == _ACCOUNT, P.c.id == places.c.id))
    return statement.order_by(places.c.key, P.c.id)


_LIMIT = sa.bindparam("most", type_=sa.Integer)


def _by_sort_key(organisation: bool, name: bool, after: bool) -> sa.Select[Any]:
    statement = sa.select(P.c.sort_key.label("key"), P.c.id).where(P.c.account_id == _ACCOUNT, visible(P))
    if organisation:
        statement = statement.where(_works_at(P.c.id))
    if name:
        statement = statement.where(_named())
    if after:
        statement = statement.where(_comes_after(P.c.sort_key, P.c.id))
    return statement.order_by(P.c.sort_key, P.c.id).limit(_LIMIT)


def _by_name(after: bool) -> sa.Select[Any]:
    """Two walks of an index each, merged: by last name, and by first name where the last name does not match too."""

    def walk(key: sa.ColumnElement[str], *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        statement = sa.select(key.label("key"), P.c.id).where(P.c.account_id == _ACCOUNT, _begins(key), visible(P), *conditions)
        if after:
            statement = statement.where(_comes_after(key, P.c.id))
        found = statement.order_by(key, P.c.id).limit(_LIMIT).subquery()
        return sa.select(found)

    both = sa.union_all(walk(P.c.sort_key), walk(P.c.given_key, sa.not_(_begins(P.c.sort_key)))).subquery()
    return sa.select(both).order_by(both.c.key, both.c.id).limit(_LIMIT)


def _by_tags(tag_count: int, organisation: bool, name: bool, after: bool) -> sa.Select[Any]:
    """Walks the first tag, which should be the rarest, in order of names and looks the others up."""
    walked = G.alias("walked")
    statement = sa.select(walked.c.sort_key.label("key"), walked.c.record_id.label("id")).where(
        walked.c.account_id == _ACCOUNT, walked.c.tag_id == sa.bindparam("tag0", type_=sa.Text), walked.c.noun == NOUN
    )
    statement = statement.where(has_bits(walked.c.tag_bits, sa.bindparam("bits", type_=sa.BigInteger)))
    for number in range(1, tag_count):
        other = G.alias(f"other{number}")
        wanted = sa.bindparam(f"tag{number}", type_=sa.Text)
        carried = sa.select(sa.literal(1)).where(
            other.c.account_id == _ACCOUNT, other.c.record_id == walked.c.record_id, other.c.tag_id == wanted
        )
        statement = statement.where(carried.exists())
    statement = statement.where(seen(P, _ACCOUNT, walked.c.record_id))
    if organisation:
        statement = statement.where(_works_at(walked.c.record_id))
    if name:
        named = sa.select(sa.literal(1)).where(P.c.account_id == _ACCOUNT, P.c.id == walked.c.record_id, _named())
        statement = statement.where(named.exists())
    if after:
        statement = statement.where(_comes_after(walked.c.sort_key, walked.c.record_id))
    return statement.order_by(walked.c.sort_key, walked.c.record_id).limit(_LIMIT)


def _comes_after(key: sa.ColumnElement[str], record_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.tuple_(key, record_id) > sa.tuple_(sa.bindparam("after_key", type_=sa.Text), sa.bindparam("after_id", type_=sa.Text))


def _begins(key: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.and_(key >= sa.bindparam("name", type_=sa.Text), key < sa.bindparam("name_end", type_=sa.Text))


def _named() -> sa.ColumnElement[bool]:
    return sa.or_(_begins(P.c.sort_key), _begins(P.c.given_key))


def _works_at(person_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    organisation = sa.bindparam("organisation", type_=sa.Text)
    there = sa.select(POSITIONS.c.person_id).where(POSITIONS.c.account_id == _ACCOUNT, POSITIONS.c.organisation_id == organisation)
    return sa.and_(person_id.in_(there), not_hidden(O, _ACCOUNT, organisation))


def insert(session: WriteSession, person: Person) -> Person:
    """Answers the person with its tags as they are kept."""
    origin = {"account_id": session.account_id, "create_time": person.create_time, "creator_user_id": person.creator_user_id}
    bits = 0
    if person.tags:
        person, bits = tags.put_on(session, NOUN, person)
    session.execute(_INSERT, origin | _values(person) | {"tag_bits": bits})
    contact_points.insert(session, NOUN, person.id, person.points)
    duplicate_keys.insert(session, NOUN, person.id, keys_of(of_person(person)))
    person_dates.insert(session, person.id, person.dates)
    return person


def update(session: WriteSession, before: Person, after: Person) -> Person:
    """Write what differs; the caller holds the row and has raised the version. Answers it with its tags as they are kept."""
    columns = _values(after)
    if set(before.tags) != set(after.tags) or before.sort_key != after.sort_key:
        after, bits = tags.put_on(session, NOUN, after)
        columns["tag_bits"] = bits
        tag_bits.put_on_values(session, after.id, bits)
    session.execute(_UPDATE, _this(session, after.id) | columns)
    if of_person(before) != of_person(after):
        rekey(session, after)
    if before.points != after.points:
        contact_points.delete(session, after.id)
        contact_points.insert(session, NOUN, after.id, after.points)
    if before.dates != after.dates:
        person_dates.delete(session, after.id)
        person_dates.insert(session, after.id, after.dates)
    return after


def rekey(session: WriteSession, person: Person) -> None:
    """Put right by which keys others that may be the same are found."""
    duplicate_keys.delete(session, person.id)
    duplicate_keys.insert(session, NOUN, person.id, keys_of(of_person(person)))


def hold(session: WriteSession, ids: Sequence[str]) -> None:
    """Lock the rows of these people until the end of the session, in the order of ids."""
    for start in range(0, len(ids), _AT_ONCE):
        these = sa.select(P.c.id).where(P.c.account_id == session.account_id, P.c.id.in_(sorted(ids)[start : start + _AT_ONCE]))
        session.hold(these.order_by(P.c.id).with_for_update())


def raise_versions(session: WriteSession, ids: Sequence[str]) -> None:
    session.hold(sa.select(P.c.id).where(P.c.account_id == session.account_id, P.c.id.in_(ids)).order_by(P.c.id).with_for_update())
    values = {"version": P.c.version + 1, "update_time": session.now}
    session.execute(sa.update(P).where(P.c.account_id == session.account_id, P.c.id.in_(ids)).values(values))


def delete(session: WriteSession, person_id: str) -> None:
    contact_points.delete(session, person_id)
    custom_values.delete_record(session, person_id)
    duplicate_keys.delete(session, person_id)
    duplicates.delete_of(session, person_id)
    session.execute(sa.delete(G).where(G.c.account_id == session.account_id, G.c.record_id == person_id))
    session.execute(sa.delete(P).where(P.c.account_id == session.account_id, P.c.id == person_id))


def all_after(session: ReadSession, after: str, limit: int) -> list[Person]:
    """People by id, for reading all of them."""
    statement = _WHOLE.where(P.c.account_id == session.account_id, P.c.id > after, visible_to(session, P)).order_by(P.c.id).limit(limit)
    seen_by = viewer_of(session.principal)
    return [_person(row, seen_by) for row in session.execute(statement)]


def _values(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "version": person.version,
        "salutation": person.salutation,
        "title": person.title,
        "gender": person.gender,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "sort_key": person.sort_key,
        "given_key": person.given_key,
        "first_name_key": fold(person.first_name),
        "last_name_key": fold(person.last_name),
        "background": person.background,
        "language": person.language,
        "assistants": [[item.name, item.phone, item.email] for item in person.assistants],
        "vip": person.care.vip,
        "key_accounter_user_id": person.care.key_accounter_user_id,
        "responsible_user_id": person.care.responsible_user_id,
        "update_time": person.update_time,
        "visible_to": person.visibility.refs or None,
    }


def _person(row: sa.Row[Any], seen_by: Viewer) -> Person:
    return Person(
        id=row.id,
        version=row.version,
        salutation=row.salutation,
        title=row.title,
        gender=row.gender,
        first_name=row.first_name,
        last_name=row.last_name,
        background=row.background,
        language=row.language,
        points=contact_points.from_rows(row.points),
        dates=person_dates.from_rows(row.dates),
        assistants=tuple(Assistant(*item) for item in row.assistants),
        care=Care(row.vip, row.key_accounter_user_id, row.responsible_user_id),
        tags=tags.from_rows(row.tags),
        custom=custom_values.from_rows(row.custom),
        positions=_positions(row.id, row.positions, seen_by) if row.positions else (),
        photo_id=row.photo_id or "",
        visibility=from_refs(row.visible_to),
        create_time=row.create_time,
        update_time=row.update_time,
        creator_user_id=row.creator_user_id,
    )


def _positions(person_id: str, rows: Sequence[Sequence[Any]], seen_by: Viewer) -> tuple[Position, ...]:
    """All of them: changes concern those at hidden organisations as well."""
    return tuple(sorted((_position(person_id, row, seen_by) for row in rows), key=position_order))


def _position(person_id: str, row: Sequence[Any], seen_by: Viewer) -> Position:
    visibility = from_refs(orjson.loads(row[10])) if row[10] else EVERYONE
    hidden = not visibility.admits(seen_by)
    return Position(
        id=row[0],
        version=row[1],
        person_id=person_id,
        organisation_id=row[2],
        organisation_name="" if hidden else row[3],
        role=row[4],
        department=row[5],
        primary=bool(row[6]),
        from_date=date.fromisoformat(row[7]) if row[7] else None,
        to_date=date.fromisoformat(row[8]) if row[8] else None,
        address_origin_id=row[9],
        limited=visibility.is_limited,
        hidden=hidden,
    )


def position_order(position: Position) -> tuple[bool, bool, str]:
    """Present ones first, among them the primary one; then as they were made."""
    return (position.to_date is not None, not position.primary, position.id)
