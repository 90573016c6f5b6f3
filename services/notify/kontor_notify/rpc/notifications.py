"""kontor.notify.v1.NotificationService."""

from kontor.notify.v1 import notifications_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.paging import open_time_page, time_position
from kontor_chassis.proto import to_timestamp
from kontor_notify.domain.notifications import Notification
from kontor_notify.usecases import notifications


def list_notifications(request: pb.ListNotificationsRequest, session: ReadSession) -> pb.ListNotificationsResponse:
    page, after = open_time_page(request)
    found = notifications.find(session, unseen=request.unseen, after=after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: time_position(item.create_time, item.id))
    return pb.ListNotificationsResponse(notifications=[_notification_to(item) for item in kept], next_page_token=next_page_token)


def mark_notification_seen(request: pb.MarkNotificationSeenRequest, session: WriteSession) -> pb.Notification:
    return _notification_to(notifications.mark_seen(session, request.id))


def _notification_to(notification: Notification) -> pb.Notification:
    return pb.Notification(
        id=notification.id,
        kind=notification.kind,
        subject=notification.subject,
        ref=notification.ref,
        title=notification.title,
        actor_user_id=notification.actor_user_id,
        reason=notification.reason,
        watch_id=notification.watch_id,
        count=notification.count,
        seen=notification.seen,
        create_time=to_timestamp(notification.create_time),
    )
