"""Tells in the background of the mails of people who are gone, so that they are found no more; a few in each transaction.

It is the person's deletion that is told by contacts, and audited there; this is what it means for a mail. What is to be done is in the
database (`restated_persons`, written with the news of the person), so nothing is lost with the process. As in `learning.py`, several
processes do not get into each other's way, and work that fails is put off for a minute.
"""

from dataclasses import replace
from datetime import timedelta

import structlog

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import Unavailable
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.service import Context
from kontor_chassis.worker import Worker
from kontor_mail_ingest.events import published
from kontor_mail_ingest.events.published import Facts
from kontor_mail_ingest.store import backlog, messages, refilings, restated
from kontor_mail_ingest.store.messages import FILED
from kontor_mail_ingest.store.restated import Restated

log = structlog.get_logger()

MOST_PER_COMMIT = 50
_PAUSE = timedelta(minutes=1)


class Restating(Worker):
    """Looks at the mails of one person after the other."""

    def __init__(self, context: Context) -> None:
        super().__init__("restating")
        self._context = context

    async def work(self) -> bool:
        person = await self._context.database.read(self._first_due)
        if person is None:
            return False
        try:
            return await self._context.database.write(self._tell_some, person)
        except Unavailable:
            raise
        except Exception as error:  # whatever it is, it must not stop the others
            log.error("restating_failed", account_id=person.account_id, exc_info=error)
            await self._context.database.write(self._put_off, person)
            return True

    def _first_due(self) -> Restated | None:
        with self._context.sessions.read(self._principal(EVERY_ACCOUNT)) as session:
            return restated.first_due(session)

    def _tell_some(self, person: Restated) -> bool:
        with self._context.sessions.write(self._principal(person.account_id), means="mail") as session:
            after = restated.lock(session, person.person_id)
            if after is None:
                return False
            ids = restated.messages(session, person.person_id, after=after, limit=MOST_PER_COMMIT)
            for message_id in ids:
                restate(session, message_id)
            if len(ids) < MOST_PER_COMMIT:
                restated.finish(session, person.person_id)
            else:
                restated.go_on(session, person.person_id, after=ids[-1])
        log.info("mails_restated", account_id=person.account_id, looked_at=len(ids))
        return True

    def _put_off(self, person: Restated) -> None:
        with self._context.sessions.write(self._principal(person.account_id), means="mail") as session:
            restated.put_off(session, person.person_id, session.now + _PAUSE)

    def _principal(self, account_id: str) -> Principal:
        return Principal(account_id=account_id, service=self._context.service.name)


def restate(session: WriteSession, message_id: str) -> None:
    """Tell at whom the message is filed who is there."""
    held = refilings.lock(session, message_id)
    if held is None or held.state != FILED:
        return
    version = held.version + 1
    backlog.settle(session, message_id, {"version": version})
    subjects = [f"persons/{person_id}" for person_id in messages.filed_at_those_who_are_there(session, message_id)]
    mail = replace(held.mail, text="")
    facts = Facts(message_id, version, held.depositor_user_id, held.receive_time, held.automatic, mail)
    published.message_updated(session, facts, subjects)
