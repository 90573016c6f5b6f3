"""Methods of several services under one path: the request says who is asked (A6)."""

from typing import Any

import pytest

from kontor.type.v1 import audit_pb2 as pb

LOG = "/kontor.type.v1.AuditLog/ListAuditEntries"
VERIFY = "/kontor.type.v1.AuditLog/VerifyAuditLog"
ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def answer(gateway: Any, message: pb.ListAuditEntriesResponse) -> None:
    gateway.services["contacts"].answers[LOG] = message


def asked(gateway: Any) -> pb.ListAuditEntriesRequest:
    (call,) = gateway.services["contacts"].calls
    request: pb.ListAuditEntriesRequest = call.request
    return request


@pytest.mark.parametrize("noun", ["persons", "organisations", "tags"])
async def test_a_record_is_asked_of_the_service_that_lists_its_kind(gateway: Any, noun: str) -> None:
    answer(gateway, pb.ListAuditEntriesResponse())
    response = await gateway.client.get(f"/v1/audit-entries?subject={noun}/{ID}&page_size=3&filter=actor%20%3D%20me")
    assert response.status_code == 200
    assert asked(gateway) == pb.ListAuditEntriesRequest(subject=f"{noun}/{ID}", page_size=3, filter="actor = me")


async def test_a_service_is_asked_for_the_log_of_everything(gateway: Any) -> None:
    answer(gateway, pb.ListAuditEntriesResponse())
    assert (await gateway.client.get("/v1/audit-entries?service=contacts")).status_code == 200
    assert asked(gateway) == pb.ListAuditEntriesRequest(service="contacts")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "service"),
        ("service=search", "service"),
        ("service=type", "service"),
        (f"subject=documents/{ID}", "subject"),
        ("subject=/", "subject"),
        (f"subject=persons/{ID}&service=sales", "subject"),
    ],
)
async def test_who_cannot_be_asked_is_said(gateway: Any, faults: Any, query: str, field: str) -> None:
    response = await gateway.client.get(f"/v1/audit-entries?{query}")
    assert response.status_code == 400
    assert list(faults(response)) == [field]


async def test_values_are_told_as_the_json_they_were(gateway: Any) -> None:
    changes = [
        pb.AuditChange(field="tags", before=pb.JsonValue(text='["VIP"]'), after=pb.JsonValue(text="[]")),
        pb.AuditChange(field="size", after=pb.JsonValue(text="5")),
    ]
    answer(gateway, pb.ListAuditEntriesResponse(audit_entries=[pb.AuditEntry(id=ID, subject=f"persons/{ID}", changes=changes)]))
    response = await gateway.client.get(f"/v1/audit-entries?subject=persons/{ID}")
    assert response.json()["audit_entries"][0]["changes"] == [
        {"field": "tags", "before": ["VIP"], "after": []},
        {"field": "size", "before": None, "after": 5},
    ]


async def test_a_service_is_asked_whether_its_log_still_is_what_was_written(gateway: Any) -> None:
    finding = pb.AuditFinding(fault=pb.AUDIT_FAULT_CHANGED, seal=7, entry_id=ID, subject=f"persons/{ID}", count=1)
    gateway.services["contacts"].answers[VERIFY] = pb.VerifyAuditLogResponse(seals=9, entries=400, findings=[finding])
    response = await gateway.client.get("/v1/audit-log:verify?service=contacts&page_size=5000")
    assert response.status_code == 200
    (call,) = gateway.services["contacts"].calls
    assert call.request == pb.VerifyAuditLogRequest(service="contacts", page_size=5000)
    answer = response.json()
    assert (answer["intact"], answer["seals"], answer["entries"]) == (False, 9, 400)
    assert answer["findings"] == [{"fault": "changed", "seal": 7, "entry_id": ID, "subject": f"persons/{ID}", "count": 1}]


@pytest.mark.parametrize("query", ["", "service=search", "service=contacts&subject=persons/1"])
async def test_what_cannot_be_verified_is_said(gateway: Any, query: str) -> None:
    response = await gateway.client.get(f"/v1/audit-log:verify?{query}")
    assert response.status_code == 400
    assert gateway.services["contacts"].calls == []


async def test_the_log_is_in_the_document(gateway: Any) -> None:
    document = (await gateway.client.get("/v1/openapi.json")).json()
    operation = document["paths"]["/v1/audit-entries"]["get"]
    assert {parameter["name"] for parameter in operation["parameters"] if "name" in parameter} >= {"subject", "service", "filter"}
    assert "audit.read" in operation["description"]
