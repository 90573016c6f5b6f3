"""The channel port's contract; every test runs in-process and over gRPC, so that a service cannot tell how it is called."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import persons_pb2, tags_pb2
from kontor.sales.v1 import deals_pb2
from kontor.type.v1 import document_pb2
from kontor_chassis.errors import (
    Aborted,
    DeadlineExceeded,
    FieldViolation,
    IdempotencyMismatch,
    Internal,
    InvalidArgument,
    KontorError,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Keyring, service_principal, write_keys
from tests.contract.channel_harness import ADAPTERS, BIG_BYTES, Wires, open_wires

CREATE_PERSON = "contacts.v1.PersonService/CreatePerson"
GET_PERSON = "contacts.v1.PersonService/GetPerson"
UPDATE_PERSON = "contacts.v1.PersonService/UpdatePerson"
LIST_PERSONS = "contacts.v1.PersonService/ListPersons"
LIST_DOCUMENTS = "type.v1.DocumentSource/ListDocuments"
BATCH_GET_DOCUMENTS = "type.v1.DocumentSource/BatchGetDocuments"
CREATE_DEAL = "sales.v1.DealService/CreateDeal"
LIST_TAGS = "contacts.v1.TagService/ListTags"
UPDATE_TAG = "contacts.v1.TagService/UpdateTag"
DELETE_TAG = "contacts.v1.TagService/DeleteTag"


@pytest.fixture(params=ADAPTERS)
async def wires(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Wires]:
    async with open_wires(request.param, tmp_path) as opened:
        yield opened


async def create(wires: Wires, last_name: str = "Öztürk", **fields: str) -> persons_pb2.Person:
    request = persons_pb2.CreatePersonRequest(person=persons_pb2.Person(last_name=last_name), **fields)
    return await wires.call("contacts", CREATE_PERSON, request, persons_pb2.Person)


async def refused(wires: Wires, service: str, method: str, request: Message, **how: Any) -> KontorError:
    """The error of a call that must fail."""
    known = wires.harnesses[service].running.dispatcher.methods.get(f"/kontor.{method}")
    with pytest.raises(KontorError) as caught:
        await wires.call(service, method, request, known.response_type if known else Empty, **how)
    return caught.value


async def test_answers_arrive_as_they_were_given(wires: Wires) -> None:
    made = await create(wires, "Öztürk → Groß")
    read = await wires.call("contacts", GET_PERSON, persons_pb2.GetPersonRequest(id=made.id), persons_pb2.Person)

    assert read == made
    assert made.last_name == "Öztürk → Groß"
    assert made.creator_user_id == wires.user.user_id


async def test_a_request_is_the_same_after_the_call(wires: Wires) -> None:
    """In-process the message is shared with the handler, which therefore must not change it."""
    request = persons_pb2.CreatePersonRequest(person=persons_pb2.Person(last_name="  Groß ", tags=["b", "a", "b"]), request_id="r-1")
    before = request.SerializeToString()
    await wires.call("contacts", CREATE_PERSON, request, persons_pb2.Person)

    assert request.SerializeToString() == before


async def test_many_calls_at_once_each_get_their_own_answer(wires: Wires) -> None:
    made = await asyncio.gather(*(create(wires, f"Number {number}") for number in range(30)))

    assert [person.last_name for person in made] == [f"Number {number}" for number in range(30)]
    assert len({person.id for person in made}) == 30


async def test_a_wrong_field_is_told_with_its_path_and_words(wires: Wires) -> None:
    error = await refused(wires, "contacts", CREATE_PERSON, persons_pb2.CreatePersonRequest(person=persons_pb2.Person(first_name="Anna")))

    assert type(error) is InvalidArgument
    [violation] = error.violations
    assert violation.field == "last_name"
    assert violation.message in error.message


async def test_message_reason_violations_and_detail_keep_their_letters(wires: Wires) -> None:
    error = await refused(wires, "strange", UPDATE_TAG, tags_pb2.UpdateTagRequest(tag=tags_pb2.Tag(name="1")))

    assert type(error) is InvalidArgument
    assert error.message == "größe: must not be so → large"
    assert error.reason == "TOO_GREAT"
    assert error.violations == (FieldViolation("felder[0].größe", "must not be so → large"),)
    assert error.detail == {"limit": "7 €"}


async def test_an_error_with_a_thousand_violations_is_still_that_error(wires: Wires) -> None:
    """Trailers have a size limit that an import's errors pass easily; what is cut must not change the kind of the error."""
    error = await refused(wires, "strange", UPDATE_TAG, tags_pb2.UpdateTagRequest(tag=tags_pb2.Tag(name="1000")))

    assert type(error) is InvalidArgument
    assert error.reason == "TOO_GREAT"
    assert error.violations[0] == FieldViolation("felder[0].größe", "must not be so → large")


