"""Counting attempts to guess a password; see domain/throttling.py. In sessions of every account: nobody is signed in yet."""

import structlog

from kontor_chassis.db import throttles
from kontor_chassis.db.sessions import Sessions, WriteSession
from kontor_chassis.errors import ResourceExhausted
from kontor_chassis.principal import service_principal
from kontor_identity.domain.throttling import Refuse, buckets, give_back, take
from kontor_identity.store.tables import THROTTLES
from kontor_identity.store.throttles import prune

log = structlog.get_logger()

# Who counts.
COUNTER = service_principal("identity")


def count_attempt(sessions: Sessions, email_key: str, peer: str) -> None:
    """Raises ResourceExhausted, with the seconds to wait in `retry_after`, and then counts nothing."""
    rules = buckets(email_key, peer)
    with sessions.write(COUNTER, means="identity") as session:
        held = throttles.hold(session, THROTTLES, list(rules))
        decided = {key: take(held.get(key), rule, now=session.now) for key, rule in rules.items()}
        seconds = max((answer.seconds for answer in decided.values() if isinstance(answer, Refuse)), default=0)
        if seconds:
            log.warning("sign_in_throttled", seconds=seconds)
            raise ResourceExhausted(
                f"Too many attempts. Try again in {seconds} seconds.", reason="TOO_MANY_ATTEMPTS", detail={"retry_after": str(seconds)}
            )
        throttles.put(session, THROTTLES, {key: answer for key, answer in decided.items() if not isinstance(answer, Refuse)})
        prune(session)


def forget_attempt(session: WriteSession, email_key: str, peer: str) -> None:
    """The password was right after all. The session is one of every account."""
    rules = buckets(email_key, peer)
    held = throttles.hold(session, THROTTLES, list(rules))
    throttles.put(session, THROTTLES, {key: give_back(empty_time, rules[key]) for key, empty_time in held.items()})
