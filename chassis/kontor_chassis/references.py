"""References to records of other services: whether what a write names exists (docs/decisions/0011).

A write is tried at once. Where it names a record that this service has not heard of yet, it is rolled back, the record's owner is
asked, outside of any transaction, and it is tried again with the answer. So what is known costs nothing, what was made a moment
ago can be named at once, and an owner that is away holds up nothing: what it cannot be asked about is taken as it is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import structlog
from google.protobuf.message import Message

from kontor.type.v1 import document_pb2
from kontor_chassis.db import idempotency
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import KontorError, Unavailable
from kontor_chassis.principal import METADATA_KEY, service_principal
from kontor_chassis.rpc.channel import R
from kontor_chassis.rpc.dispatch import Call
from kontor_chassis.service import Context

log = structlog.get_logger()

Q = TypeVar("Q", bound=Message)
# Which of these resource names (`persons/…`) the account has.
Ask = Callable[[Context, str, Collection[str]], Awaitable[frozenset[str]]]
# A write waits so long for an owner at most; one that hangs must not hold up what needs only our own database.
_SECONDS = 1.0
# Between two rounds what is named may have come to stand for something else: records are merged, and merges are undone.
_ROUNDS = 4
# As many as every DocumentSource answers.
_DOCUMENTS_AT_ONCE = 100


@dataclass(frozen=True)
class Answers:
    """Resource names, by what their owners said."""

    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    # Their owner could not be asked.
    unchecked: frozenset[str] = frozenset()

    def __or__(self, other: "Answers") -> "Answers":
        return Answers(self.present | other.present, self.absent | other.absent, self.unchecked | other.unchecked)

    def __contains__(self, ref: str) -> bool:
        return ref in self.present or ref in self.absent or ref in self.unchecked


class Unanswered(Exception):
    """Records that are not known here: their owners are to be asked, and the write is to be tried again."""

    def __init__(self, refs: Iterable[str]) -> None:
        super().__init__("The owners are to be asked.")
        self.refs = frozenset(refs)


async def write(
    call: Call, request: Q, response_type: type[R], handler: Callable[[Q, WriteSession, Answers], R], *, owners: Mapping[str, Ask]
) -> R:
    """Run the handler in a write session as the dispatcher does for methods that need no answers; `owners` by noun (`persons`)."""
    database = call.context.database

    def attempt(answers: Answers) -> R:
        with call.context.sessions.write(call.principal) as session:
            return idempotency.once(
                session, request.DESCRIPTOR.full_name, request, response_type, lambda: handler(request, session, answers)
            )

    answers = Answers()
    for _ in range(_ROUNDS):
        try:
            return await database.transact(attempt, answers)
        except Unanswered as question:
            answers |= await ask(call.context, call.principal.account_id, question.refs, owners=owners)
    raise Unavailable("What the request names is being changed at this moment. Try again.")


async def ask(context: Context, account_id: str, refs: Collection[str], *, owners: Mapping[str, Ask]) -> Answers:
    """Ask the owners whether the account has these records; never raises because one of them is away."""
    by_noun: dict[str, list[str]] = {}
    for ref in sorted(refs):
        by_noun.setdefault(ref.partition("/")[0], []).append(ref)
    asked = await asyncio.gather(*(_ask(context, owners[noun], account_id, wanted) for noun, wanted in by_noun.items()))
    return Answers(
        present=frozenset().union(*(answers.present for answers in asked)),
        absent=frozenset().union(*(answers.absent for answers in asked)),
        unchecked=frozenset().union(*(answers.unchecked for answers in asked)),
    )


async def _ask(context: Context, owner: Ask, account_id: str, refs: Collection[str]) -> Answers:
    try:
        present = await owner(context, account_id, refs)
    except (KontorError, LookupError) as error:
        log.warning("references_unchecked", refs=sorted(refs), error=str(error))
        return Answers(unchecked=frozenset(refs))
    return Answers(present=present, absent=frozenset(refs) - present)


def documents_of(owner: str) -> Ask:
    """Asks a service that tells its records to search: what it has a document of exists."""

    async def present(context: Context, account_id: str, refs: Collection[str]) -> frozenset[str]:
        path = "/kontor.type.v1.DocumentSource/BatchGetDocuments"
        found: set[str] = set()
        wanted = list(refs)
        for start in range(0, len(wanted), _DOCUMENTS_AT_ONCE):
            request = document_pb2.BatchGetDocumentsRequest(refs=wanted[start : start + _DOCUMENTS_AT_ONCE])
            answer = await ask_service(context, owner, account_id, path, request, document_pb2.BatchGetDocumentsResponse)
            found.update(document.ref for document in answer.documents)
        return frozenset(found)

    return present


async def ask_service(context: Context, owner: str, account_id: str, path: str, request: Message, response_type: type[R]) -> R:
    """Call a method of another service in an account, as this service. Raises LookupError where there is no way to it."""
    service = context.service.name
    principal = service_principal(service, account_id=account_id, scopes=context.service.service_scopes)
    metadata = {METADATA_KEY: context.keyring.sign(principal, issuer=service)}
    return await context.channels[owner].unary(path, request, response_type, metadata=metadata, timeout=_SECONDS)
