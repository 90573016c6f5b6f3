"""Every method with an HTTP annotation is served, and the protos keep the conventions that the gateway rests on (H1, H3)."""

from typing import Any

import pytest

from kontor.identity.v1 import sessions_pb2
from kontor_gateway.descriptors import Binding, Method, services_of
from kontor_gateway.peculiar import CONNECTION_FIELDS, FIXED_FIELDS
from kontor_gateway.routes import translations_of
from kontor_gateway.translation import Translation

SERVICES = ("identity", "contacts", "sales", "tasks", "mail", "search", "notify")
TRANSLATIONS = translations_of(SERVICES)


def name(translation: Translation) -> str:
    return f"{translation.binding.verb} {translation.binding.template}"


@pytest.mark.parametrize("translation", TRANSLATIONS, ids=name)
async def test_a_route_stands_behind_authentication_unless_it_is_public(gateway: Any, translation: Translation) -> None:
    path = translation.binding.template
    for variable, _ in translation.path_parameters():
        path = path.replace("{" + variable + "}", "01890000-0000-7000-8000-000000000000")
    headers = {"Authorization": "Bearer foreign"}
    response = await gateway.client.request(translation.binding.verb, path, headers=headers)
    assert (response.status_code == 401) != translation.method.rule.public


@pytest.mark.parametrize("translation", [one for one in TRANSLATIONS if one.binding.verb != "GET"], ids=name)
def test_every_write_takes_an_idempotency_key(translation: Translation) -> None:
    assert translation.has("request_id")


@pytest.mark.parametrize("translation", [one for one in TRANSLATIONS if one.binding.verb == "PATCH"], ids=name)
def test_every_patch_has_a_mask_and_an_etag(translation: Translation) -> None:
    assert translation.has("update_mask")
    assert translation.has("etag")
    assert not translation.whole_body


@pytest.mark.parametrize("translation", TRANSLATIONS, ids=name)
def test_every_plan_can_be_made(translation: Translation) -> None:
    assert translation._query_reader is not None
    assert len(translation._path_readers) == translation.binding.template.count("{")
    if translation.takes_body:
        assert translation._body_names


def test_every_method_with_an_annotation_is_among_the_routes_and_no_other() -> None:
    served = {translation.method.path for translation in TRANSLATIONS}
    assert len(served) > 50
    assert "/kontor.identity.v1.SessionService/Authenticate" not in served
    everything = {f"/{service.full_name}/{method.name}" for one in SERVICES for service in services_of(one) for method in service.methods}
    assert served < everything


def test_what_is_peculiar_belongs_to_routes_that_exist() -> None:
    assert set(FIXED_FIELDS) <= {name(translation) for translation in TRANSLATIONS}
    assert set(CONNECTION_FIELDS) <= {translation.method.path for translation in TRANSLATIONS}


def test_a_binding_that_names_unknown_fields_is_refused() -> None:
    descriptor = sessions_pb2.DESCRIPTOR.services_by_name["SessionService"].methods_by_name["DeleteSession"]
    binding = Binding("DELETE", "/v1/sessions/{session.id}", "session")
    method = Method("identity", "/x", descriptor, TRANSLATIONS[0].method.rule, (binding,))
    with pytest.raises(ValueError, match=r"has no session, session\.id"):
        Translation(method, binding)


def test_a_service_without_protos_is_refused() -> None:
    with pytest.raises(ModuleNotFoundError):
        services_of("weather")
