"""What can happen to a person's photo. A picture is read in a process of its own and its blobs are put before the transaction in which
the photo becomes the person's; see store/photos.py for what is left when one dies in between."""

import asyncio

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import NotFound, Unavailable
from kontor_chassis.etags import check_etag
from kontor_chassis.ids import new_id
from kontor_chassis.rpc.dispatch import Call
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.photos import SIZES, blob_key
from kontor_contacts.images.pictures import squares
from kontor_contacts.store import photos
from kontor_contacts.usecases import persons
from kontor_contacts.usecases.touching import touch_persons


async def upload(call: Call, person_id: str, content: bytes, *, etag: str) -> Person:
    """Raises NotFound, Aborted, Unavailable, and InvalidArgument naming photo."""
    context, account_id, photo_id = call.context, call.principal.account_id, new_id()

    def look() -> None:
        with context.sessions.read(call.principal) as session:
            check_etag(etag, persons.get(session, person_id).version)

    def announce() -> None:
        with context.sessions.write(call.principal) as session:
            photos.announce(session, photo_id)

    def put(pictures: list[bytes]) -> None:
        for size, picture in zip(SIZES, pictures, strict=True):
            context.blobs.put(blob_key(account_id, photo_id, size), picture)

    def show() -> Person:
        with context.sessions.write(call.principal) as session:
            return _show(session, person_id, photo_id, etag=etag)

    # Before the work: most that can be wrong is known already.
    await context.database.read(look)
    reading: asyncio.Semaphore = context.parts.reading
    async with reading:
        pictures = await asyncio.to_thread(squares, content, SIZES, field="photo")
    await context.database.write(announce)
    await asyncio.to_thread(put, pictures)
    return await context.database.write(show)


async def download(call: Call, person_id: str, size: int, *, if_none_match: str) -> tuple[str, bytes]:
    """The etag, and the JPEG unless the caller has it already. Raises NotFound."""

    def find() -> str:
        with call.context.sessions.read(call.principal) as session:
            # Of somebody who was merged this tells where they are now.
            return photos.photo_id_of(session, person_id) or persons.get(session, person_id).photo_id

    photo_id = await call.context.database.read(find)
    if not photo_id:
        raise NotFound("There is no photo.")
    if if_none_match == photo_id:
        return photo_id, b""
    return photo_id, await asyncio.to_thread(call.context.blobs.get, blob_key(call.principal.account_id, photo_id, size))


def delete(session: WriteSession, person_id: str, *, etag: str) -> None:
    """Nothing happens where there is none. Raises NotFound, Aborted."""
    person = persons.lock(session, person_id, etag)
    if person.photo_id:
        photos.remove(session, person.id)
        _changed(session, person, "")


def _show(session: WriteSession, person_id: str, photo_id: str, *, etag: str) -> Person:
    person = persons.lock(session, person_id, etag)
    if not photos.show(session, person.id, photo_id):
        raise Unavailable("It took too long; try again.")
    _changed(session, person, photo_id)
    return persons.get(session, person.id)


def _changed(session: WriteSession, before: Person, photo_id: str) -> None:
    photos.discard(session, before.photo_id)
    updated(session, f"persons/{before.id}", {"photo": (before.photo_id, photo_id)})
    touch_persons(session, [before.id], "photo")
