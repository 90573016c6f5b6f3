"""Brings deals and projects in step with merges and new names of their people and organisations, in the background, some in each
transaction, so that no writer waits for long.

- What is to be done is in the database (`following`, written with the news), so nothing is lost with the process.
- Several processes may work on one database: while one is at a record's deals, the others rest.
- Work that fails is put off for a minute, and the next has its turn.
"""

from datetime import timedelta

import structlog

from kontor_chassis.db import locks
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import Unavailable
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.service import Context
from kontor_chassis.worker import Worker
from kontor_sales.events import published
from kontor_sales.store import deals, following, given, projects
from kontor_sales.store.following import Followed
from kontor_sales.usecases import merges

log = structlog.get_logger()

MOST_PER_COMMIT = 50
_PAUSE = timedelta(minutes=1)


class Following(Worker):
    def __init__(self, context: Context) -> None:
        super().__init__("following")
        self._context = context

    async def work(self) -> bool:
        followed = await self._context.database.read(self._first_due)
        if followed is None:
            return False
        try:
            return await self._context.database.write(self._follow, followed)
        except Unavailable:
            raise
        except Exception as error:  # whatever it is, it must not stop the others
            log.error("following_failed", account_id=followed.account_id, ref=followed.ref, exc_info=error)
            await self._context.database.write(self._put_off, followed)
            return True

    def _first_due(self) -> Followed | None:
        with self._context.sessions.read(Principal(account_id=EVERY_ACCOUNT, service=self._context.service.name)) as session:
            return following.first_due(session)

    def _follow(self, followed: Followed) -> bool:
        with self._context.sessions.write(self._principal(followed), means=followed.what) as session:
            # As every writer of deals: nothing is merged meanwhile.
            locks.share(session, [locks.ACCOUNT])
            after = following.lock(session, followed.ref, followed.what)
            if after is None:
                return False
            if followed.what == "merge":
                names = merges.concerned(session, followed.ref, MOST_PER_COMMIT)
                for record in names:
                    merges.bring_in_step(session, record)
            else:
                names = given.naming(session, followed.ref, after=after, limit=MOST_PER_COMMIT)
                _tell_again(session, names)
            if len(names) < MOST_PER_COMMIT:
                following.finish(session, followed.ref, followed.what)
            else:
                following.go_on(session, followed.ref, followed.what, after=names[-1])
        log.info("followed", account_id=followed.account_id, ref=followed.ref, what=followed.what, records=len(names))
        return True

    def _put_off(self, followed: Followed) -> None:
        with self._context.sessions.write(self._principal(followed), means=followed.what) as session:
            following.put_off(session, followed.ref, followed.what, session.now + _PAUSE)

    def _principal(self, followed: Followed) -> Principal:
        return Principal(account_id=followed.account_id, user_id=followed.actor_user_id, service=self._context.service.name)


def _tell_again(session: WriteSession, records: list[str]) -> None:
    """Have search ask for the documents of these, which have not changed but for a name in them."""
    ids: dict[str, list[str]] = {"deals": [], "projects": []}
    for record in records:
        noun, _, record_id = record.partition("/")
        ids[noun].append(record_id)
    for deal in deals.by_ids(session, ids["deals"]):
        published.deal_updated(session, deal, [])
    for project in projects.by_ids(session, ids["projects"]):
        published.project_updated(session, project, [])
