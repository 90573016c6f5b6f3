"""kontor.contacts.v1.OrganisationService."""

from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import organisations_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_page
from kontor_chassis.proto import to_timestamp
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.rpc.contact_points import points_from, points_to
from kontor_contacts.usecases import organisations

_KIND_OF = {number: name.removeprefix("ORGANISATION_KIND_").lower() for name, number in pb.OrganisationKind.items()}
_KIND_OF[pb.ORGANISATION_KIND_UNSPECIFIED] = "company"
_NUMBER_OF = {name: number for number, name in _KIND_OF.items() if number != pb.ORGANISATION_KIND_UNSPECIFIED}


def create_organisation(request: pb.CreateOrganisationRequest, session: WriteSession) -> pb.Organisation:
    return _organisation_to(organisations.create(session, _organisation_from(request.organisation)))


def get_organisation(request: pb.GetOrganisationRequest, session: ReadSession) -> pb.Organisation:
    return _organisation_to(organisations.get(session, request.id))


def list_organisations(request: pb.ListOrganisationsRequest, session: ReadSession) -> pb.ListOrganisationsResponse:
    page = open_page(request, position=(str, str))
    found = organisations.find(session, tag=request.tag, name=request.name, after=page.after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: (item.sort_key, item.id))
    return pb.ListOrganisationsResponse(organisations=[_organisation_to(item) for item in kept], next_page_token=next_page_token)


def update_organisation(request: pb.UpdateOrganisationRequest, session: WriteSession) -> pb.Organisation:
    message = request.organisation
    wanted = _organisation_from(message)
    return _organisation_to(organisations.update(session, message.id, wanted, mask=request.update_mask, etag=request.etag or message.etag))


def delete_organisation(request: pb.DeleteOrganisationRequest, session: WriteSession) -> Empty:
    organisations.delete(session, request.id, etag=request.etag)
    return Empty()


def _organisation_from(message: pb.Organisation) -> Organisation:
    return Organisation(
        name=message.name,
        kind=_KIND_OF[message.kind],
        background=message.background,
        industry=message.industry,
        points=points_from(message),
        tags=tuple(message.tags),
    )


def _organisation_to(organisation: Organisation) -> pb.Organisation:
    return pb.Organisation(
        id=organisation.id,
        etag=etag_of(organisation.version),
        name=organisation.name,
        kind=_NUMBER_OF[organisation.kind],
        background=organisation.background,
        industry=organisation.industry,
        tags=organisation.tags,
        create_time=to_timestamp(organisation.create_time),
        update_time=to_timestamp(organisation.update_time),
        creator_user_id=organisation.creator_user_id,
        **points_to(organisation.points),
    )
