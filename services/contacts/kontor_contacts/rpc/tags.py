"""kontor.contacts.v1.TagService."""

from typing import Any

import sqlalchemy as sa
from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import tags_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import invalid
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_page
from kontor_contacts.store.tag_counts import TagCounts
from kontor_contacts.usecases import tags


def list_tags(request: pb.ListTagsRequest, session: ReadSession) -> pb.ListTagsResponse:
    page = open_page(request, position=(str, str))
    found = tags.find(session, prefix=request.name, after=page.after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda row: (row.key, row.id))
    return pb.ListTagsResponse(tags=[_tag_to(row) for row in kept], next_page_token=next_page_token)


def update_tag(request: pb.UpdateTagRequest, session: WriteSession) -> pb.Tag:
    if "name" not in request.update_mask:
        raise invalid("name", "is the one thing that can be changed")
    return _tag_to(tags.rename(session, request.tag.id, request.tag.name, etag=request.etag or request.tag.etag))


def merge_tags(request: pb.MergeTagsRequest, session: WriteSession) -> pb.Tag:
    return _tag_to(tags.merge(session, request.id, request.into_id, etag=request.etag))


def delete_tag(request: pb.DeleteTagRequest, session: WriteSession) -> Empty:
    tags.delete(session, request.id, etag=request.etag)
    return Empty()


def tag_counts_to(counts: TagCounts) -> pb.CountTagsResponse:
    found = [pb.TagCount(id=tag_id, name=name, count=count) for tag_id, name, count in counts.tags]
    return pb.CountTagsResponse(tags=found, record_count=counts.record_count, capped=counts.capped)


def _tag_to(row: sa.Row[Any]) -> pb.Tag:
    return pb.Tag(
        id=row.id, etag=etag_of(row.version), name=row.name, person_count=row.persons_count, organisation_count=row.organisations_count
    )
