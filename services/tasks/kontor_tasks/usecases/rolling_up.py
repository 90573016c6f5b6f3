"""Brings links in step with changed ties and merges: the newest entries of each subject at once, the rest in the background.

- What is to be done stands in the database (`roll_ups`, written with the change), so nothing is lost with the process.
- Links are a function of what is true when they are made, so doing a part again, or in a later state, does no harm.
- A part holds its subject as a writer of entries does: a change of its ties waits for the part, and marks everything anew.
"""

from collections.abc import Collection
from datetime import timedelta

import structlog

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import Unavailable
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.service import Context
from kontor_chassis.worker import Worker
from kontor_tasks.store import links, roll_ups
from kontor_tasks.store.roll_ups import RollUp
from kontor_tasks.usecases import merges

log = structlog.get_logger()

MOST_AT_ONCE = 500
_PAUSE = timedelta(minutes=1)


def refresh(session: WriteSession, subjects: Collection[str]) -> None:
    """The caller has claimed those who answer for the subjects, or the account."""
    for subject in sorted(subjects):
        after = links.refresh(session, subject, after=None, limit=MOST_AT_ONCE)
        roll_ups.go_on(session, subject, after)


class RollingUp(Worker):
    """Goes on with one long timeline after the other."""

    def __init__(self, context: Context) -> None:
        super().__init__("rolling_up")
        self._context = context

    async def work(self) -> bool:
        due = await self._context.database.read(self._first_due)
        if due is None:
            return False
        try:
            return await self._context.database.write(self._go_on, due)
        except Unavailable:
            raise
        except Exception as error:  # whatever it is, it must not stop the others
            log.error("rolling_up_failed", account_id=due.account_id, subject=due.subject, exc_info=error)
            await self._context.database.write(self._put_off, due)
            return True

    def _first_due(self) -> RollUp | None:
        with self._context.sessions.read(self._principal(EVERY_ACCOUNT)) as session:
            return roll_ups.first_due(session)

    def _go_on(self, due: RollUp) -> bool:
        with self._context.sessions.write(self._principal(due.account_id), means="event") as session:
            merges.hold(session, [due.subject])
            after = roll_ups.lock(session, due.subject)
            if after is None:
                return False
            roll_ups.go_on(session, due.subject, links.refresh(session, due.subject, after=after, limit=MOST_AT_ONCE))
        return True

    def _put_off(self, due: RollUp) -> None:
        with self._context.sessions.write(self._principal(due.account_id), means="event") as session:
            roll_ups.put_off(session, due.subject, session.now + _PAUSE)

    def _principal(self, account_id: str) -> Principal:
        return Principal(account_id=account_id, user_id="", service=self._context.service.name)
