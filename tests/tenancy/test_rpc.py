"""S1 behind the gateway: every method of every service, called with a valid principal of one account and ids of another."""

import asyncio
import base64
from collections.abc import Iterator, Mapping
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from kontor_chassis.errors import Internal, KontorError, PermissionDenied
from kontor_chassis.principal import METADATA_KEY, USER_ISSUER, Keyring, Principal, service_principal
from kontor_chassis.rpc.channel import Channel
from kontor_chassis.rpc.dispatch import Method, methods_of
from kontor_identity.domain.roles import LOWEST
from kontor_suite.catalog import SERVICES
from kontor_suite.profiles import remote_channels
from tests.suite_processes import Installation
from tests.tenancy.two_accounts import SUBJECT_NOUNS, Side, furnish, settled_digest

_DEPTH = 4
# A PNG of one pixel, for what is uploaded.
_PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")


def requests(method: Method, foreign: Mapping[str, str]) -> Iterator[Message]:
    """The method's request, filled as it likes it, with every kind of foreign id in the places for ids in turn."""
    for kind, record_id in foreign.items():
        subject = f"{SUBJECT_NOUNS.get(kind, 'persons')}/{record_id}"
        request = method.request_type()
        _fill(request, record_id, subject, depth=0)
        yield request


def _fill(message: Message, record_id: str, subject: str, *, depth: int) -> None:
    descriptor = message.DESCRIPTOR
    if descriptor.full_name in ("google.type.Date", "google.protobuf.Timestamp"):
        return
    for field in descriptor.fields:
        if field.name in ("request_id", "etag", "page_token", "update_mask", "page_size") or field.containing_oneof is not None:
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            getattr(message, field.name)["title"] = 1
            continue
        if field.message_type is not None:
            if depth < _DEPTH:
                into = getattr(message, field.name).add() if field.is_repeated else getattr(message, field.name)
                into.SetInParent() if not field.is_repeated else None
                _fill(into, record_id, subject, depth=depth + 1)
            continue
        value = _value(field, record_id, subject)
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)


def _value(field: Any, record_id: str, subject: str) -> Any:
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return 1
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return False
    if field.cpp_type != FieldDescriptor.CPPTYPE_STRING:
        return 1
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _PICTURE
    if field.name in ("subject", "refs", "subjects", "record"):
        return subject
    if field.name in ("id", "ids") or field.name.endswith(("_id", "_ids")):
        return record_id
    return {"email": "erika@attacker.example", "currency": "EUR", "time_zone": "Europe/Berlin"}.get(field.name, "Angriff 2027")


async def attack(side: Side, victim: Side, channels: Mapping[str, Channel], keyring: Keyring) -> list[str]:
    """What went wrong."""
    user = Principal(side.team.account_id, user_id=side.user.user_id, role="owner", scopes=frozenset(LOWEST))
    insider = service_principal("operator", account_id=side.team.account_id, scopes=["documents.read", *LOWEST])
    metadata = {METADATA_KEY: keyring.sign(user, issuer=USER_ISSUER, lifetime=600)}
    inside = {METADATA_KEY: keyring.sign(insider, issuer="operator", lifetime=600)}
    found: list[str] = []
    for service in SERVICES:
        for proto, module in service.rpc.items():
            for method in methods_of(proto, module):
                for request in requests(method, victim.ids):
                    # An account's own services may ask for its documents, and get nothing of another's.
                    sent = inside if method.rule.scope == "documents.read" else metadata
                    try:
                        answer = await channels[service.package].unary(
                            method.path, request, method.response_type, metadata=sent, timeout=30
                        )
                    except Internal as error:
                        found.append(f"{method.path} {request}: {error} {error.detail}")
                    except KontorError as error:
                        if method.rule.internal and sent is metadata and not isinstance(error, PermissionDenied):
                            found.append(f"{method.path}: {error!r}")
                    else:
                        if victim.canary in str(answer):
                            found.append(f"{method.path} {request}: {answer}")
                        if method.rule.internal and sent is metadata:
                            found.append(f"{method.path} is internal and answered a user")
    return found


@pytest.fixture(scope="module")
def sides(split: Installation) -> tuple[Side, Side]:
    return furnish(split, "victim"), furnish(split, "attacker")


def test_no_method_tells_or_changes_anything_of_another_account(split: Installation, sides: tuple[Side, Side]) -> None:
    victim, attacker = sides
    before = settled_digest(split, victim.team.account_id)

    async def run() -> list[str]:
        channels = remote_channels(split.settings)
        try:
            return await attack(attacker, victim, channels, Keyring(split.settings.keys_folder))
        finally:
            await asyncio.gather(*(channel.close() for channel in channels.values()))

    found = asyncio.run(run())
    assert not found, "\n".join(found)
    assert settled_digest(split, victim.team.account_id) == before


def test_a_port_of_a_service_answers_health_and_reflection_and_nothing_else_to_strangers(split: Installation) -> None:
    """S10."""

    async def run() -> set[tuple[str, grpc.StatusCode]]:
        answered = set()
        for service in SERVICES:
            async with grpc.aio.insecure_channel(split.settings.channel_url_of(service.name)) as channel:
                for proto, module in service.rpc.items():
                    for method in methods_of(proto, module):
                        try:
                            await channel.unary_unary(method.path)(b"", timeout=30)  # type: ignore[arg-type]
                        except grpc.aio.AioRpcError as error:
                            if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                                answered.add((method.path, error.code()))
                        else:
                            answered.add((method.path, grpc.StatusCode.OK))
        return answered

    # Signing in and web forms are for strangers: they look at what strangers bring, which is nothing.
    allowed = {"/kontor.identity.v1.SessionService/CreateSession", "/kontor.identity.v1.SessionService/Authenticate"}
    forms = ("GetPublicForm", "SubmitPublicForm", "GetFormConfirmation", "ConfirmFormSubmission")
    allowed |= {f"/kontor.contacts.v1.PublicFormService/{name}" for name in forms}
    answered = asyncio.run(run())
    assert {path for path, _ in answered} <= allowed
    assert grpc.StatusCode.OK not in {code for _, code in answered}
