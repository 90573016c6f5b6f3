"""Writes with a request id (AIP-155) happen once: the first one keeps its answer, the same one again gets that answer.

Claimed at the start of the write transaction: in PostgreSQL a second claim waits on the first one's row, in SQLite on the
writer; either way it then sees the finished answer. A write that fails rolls its claim back and may be tried again.
"""

import hashlib
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from google.protobuf.message import Message

from kontor_chassis.db.plumbing import IDEMPOTENCY
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_chassis.errors import AlreadyExists, IdempotencyMismatch, invalid

R = TypeVar("R", bound=Message)

MAX_REQUEST_ID = 128

_THIS = [IDEMPOTENCY.c[name] == sa.bindparam(f"this_{name}") for name in ("account_id", "user_id", "request_id")]
_FIND = sa.select(IDEMPOTENCY.c.fingerprint, IDEMPOTENCY.c.response).where(*_THIS)
_KEEP = sa.update(IDEMPOTENCY).where(*_THIS)


def once(
    session: WriteSession, method: str, request: Message, response_type: type[R], serve: Callable[[], R], *, secret: bool = False
) -> R:
    """Serve a write, or answer what its request id was answered before. The answer of one that is `secret` is not kept.

    Raises InvalidArgument for a request id that is too long, and what `claim` raises.
    """
    request_id: str = getattr(request, "request_id", "")
    if not request_id:
        return serve()
    if len(request_id) > MAX_REQUEST_ID:
        raise invalid("request_id", f"must have at most {MAX_REQUEST_ID} characters")
    kept = claim(session, request_id, fingerprint(method, request))
    if kept is not None:
        return response_type.FromString(kept)
    response = serve()
    if not secret:
        keep(session, request_id, response.SerializeToString())
    return response


def fingerprint(method: str, request: Message) -> str:
    """Hash of a call without its request id."""
    body = type(request)()
    body.CopyFrom(request)
    body.ClearField("request_id")
    return hashlib.sha256(method.encode() + b"\0" + body.SerializeToString(deterministic=True)).hexdigest()


def claim(session: WriteSession, request_id: str, mark: str) -> bytes | None:
    """Take the request id. None: it is new, go on. Bytes: the answer that was given before.

    Raises IdempotencyMismatch where the id came with another call, AlreadyExists where the answer held a secret and was not kept.
    """
    row = {"account_id": session.account_id, "user_id": session.user_id, "request_id": request_id, "fingerprint": mark}
    if insert_or_ignore(session.connection, IDEMPOTENCY, row | {"create_time": session.now}):
        return None
    found = session.execute(_FIND, _this(session, request_id)).one()
    if found.fingerprint != mark:
        raise IdempotencyMismatch("This idempotency key was used with another request.")
    if found.response is None:
        raise AlreadyExists("This was done before; its secret is shown once only.", reason="SECRET_SHOWN_ONCE")
    return bytes(found.response)


def keep(session: WriteSession, request_id: str, response: bytes) -> None:
    """Keep the answer for the next time; a call whose answer holds a secret leaves it out."""
    session.execute(_KEEP, {**_this(session, request_id), "response": response})


def _this(session: WriteSession, request_id: str) -> dict[str, str]:
    return {"this_account_id": session.account_id, "this_user_id": session.user_id, "this_request_id": request_id}
