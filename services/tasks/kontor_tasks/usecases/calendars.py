"""The feed of a user's tasks for calendar programs."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.errors import invalid
from kontor_tasks.domain.calendars import FORMAT, STYLES, render
from kontor_tasks.domain.zones import day_of, day_start
from kontor_tasks.store import accounts, tasks
from kontor_tasks.store.accounts import Account

# The ones due first. More than anybody does; what a calendar program fetches every few minutes must stay small.
MAX_TASKS = 2000
# What was due longer ago is history: it would crowd out what is to come.
_OVERDUE_SHOWN = timedelta(days=366)


@dataclass(frozen=True)
class Calendar:
    etag: str
    # None where the reader has this already.
    content: bytes | None


def get(session: ReadSession, *, style: str, known_etag: str) -> Calendar:
    """The caller's open tasks as iCalendar. Raises InvalidArgument.

    The etag covers the id and version of every task shown, and what else the rendering depends on. Asking again costs one
    narrow query; a change between that and the rendering makes the etag older than the content, never newer, so a reader at
    worst fetches once more.
    """
    if style and style not in STYLES:
        raise invalid("as", f"must be one of {', '.join(STYLES)}")
    style = style or STYLES[0]
    account = accounts.get(session)
    since = day_start(day_of(session.now - _OVERDUE_SHOWN, account.time_zone), account.time_zone)
    if known_etag and known_etag == _etag(
        tasks.versions_in_feed(session, session.user_id, since=since, limit=MAX_TASKS), account=account, style=style
    ):
        return Calendar(etag=known_etag, content=None)
    shown = tasks.feed(session, session.user_id, since=since, limit=MAX_TASKS)
    etag = _etag(((task.id, task.version) for task in shown), account=account, style=style)
    return Calendar(etag=etag, content=render(shown, style=style, zone=account.time_zone, locale=account.locale))


def _etag(versions: Iterable[tuple[str, int]], *, account: Account, style: str) -> str:
    whole = hashlib.sha256(f"{FORMAT}\n{style}\n{account.time_zone}\n{account.locale}\n".encode())
    for task_id, version in versions:
        whole.update(f"{task_id}/{version}\n".encode())
    return whole.hexdigest()[:32]
