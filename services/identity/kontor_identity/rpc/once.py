"""Writes of methods that open their own sessions, because they hash a password first: with the same guarantees as the chassis gives
the others. The state, its facts and the answer for a repeated request id commit together."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from google.protobuf.message import Message

from kontor_chassis.db import idempotency
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import invalid
from kontor_chassis.principal import Principal
from kontor_chassis.rpc.dispatch import Call

R = TypeVar("R", bound=Message)
Enter = Callable[[Principal], WriteSession]

# Not even a hash of a request that holds a password is kept: such a hash could be guessed from, fast.
SECRETS = ("password", "owner_password", "current_password", "new_password")


def mark_of(request: Message, secrets: Sequence[str] = SECRETS) -> str:
    """What a request is recognised by, without its secrets. Raises InvalidArgument naming request_id where that is too long."""
    request_id: str = getattr(request, "request_id", "")
    if len(request_id) > idempotency.MAX_REQUEST_ID:
        raise invalid("request_id", f"must have at most {idempotency.MAX_REQUEST_ID} characters")
    rest = type(request)()
    rest.CopyFrom(request)
    for name in {field.name for field in rest.DESCRIPTOR.fields}.intersection(secrets):
        rest.ClearField(name)
    return idempotency.fingerprint(request.DESCRIPTOR.full_name, rest)


async def write_once(call: Call, request: Message, response_type: type[R], handle: Callable[[Enter], R]) -> R:
    """Run `handle` in one write transaction, in a worker thread. With a request id that was seen before nothing happens, and the
    answer is the one that was given then."""
    return await call.context.database.write(_write, call, request, response_type, handle)


def _write(call: Call, request: Message, response_type: type[R], handle: Callable[[Enter], R]) -> R:
    request_id: str = getattr(request, "request_id", "")
    mark = mark_of(request)
    with call.context.sessions.write_many(means=call.principal.means) as enter:
        if request_id:
            kept = idempotency.claim(enter(call.principal), request_id, mark)
            if kept is not None:
                return response_type.FromString(kept)
        response = handle(enter)
        if request_id:
            idempotency.keep(enter(call.principal), request_id, response.SerializeToString())
        return response
