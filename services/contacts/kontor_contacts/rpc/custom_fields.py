"""kontor.contacts.v1.CustomFieldService."""

from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import custom_fields_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_page
from kontor_chassis.proto import Words, to_timestamp
from kontor_contacts.domain.custom_fields import Choice, CustomField
from kontor_contacts.rpc.record_kinds import kind_of, noun_of
from kontor_contacts.store import custom_fields as store
from kontor_contacts.usecases import custom_fields

_TYPES = Words(pb.CustomFieldType)


def create_custom_field(request: pb.CreateCustomFieldRequest, session: WriteSession) -> pb.CustomField:
    return _field_to(custom_fields.create(session, _field_from(request.custom_field)))


def get_custom_field(request: pb.GetCustomFieldRequest, session: ReadSession) -> pb.CustomField:
    return _field_to(custom_fields.get(session, request.id))


def list_custom_fields(request: pb.ListCustomFieldsRequest, session: ReadSession) -> pb.ListCustomFieldsResponse:
    page = open_page(request, position=(str, int, str))
    found = store.page(session, noun=noun_of(request.record_kind), after=page.after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda field: (field.noun, field.position, field.id))
    return pb.ListCustomFieldsResponse(custom_fields=[_field_to(field) for field in kept], next_page_token=next_page_token)


def update_custom_field(request: pb.UpdateCustomFieldRequest, session: WriteSession) -> pb.CustomField:
    message = request.custom_field
    wanted = _field_from(message)
    return _field_to(custom_fields.update(session, message.id, wanted, mask=request.update_mask, etag=request.etag or message.etag))


def delete_custom_field(request: pb.DeleteCustomFieldRequest, session: WriteSession) -> Empty:
    custom_fields.delete(session, request.id, etag=request.etag)
    return Empty()


def _field_from(message: pb.CustomField) -> CustomField:
    return CustomField(
        noun=noun_of(message.record_kind),
        key=message.key,
        label=message.label,
        type=_TYPES.word(message.type, field="type"),
        choices=tuple(Choice(choice.key, choice.label) for choice in message.choices),
        description=message.description,
        position=message.position,
        archived=message.archived,
    )


def _field_to(field: CustomField) -> pb.CustomField:
    return pb.CustomField(
        id=field.id,
        etag=etag_of(field.version),
        record_kind=kind_of(field.noun),
        key=field.key,
        label=field.label,
        type=_TYPES.number(field.type),
        choices=[pb.Choice(key=choice.key, label=choice.label) for choice in field.choices],
        description=field.description,
        position=field.position,
        archived=field.archived,
        create_time=to_timestamp(field.create_time),
        update_time=to_timestamp(field.update_time),
    )
