"""The OpenAPI document is valid, and true (H1)."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from kontor_gateway.openapi_30 import as_openapi_30


@pytest.fixture
async def document(gateway: Any) -> Any:
    response = await gateway.client.get("/v1/openapi.json", headers={"Authorization": ""})
    assert response.status_code == 200
    return response.json()


async def test_it_is_valid_openapi_3_1(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()


async def test_the_copy_for_the_docs_is_valid_openapi_3_0(gateway: Any) -> None:
    copy = (await gateway.client.get("/docs/openapi.json")).json()
    assert copy["openapi"] == "3.0.3"
    OpenAPIV30SpecValidator(copy).validate()


async def test_a_client_that_has_it_is_answered_304(gateway: Any) -> None:
    etag = (await gateway.client.get("/v1/openapi.json")).headers["etag"]
    assert (await gateway.client.get("/v1/openapi.json", headers={"If-None-Match": etag})).status_code == 304


async def test_every_operation_leads_somewhere(gateway: Any, document: Any) -> None:
    operations = [(path, verb) for path, verbs in document["paths"].items() for verb in verbs]
    assert len(operations) > 70
    for path, verb in operations:
        response = await gateway.client.request(
            verb.upper(), path.replace("{", "").replace("}", ""), headers={"Authorization": "Bearer no"}
        )
        assert response.status_code not in (404, 405) or path.startswith("/calendar/")


async def test_operation_ids_are_unique_and_every_operation_is_explained(document: Any) -> None:
    operations = [operation for verbs in document["paths"].values() for operation in verbs.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    tags = {tag["name"] for tag in document["tags"]}
    for operation in operations:
        assert operation["summary"].endswith(".")
        assert set(operation["tags"]) <= tags


def parameters(operation: Any) -> list[str]:
    return [parameter.get("name") or parameter["$ref"].rpartition("/")[2] for parameter in operation["parameters"]]


async def test_a_list_has_its_filters_as_parameters(document: Any) -> None:
    operation = document["paths"]["/v1/persons"]["get"]
    assert parameters(operation) == [
        "page_size", "page_token", "tag", "organisation_id", "name", "filter", "order_by", "segment",
    ]  # fmt: skip
    tag = operation["parameters"][2]
    assert tag["schema"] == {"type": "array", "items": {"type": "string"}}
    assert tag["description"] == "Names of tags; several narrow the list (AND)."
    assert operation["security"] == [{"bearer": ["contacts.read"]}]


async def test_a_change_has_its_headers_body_and_problems(document: Any) -> None:
    operation = document["paths"]["/v1/persons/{id}"]["patch"]
    assert parameters(operation) == ["id", "IfMatch", "IdempotencyKey"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"allOf": [{"$ref": "#/components/schemas/PersonInput"}], "minProperties": 1}
    assert set(operation["responses"]) >= {"200", "400", "401", "403", "404", "409", "412", "422", "default"}
    assert "ETag" in operation["responses"]["200"]["headers"]


async def test_creating_names_what_is_mandatory(document: Any) -> None:
    operation = document["paths"]["/v1/persons"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["required"] == ["last_name"]
    assert set(operation["responses"]["201"]["headers"]) == {"ETag", "Location"}
    assert "required" not in document["components"]["schemas"]["PersonInput"]


async def test_parts_without_an_id_name_what_they_need_wherever_they_stand(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["EmailInput"]["required"] == ["address"]
    assert schemas["DealPersonInput"]["required"] == ["person_id"]


async def test_what_is_required_is_neither_null_nor_empty(document: Any) -> None:
    properties = document["components"]["schemas"]["PersonInput"]["properties"]
    assert properties["last_name"] == {"type": "string", "minLength": 1, "maxLength": 300}
    assert properties["first_name"] == {"type": ["string", "null"], "maxLength": 300}


async def test_bounds_are_told_of_texts_lists_and_numbers(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["NoteInput"]["properties"]["text"]["maxLength"] == 100_000
    assert schemas["PersonInput"]["properties"]["emails"]["maxItems"] == 50
    assert schemas["PersonInput"]["properties"]["tags"] == {
        "type": ["array", "null"],
        "items": {"type": "string", "maxLength": 100},
        "maxItems": 200,
        "description": "Names of tags; unknown ones are made.",
    }
    weekday = schemas["AccountInput"]["properties"]["first_weekday"]
    assert (weekday["minimum"], weekday["maximum"]) == (1, 7)
    page_size = document["paths"]["/v1/persons"]["get"]["parameters"][0]
    assert page_size["schema"]["minimum"] == 0
    # What is answered was stored, perhaps under older bounds.
    assert "maxLength" not in schemas["Note"]["properties"]["text"]


async def test_a_mandatory_filter_is_told(document: Any) -> None:
    required = [parameter["name"] for parameter in document["paths"]["/v1/timeline"]["get"]["parameters"] if parameter.get("required")]
    assert required == ["subject"]


async def test_what_cannot_be_changed_later_is_told(document: Any) -> None:
    assert document["components"]["schemas"]["AccountInput"]["properties"]["slug"]["description"].endswith("Cannot be changed later.")


async def test_what_headers_path_and_gateway_say_is_not_in_the_body(document: Any) -> None:
    sign_in = document["paths"]["/v1/sessions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(sign_in["properties"]) == {"email", "password", "account"}
    assert document["paths"]["/v1/sessions"]["post"]["security"] == []
    lose = document["paths"]["/v1/deals/{id}:lose"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(lose["properties"]) == {"lost_reason", "closed_date"}
    assert lose["required"] == ["lost_reason"]
    assert "requestBody" not in document["paths"]["/v1/tasks/{id}:complete"]["post"]


async def test_schemas_tell_words_renamed_keys_and_what_is_read_only(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["ContactKind"]["enum"] == ["work", "private", "mobile", "fax", "other"]
    assert {"from", "to"} <= set(schemas["Position"]["properties"])
    assert schemas["PersonInput"]["properties"]["display_name"]["readOnly"]
    assert schemas["PersonInput"]["properties"]["etag"]["readOnly"]
    assert "readOnly" not in schemas["PersonInput"]["properties"]["last_name"]
    assert schemas["Deal"]["properties"]["value"]["anyOf"][0] == {"$ref": "#/components/schemas/Money"}
    assert schemas["Deal"]["required"] == list(schemas["Deal"]["properties"])


async def test_the_tray_is_an_operation_of_its_own(document: Any) -> None:
    operation = document["paths"]["/v1/tray"]["get"]
    assert operation["operationId"] == "listTray"
    assert parameters(operation) == ["page_size", "page_token"]


async def test_hand_written_routes_stand_in_it_too(document: Any) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/v1/openapi.json", "/calendar/{secret}/tasks.ics", "/v1/messages/{id}/raw"):
        assert "get" in document["paths"][path]


def test_the_copy_in_3_0_says_the_same_in_its_own_words() -> None:
    original = {
        "openapi": "3.1.0",
        "security": [{"bearer": ["contacts.read"]}],
        "a": {"type": ["string", "null"], "examples": ["x"]},
        "b": {"type": ["integer", "string", "null"]},
        "c": {"anyOf": [{"$ref": "#/d"}, {"type": "null"}], "description": "text"},
        "d": {"$ref": "#/e", "description": "text"},
    }
    assert as_openapi_30(original) == {
        "openapi": "3.0.3",
        "security": [{"bearer": []}],
        "a": {"type": "string", "nullable": True, "example": "x"},
        "b": {"anyOf": [{"type": "integer"}, {"type": "string"}], "nullable": True},
        "c": {"allOf": [{"$ref": "#/d"}], "nullable": True, "description": "text"},
        "d": {"allOf": [{"$ref": "#/e"}], "description": "text"},
    }
    assert original["openapi"] == "3.1.0"


def test_reading_a_record_that_can_be_merged_may_lead_elsewhere(document: Any) -> None:
    for path in ("/v1/persons/{id}", "/v1/persons/{person_id}/positions", "/v1/organisations/{id}:rollUp"):
        assert document["paths"][path]["get"]["responses"]["307"] == {"$ref": "#/components/responses/Moved"}
    assert "307" not in document["paths"]["/v1/persons"]["get"]["responses"]
    assert "307" not in document["paths"]["/v1/persons/{id}"]["delete"]["responses"]
    fields = document["paths"]["/v1/persons/{id}:merge"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"][
        "fields"
    ]
    assert fields["additionalProperties"] == {"$ref": "#/components/schemas/MergeChoice"}
