"""kontor.contacts.v1.OrganisationService."""

from collections.abc import Sequence

from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import organisations_pb2 as pb
from kontor.contacts.v1.tags_pb2 import CountTagsResponse
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.filters.order import Order, parse_order
from kontor_chassis.paging import open_page
from kontor_chassis.proto import Words, to_timestamp
from kontor_contacts.domain.care import Care
from kontor_contacts.domain.effective_addresses import EffectiveAddresses
from kontor_contacts.domain.home import Home
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.rpc.contact_points import effective_to, points_from, points_to
from kontor_contacts.rpc.custom_values import custom_from, custom_to
from kontor_contacts.rpc.duplicates import ON_DUPLICATE, candidates_to
from kontor_contacts.rpc.segments import with_version
from kontor_contacts.rpc.tags import tag_counts_to
from kontor_contacts.rpc.visibility import check_given, visibility_from, visibility_to
from kontor_contacts.store import accounts, organisation_fields
from kontor_contacts.store.list_pages import position_types, token_position
from kontor_contacts.usecases import duplicates, effective_addresses, organisation_trees, organisations, segments
from kontor_contacts.usecases.organisations import Narrowing

_KINDS = Words(pb.OrganisationKind, default="company")
_RELATIONSHIPS = Words(pb.Relationship, default=None)
_BY_NAME = Order(organisation_fields.BY_NAME)


def create_organisation(request: pb.CreateOrganisationRequest, session: WriteSession) -> pb.Organisation:
    on_duplicate = ON_DUPLICATE.word(request.on_duplicate, field="on_duplicate")
    wanted = _organisation_from(request.organisation)
    organisation, candidates = duplicates.create_organisation(session, wanted, on_duplicate=on_duplicate)
    made = _shown(session, [organisation])[0]
    made.duplicates.extend(candidates_to(candidates))
    return made


def get_organisation(request: pb.GetOrganisationRequest, session: ReadSession) -> pb.Organisation:
    return _shown(session, [organisations.get(session, request.id)])[0]


def list_organisations(request: pb.ListOrganisationsRequest, session: ReadSession) -> pb.ListOrganisationsResponse:
    segment = segments.for_list(session, organisation_fields.NOUN, request.segment)
    order = parse_order(request.order_by or (segment.order_by if segment else ""), fields=organisation_fields.ORDERS, default=_BY_NAME)
    page = open_page(with_version(request, segment), position=position_types(organisation_fields.ORDERS, order))
    narrowing = Narrowing(tag=request.tag, name=request.name, segment=segment, parent_id=request.parent_id)
    if request.filter or segment or request.parent_id or order != _BY_NAME:
        found = organisations.find_filtered(session, request.filter, narrowing, order=order, after=page.after, limit=page.size + 1)
    else:
        listed = organisations.find(session, narrowing, after=page.after, limit=page.size + 1)
        found = [((item.sort_key, item.id), item) for item in listed]
    kept, next_page_token = page.cut(found, lambda item: token_position(item[0], order))
    return pb.ListOrganisationsResponse(organisations=_shown(session, [item for _, item in kept]), next_page_token=next_page_token)


def count_organisation_tags(request: pb.CountOrganisationTagsRequest, session: ReadSession) -> CountTagsResponse:
    narrowing = Narrowing(tag=request.tag, name=request.name, segment=segments.for_list(session, organisation_fields.NOUN, request.segment))
    return tag_counts_to(organisations.count_tags(session, request.filter, narrowing))


def update_organisation(request: pb.UpdateOrganisationRequest, session: WriteSession) -> pb.Organisation:
    message = request.organisation
    check_given(message, request.update_mask)
    wanted = _organisation_from(message)
    organisation = organisations.update(session, message.id, wanted, mask=request.update_mask, etag=request.etag or message.etag)
    return _shown(session, [organisation])[0]


def delete_organisation(request: pb.DeleteOrganisationRequest, session: WriteSession) -> Empty:
    organisations.delete(session, request.id, etag=request.etag)
    return Empty()


def get_organisation_ancestors(request: pb.GetOrganisationAncestorsRequest, session: ReadSession) -> pb.OrganisationAncestors:
    found = organisation_trees.ancestors(session, request.id)
    return pb.OrganisationAncestors(ancestors=[pb.OrganisationName(id=ancestor_id, name=name) for ancestor_id, name in found])


def get_organisation_roll_up(request: pb.GetOrganisationRollUpRequest, session: ReadSession) -> pb.OrganisationRollUp:
    counted = organisation_trees.roll_up(session, request.id)
    return pb.OrganisationRollUp(
        organisation_count=counted.organisations,
        person_count=counted.present_persons,
        former_person_count=counted.former_persons,
    )


def _organisation_from(message: pb.Organisation) -> Organisation:
    return Organisation(
        name=message.name,
        kind=_KINDS.word(message.kind, field="kind"),
        background=message.background,
        industry=message.industry,
        size=message.size,
        website=message.website,
        relationships=tuple(
            _RELATIONSHIPS.word(number, field=f"relationships[{index}]") for index, number in enumerate(message.relationships)
        ),
        care=Care(message.vip, message.key_accounter_user_id, message.responsible_user_id),
        points=points_from(message),
        tags=tuple(message.tags),
        custom=custom_from(message),
        visibility=visibility_from(message),
        parent_id=message.parent_id,
        main_contact_person_id=message.main_contact_person_id,
    )


def _shown(session: ReadSession, found: Sequence[Organisation]) -> list[pb.Organisation]:
    home = accounts.home(session)
    effective = effective_addresses.of(session, found)
    return [_organisation_to(item, home, effective.get(item.id)) for item in found]


def _organisation_to(organisation: Organisation, home: Home, effective: EffectiveAddresses | None) -> pb.Organisation:
    main_contact = organisation.main_contact
    return pb.Organisation(
        id=organisation.id,
        etag=etag_of(organisation.version),
        name=organisation.name,
        kind=_KINDS.number(organisation.kind),
        background=organisation.background,
        industry=organisation.industry,
        size=organisation.size,
        website=organisation.website,
        relationships=[_RELATIONSHIPS.number(word) for word in organisation.relationships],
        vip=organisation.care.vip,
        key_accounter_user_id=organisation.care.key_accounter_user_id,
        responsible_user_id=organisation.care.responsible_user_id,
        tags=organisation.tags,
        create_time=to_timestamp(organisation.create_time),
        update_time=to_timestamp(organisation.update_time),
        creator_user_id=organisation.creator_user_id,
        custom=custom_to(organisation.custom),
        visibility=visibility_to(organisation.visibility),
        parent_id=organisation.parent_id,
        main_contact_person_id=organisation.main_contact_person_id,
        main_contact=pb.MainContact(name=main_contact.name, email=main_contact.email) if main_contact else None,
        effective_addresses=effective_to(effective, home),
        **points_to(organisation.points, home),
    )
