"""kontor.tasks.v1.TimelineService."""

from kontor.tasks.v1 import timeline_pb2 as pb
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.paging import open_time_page, time_position
from kontor_chassis.proto import Words, to_timestamp
from kontor_tasks.domain.entries import Entry
from kontor_tasks.rpc.pages import fitting
from kontor_tasks.usecases import timeline

_KINDS = Words(pb.EntryKind, default=None)


def list_timeline(request: pb.ListTimelineRequest, session: ReadSession) -> pb.ListTimelineResponse:
    page, after = open_time_page(request)
    found = timeline.find(session, request.subject, kinds=_kinds(request), after=after, limit=page.size + 1)
    page = fitting(page, found, lambda entry: len(entry.text))
    kept, next_page_token = page.cut(found, lambda entry: time_position(entry.occur_time, entry.id))
    return pb.ListTimelineResponse(entries=[_entry_to(entry) for entry in kept], next_page_token=next_page_token)


def _kinds(request: pb.ListTimelineRequest) -> set[str]:
    """Those asked for; none where all of them are, which is the same and costs one walk less each."""
    kinds = {_KINDS.word(number, field=f"kind[{index}]") for index, number in enumerate(request.kind)}
    return kinds if len(kinds) < len(_KINDS) else set()


def _entry_to(entry: Entry) -> pb.Entry:
    facts = entry.facts if entry.kind == "email" else None
    return pb.Entry(
        id=entry.id,
        kind=_KINDS.number(entry.kind),
        ref=entry.ref,
        subjects=entry.subjects,
        title=entry.title,
        text=entry.text,
        occur_time=to_timestamp(entry.occur_time),
        author_user_id=entry.author_user_id,
        email=pb.EmailFacts(from_address=facts["from"], to_addresses=facts["to"], cc_addresses=facts["cc"], message_id=facts["message_id"])
        if facts is not None
        else None,
        via=entry.via,
    )
