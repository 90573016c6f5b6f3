"""Files mails again whose addresses have become known, in the background, a few in each transaction.

- What is to be done is in the database (`learned_addresses`, written with the news of the person), so nothing is lost with the process.
- Several processes may work on one database: while one is at an address, the others rest.
- Work that fails is put off for a minute, and the next address has its turn.
"""

from collections.abc import Mapping
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
from kontor_mail_ingest.store import refilings, unknown_addresses
from kontor_mail_ingest.store.unknown_addresses import Learned
from kontor_mail_ingest.usecases.refiling import refile

log = structlog.get_logger()

MOST_PER_COMMIT = 20
_PAUSE = timedelta(minutes=1)


class Learning(Worker):
    """Looks at the mails of one address after the other."""

    def __init__(self, context: Context) -> None:
        super().__init__("learning")
        self._context = context

    async def work(self) -> bool:
        learned = await self._context.database.read(self._first_due)
        if learned is None:
            return False
        try:
            return await self._context.database.write(self._file_some, learned)
        except Unavailable:
            raise
        except Exception as error:  # whatever it is, it must not stop the others
            log.error("learning_failed", account_id=learned.account_id, exc_info=error)
            await self._context.database.write(self._put_off, learned)
            return True

    def _first_due(self) -> Learned | None:
        with self._context.sessions.read(self._principal(EVERY_ACCOUNT)) as session:
            return unknown_addresses.first_due(session)

    def _file_some(self, learned: Learned) -> bool:
        with self._context.sessions.write_many(means="mail") as enter:
            session = enter(self._principal(learned.account_id))
            progress = unknown_addresses.lock(session, learned.address)
            if progress is None:
                return False
            ids = unknown_addresses.messages(session, learned.address, after=progress.after, limit=MOST_PER_COMMIT)
            depositors = refilings.depositors(session, ids)
            filed = dict(progress.filed)
            for message_id in ids:
                # As at its arrival, it is the depositor who has it filed.
                for person_id in refile(enter(self._principal(learned.account_id, depositors.get(message_id, ""))), message_id):
                    filed[person_id] = (filed.get(person_id, (0, ""))[0] + 1, message_id)
            if len(ids) < MOST_PER_COMMIT:
                unknown_addresses.finish(session, learned.address)
                tell_bundles(enter(self._principal(learned.account_id, progress.teacher_user_id)), filed)
            else:
                unknown_addresses.go_on(session, learned.address, replace(progress, after=ids[-1], filed=filed))
        log.info("mails_filed_again", account_id=learned.account_id, looked_at=len(ids))
        return True

    def _put_off(self, learned: Learned) -> None:
        with self._context.sessions.write(self._principal(learned.account_id), means="mail") as session:
            unknown_addresses.put_off(session, learned.address, session.now + _PAUSE)

    def _principal(self, account_id: str, user_id: str = "") -> Principal:
        return Principal(account_id=account_id, user_id=user_id, service=self._context.service.name)


def tell_bundles(session: WriteSession, filed: Mapping[str, tuple[int, str]]) -> None:
    """Once for each person at whom mails were filed: how many, and the last one. It is who made the address known that had them filed."""
    for person_id, (count, message_id) in filed.items():
        held = refilings.lock(session, message_id)
        if held is not None:
            mail = replace(held.mail, text="")
            last = Facts(message_id, held.version, held.depositor_user_id, held.receive_time, held.automatic, mail)
            published.bundle_filed(session, last, f"persons/{person_id}", count=count)
