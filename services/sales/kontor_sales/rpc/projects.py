"""kontor.sales.v1.ProjectService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty

from kontor.sales.v1 import projects_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.filters.lists import position_type, token_position
from kontor_chassis.filters.order import parse_order
from kontor_chassis.paging import open_page
from kontor_chassis.proto import Words, from_date, to_date, to_timestamp
from kontor_chassis.references import Answers, write
from kontor_chassis.rpc.dispatch import Call
from kontor_sales.clients import OWNERS
from kontor_sales.domain.projects import Project, ProjectFilter
from kontor_sales.store import project_fields
from kontor_sales.usecases import projects

_FILTER_STATES = Words(pb.ProjectState)
_STATES = Words(pb.ProjectState, default="open")


async def create_project(request: pb.CreateProjectRequest, call: Call) -> pb.Project:
    return await write(call, request, pb.Project, _create, owners=OWNERS)


def get_project(request: pb.GetProjectRequest, session: ReadSession) -> pb.Project:
    return _project_to(projects.get(session, request.id))


def list_projects(request: pb.ListProjectsRequest, session: ReadSession) -> pb.ListProjectsResponse:
    order = parse_order(request.order_by, fields=project_fields.ORDERS, default=project_fields.DEFAULT, custom=False)
    page = open_page(request, position=(position_type(project_fields.ORDERS[order.field]), str))
    state = _FILTER_STATES.word(request.state, field="state")
    wanted = ProjectFilter(state=state, organisation_id=request.organisation_id, tags=tuple(request.tag))
    found: list[tuple[tuple[Any, str], Project]]
    if request.filter or order != project_fields.DEFAULT:
        found = projects.find_filtered(session, request.filter, wanted, order=order, after=page.after, limit=page.size + 1)
    else:
        found = [((item.sort_key, item.id), item) for item in projects.find(session, wanted, after=page.after, limit=page.size + 1)]
    kept, next_page_token = page.cut(found, lambda item: token_position(*item[0]))
    return pb.ListProjectsResponse(projects=[_project_to(item) for _, item in kept], next_page_token=next_page_token)


async def update_project(request: pb.UpdateProjectRequest, call: Call) -> pb.Project:
    return await write(call, request, pb.Project, _update, owners=OWNERS)


def delete_project(request: pb.DeleteProjectRequest, session: WriteSession) -> Empty:
    projects.delete(session, request.id, etag=request.etag)
    return Empty()


def _create(request: pb.CreateProjectRequest, session: WriteSession, answers: Answers) -> pb.Project:
    return _project_to(projects.create(session, _project_from(request.project), answers))


def _update(request: pb.UpdateProjectRequest, session: WriteSession, answers: Answers) -> pb.Project:
    project, etag = request.project, request.etag or request.project.etag
    return _project_to(projects.update(session, project.id, _project_from(project), answers, mask=request.update_mask, etag=etag))


def _project_from(message: pb.Project) -> Project:
    return Project(
        name=message.name,
        description=message.description,
        state=_STATES.word(message.state, field="state"),
        start_date=from_date(message.start_date, field="start_date") if message.HasField("start_date") else None,
        end_date=from_date(message.end_date, field="end_date") if message.HasField("end_date") else None,
        organisation_ids=tuple(message.organisation_ids),
        person_ids=tuple(message.person_ids),
        responsible_user_id=message.responsible_user_id,
        tags=tuple(message.tags),
        deal_id=message.deal_id,
    )


def _project_to(project: Project) -> pb.Project:
    return pb.Project(
        id=project.id,
        etag=etag_of(project.version),
        name=project.name,
        description=project.description,
        state=_STATES.number(project.state),
        start_date=to_date(project.start_date),
        end_date=to_date(project.end_date),
        organisation_ids=project.organisation_ids,
        person_ids=project.person_ids,
        responsible_user_id=project.responsible_user_id,
        tags=project.tags,
        deal_id=project.deal_id,
        create_time=to_timestamp(project.create_time),
        update_time=to_timestamp(project.update_time),
        creator_user_id=project.creator_user_id,
    )
