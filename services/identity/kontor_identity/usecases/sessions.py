"""Signing in and out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from kontor_chassis.db import idempotency
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import FieldViolation, InvalidArgument, NotFound, Unauthenticated, invalid
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.service import Context
from kontor_chassis.text import clean_line
from kontor_identity.domain import tokens
from kontor_identity.domain.passwords import normalised
from kontor_identity.domain.sessions import Lifetime, Session, expire_time
from kontor_identity.parts import parts_of
from kontor_identity.settings import IdentitySettings
from kontor_identity.store import credentials, passwords, sessions, users
from kontor_identity.store.passwords import Candidate
from kontor_identity.usecases.throttling import COUNTER, count_attempt, forget_attempt

log = structlog.get_logger()

# Of one user at a time; who signs in more often, such as a script, loses the oldest.
_MAX_PER_USER = 100
_MAX_PEER = 100


@dataclass(frozen=True)
class SignIn:
    email: str
    password: str = field(repr=False)
    # Slug; empty: whichever account the password fits.
    account: str
    client: str
    # Network address.
    peer: str
    request_id: str
    # Hash of the request without its secrets.
    mark: str


@dataclass(frozen=True)
class SignedIn:
    session: Session
    token: str = field(repr=False)


def lifetime_of(context: Context) -> Lifetime:
    knobs: IdentitySettings = context.knobs
    return Lifetime(idle=timedelta(days=knobs.session_idle_days), absolute=timedelta(days=knobs.session_days))


async def sign_in(context: Context, wanted: SignIn) -> SignedIn:
    """Open a session. Whether the address is unknown, the password wrong or the user deactivated, the answer is the same, and
    takes as long.

    Raises Unauthenticated, ResourceExhausted, InvalidArgument; the latter, naming `account`, also where the password fits users of
    several accounts, which only somebody who knows it can find out.
    """
    email_key = normalise_email(wanted.email)
    if not email_key:
        raise invalid("email", "is not an e-mail address")
    password = normalised(wanted.password, field="password")
    hashing = parts_of(context).hashing
    peer = wanted.peer[:_MAX_PEER]
    await context.database.write(count_attempt, context.sessions, email_key, peer)
    found = await context.database.read(_candidates, context, email_key, wanted.account)
    matches = await hashing.matches([candidate.hash for candidate in found], password)
    fitting = [candidate for candidate, match in zip(found, matches, strict=True) if match]
    if not fitting:
        log.info("sign_in_refused")
        raise _refused()
    if len(fitting) > 1:
        slugs = ",".join(candidate.slug for candidate in fitting)
        violation = FieldViolation("account", f"must name one of your accounts: {slugs}")
        raise InvalidArgument("Which account?", reason="ACCOUNT_NEEDED", violations=[violation], detail={"accounts": slugs})
    rehashed = await hashing.hash(password) if hashing.is_outdated(fitting[0].hash) else ""
    return await context.database.write(_open, context, wanted, fitting[0], rehashed, (email_key, peer))


def find(session: ReadSession, *, after: str | None, limit: int) -> list[tuple[Session, datetime]]:
    """The caller's sessions that have not ended, newest first, each with when it will."""
    lifetime = lifetime_of(session.context)
    found = sessions.page(session, lifetime=lifetime, after=after, limit=limit)
    return [(item, expire_time(item, lifetime)) for item in found]


def end(session: WriteSession, session_id: str) -> None:
    """Sign out. Raises NotFound where it is none of the caller's sessions."""
    if not credentials.delete(session, "sessions", session_id):
        raise NotFound("The session does not exist.")
    session.audit(f"sessions/{session_id}", "delete")


def _candidates(context: Context, email_key: str, slug: str) -> Sequence[Candidate]:
    with context.sessions.read(COUNTER) as session:
        return passwords.candidates(session, email_key, slug=slug.strip().lower())


def _open(context: Context, wanted: SignIn, candidate: Candidate, rehashed: str, counted: tuple[str, str]) -> SignedIn:
    with context.sessions.write_many(means="user") as enter:
        forget_attempt(enter(COUNTER), *counted)
        session = enter(Principal(account_id=candidate.account_id, user_id=candidate.user_id))
        if wanted.request_id:
            # The answer is a secret and not kept: a repetition raises AlreadyExists.
            idempotency.claim(session, wanted.request_id, wanted.mark)
        user = users.lock(session, candidate.user_id)
        if user is None or not user.active or passwords.hash_of(session, candidate.user_id) != candidate.hash:
            # It was deactivated or given another password while this one was being compared.
            raise _refused()
        if rehashed:
            passwords.put(session, candidate.user_id, rehashed)
        token = tokens.new_token(tokens.SESSION)
        made = Session(
            id=new_id(),
            user_id=candidate.user_id,
            client=clean_line(wanted.client[:300], field="client"),
            create_time=session.now,
            last_used_time=session.now,
        )
        sessions.insert(session, made, tokens.hash_of(token))
        sessions.tidy(session, lifetime=lifetime_of(context), keep=_MAX_PER_USER)
        session.audit(f"sessions/{made.id}", "create", {"client": (None, made.client)})
    return SignedIn(session=made, token=token)


def _refused() -> Unauthenticated:
    return Unauthenticated("E-mail address and password do not fit.", reason="WRONG_CREDENTIALS")
