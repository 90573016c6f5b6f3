"""What can happen to a tag. Which record carries which is a matter of the record (usecases/persons.py)."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import AlreadyExists, NotFound, invalid
from kontor_chassis.etags import check_etag
from kontor_contacts.domain.tags import tag_key, tag_name
from kontor_contacts.store import organisations, persons, tag_bits, tags
from kontor_contacts.usecases.touching import touch_organisations, touch_persons


def find(session: ReadSession, *, prefix: str, after: tuple[str, str] | None, limit: int) -> Sequence[sa.Row[Any]]:
    return tags.page(session, prefix=tag_key(prefix), after=after, limit=limit)


def rename(session: WriteSession, tag_id: str, name: str, *, etag: str) -> sa.Row[Any]:
    """Raises NotFound, Aborted, InvalidArgument, and AlreadyExists where another tag has this name."""
    before = _lock(session, tag_id, etag)
    cleaned = tag_name(name, field="name")
    if cleaned == before.name:
        return before
    if tag_key(cleaned) != before.key and tags.exists(session, tag_key(cleaned)):
        raise AlreadyExists("There is another tag of this name.", reason="TAG_EXISTS")
    tags.rename(session, tag_id, cleaned)
    _touch_carriers(session, tags.carriers(session, tag_id))
    session.audit(f"tags/{tag_id}", "update", {"name": (before.name, cleaned)})
    return _existing(tags.get(session, tag_id))


def merge(session: WriteSession, tag_id: str, into_id: str, *, etag: str) -> sa.Row[Any]:
    """Put the other tag on all that carries this one, and delete this one. Raises NotFound, Aborted, and InvalidArgument naming
    into_id."""
    if into_id == tag_id:
        raise invalid("into_id", "must be another tag")
    # In the order of ids, so that two merges cannot wait for each other.
    for one in sorted((tag_id, into_id)):
        tags.lock(session, one)
    before = _lock(session, tag_id, etag)
    into = tags.get(session, into_id)
    if into is None:
        raise invalid("into_id", "there is no such tag")
    carriers = _held_carriers(session, tag_id)
    tags.put_on_carriers(session, tag_id, into_id)
    _delete(session, tag_id, carriers)
    merged = {"name": (before.name, None), "into": (None, into.name), "carried": (len(carriers), None)}
    session.audit(f"tags/{tag_id}", "merge", merged)
    return _existing(tags.get(session, into_id))


def delete(session: WriteSession, tag_id: str, *, etag: str) -> None:
    """Take the tag off everything. Raises NotFound, Aborted."""
    before = _lock(session, tag_id, etag)
    carriers = _held_carriers(session, tag_id)
    _delete(session, tag_id, carriers)
    carried = before.persons_count + before.organisations_count
    session.audit(f"tags/{tag_id}", "delete", {"name": (before.name, None), "carried": (carried, None)})


def _held_carriers(session: WriteSession, tag_id: str) -> Sequence[tuple[str, str]]:
    """Records before taggings, as everybody who changes both; nobody begins to carry the tag while its row is locked."""
    tags.hold_carriers(session, tag_id)
    return tags.carriers(session, tag_id)


def _delete(session: WriteSession, tag_id: str, carriers: Sequence[tuple[str, str]]) -> None:
    tags.delete(session, tag_id)
    for noun in (persons.NOUN, organisations.NOUN):
        tag_bits.put_right(session, noun, [record_id for its, record_id in carriers if its == noun])
    _touch_carriers(session, carriers)


def _touch_carriers(session: WriteSession, carriers: Sequence[tuple[str, str]]) -> None:
    touch_persons(session, [record_id for noun, record_id in carriers if noun == persons.NOUN], "tags")
    touch_organisations(session, [record_id for noun, record_id in carriers if noun == organisations.NOUN], "tags")


def _lock(session: WriteSession, tag_id: str, etag: str) -> sa.Row[Any]:
    row = _existing(tags.lock(session, tag_id))
    check_etag(etag, row.version)
    return row


def _existing(row: sa.Row[Any] | None) -> sa.Row[Any]:
    if row is None:
        raise NotFound("The tag does not exist.")
    return row
