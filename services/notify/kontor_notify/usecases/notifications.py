"""What can happen to a notification that is there. A user acts on their own ones only."""

from collections.abc import Sequence
from dataclasses import replace

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound
from kontor_chassis.ids import is_id
from kontor_notify.domain.notifications import Notification
from kontor_notify.store import notifications
from kontor_notify.store.tables import MERGES


def find(session: ReadSession, *, unseen: bool, after: notifications.After | None, limit: int) -> list[Notification]:
    return _shown(session, notifications.page(session, unseen=unseen, after=after, limit=limit))


def mark_seen(session: WriteSession, notification_id: str) -> Notification:
    """Nothing happens where it is seen already. Raises NotFound."""
    notification = notifications.lock(session, notification_id) if is_id(notification_id) else None
    if notification is None:
        raise NotFound("The notification does not exist.")
    (notification,) = _shown(session, [notification])
    if notification.seen:
        return notification
    notifications.mark_seen(session, notification.id)
    updated(session, f"notifications/{notification.id}", {"seen": (False, True)})
    return replace(notification, seen=True)


def _shown(session: ReadSession, found: Sequence[Notification]) -> list[Notification]:
    """With the records that are there: those into which the subjects went."""
    roots = MERGES.roots(session, {item.subject for item in found})
    return [replace(item, subject=roots[item.subject]) for item in found]
