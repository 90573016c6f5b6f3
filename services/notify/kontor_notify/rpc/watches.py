"""kontor.notify.v1.WatchService."""

from google.protobuf.empty_pb2 import Empty

from kontor.notify.v1 import watches_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import invalid
from kontor_chassis.paging import open_time_page, time_position
from kontor_chassis.proto import to_timestamp
from kontor_chassis.references import Answers, write
from kontor_chassis.rpc.dispatch import Call
from kontor_notify.clients import OWNERS
from kontor_notify.domain.watches import Watch
from kontor_notify.usecases import watches


async def create_watch(request: pb.CreateWatchRequest, call: Call) -> pb.Watch:
    return await write(call, request, pb.Watch, _create, owners=OWNERS)


def list_watches(request: pb.ListWatchesRequest, session: ReadSession) -> pb.ListWatchesResponse:
    page, after = open_time_page(request)
    found = watches.find(session, subject=request.subject, after=after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda watch: time_position(watch.create_time, watch.id))
    return pb.ListWatchesResponse(watches=[_watch_to(watch) for watch in kept], next_page_token=next_page_token)


def delete_watch(request: pb.DeleteWatchRequest, session: WriteSession) -> Empty:
    watches.stop(session, request.id)
    return Empty()


def _create(request: pb.CreateWatchRequest, session: WriteSession, answers: Answers) -> pb.Watch:
    if request.watch.user_id not in ("", session.user_id):
        raise invalid("user_id", "must be the caller")
    return _watch_to(watches.start(session, request.watch.subject, answers))


def _watch_to(watch: Watch) -> pb.Watch:
    return pb.Watch(
        id=watch.id, subject=watch.subject, user_id=watch.user_id, reason=watch.reason, create_time=to_timestamp(watch.create_time)
    )
