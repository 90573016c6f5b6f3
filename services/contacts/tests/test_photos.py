"""Photos of people (B1): any picture goes in, squares of our own making come out, and nothing is left behind (S6)."""

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import photos_pb2 as pb
from kontor_chassis.errors import Aborted, InvalidArgument, NotFound, Unavailable
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_contacts.usecases.photo_sweep import sweep


def picture(colour: str = "red", form: str = "PNG") -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(output, form)
    return output.getvalue()


async def person(contacts: Harness) -> Any:
    return await contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name="Öztürk")))


async def upload(contacts: Harness, person_id: str, content: bytes | None = None, **fields: str) -> Any:
    return await contacts.call(pb.UploadPersonPhotoRequest(person_id=person_id, content=content or picture(), **fields))


async def download(contacts: Harness, person_id: str, **fields: Any) -> Any:
    return await contacts.call(pb.GetPersonPhotoRequest(person_id=person_id, **fields))


async def shown(contacts: Harness, person_id: str) -> Any:
    return await contacts.call(persons.GetPersonRequest(id=person_id))


def blobs(tmp_path: Path) -> int:
    return sum(path.is_file() for path in (tmp_path / "blobs").rglob("*"))


async def sweep_later(contacts: Harness) -> int:
    contacts.clock.advance(hours=2)
    return await sweep(contacts.running.context)


async def test_a_picture_becomes_the_photo_of_a_person(contacts: Harness) -> None:
    anna = await person(contacts)
    made = await upload(contacts, anna.id)
    read = await shown(contacts, anna.id)
    assert (read.photo, read.etag) == (made.photo, made.etag) != (anna.photo, anna.etag)
    assert [(item.size, item.url) for item in read.photo.sizes] == [
        (size, f"/v1/persons/{anna.id}/photo?size={size}") for size in (64, 256, 512)
    ]
    for asked, size in ((64, 64), (256, 256), (512, 512), (0, 256)):
        found = await download(contacts, anna.id, size=asked)
        with Image.open(io.BytesIO(found.content)) as image:
            assert (found.etag, image.format, image.size) == (read.photo.etag, "JPEG", (size, size))
    assert (await download(contacts, anna.id, if_none_match=read.photo.etag)).content == b""
    told = await contacts.published(facts.PersonUpdated)
    assert [list(fact.changed_fields) for fact in told] == [["photo"]]


@pytest.mark.parametrize("content", [b"hello", picture()[:100], picture() + b"<script>alert(1)</script>", b"x" * (10 * 1024 * 1024 + 1)])
async def test_what_is_no_picture_is_refused_by_name_and_leaves_nothing(contacts: Harness, tmp_path: Path, content: bytes) -> None:
    anna = await person(contacts)
    with pytest.raises(InvalidArgument) as refusal:
        await upload(contacts, anna.id, content)
    assert [violation.field for violation in refusal.value.violations] == ["photo"]
    assert await shown(contacts, anna.id) == anna
    assert blobs(tmp_path) == 0


async def test_a_size_that_is_not_kept_is_refused(contacts: Harness) -> None:
    anna = await person(contacts)
    await upload(contacts, anna.id)
    with pytest.raises(InvalidArgument) as refusal:
        await download(contacts, anna.id, size=100)
    assert refusal.value.violations[0].field == "size"


async def test_a_new_photo_replaces_the_old_one_whose_files_go_a_little_later(contacts: Harness, tmp_path: Path) -> None:
    anna = await person(contacts)
    first = await upload(contacts, anna.id, picture("red"))
    second = await upload(contacts, anna.id, picture("blue"))
    assert first.photo.etag != second.photo.etag
    assert await sweep(contacts.running.context) == 0
    assert blobs(tmp_path) == 6
    assert await sweep_later(contacts) == 1
    assert blobs(tmp_path) == 3
    assert (await download(contacts, anna.id)).etag == second.photo.etag


async def test_a_deleted_photo_is_gone_and_so_is_that_of_a_deleted_person(contacts: Harness, tmp_path: Path) -> None:
    anna, berta = await person(contacts), await person(contacts)
    for one in (anna, berta):
        await upload(contacts, one.id)
    await contacts.call(pb.DeletePersonPhotoRequest(person_id=anna.id))
    await contacts.call(pb.DeletePersonPhotoRequest(person_id=anna.id))
    await contacts.call(persons.DeletePersonRequest(id=berta.id))
    read = await shown(contacts, anna.id)
    assert (read.HasField("photo"), read.etag) == (False, "3")
    for one in (anna, berta):
        with pytest.raises(NotFound):
            await download(contacts, one.id)
    assert await sweep_later(contacts) == 2
    assert blobs(tmp_path) == 0


async def test_an_upload_that_dies_before_it_is_shown_is_cleared_away(contacts: Harness, tmp_path: Path) -> None:
    anna = await person(contacts)
    store = contacts.running.context.blobs
    put = store.put
    calls: list[str] = []

    def dying(key: str, content: bytes) -> None:
        calls.append(key)
        if len(calls) == 3:
            raise Unavailable("The disk is full.")
        put(key, content)

    store.put = dying  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await upload(contacts, anna.id)
    store.put = put  # type: ignore[method-assign]
    assert blobs(tmp_path) == 2
    assert await sweep(contacts.running.context) == 0
    assert await sweep_later(contacts) == 1
    assert blobs(tmp_path) == 0
    assert not (await shown(contacts, anna.id)).HasField("photo")


async def test_an_upload_that_took_too_long_does_not_become_the_photo(contacts: Harness) -> None:
    """Its files may be removed at any moment."""
    anna = await person(contacts)
    store = contacts.running.context.blobs
    put = store.put

    def slow(key: str, content: bytes) -> None:
        contacts.clock.advance(minutes=20)
        put(key, content)

    store.put = slow  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await upload(contacts, anna.id)
    assert not (await shown(contacts, anna.id)).HasField("photo")


async def test_of_uploads_at_once_one_is_the_photo_and_the_others_go(contacts: Harness, tmp_path: Path) -> None:
    anna = await person(contacts)
    made = await asyncio.gather(*(upload(contacts, anna.id) for _ in range(3)))
    read = await shown(contacts, anna.id)
    assert read.photo.etag in {one.photo.etag for one in made}
    assert read.etag == "4"
    assert await sweep_later(contacts) == 2
    assert blobs(tmp_path) == 3


async def test_an_upload_for_another_version_of_the_person_is_refused(contacts: Harness, tmp_path: Path) -> None:
    anna = await person(contacts)
    await upload(contacts, anna.id, etag=anna.etag)
    with pytest.raises(Aborted):
        await upload(contacts, anna.id, etag=anna.etag)
    with pytest.raises(Aborted):
        await contacts.call(pb.DeletePersonPhotoRequest(person_id=anna.id, etag=anna.etag))
    assert blobs(tmp_path) == 3


async def test_another_account_neither_sees_nor_changes_a_photo(contacts: Harness) -> None:
    """S1."""
    anna = await person(contacts)
    made = await upload(contacts, anna.id)
    stranger = replace(contacts.user, account_id=new_id())
    for request in (
        pb.UploadPersonPhotoRequest(person_id=anna.id, content=picture()),
        pb.GetPersonPhotoRequest(person_id=anna.id),
        pb.GetPersonPhotoRequest(person_id=anna.id, if_none_match=made.photo.etag),
        pb.DeletePersonPhotoRequest(person_id=anna.id),
    ):
        with pytest.raises(NotFound):
            await contacts.call(request, user=stranger)
    assert (await shown(contacts, anna.id)).photo == made.photo
