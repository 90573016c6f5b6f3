"""kontor.contacts.v1.BulkService. The methods open their own sessions: counting must not keep SQLite's one writer waiting."""

from typing import Any

from kontor.contacts.v1 import bulk_pb2 as pb
from kontor.contacts.v1.operations_pb2 import Operation
from kontor.contacts.v1.organisations_pb2 import OrganisationKind
from kontor_chassis.db import idempotency
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.proto import Words
from kontor_chassis.rpc.dispatch import Call
from kontor_contacts.domain.bulk import Action, Choice, below
from kontor_contacts.rpc.custom_values import custom_from
from kontor_contacts.rpc.operations import operation_to
from kontor_contacts.usecases import bulk
from kontor_contacts.usecases.bulk_nouns import ORGANISATIONS, PERSONS, Noun

_SERVICE = "/kontor.contacts.v1.BulkService"
_KINDS = Words(OrganisationKind)


async def bulk_change_persons(request: pb.BulkChangePersonsRequest, call: Call) -> Operation:
    choice = Choice(
        ids=tuple(request.ids),
        everything=request.all,
        tag=tuple(request.tag),
        organisation_id=request.organisation_id,
        name=request.name,
        filter=request.filter,
        segment=request.segment,
    )
    return await _answer(call, f"{_SERVICE}/BulkChangePersons", request, noun=PERSONS, choice=choice)


async def bulk_change_organisations(request: pb.BulkChangeOrganisationsRequest, call: Call) -> Operation:
    choice = Choice(
        ids=tuple(request.ids),
        everything=request.all,
        tag=tuple(request.tag),
        name=request.name,
        parent_id=request.parent_id,
        filter=request.filter,
        segment=request.segment,
    )
    return await _answer(call, f"{_SERVICE}/BulkChangeOrganisations", request, noun=ORGANISATIONS, choice=choice)


async def _answer(call: Call, path: str, request: Any, *, noun: Noun, choice: Choice) -> Operation:
    action = _action_from(request)

    def count() -> int:
        with call.context.sessions.read(call.principal) as session:
            return bulk.count(session, noun, choice, action)

    def begin() -> Operation:
        with call.context.sessions.write(call.principal) as session:
            return idempotency.once(session, path, request, Operation, lambda: operation_to(bulk.begin(session, noun, choice, action)))

    if request.validate_only:
        return Operation(kind=noun.kind, total=await call.context.database.read(count))
    operation = await call.context.database.write(begin)
    call.context.parts.operations.wake()
    return operation


def _action_from(request: Any) -> Action:
    given = request.set
    values = {field.name: value for field, value in given.ListFields() if field.name != "custom"}
    if "kind" in values:
        values["kind"] = _KINDS.word(values["kind"], field="set.kind")
    try:
        custom = custom_from(given) if given.HasField("custom") else {}
    except InvalidArgument as error:
        raise below(error, "set") from error
    return Action(tuple(request.add_tags), tuple(request.remove_tags), values, custom, request.delete)
