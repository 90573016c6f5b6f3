"""What goes wrong is told as RFC 9457 problem documents (H2)."""

from typing import Any

import pytest
import structlog.testing

from kontor.contacts.v1 import persons_pb2
from kontor_chassis import errors

GET_PERSON = "/kontor.contacts.v1.PersonService/GetPerson"


async def test_a_problem_document_has_all_its_members(gateway: Any) -> None:
    violation = errors.FieldViolation("emails[0].address", "is no e-mail address")
    gateway.answer(GET_PERSON, errors.InvalidArgument("The address is wrong.", reason="BAD_ADDRESS", violations=[violation]))
    response = await gateway.client.get("/v1/persons/1", headers={"X-Request-Id": "r-1"})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:kontor:problem:bad-address",
        "title": "Bad address",
        "status": 400,
        "detail": "The address is wrong.",
        "instance": "r-1",
        "reason": "BAD_ADDRESS",
        "errors": [{"field": "emails[0].address", "message": "is no e-mail address"}],
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidArgument("x"), 400),
        (errors.Unauthenticated("x"), 401),
        (errors.PermissionDenied("x"), 403),
        (errors.NotFound("x"), 404),
        (errors.Moved("x"), 404),
        (errors.AlreadyExists("x"), 409),
        (errors.FailedPrecondition("x"), 409),
        (errors.Aborted("x"), 412),
        (errors.IdempotencyMismatch("x"), 422),
        (errors.ResourceExhausted("x"), 429),
        (errors.Unavailable("x"), 503),
        (errors.DeadlineExceeded("x"), 504),
    ],
)
async def test_every_error_of_the_tree_has_its_status(gateway: Any, error: errors.KontorError, status: int) -> None:
    gateway.answer(GET_PERSON, error)
    response = await gateway.client.get("/v1/persons/1")
    assert (response.status_code, response.json()["status"], response.json()["reason"]) == (status, status, error.reason)


async def test_values_of_the_reason_become_members_but_never_replace_the_standard_ones(gateway: Any) -> None:
    gateway.answer(GET_PERSON, errors.Aborted("Changed.", detail={"etag": "4", "status": "fine"}))
    content = (await gateway.client.get("/v1/persons/1")).json()
    assert (content["etag"], content["status"]) == ("4", 412)


async def test_the_unknown_is_opaque_outside_and_loud_in_the_log(gateway: Any) -> None:
    gateway.answer(GET_PERSON, RuntimeError("password=hunter2"))
    with structlog.testing.capture_logs() as logs:
        response = await gateway.client.get("/v1/persons/1")
    assert response.status_code == 500
    assert "hunter2" not in response.text
    (incident,) = [entry for entry in logs if entry["event"] == "incident"]
    assert response.json()["incident"] == incident["incident"]
    assert "hunter2" in str(incident["exc_info"])


async def test_what_a_service_calls_internal_keeps_its_incident_and_nothing_else(gateway: Any) -> None:
    gateway.answer(GET_PERSON, errors.Internal("row 7 of table persons", detail={"incident": "i-1"}))
    content = (await gateway.client.get("/v1/persons/1")).json()
    assert (content["incident"], content["detail"]) == ("i-1", "Something went wrong on our side.")


async def test_503_and_429_say_when_to_come_back(make_gateway: Any) -> None:
    gateway = make_gateway(retry_after=7)
    gateway.answer(GET_PERSON, errors.Unavailable("x"))
    assert (await gateway.client.get("/v1/persons/1")).headers["retry-after"] == "7"
    gateway.answer(GET_PERSON, errors.ResourceExhausted("x", detail={"retry_after": "30"}))
    assert (await gateway.client.get("/v1/persons/1")).headers["retry-after"] == "30"
    gateway.answer(GET_PERSON, errors.ResourceExhausted("x", detail={"retry_after": "soon"}))
    assert "retry-after" not in (await gateway.client.get("/v1/persons/1")).headers


async def test_the_right_type_of_answer_is_the_services_duty(gateway: Any) -> None:
    gateway.answer(GET_PERSON, lambda request: persons_pb2.ListPersonsResponse())
    assert (await gateway.client.get("/v1/persons/1")).status_code == 500


async def test_details_that_hold_json_are_told_as_json(gateway: Any) -> None:
    """B15: the candidates of a refused duplicate."""
    refusal = errors.AlreadyExists("Taken.", reason="DUPLICATE_FOUND", detail={"duplicates_json": '[{"score": 60}]', "other": "text"})
    gateway.answer("/kontor.contacts.v1.PersonService/CreatePerson", refusal)
    response = await gateway.client.post("/v1/persons?on_duplicate=refuse", json={"last_name": "Öztürk"})
    assert response.status_code == 409
    told = response.json()
    assert (told["duplicates"], told["other"], told["reason"]) == ([{"score": 60}], "text", "DUPLICATE_FOUND")


OLD, NEW = "0193a000-0000-7000-8000-000000000001", "0193a000-0000-7000-8000-000000000002"
MOVED = errors.Moved("It was merged.", detail={"moved_from": f"persons/{OLD}", "moved_to": f"persons/{NEW}"})


@pytest.mark.parametrize(
    ("path", "location"),
    [
        (f"/v1/persons/{OLD}", f"/v1/persons/{NEW}"),
        (f"/v1/persons/{OLD}/positions?page_size=5&page_token=x%2Fy", f"/v1/persons/{NEW}/positions?page_size=5&page_token=x%2Fy"),
        (f"/v1/persons/{OLD}/positions/{OLD[:-1]}9", f"/v1/persons/{NEW}/positions/{OLD[:-1]}9"),
        (f"/v1/organisations/{OLD}:rollUp", f"/v1/organisations/{NEW}:rollUp"),
    ],
)
async def test_reading_what_has_moved_leads_to_where_it_is(gateway: Any, path: str, location: str) -> None:
    for method in ("PersonService/GetPerson", "PositionService/ListPositions", "PositionService/GetPosition"):
        gateway.answer(f"/kontor.contacts.v1.{method}", MOVED)
    gateway.answer("/kontor.contacts.v1.OrganisationService/GetOrganisationRollUp", MOVED)
    for verb in ("GET", "HEAD"):
        response = await gateway.client.request(verb, path, follow_redirects=False)
        assert (response.status_code, response.headers["location"]) == (307, location)
        assert response.headers["cache-control"] == "no-store"
    told = (await gateway.client.get(path, follow_redirects=False)).json()
    assert (told["status"], told["reason"], told["moved_to"]) == (307, "RECORD_MOVED", f"persons/{NEW}")


async def test_what_has_moved_is_not_changed_by_following(gateway: Any) -> None:
    for method in ("UpdatePerson", "DeletePerson"):
        gateway.answer(f"/kontor.contacts.v1.PersonService/{method}", MOVED)
    for verb, body in (("PATCH", {"title": "Dr."}), ("DELETE", None)):
        response = await gateway.client.request(verb, f"/v1/persons/{OLD}", json=body)
        assert response.status_code == 404
        assert "location" not in response.headers
        assert response.json()["moved_to"] == f"persons/{NEW}"


async def test_where_the_path_does_not_name_what_has_moved_nobody_is_sent_anywhere(gateway: Any) -> None:
    gateway.answer("/kontor.contacts.v1.PersonService/ListPersons", MOVED)
    gateway.answer(GET_PERSON, errors.Moved("It was merged."))
    for path in (f"/v1/persons?organisation_id={OLD}", "/v1/persons/1"):
        assert (await gateway.client.get(path)).status_code == 404
