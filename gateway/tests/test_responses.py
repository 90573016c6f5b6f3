"""Messages become HTTP answers (H1, H3)."""

from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import persons_pb2, tags_pb2
from kontor.identity.v1 import users_pb2

PERSONS = "/kontor.contacts.v1.PersonService"
ID = "01890a5d-ac96-774b-bcce-b302099a8057"


async def test_a_new_record_is_201_with_its_place_and_version(gateway: Any) -> None:
    gateway.answer(f"{PERSONS}/CreatePerson", persons_pb2.Person(id=ID, etag="1", last_name="Öz"))
    response = await gateway.client.post("/v1/persons", json={"last_name": "Öz"})
    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/persons/{ID}"
    assert response.headers["etag"] == '"1"'
    assert response.headers["content-type"] == "application/json"
    assert response.json()["last_name"] == "Öz"


async def test_a_record_is_200_with_its_version(gateway: Any) -> None:
    gateway.answer(f"{PERSONS}/GetPerson", persons_pb2.Person(id=ID, etag="3"))
    response = await gateway.client.get(f"/v1/persons/{ID}")
    assert (response.status_code, response.headers["etag"]) == (200, '"3"')
    assert "location" not in response.headers


async def test_a_verb_that_makes_nothing_is_200(gateway: Any) -> None:
    gateway.answer("/kontor.identity.v1.UserService/DeactivateUser", users_pb2.User(id=ID, etag="2"))
    response = await gateway.client.post(f"/v1/users/{ID}:deactivate", json={})
    assert (response.status_code, response.headers["etag"]) == (200, '"2"')
    assert "location" not in response.headers


async def test_a_deleted_record_is_204_without_a_body(gateway: Any) -> None:
    gateway.answer(f"{PERSONS}/DeletePerson", Empty())
    response = await gateway.client.delete(f"/v1/persons/{ID}")
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


async def test_a_list_has_no_version(gateway: Any) -> None:
    gateway.answer("/kontor.contacts.v1.TagService/ListTags", tags_pb2.ListTagsResponse(next_page_token="abc"))
    response = await gateway.client.get("/v1/tags", headers={"If-None-Match": "*"})
    assert response.status_code == 200
    assert response.json() == {"tags": [], "next_page_token": "abc"}
    assert "etag" not in response.headers


@pytest.mark.parametrize(("header", "status"), [('"3"', 304), ('W/"3"', 304), ('"2", "3"', 304), ("*", 304), ('"2"', 200), ("3", 200)])
async def test_a_copy_that_is_still_true_is_304(gateway: Any, header: str, status: int) -> None:
    gateway.answer(f"{PERSONS}/GetPerson", persons_pb2.Person(id=ID, etag="3"))
    response = await gateway.client.get(f"/v1/persons/{ID}", headers={"If-None-Match": header})
    assert (response.status_code, response.headers["etag"]) == (status, '"3"')
    assert bool(response.content) == (status == 200)


async def test_if_none_match_means_nothing_on_a_write(gateway: Any) -> None:
    gateway.answer(f"{PERSONS}/UpdatePerson", persons_pb2.Person(id=ID, etag="3"))
    response = await gateway.client.patch(f"/v1/persons/{ID}", json={"title": "Dr."}, headers={"If-None-Match": '"3"'})
    assert response.status_code == 200


async def test_head_is_get_without_the_body(gateway: Any) -> None:
    gateway.answer(f"{PERSONS}/GetPerson", persons_pb2.Person(id=ID, etag="3"))
    got = await gateway.client.get(f"/v1/persons/{ID}")
    head = await gateway.client.head(f"/v1/persons/{ID}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    assert head.headers["etag"] == got.headers["etag"]


async def test_options_tells_the_methods(gateway: Any) -> None:
    response = await gateway.client.options(f"/v1/persons/{ID}")
    assert (response.status_code, response.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PATCH")


async def test_a_path_without_the_method_is_405_and_tells_those_it_has(gateway: Any) -> None:
    response = await gateway.client.put(f"/v1/persons/{ID}", json={})
    assert response.status_code == 405
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
    assert response.json()["reason"] == "METHOD_NOT_ALLOWED"
    assert (await gateway.client.head("/v1/deals/1:win")).status_code == 405


@pytest.mark.parametrize("path", ["/v1/weather", "/v1/persons/", "/v2/persons", "/", f"/v1/persons/{ID}:fly"])
async def test_an_unknown_path_is_404(gateway: Any, path: str) -> None:
    response = await gateway.client.get(path)
    assert (response.status_code, response.json()["reason"]) == (404, "PATH_NOT_FOUND")
