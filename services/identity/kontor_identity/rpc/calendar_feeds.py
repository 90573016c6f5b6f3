"""kontor.identity.v1.CalendarFeedService."""

from google.protobuf.empty_pb2 import Empty

from kontor.identity.v1 import calendar_feeds_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.paging import open_page
from kontor_chassis.proto import to_timestamp
from kontor_identity.domain.calendar_feeds import CalendarFeed, url_path
from kontor_identity.usecases import calendar_feeds


def create_calendar_feed(request: pb.CreateCalendarFeedRequest, session: WriteSession) -> pb.CalendarFeed:
    return _feed_to(*calendar_feeds.create(session, CalendarFeed(name=request.calendar_feed.name)))


def list_calendar_feeds(request: pb.ListCalendarFeedsRequest, session: ReadSession) -> pb.ListCalendarFeedsResponse:
    page = open_page(request, position=(str,))
    found = calendar_feeds.find(session, after=page.after[0] if page.after else None, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: (item.id,))
    return pb.ListCalendarFeedsResponse(calendar_feeds=[_feed_to(item) for item in kept], next_page_token=next_page_token)


def delete_calendar_feed(request: pb.DeleteCalendarFeedRequest, session: WriteSession) -> Empty:
    calendar_feeds.delete(session, request.id)
    return Empty()


def rotate_calendar_feed(request: pb.RotateCalendarFeedRequest, session: WriteSession) -> pb.CalendarFeed:
    return _feed_to(*calendar_feeds.rotate(session, request.id))


def _feed_to(feed: CalendarFeed, secret: str = "") -> pb.CalendarFeed:
    return pb.CalendarFeed(
        id=feed.id,
        name=feed.name,
        secret=secret,
        url_path=url_path(secret) if secret else "",
        create_time=to_timestamp(feed.create_time),
        last_used_time=to_timestamp(feed.last_used_time),
    )
