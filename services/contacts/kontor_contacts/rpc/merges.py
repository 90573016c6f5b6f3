"""kontor.contacts.v1.MergeService."""

from collections.abc import Mapping

from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import organisations_pb2, persons_pb2
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.ids import parse_ref
from kontor_chassis.paging import open_time_page, time_position
from kontor_chassis.proto import Words, to_timestamp
from kontor_contacts.domain.merges import Merge
from kontor_contacts.rpc import organisations, persons
from kontor_contacts.usecases import merges, merges_of_organisations, merges_of_persons

_CHOICES = Words(pb.MergeChoice)
_NOUNS = frozenset({"persons", "organisations"})


def merge_persons(request: pb.MergePersonsRequest, session: WriteSession) -> persons_pb2.Person:
    chosen = _choices_from(request.fields)
    survivor, merge = merges_of_persons.merge(
        session, request.id, request.duplicate_id, chosen, etag=request.etag, duplicate_etag=request.duplicate_etag
    )
    shown = persons.get_person(persons_pb2.GetPersonRequest(id=survivor.id), session)
    shown.merge_id = merge.id
    return shown


def merge_organisations(request: pb.MergeOrganisationsRequest, session: WriteSession) -> organisations_pb2.Organisation:
    chosen = _choices_from(request.fields)
    survivor, merge = merges_of_organisations.merge(
        session, request.id, request.duplicate_id, chosen, etag=request.etag, duplicate_etag=request.duplicate_etag
    )
    shown = organisations.get_organisation(organisations_pb2.GetOrganisationRequest(id=survivor.id), session)
    shown.merge_id = merge.id
    return shown


def list_merges(request: pb.ListMergesRequest, session: ReadSession) -> pb.ListMergesResponse:
    page, after = open_time_page(request)
    record_id = parse_ref(request.record, field="record", nouns=_NOUNS)[1] if request.record else ""
    found = merges.find(session, record_id=record_id, after=after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda merge: time_position(merge.create_time, merge.id))
    return pb.ListMergesResponse(merges=[_merge_to(merge) for merge in kept], next_page_token=next_page_token)


def get_merge(request: pb.GetMergeRequest, session: ReadSession) -> pb.Merge:
    return _merge_to(merges.get(session, request.id))


def undo_merge(request: pb.UndoMergeRequest, session: WriteSession) -> pb.Merge:
    return _merge_to(merges.undo(session, request.id))


def _choices_from(fields: Mapping[str, int]) -> dict[str, str]:
    return {name: _CHOICES.word(number, field=f"fields.{name[:60]}") for name, number in fields.items()}


def _merge_to(merge: Merge) -> pb.Merge:
    return pb.Merge(
        id=merge.id,
        survivor=pb.MergedRecord(ref=f"{merge.noun}/{merge.survivor_id}", name=merge.survivor_name),
        duplicate=pb.MergedRecord(ref=f"{merge.noun}/{merge.duplicate_id}", name=merge.duplicate_name),
        create_time=to_timestamp(merge.create_time),
        creator_user_id=merge.creator_user_id,
        expire_time=to_timestamp(merge.expire_time),
        undo_time=to_timestamp(merge.undo_time),
        undo_user_id=merge.undo_user_id,
    )
