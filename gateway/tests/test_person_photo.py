"""Photos through HTTP (B1, S6): a picture goes in as it is, and comes out as a JPEG that no browser takes for anything else."""

from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import photos_pb2 as pb
from kontor_chassis.errors import Aborted, NotFound, invalid

SERVICE = "/kontor.contacts.v1.PhotoService"
UPLOAD, DOWNLOAD, DELETE = (f"{SERVICE}/{name}" for name in ("UploadPersonPhoto", "GetPersonPhoto", "DeletePersonPhoto"))
ID = "01890a5d-ac96-774b-bcce-b302099a8057"
PHOTO = f"/v1/persons/{ID}/photo"
PICTURE = {"Content-Type": "image/png"}


@pytest.fixture
def with_photo(gateway: Any) -> Any:
    photo = pb.Photo(etag="p1", sizes=[pb.PhotoSize(size=64, url=f"{PHOTO}?size=64")])
    gateway.answer(UPLOAD, pb.UploadPersonPhotoResponse(photo=photo, etag="4"))
    gateway.answer(
        DOWNLOAD, lambda request: pb.GetPersonPhotoResponse(etag="p1", content=b"" if request.if_none_match == "p1" else b"jpeg")
    )
    gateway.answer(DELETE, Empty())
    return gateway


@pytest.mark.parametrize("content_type", ["image/png", "IMAGE/JPEG; q=1", "application/octet-stream", None])
async def test_a_picture_is_handed_on_as_it_is(with_photo: Any, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = await with_photo.client.put(PHOTO, content=b"\x89PNG\x00\xff", headers={**headers, "If-Match": '"3"'})
    assert (response.status_code, response.headers["etag"]) == (200, '"4"')
    assert response.json() == {"etag": "p1", "sizes": [{"size": 64, "url": f"{PHOTO}?size=64"}]}
    asked = with_photo.asked(UPLOAD)
    assert (asked.person_id, asked.content, asked.etag) == (ID, b"\x89PNG\x00\xff", "3")


@pytest.mark.parametrize("content_type", ["text/html", "application/json", "multipart/form-data; boundary=x", "image/"])
async def test_what_says_that_it_is_no_picture_is_refused(with_photo: Any, content_type: str) -> None:
    response = await with_photo.client.put(PHOTO, content=b"x", headers={"Content-Type": content_type})
    assert response.status_code == 415
    assert not with_photo.calls(UPLOAD)


async def test_what_contacts_refuses_is_answered_by_name(gateway: Any, faults: Any) -> None:
    gateway.answer(UPLOAD, invalid("photo", "is not a picture that can be used"))
    response = await gateway.client.put(PHOTO, content=b"x", headers=PICTURE)
    assert (response.status_code, faults(response)) == (400, {"photo": "is not a picture that can be used"})
    for error, status in ((Aborted("changed"), 412), (NotFound("none"), 404)):
        gateway.answer(UPLOAD, error)
        assert (await gateway.client.put(PHOTO, content=b"x", headers=PICTURE)).status_code == status


async def test_a_photo_may_be_larger_than_other_bodies_up_to_its_own_limit(make_gateway: Any) -> None:
    gateway = make_gateway(body_limit=1024, upload_limit=4096)
    gateway.answer(UPLOAD, pb.UploadPersonPhotoResponse())
    assert (await gateway.client.put(PHOTO, content=b"x" * 4096, headers=PICTURE)).status_code == 200
    assert (await gateway.client.put(PHOTO, content=b"x" * 4097, headers=PICTURE)).status_code == 413
    assert (await gateway.client.patch(f"/v1/persons/{ID}", content=b"x" * 1025)).status_code == 413
    assert len(gateway.calls(UPLOAD)) == 1


async def test_an_upload_has_more_time_than_other_requests(make_gateway: Any) -> None:
    gateway = make_gateway(request_timeout=5, upload_timeout=1000)
    gateway.answer(UPLOAD, pb.UploadPersonPhotoResponse())
    gateway.answer(DOWNLOAD, pb.GetPersonPhotoResponse(etag="p1", content=b"jpeg"))
    await gateway.client.put(PHOTO, content=b"x", headers=PICTURE)
    await gateway.client.get(PHOTO)
    assert gateway.calls(UPLOAD)[0].timeout > 500
    assert gateway.calls(DOWNLOAD)[0].timeout <= 5


async def test_a_photo_is_a_private_jpeg_and_nothing_else(with_photo: Any) -> None:
    response = await with_photo.client.get(PHOTO, params={"size": 64})
    assert (response.status_code, response.content) == (200, b"jpeg")
    assert {name: response.headers[name] for name in ("content-type", "cache-control", "x-content-type-options", "etag")} == {
        "content-type": "image/jpeg",
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
        "etag": '"p1-64"',
    }
    assert response.headers["content-disposition"] == 'inline; filename="photo.jpg"'
    assert with_photo.asked(DOWNLOAD).size == 64
    head = await with_photo.client.head(PHOTO, params={"size": 64})
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", '"p1-64"')


@pytest.mark.parametrize("tags", ['"p1-64"', 'W/"p1-64"', '"old", "p1-64"', "*"])
async def test_who_has_the_photo_already_is_told_so(with_photo: Any, tags: str) -> None:
    response = await with_photo.client.get(PHOTO, params={"size": 64}, headers={"If-None-Match": tags})
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", '"p1-64"')


@pytest.mark.parametrize("tags", ['"p1-256"', '"p1"', '"other-64"'])
async def test_who_has_another_size_or_photo_gets_this_one(with_photo: Any, tags: str) -> None:
    response = await with_photo.client.get(PHOTO, params={"size": 64}, headers={"If-None-Match": tags})
    assert response.status_code == 200


@pytest.mark.parametrize(("query", "field"), [("size=big", "size"), ("size=-1", "size"), ("size=999999", "size"), ("width=64", "width")])
async def test_other_parameters_are_refused_by_name(with_photo: Any, faults: Any, query: str, field: str) -> None:
    response = await with_photo.client.get(f"{PHOTO}?{query}")
    assert (response.status_code, list(faults(response))) == (400, [field])


async def test_a_photo_is_deleted(with_photo: Any) -> None:
    response = await with_photo.client.delete(PHOTO, headers={"If-Match": '"4"'})
    assert response.status_code == 204
    assert (with_photo.asked(DELETE).person_id, with_photo.asked(DELETE).etag) == (ID, "4")


async def test_strangers_are_refused_before_their_body_is_read(with_photo: Any) -> None:
    del with_photo.client.headers["authorization"]

    async def unread() -> Any:
        raise AssertionError("read")
        yield b""

    assert (await with_photo.client.put(PHOTO, content=unread(), headers=PICTURE)).status_code == 401
    assert (await with_photo.client.get(PHOTO)).status_code == 401
