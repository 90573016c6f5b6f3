"""HTTP requests become the messages that services expect (H1, H2, H3)."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import persons_pb2, positions_pb2
from kontor.identity.v1 import accounts_pb2, sessions_pb2
from kontor.mail.v1 import messages_pb2
from kontor.notify.v1 import notifications_pb2
from kontor.sales.v1 import deals_pb2, forecast_pb2
from kontor.tasks.v1 import tasks_pb2, timeline_pb2

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
PERSONS = "/kontor.contacts.v1.PersonService"
POSITIONS = "/kontor.contacts.v1.PositionService"
DEALS = "/kontor.sales.v1.DealService"


async def test_a_body_becomes_the_field_that_the_binding_names(gateway: Any) -> None:
    gateway.answer(f"{PERSONS}/CreatePerson", persons_pb2.Person(id=ID))
    response = await gateway.client.post("/v1/persons", json={"last_name": "Öztürk", "tags": ["kunde"]})
    assert response.status_code == 201
    request = gateway.asked(f"{PERSONS}/CreatePerson")
    assert request == persons_pb2.CreatePersonRequest(person=persons_pb2.Person(last_name="Öztürk", tags=["kunde"]))


async def test_path_variables_become_fields(gateway: Any) -> None:
    gateway.answer(f"{POSITIONS}/GetPosition", positions_pb2.Position())
    await gateway.client.get(f"/v1/persons/a%2Fb/positions/{ID}")
    assert gateway.asked(f"{POSITIONS}/GetPosition") == positions_pb2.GetPositionRequest(person_id="a/b", id=ID)


async def test_path_variables_reach_into_the_body(gateway: Any) -> None:
    gateway.answer(f"{POSITIONS}/CreatePosition", positions_pb2.Position(id=ID))
    response = await gateway.client.post("/v1/persons/p1/positions", json={"role": "Chef", "person_id": "p1"})
    assert response.headers["location"] == f"/v1/persons/p1/positions/{ID}"
    assert gateway.asked(f"{POSITIONS}/CreatePosition").position == positions_pb2.Position(person_id="p1", role="Chef")


async def test_a_body_that_contradicts_the_path_is_refused(gateway: Any, faults: Any) -> None:
    response = await gateway.client.patch("/v1/persons/p1", json={"id": "p2", "last_name": "x"})
    assert faults(response) == {"id": "must be the same as in the path, or absent"}
    response = await gateway.client.post("/v1/deals/d1:move", json={"id": "d2"})
    assert faults(response) == {"id": "must be the same as in the path, or absent"}


async def test_a_nul_in_the_path_is_refused(gateway: Any, faults: Any) -> None:
    assert faults(await gateway.client.get("/v1/persons/a%00b")) == {"id": "must not contain the character NUL"}


async def test_a_patch_changes_the_fields_whose_keys_stand_in_the_body(gateway: Any) -> None:
    gateway.answer(f"{POSITIONS}/UpdatePosition", positions_pb2.Position())
    body = {"person_id": "p1", "id": "x1", "role": "Chefin", "to": None, "from": "2020-01-01"}
    await gateway.client.patch("/v1/persons/p1/positions/x1", json=body)
    request = gateway.asked(f"{POSITIONS}/UpdatePosition")
    assert list(request.update_mask) == ["role", "to_date", "from_date"]
    assert (request.position.id, request.position.person_id, request.position.role) == ("x1", "p1", "Chefin")
    assert request.position.from_date.year == 2020
    assert not request.position.HasField("to_date")


@pytest.mark.parametrize("body", [{}, {"id": "p1"}])
async def test_a_patch_that_names_nothing_to_change_is_refused_because_an_empty_mask_would_change_everything(
    gateway: Any, faults: Any, body: Any
) -> None:
    response = await gateway.client.patch("/v1/persons/p1", json=body)
    assert response.status_code == 400
    assert faults(response) == {"body": "names no field to change"}


async def test_a_resource_can_be_sent_back_as_it_was_read(gateway: Any) -> None:
    person = persons_pb2.Person(id="p1", etag="3", last_name="Öztürk", display_name="Öztürk", positions=[positions_pb2.Position()])
    person.create_time.GetCurrentTime()
    gateway.answer(f"{PERSONS}/GetPerson", person)
    gateway.answer(f"{PERSONS}/UpdatePerson", person)
    body = (await gateway.client.get("/v1/persons/p1")).json()
    response = await gateway.client.patch("/v1/persons/p1", json=body)
    assert response.status_code == 200
    assert "display_name" in gateway.asked(f"{PERSONS}/UpdatePerson").update_mask


async def test_a_resource_without_an_id_in_its_path_is_patched_the_same_way(gateway: Any) -> None:
    gateway.answer("/kontor.identity.v1.AccountService/UpdateAccount", accounts_pb2.Account())
    await gateway.client.patch("/v1/account", json={"name": "Muster GmbH"}, headers={"If-Match": '"7"'})
    expected = accounts_pb2.UpdateAccountRequest(account=accounts_pb2.Account(name="Muster GmbH"), update_mask=["name"], etag="7")
    assert gateway.asked("/kontor.identity.v1.AccountService/UpdateAccount") == expected


async def test_query_parameters_become_fields(gateway: Any) -> None:
    gateway.answer(f"{PERSONS}/ListPersons", persons_pb2.ListPersonsResponse())
    await gateway.client.get("/v1/persons?page_size=10&tag=kunde&tag=m%C3%BCnchen,s%C3%BCd&name=anna+%C3%B6z&organisation_id=")
    expected = persons_pb2.ListPersonsRequest(page_size=10, tag=["kunde", "münchen,süd"], name="anna öz")
    assert gateway.asked(f"{PERSONS}/ListPersons") == expected


async def test_query_parameters_can_be_words_yes_or_no_and_renamed(gateway: Any) -> None:
    gateway.answer("/kontor.tasks.v1.TimelineService/ListTimeline", timeline_pb2.ListTimelineResponse())
    await gateway.client.get("/v1/timeline?subject=persons/1&kind=note&kind=email")
    kinds = gateway.asked("/kontor.tasks.v1.TimelineService/ListTimeline").kind
    assert list(kinds) == [timeline_pb2.ENTRY_KIND_NOTE, timeline_pb2.ENTRY_KIND_EMAIL]

    gateway.answer("/kontor.notify.v1.NotificationService/ListNotifications", notifications_pb2.ListNotificationsResponse())
    await gateway.client.get("/v1/notifications?unseen=true")
    assert gateway.asked("/kontor.notify.v1.NotificationService/ListNotifications").unseen

    gateway.answer("/kontor.sales.v1.ForecastService/GetForecast", forecast_pb2.Forecast())
    await gateway.client.get("/v1/forecast?from=2026-01&to=2026-12")
    request = gateway.asked("/kontor.sales.v1.ForecastService/GetForecast")
    assert (request.from_month, request.to_month) == ("2026-01", "2026-12")


@pytest.mark.parametrize(
    ("path", "field", "message"),
    [
        ("/v1/persons?tags=kunde", "tags", "is not a known parameter"),
        ("/v1/persons?name=a&name=b", "name", "stands there twice"),
        ("/v1/persons?page_size=ten", "page_size", "must be an integer"),
        ("/v1/persons?page_size=", "page_size", "must be an integer"),
        ("/v1/persons?page_size=1.0", "page_size", "must be an integer"),
        ("/v1/persons?page_size=99999999999", "page_size", "must be between -2147483648 and 2147483647"),
        ("/v1/persons?name=a%00", "name", "must not contain the character NUL"),
        ("/v1/notifications?unseen=yes", "unseen", "must be true or false"),
        ("/v1/timeline?kind=fax", "kind", "must be one of note, email, task, milestone, form"),
        (f"/v1/persons/{ID}?id=1", "id", "is not a known parameter"),
        ("/v1/tray?state=filed", "state", "is not a known parameter"),
    ],
)
async def test_wrong_query_parameters_are_refused_by_name(gateway: Any, faults: Any, path: str, field: str, message: str) -> None:
    response = await gateway.client.get(path)
    assert response.status_code == 400
    assert faults(response) == {field: message}


@pytest.mark.parametrize("name", ["etag", "request_id", "x"])
async def test_what_headers_say_cannot_be_said_in_query_or_body(gateway: Any, faults: Any, name: str) -> None:
    assert faults(await gateway.client.delete(f"/v1/persons/{ID}?{name}=1")) == {name: "is not a known parameter"}
    assert faults(await gateway.client.post(f"/v1/deals/{ID}:win", json={name: "1"})) == {name: "is not a known field"}
    assert faults(await gateway.client.post(f"/v1/deals/{ID}:win?{name}=1")) == {name: "is not a known parameter"}


@pytest.mark.parametrize("query", ["name=%ff", "name=\xff", "&".join(f"tag={n}" for n in range(201))])
async def test_a_query_that_cannot_be_read_is_refused(gateway: Any, query: str) -> None:
    scope_query = query.encode("latin-1")
    status, _, _ = await ask(gateway.app, "GET", "/v1/persons", query=scope_query)
    assert status == 400


async def test_the_tray_is_the_list_of_messages_in_the_tray(gateway: Any) -> None:
    gateway.answer("/kontor.mail.v1.MessageService/ListMessages", messages_pb2.ListMessagesResponse())
    await gateway.client.get("/v1/tray?page_size=5")
    expected = messages_pb2.ListMessagesRequest(page_size=5, state=messages_pb2.MESSAGE_STATE_TRAY)
    assert gateway.asked("/kontor.mail.v1.MessageService/ListMessages") == expected


async def test_a_verb_takes_its_fields_from_the_whole_body(gateway: Any) -> None:
    gateway.answer(f"{DEALS}/LoseDeal", deals_pb2.Deal())
    await gateway.client.post("/v1/deals/d1:lose", json={"lost_reason": "zu teuer"}, headers={"If-Match": '"2"', "Idempotency-Key": "k-1"})
    assert gateway.asked(f"{DEALS}/LoseDeal") == deals_pb2.LoseDealRequest(id="d1", lost_reason="zu teuer", etag="2", request_id="k-1")


async def test_a_verb_needs_no_body(gateway: Any) -> None:
    gateway.answer("/kontor.tasks.v1.TaskService/CompleteTask", tasks_pb2.Task())
    assert (await gateway.client.post("/v1/tasks/t1:complete")).status_code == 200
    assert gateway.asked("/kontor.tasks.v1.TaskService/CompleteTask") == tasks_pb2.CompleteTaskRequest(id="t1")


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'"x"', b"{", b'{"last_name": "a", "last_name": "b"}'])
async def test_a_body_that_is_no_json_object_is_refused(gateway: Any, faults: Any, content: bytes) -> None:
    response = await gateway.client.post("/v1/persons", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert set(faults(response)) <= {"body", "last_name"}
    assert not gateway.calls(f"{PERSONS}/CreatePerson")


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "json"])
async def test_a_body_that_is_not_called_json_is_refused(gateway: Any, media_type: str) -> None:
    response = await gateway.client.post("/v1/persons", content=b"{}", headers={"Content-Type": media_type})
    assert (response.status_code, response.json()["reason"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/merge-patch+json", "Application/JSON"])
async def test_json_by_other_names_is_read(gateway: Any, media_type: str) -> None:
    gateway.answer(f"{PERSONS}/CreatePerson", persons_pb2.Person())
    response = await gateway.client.post("/v1/persons", content=b"{}", headers={"Content-Type": media_type})
    assert response.status_code == 201


async def test_a_compressed_body_is_no_json(gateway: Any) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert (await gateway.client.post("/v1/persons", content=gzip.compress(b"{}"), headers=headers)).status_code == 400


async def test_a_body_in_pieces_is_put_together(gateway: Any) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"last', b"", b'_name": "\xc3', b'\x96z"}'):
            yield piece

    gateway.answer(f"{PERSONS}/CreatePerson", persons_pb2.Person())
    await gateway.client.post("/v1/persons", content=pieces(), headers={"Content-Type": "application/json"})
    assert gateway.asked(f"{PERSONS}/CreatePerson").person.last_name == "Öz"


async def test_the_etag_of_if_match_is_passed_on_and_a_star_means_any(gateway: Any) -> None:
    gateway.answer(f"{PERSONS}/DeletePerson", Empty())
    await gateway.client.delete("/v1/persons/p1", headers={"If-Match": '"3"'})
    assert gateway.asked(f"{PERSONS}/DeletePerson").etag == "3"
    await gateway.client.delete("/v1/persons/p1", headers={"If-Match": "*"})
    assert gateway.calls(f"{PERSONS}/DeletePerson")[1].request.etag == ""


@pytest.mark.parametrize("etag", ["3", '"1", "2"', ""])
async def test_if_match_must_be_one_quoted_tag(gateway: Any, faults: Any, etag: str) -> None:
    response = await gateway.client.delete("/v1/persons/p1", headers={"If-Match": etag})
    assert response.status_code == 400
    assert list(faults(response)) == ["If-Match"]


async def test_if_match_is_refused_where_a_method_knows_no_versions(gateway: Any, faults: Any) -> None:
    response = await gateway.client.post("/v1/watches", json={"subject": "persons/1"}, headers={"If-Match": '"3"'})
    assert faults(response) == {"If-Match": "is not possible here"}


async def test_the_idempotency_key_becomes_the_request_id(gateway: Any) -> None:
    gateway.answer(f"{PERSONS}/CreatePerson", persons_pb2.Person())
    await gateway.client.post("/v1/persons", json={"last_name": "x"}, headers={"Idempotency-Key": "k" * 128})
    assert gateway.asked(f"{PERSONS}/CreatePerson").request_id == "k" * 128


@pytest.mark.parametrize("key", ["", "k" * 129, "two words", "schlüssel".encode("latin-1").decode("latin-1")])
async def test_an_idempotency_key_of_another_form_is_refused(gateway: Any, faults: Any, key: str) -> None:
    response = await gateway.client.post("/v1/persons", json={}, headers={"Idempotency-Key": key.encode("latin-1")})
    assert faults(response) == {"Idempotency-Key": "must be 1 to 128 visible ASCII characters"}


async def test_client_and_peer_of_a_sign_in_are_said_by_the_connection_only(gateway: Any, faults: Any) -> None:
    path = "/kontor.identity.v1.SessionService/CreateSession"
    gateway.answer(path, sessions_pb2.Session(id=ID, token="t"))
    body = {"email": "anna@example.org", "password": "geheim genug"}
    response = await gateway.client.post("/v1/sessions", json=body, headers={"User-Agent": "Fuchs/1\x7f " + "x" * 1000})
    assert response.headers["location"] == f"/v1/sessions/{ID}"
    request = gateway.asked(path)
    assert (request.email, request.peer) == ("anna@example.org", "192.0.2.7")
    assert request.client.startswith("Fuchs/1 xxx")
    assert len(request.client) == 300
    assert faults(await gateway.client.post("/v1/sessions", json={**body, "peer": "127.0.0.1"})) == {"peer": "is not a known field"}


async def ask(app: Any, method: str, path: str, *, query: bytes = b"") -> tuple[int, dict[bytes, bytes], bytes]:
    """A request that httpx would not send."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(b"authorization", b"Bearer session-token")],
        "scheme": "http",
        "client": ("192.0.2.7", 1),
    }
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])
