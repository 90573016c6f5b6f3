"""kontor.contacts.v1.PositionService."""

from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import positions_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_page
from kontor_chassis.proto import from_date, to_date
from kontor_contacts.domain.positions import Position
from kontor_contacts.usecases import persons, positions


def create_position(request: pb.CreatePositionRequest, session: WriteSession) -> pb.Position:
    return position_to(positions.create(session, _position_from(request.position)))


def get_position(request: pb.GetPositionRequest, session: ReadSession) -> pb.Position:
    return position_to(positions.get(session, request.person_id, request.id))


def list_positions(request: pb.ListPositionsRequest, session: ReadSession) -> pb.ListPositionsResponse:
    page = open_page(request, position=(int,))
    start = page.after[0] if page.after else 0
    found = [position for position in persons.get(session, request.person_id).positions if not position.hidden]
    kept, next_page_token = page.cut(found[start : start + page.size + 1], lambda _: (start + page.size,))
    return pb.ListPositionsResponse(positions=[position_to(item) for item in kept], next_page_token=next_page_token)


def update_position(request: pb.UpdatePositionRequest, session: WriteSession) -> pb.Position:
    message = request.position
    return position_to(positions.update(session, _position_from(message), mask=request.update_mask, etag=request.etag or message.etag))


def delete_position(request: pb.DeletePositionRequest, session: WriteSession) -> Empty:
    positions.delete(session, request.person_id, request.id, etag=request.etag)
    return Empty()


def _position_from(message: pb.Position) -> Position:
    return Position(
        id=message.id,
        person_id=message.person_id,
        organisation_id=message.organisation_id,
        role=message.role,
        department=message.department,
        primary=message.primary,
        from_date=from_date(message.from_date, field="from") if message.HasField("from_date") else None,
        to_date=from_date(message.to_date, field="to") if message.HasField("to_date") else None,
    )


def position_to(position: Position) -> pb.Position:
    return pb.Position(
        id=position.id,
        etag=etag_of(position.version),
        person_id=position.person_id,
        organisation_id=position.organisation_id,
        organisation_name=position.organisation_name,
        role=position.role,
        department=position.department,
        primary=position.primary,
        from_date=to_date(position.from_date),
        to_date=to_date(position.to_date),
    )
