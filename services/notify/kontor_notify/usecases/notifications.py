"""What can happen to a notification that is there. A user acts on their own ones only."""

from dataclasses import replace

from kontor_chassis.audit import updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound
from kontor_chassis.ids import is_id
from kontor_notify.domain.notifications import Notification
from kontor_notify.store import notifications


def find(session: ReadSession, *, unseen: bool, after: notifications.After | None, limit: int) -> list[Notification]:
    return notifications.page(session, unseen=unseen, after=after, limit=limit)


def mark_seen(session: WriteSession, notification_id: str) -> Notification:
    """Nothing happens where it is seen already. Raises NotFound."""
    notification = notifications.lock(session, notification_id) if is_id(notification_id) else None
    if notification is None:
        raise NotFound("The notification does not exist.")
    if notification.seen:
        return notification
    notifications.mark_seen(session, notification.id)
    updated(session, f"notifications/{notification.id}", {"seen": (False, True)})
    return replace(notification, seen=True)
