"""Every SQL statement about people."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.json_rows import children
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.text import prefix_end
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.positions import Position
from kontor_contacts.store import contact_points, tags
from kontor_contacts.store.tables import ORGANISATIONS as O
from kontor_contacts.store.tables import PERSONS as P
from kontor_contacts.store.tables import POSITIONS
from kontor_contacts.store.tables import TAGGINGS as G

NOUN = "persons"
# A place in a list: sort key and id.
After = tuple[str, str]

_POSITIONS = children(
    POSITIONS.c.id, POSITIONS.c.version, POSITIONS.c.organisation_id, O.c.name, POSITIONS.c.role, POSITIONS.c.department,
    POSITIONS.c.is_primary, POSITIONS.c.from_date, POSITIONS.c.to_date,
    where=sa.and_(POSITIONS.c.account_id == P.c.account_id, POSITIONS.c.person_id == P.c.id),
    join=POSITIONS.join(O, sa.and_(O.c.account_id == POSITIONS.c.account_id, O.c.id == POSITIONS.c.organisation_id)),
)  # fmt: skip
_WHOLE = sa.select(P, contact_points.column(P).label("points"), tags.column(P).label("tags"), _POSITIONS.label("positions"))


def get(session: ReadSession, person_id: str) -> Person | None:
    row = session.execute(_WHOLE.where(P.c.account_id == session.account_id, P.c.id == person_id)).one_or_none()
    return _person(row) if row else None


def lock(session: WriteSession, person_id: str) -> Person | None:
    """The person, with their row locked until the end of the session."""
    held = sa.select(P.c.id).where(P.c.account_id == session.account_id, P.c.id == person_id).with_for_update()
    return get(session, person_id) if session.execute(held).first() else None


def by_ids(session: ReadSession, ids: Sequence[str]) -> list[Person]:
    """Those that exist, in no particular order."""
    return [_person(row) for row in session.execute(_WHOLE.where(P.c.account_id == session.account_id, P.c.id.in_(ids)))]


def page(
    session: ReadSession, *, tag_ids: Sequence[str], organisation_id: str, name: str, after: After | None, limit: int
) -> list[tuple[After, Person]]:
    """People and their place in the list; `name` is folded."""
    if name and not tag_ids and not organisation_id:
        keys = _by_name(session, name, after, limit)
    elif tag_ids:
        keys = _by_tags(session, tag_ids, organisation_id, name, after, limit)
    else:
        keys = _by_sort_key(session, organisation_id, name, after, limit)
    places = keys.subquery("places")
    statement = _WHOLE.add_columns(places.c.key).join(places, sa.and_(P.c.account_id == session.account_id, P.c.id == places.c.id))
    rows = session.execute(statement.order_by(places.c.key, P.c.id))
    return [((row.key, row.id), _person(row)) for row in rows]


def _by_sort_key(session: ReadSession, organisation_id: str, name: str, after: After | None, limit: int) -> sa.Select[Any]:
    statement = sa.select(P.c.sort_key.label("key"), P.c.id).where(P.c.account_id == session.account_id)
    if organisation_id:
        statement = statement.where(_works_at(P.c.id, session.account_id, organisation_id))
    if name:
        statement = statement.where(_named(name))
    if after:
        statement = statement.where(sa.tuple_(P.c.sort_key, P.c.id) > after)
    return statement.order_by(P.c.sort_key, P.c.id).limit(limit)


def _by_name(session: ReadSession, name: str, after: After | None, limit: int) -> sa.Select[Any]:
    """Two walks of an index each, merged: by last name, and by first name where the last name does not match too."""

    def walk(key: sa.ColumnElement[str], *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        statement = sa.select(key.label("key"), P.c.id).where(P.c.account_id == session.account_id, _begins(key, name), *conditions)
        if after:
            statement = statement.where(sa.tuple_(key, P.c.id) > after)
        found = statement.order_by(key, P.c.id).limit(limit).subquery()
        return sa.select(found)

    both = sa.union_all(walk(P.c.sort_key), walk(P.c.given_key, sa.not_(_begins(P.c.sort_key, name)))).subquery()
    return sa.select(both).order_by(both.c.key, both.c.id).limit(limit)


def _by_tags(
    session: ReadSession, tag_ids: Sequence[str], organisation_id: str, name: str, after: After | None, limit: int
) -> sa.Select[Any]:
    """Walks the rarest tag in order of names and looks the others up."""
    walked = G.alias("walked")
    statement = sa.select(walked.c.sort_key.label("key"), walked.c.record_id.label("id")).where(
        walked.c.account_id == session.account_id, walked.c.tag_id == tag_ids[0], walked.c.noun == NOUN
    )
    for number, tag_id in enumerate(tag_ids[1:]):
        other = G.alias(f"other{number}")
        carried = sa.select(sa.literal(1)).where(
            other.c.account_id == session.account_id, other.c.record_id == walked.c.record_id, other.c.tag_id == tag_id
        )
        statement = statement.where(carried.exists())
    if organisation_id:
        statement = statement.where(_works_at(walked.c.record_id, session.account_id, organisation_id))
    if name:
        named = sa.select(sa.literal(1)).where(P.c.account_id == session.account_id, P.c.id == walked.c.record_id, _named(name))
        statement = statement.where(named.exists())
    if after:
        statement = statement.where(sa.tuple_(walked.c.sort_key, walked.c.record_id) > after)
    return statement.order_by(walked.c.sort_key, walked.c.record_id).limit(limit)


def _begins(key: sa.ColumnElement[str], prefix: str) -> sa.ColumnElement[bool]:
    return sa.and_(key >= prefix, key < prefix_end(prefix))


def _named(name: str) -> sa.ColumnElement[bool]:
    return sa.or_(_begins(P.c.sort_key, name), _begins(P.c.given_key, name))


def _works_at(person_id: sa.ColumnElement[str], account_id: str, organisation_id: str) -> sa.ColumnElement[bool]:
    held = sa.select(POSITIONS.c.person_id).where(POSITIONS.c.account_id == account_id, POSITIONS.c.organisation_id == organisation_id)
    return person_id.in_(held)


def insert(session: WriteSession, person: Person) -> Person:
    """Answers the person with its tags as they are kept."""
    session.execute(
        sa.insert(P).values(
            account_id=session.account_id, **_values(person), create_time=person.create_time, creator_user_id=person.creator_user_id
        )
    )
    contact_points.insert(session, NOUN, person.id, person.points)
    if not person.tags:
        return person
    return replace(person, tags=tags.replace(session, NOUN, person.id, person.tags, sort_key=person.sort_key))


def update(session: WriteSession, before: Person, after: Person) -> Person:
    """Write what differs; the caller holds the row and has raised the version. Answers it with its tags as they are kept."""
    session.execute(sa.update(P).where(P.c.account_id == session.account_id, P.c.id == after.id).values(_values(after)))
    if before.points != after.points:
        contact_points.delete(session, after.id)
        contact_points.insert(session, NOUN, after.id, after.points)
    if set(before.tags) == set(after.tags) and before.sort_key == after.sort_key:
        return after
    return replace(after, tags=tags.replace(session, NOUN, after.id, after.tags, sort_key=after.sort_key))


def raise_versions(session: WriteSession, ids: Sequence[str]) -> None:
    held = sa.select(P.c.id).where(P.c.account_id == session.account_id, P.c.id.in_(ids)).order_by(P.c.id).with_for_update()
    session.execute(held)
    values = {"version": P.c.version + 1, "update_time": session.now}
    session.execute(sa.update(P).where(P.c.account_id == session.account_id, P.c.id.in_(ids)).values(values))


def delete(session: WriteSession, person_id: str) -> None:
    contact_points.delete(session, person_id)
    session.execute(sa.delete(G).where(G.c.account_id == session.account_id, G.c.record_id == person_id))
    session.execute(sa.delete(P).where(P.c.account_id == session.account_id, P.c.id == person_id))


def all_after(session: ReadSession, after: str, limit: int) -> list[Person]:
    """People by id, for reading all of them."""
    statement = _WHOLE.where(P.c.account_id == session.account_id, P.c.id > after).order_by(P.c.id).limit(limit)
    return [_person(row) for row in session.execute(statement)]


def _values(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "version": person.version,
        "title": person.title,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "sort_key": person.sort_key,
        "given_key": person.given_key,
        "background": person.background,
        "language": person.language,
        "update_time": person.update_time,
    }


def _person(row: sa.Row[Any]) -> Person:
    return Person(
        id=row.id,
        version=row.version,
        title=row.title,
        first_name=row.first_name,
        last_name=row.last_name,
        background=row.background,
        language=row.language,
        points=contact_points.from_rows(row.points),
        tags=tags.from_rows(row.tags),
        positions=_positions(row.id, row.positions),
        create_time=row.create_time,
        update_time=row.update_time,
        creator_user_id=row.creator_user_id,
    )


def _positions(person_id: str, rows: Sequence[Sequence[Any]]) -> tuple[Position, ...]:
    found = [
        Position(
            id=row[0],
            version=row[1],
            person_id=person_id,
            organisation_id=row[2],
            organisation_name=row[3],
            role=row[4],
            department=row[5],
            primary=bool(row[6]),
            from_date=date.fromisoformat(row[7]) if row[7] else None,
            to_date=date.fromisoformat(row[8]) if row[8] else None,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=position_order))


def position_order(position: Position) -> tuple[bool, bool, str]:
    """Present ones first, among them the primary one; then as they were made."""
    return (position.to_date is not None, not position.primary, position.id)
