"""kontor.contacts.v1.SegmentService."""

from typing import TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from kontor.contacts.v1 import segments_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_page
from kontor_chassis.proto import to_timestamp
from kontor_contacts.domain.segments import Segment
from kontor_contacts.rpc.record_kinds import kind_of, noun_of
from kontor_contacts.usecases import segments

R = TypeVar("R", bound=Message)


def create_segment(request: pb.CreateSegmentRequest, session: WriteSession) -> pb.Segment:
    return _segment_to(segments.create(session, _segment_from(request.segment)))


def get_segment(request: pb.GetSegmentRequest, session: ReadSession) -> pb.Segment:
    return _segment_to(segments.get(session, request.id))


def list_segments(request: pb.ListSegmentsRequest, session: ReadSession) -> pb.ListSegmentsResponse:
    page = open_page(request, position=(str, str))
    found = segments.find(session, noun=noun_of(request.record_kind), after=page.after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda segment: (segment.key, segment.id))
    return pb.ListSegmentsResponse(segments=[_segment_to(segment) for segment in kept], next_page_token=next_page_token)


def update_segment(request: pb.UpdateSegmentRequest, session: WriteSession) -> pb.Segment:
    message = request.segment
    wanted = _segment_from(message)
    return _segment_to(segments.update(session, message.id, wanted, mask=request.update_mask, etag=request.etag or message.etag))


def delete_segment(request: pb.DeleteSegmentRequest, session: WriteSession) -> Empty:
    segments.delete(session, request.id, etag=request.etag)
    return Empty()


def with_version(request: R, segment: Segment | None) -> R:
    """The request of a list, for its page tokens: a token belongs to the segment as it was."""
    if segment is None:
        return request
    versioned = type(request)()
    versioned.CopyFrom(request)
    versioned.segment = f"{segment.id}@{segment.version}"  # type: ignore[attr-defined]
    return versioned


def _segment_from(message: pb.Segment) -> Segment:
    return Segment(
        noun=noun_of(message.record_kind),
        name=message.name,
        filter=message.filter,
        order_by=message.order_by,
    )


def _segment_to(segment: Segment) -> pb.Segment:
    return pb.Segment(
        id=segment.id,
        etag=etag_of(segment.version),
        name=segment.name,
        record_kind=kind_of(segment.noun),
        filter=segment.filter,
        order_by=segment.order_by,
        broken=bool(segment.fault),
        broken_reason=segment.fault,
        create_time=to_timestamp(segment.create_time),
        update_time=to_timestamp(segment.update_time),
        creator_user_id=segment.creator_user_id,
    )