async def test_each_kind_of_error_stays_its_kind(wires: Wires) -> None:
    made = await create(wires, request_id="r-1")

    missing = await refused(wires, "contacts", GET_PERSON, persons_pb2.GetPersonRequest(id=new_id()))
    assert type(missing) is NotFound

    update = persons_pb2.UpdatePersonRequest(
        person=persons_pb2.Person(id=made.id, last_name="Groß"), update_mask=["last_name"], etag="another"
    )
    changed = await refused(wires, "contacts", UPDATE_PERSON, update)
    assert type(changed) is Aborted
    assert changed.detail["etag"] == made.etag

    again = persons_pb2.CreatePersonRequest(person=persons_pb2.Person(last_name="Another"), request_id="r-1")
    mismatch = await refused(wires, "contacts", CREATE_PERSON, again)
    assert type(mismatch) is IdempotencyMismatch
    assert mismatch.http_status == 422


async def test_what_nobody_foresaw_is_internal_with_an_incident_and_nothing_else(wires: Wires) -> None:
    error = await refused(wires, "strange", DELETE_TAG, tags_pb2.DeleteTagRequest(id=new_id()))

    assert type(error) is Internal
    assert error.detail.keys() == {"incident"}
    assert "1234" not in f"{error.message} {error.detail}"


async def test_a_call_without_a_principal_is_unauthenticated(wires: Wires) -> None:
    error = await refused(wires, "contacts", LIST_PERSONS, persons_pb2.ListPersonsRequest(), token="")

    assert type(error) is Unauthenticated


async def test_a_principal_that_is_expired_foreign_or_unsigned_is_unauthenticated(wires: Wires, tmp_path: Path) -> None:
    write_keys(tmp_path / "foreign", ["identity"])
    tokens = {
        "expired": wires.keyring.sign(wires.user, issuer="identity", lifetime=-1),
        "foreign": Keyring(tmp_path / "foreign").sign(wires.user, issuer="identity"),
        "unsigned": jwt.encode({"iss": "identity", "exp": 2**40}, "", algorithm="none", headers={"kid": "identity"}),
        "unknown signer": jwt.encode({"iss": "nobody", "exp": 2**40}, "secret" * 8, algorithm="HS256", headers={"kid": "nobody"}),
        "public key as secret": _signed_with_the_public_key(wires),
        "no token": "anna",
        # A service speaks for itself only, never for a user.
        "service for a user": wires.keyring.sign(wires.user, issuer="contacts"),
        "service for another one": wires.keyring.sign(service_principal("operator"), issuer="contacts"),
    }
    for name, token in tokens.items():
        error = await refused(wires, "contacts", LIST_PERSONS, persons_pb2.ListPersonsRequest(), token=token)
        assert type(error) is Unauthenticated, name


def _signed_with_the_public_key(wires: Wires) -> str:
    """RFC 8725 section 2.1: a verifier that lets the token choose its algorithm takes the public key for a shared secret."""
    secret = (wires.keys / "identity.pub").read_bytes()
    claims = {"iss": "identity", "exp": 2**40, "acc": wires.user.account_id, "sub": "", "rol": "", "scp": [], "grp": [], "svc": ""}
    header = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT","kid":"identity"}')
    body = jwt.utils.base64url_encode(str(claims).replace("'", '"').encode())
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(header + b"." + body, secret)
    return b".".join((header, body, jwt.utils.base64url_encode(signature))).decode()


async def test_a_principal_with_hundreds_of_groups_is_understood(wires: Wires) -> None:
    """Its token is then larger than what gRPC takes as metadata unless told otherwise."""
    user = replace(wires.user, groups=frozenset(new_id() for _ in range(500)))
    answer = await wires.call("contacts", LIST_PERSONS, persons_pb2.ListPersonsRequest(), persons_pb2.ListPersonsResponse, user=user)

    assert not answer.persons


async def test_a_missing_scope_is_denied_and_named(wires: Wires) -> None:
    reader = replace(wires.user, scopes=frozenset({"contacts.read"}))
    error = await refused(wires, "contacts", CREATE_PERSON, persons_pb2.CreatePersonRequest(), user=reader)

    assert type(error) is PermissionDenied
    assert error.reason == "SCOPE_MISSING"
    assert error.detail == {"scope": "contacts.write"}


