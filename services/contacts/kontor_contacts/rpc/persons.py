"""kontor.contacts.v1.PersonService."""

from collections.abc import Sequence

from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import persons_pb2 as pb
from kontor.contacts.v1.tags_pb2 import CountTagsResponse
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.filters.order import Order, parse_order
from kontor_chassis.paging import open_page
from kontor_chassis.proto import Words, from_date, to_timestamp
from kontor_contacts.domain.care import Care
from kontor_contacts.domain.effective_addresses import EffectiveAddresses
from kontor_contacts.domain.employers import EmployerChange
from kontor_contacts.domain.home import Home
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.salutations import Addressee, letter_salutation
from kontor_contacts.rpc.contact_points import effective_to, points_from, points_to
from kontor_contacts.rpc.custom_values import custom_from, custom_to
from kontor_contacts.rpc.duplicates import ON_DUPLICATE, candidates_to
from kontor_contacts.rpc.personal import assistants_from, assistants_to, dates_from, dates_to
from kontor_contacts.rpc.photos import photo_to
from kontor_contacts.rpc.positions import position_to
from kontor_contacts.rpc.segments import with_version
from kontor_contacts.rpc.tags import tag_counts_to
from kontor_contacts.rpc.visibility import check_given, visibility_from, visibility_to
from kontor_contacts.store import accounts, person_fields
from kontor_contacts.store.list_pages import position_types, token_position
from kontor_contacts.usecases import duplicates, effective_addresses, employers, persons, segments
from kontor_contacts.usecases.persons import Narrowing

_GENDERS = Words(pb.Gender)
_BY_NAME = Order(person_fields.BY_NAME)


def create_person(request: pb.CreatePersonRequest, session: WriteSession) -> pb.Person:
    on_duplicate = ON_DUPLICATE.word(request.on_duplicate, field="on_duplicate")
    person, candidates = duplicates.create_person(session, _person_from(request.person), on_duplicate=on_duplicate)
    made = _shown(session, [person])[0]
    made.duplicates.extend(candidates_to(candidates))
    return made


def get_person(request: pb.GetPersonRequest, session: ReadSession) -> pb.Person:
    return _shown(session, [persons.get(session, request.id)])[0]


def list_persons(request: pb.ListPersonsRequest, session: ReadSession) -> pb.ListPersonsResponse:
    segment = segments.for_list(session, person_fields.NOUN, request.segment)
    order = parse_order(request.order_by or (segment.order_by if segment else ""), fields=person_fields.ORDERS, default=_BY_NAME)
    page = open_page(with_version(request, segment), position=position_types(person_fields.ORDERS, order))
    narrowing = Narrowing(tag=request.tag, organisation_id=request.organisation_id, name=request.name, segment=segment)
    if request.filter or segment or order != _BY_NAME:
        found = persons.find_filtered(session, request.filter, narrowing, order=order, after=page.after, limit=page.size + 1)
    else:
        found = persons.find(session, narrowing, after=page.after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: token_position(item[0], order))
    return pb.ListPersonsResponse(persons=_shown(session, [person for _, person in kept]), next_page_token=next_page_token)


def count_person_tags(request: pb.CountPersonTagsRequest, session: ReadSession) -> CountTagsResponse:
    narrowing = Narrowing(
        tag=request.tag,
        organisation_id=request.organisation_id,
        name=request.name,
        segment=segments.for_list(session, person_fields.NOUN, request.segment),
    )
    return tag_counts_to(persons.count_tags(session, request.filter, narrowing))


def update_person(request: pb.UpdatePersonRequest, session: WriteSession) -> pb.Person:
    message = request.person
    check_given(message, request.update_mask)
    wanted = _person_from(message)
    person = persons.update(session, message.id, wanted, mask=request.update_mask, etag=request.etag or message.etag)
    return _shown(session, [person])[0]


def delete_person(request: pb.DeletePersonRequest, session: WriteSession) -> Empty:
    persons.delete(session, request.id, etag=request.etag)
    return Empty()


def change_employer(request: pb.ChangeEmployerRequest, session: WriteSession) -> pb.Person:
    day = from_date(request.change_date, field="date") if request.HasField("change_date") else None
    change = EmployerChange(request.organisation_id, request.role, request.department, day)
    return _shown(session, [employers.change(session, request.id, change, etag=request.etag)])[0]


def _person_from(message: pb.Person) -> Person:
    return Person(
        salutation=message.salutation,
        title=message.title,
        first_name=message.first_name,
        last_name=message.last_name,
        gender=_GENDERS.word(message.gender, field="gender"),
        background=message.background,
        language=message.language,
        points=points_from(message),
        dates=dates_from(message.dates),
        assistants=assistants_from(message.assistants),
        care=Care(message.vip, message.key_accounter_user_id, message.responsible_user_id),
        tags=tuple(message.tags),
        custom=custom_from(message),
        visibility=visibility_from(message),
    )


def _shown(session: ReadSession, found: Sequence[Person]) -> list[pb.Person]:
    home = accounts.home(session)
    effective = effective_addresses.of(session, found)
    return [_person_to(person, home, effective.get(person.id)) for person in found]


def _person_to(person: Person, home: Home, effective: EffectiveAddresses | None) -> pb.Person:
    letter = letter_salutation(
        Addressee(person.first_name, person.last_name, person.title, person.gender), language=person.language or home.locale
    )
    return pb.Person(
        id=person.id,
        etag=etag_of(person.version),
        salutation=person.salutation,
        title=person.title,
        first_name=person.first_name,
        last_name=person.last_name,
        display_name=person.display_name,
        gender=_GENDERS.number(person.gender),
        letter_salutation=pb.LetterSalutation(formal=letter.formal, informal=letter.informal),
        background=person.background,
        language=person.language,
        dates=dates_to(person.dates),
        assistants=assistants_to(person.assistants),
        vip=person.care.vip,
        key_accounter_user_id=person.care.key_accounter_user_id,
        responsible_user_id=person.care.responsible_user_id,
        tags=person.tags,
        positions=[position_to(position) for position in person.positions if not position.hidden],
        create_time=to_timestamp(person.create_time),
        update_time=to_timestamp(person.update_time),
        creator_user_id=person.creator_user_id,
        custom=custom_to(person.custom),
        visibility=visibility_to(person.visibility),
        effective_addresses=effective_to(effective, home),
        photo=photo_to(person.id, person.photo_id) if person.photo_id else None,
        **points_to(person.points, home),
    )
