"""kontor.identity.v1.GroupService."""

from google.protobuf.empty_pb2 import Empty

from kontor.identity.v1 import groups_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.paging import open_page
from kontor_identity.domain.groups import Group
from kontor_identity.events.published import group_message
from kontor_identity.usecases import groups


def create_group(request: pb.CreateGroupRequest, session: WriteSession) -> pb.Group:
    return group_message(groups.create(session, _group_from(request.group)))


def get_group(request: pb.GetGroupRequest, session: ReadSession) -> pb.Group:
    return group_message(groups.get(session, request.id))


def list_groups(request: pb.ListGroupsRequest, session: ReadSession) -> pb.ListGroupsResponse:
    page = open_page(request, position=(str, str))
    after = (page.after[0], page.after[1]) if page.after else None
    found = groups.find(session, after=after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: (item.key, item.id))
    return pb.ListGroupsResponse(groups=[group_message(item) for item in kept], next_page_token=next_page_token)


def update_group(request: pb.UpdateGroupRequest, session: WriteSession) -> pb.Group:
    message = request.group
    wanted = _group_from(message)
    return group_message(groups.update(session, message.id, wanted, mask=request.update_mask, etag=request.etag or message.etag))


def delete_group(request: pb.DeleteGroupRequest, session: WriteSession) -> Empty:
    groups.delete(session, request.id, etag=request.etag)
    return Empty()


def _group_from(message: pb.Group) -> Group:
    return Group(name=message.name, user_ids=tuple(message.user_ids))