async def test_internal_methods_are_denied_to_users_whatever_their_scopes(wires: Wires) -> None:
    user = replace(wires.user, scopes=wires.user.scopes | {"documents.read"})
    error = await refused(wires, "contacts", LIST_DOCUMENTS, document_pb2.ListDocumentsRequest(), user=user)
    assert type(error) is PermissionDenied

    operator = service_principal("operator", account_id=wires.user.account_id, scopes=["documents.read"])
    answer = await wires.call(
        "contacts", LIST_DOCUMENTS, document_pb2.ListDocumentsRequest(), document_pb2.ListDocumentsResponse, user=operator
    )
    assert not answer.documents


async def test_another_account_sees_nothing_of_what_was_made(wires: Wires) -> None:
    made = await create(wires)
    other = replace(wires.user, account_id=new_id())
    error = await refused(wires, "contacts", GET_PERSON, persons_pb2.GetPersonRequest(id=made.id), user=other)

    assert type(error) is NotFound


async def test_services_that_share_a_method_each_answer_for_themselves(wires: Wires) -> None:
    person = await create(wires)
    deal = await wires.call("sales", CREATE_DEAL, deals_pb2.CreateDealRequest(deal=deals_pb2.Deal(name="Wartung")), deals_pb2.Deal)
    operator = service_principal("operator", account_id=wires.user.account_id, scopes=["documents.read"])
    refs = {}
    for service in ("contacts", "sales"):
        answer = await wires.call(
            service, LIST_DOCUMENTS, document_pb2.ListDocumentsRequest(), document_pb2.ListDocumentsResponse, user=operator
        )
        refs[service] = [document.ref for document in answer.documents]

    assert refs == {"contacts": [f"persons/{person.id}"], "sales": [f"deals/{deal.id}"]}


async def test_a_request_id_counts_once_however_it_is_sent(wires: Wires) -> None:
    first, again = [await create(wires, request_id="r-1") for _ in range(2)]

    assert first == again
    answer = await wires.call("contacts", LIST_PERSONS, persons_pb2.ListPersonsRequest(), persons_pb2.ListPersonsResponse)
    assert len(answer.persons) == 1


async def test_a_message_of_25_mib_passes_in_both_directions(wires: Wires) -> None:
    answer = await wires.call("strange", LIST_TAGS, tags_pb2.ListTagsRequest(), tags_pb2.ListTagsResponse)
    assert len(answer.tags[0].name) == BIG_BYTES

    operator = service_principal("operator", account_id=wires.user.account_id, scopes=["documents.read"])
    request = document_pb2.BatchGetDocumentsRequest(refs=[f"nothings/{'x' * BIG_BYTES}"])
    found = await wires.call("contacts", BATCH_GET_DOCUMENTS, request, document_pb2.BatchGetDocumentsResponse, user=operator)
    assert not found.documents


async def test_a_call_that_takes_too_long_ends_at_its_deadline_and_the_next_one_works(wires: Wires) -> None:
    person = await create(wires)
    update = persons_pb2.UpdatePersonRequest(person=persons_pb2.Person(id=person.id, last_name="Groß"), update_mask=["last_name"])
    with closing(sqlite3.connect(wires.keys.parent / "contacts.db", isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        error = await refused(wires, "contacts", UPDATE_PERSON, update, timeout=0.3)
        elsewhere.execute("ROLLBACK")

    assert type(error) is DeadlineExceeded
    assert (await create(wires, "Next")).last_name == "Next"


async def test_a_call_without_any_time_left_is_over_before_it_begins(wires: Wires) -> None:
    error = await refused(wires, "contacts", LIST_PERSONS, persons_pb2.ListPersonsRequest(), timeout=0.0)

    assert type(error) is DeadlineExceeded


async def test_a_method_that_the_service_has_not_got_is_unavailable(wires: Wires) -> None:
    """Parts are deployed in any order: the caller may be the newer one. Trying again is right, parking an event is not."""
    error = await refused(wires, "contacts", "contacts.v1.PersonService/ShavePerson", Empty())

    assert type(error) is Unavailable
    assert error.reason == "METHOD_UNKNOWN"


async def test_a_trace_goes_through_the_call_into_the_fact_that_it_left(wires: Wires) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    request = persons_pb2.CreatePersonRequest(person=persons_pb2.Person(last_name="Öztürk"))
    metadata = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}
    await wires.call("contacts", CREATE_PERSON, request, persons_pb2.Person, metadata=metadata)

    contacts = wires.harnesses["contacts"]
    await contacts.published(facts.PersonCreated)
    [envelope] = contacts.bus.published
    assert trace_id in envelope.traceparent
