"""Telling watchers what happened.

The outcome does not depend on the order in which facts arrive, as long as nothing happens at a record after its deletion and
no deactivated user comes back meanwhile:
- Whoever watches a record because of its creation is told of everything there, also of what was heard of first.
- A fact counts for its own time: what happened before a record was deleted, or a user deactivated, is still told.
- Stopping, which is no fact but a wish, counts at once.

Who watches a record that went into another one is told of what happens there from when that is heard of.
"""

from collections.abc import Collection, Iterable

from kontor_chassis.db.sessions import WriteSession
from kontor_notify.domain.happenings import Happening
from kontor_notify.domain.notifications import ASSIGNEE, Recipient
from kontor_notify.store import happenings, notifications, users, watches
from kontor_notify.store.tables import MERGES

# Watchers and happenings are read, and notifications written, so many at once.
_BATCH = 500


def tell(session: WriteSession, occurred: Iterable[Happening]) -> None:
    """Tell the watchers of each record."""
    for happening in occurred:
        if not watches.has_automatic(session, happening.subject):
            happenings.keep(session, happening)
        _tell(session, happening)


def catch_up(session: WriteSession, subject: str, user_ids: Collection[str]) -> None:
    """Tell these watchers of a record what happened there before its creation was heard of."""
    while earlier := happenings.take(session, subject, limit=_BATCH):
        for happening in earlier:
            _tell(session, happening, among=user_ids)


def tell_assignee(session: WriteSession, happening: Happening, user_id: str) -> None:
    """Tell who a task was given to."""
    if not user_id or user_id in happening.doers:
        return
    presence = users.get(session, user_id)
    if presence is None or presence.is_active_at(happening.time):
        notifications.insert(session, happening, [Recipient(user_id=user_id, reason=ASSIGNEE)])


def tell_first_active(session: WriteSession, happening: Happening, reasons: Iterable[tuple[str, str]]) -> None:
    """Tell the first of these users (id and reason) who is active, unless it is their own act."""
    for user_id, reason in reasons:
        presence = users.get(session, user_id) if user_id else None
        active = presence is None or presence.is_active_at(happening.time)
        if user_id and active:
            if user_id not in happening.doers:
                notifications.insert(session, happening, [Recipient(user_id=user_id, reason=reason)])
            return


def _tell(session: WriteSession, happening: Happening, *, among: Collection[str] | None = None) -> None:
    records = MERGES.members(session, happening.subject)
    after = ""
    while found := watches.recipients(session, happening, records, among=among, after_user_id=after, limit=_BATCH):
        # Each user once, by the first of their watches.
        each = {recipient.user_id: recipient for recipient in reversed(found)}
        notifications.insert(session, happening, list(each.values()))
        if len(found) < _BATCH:
            return
        after = found[-1].user_id
