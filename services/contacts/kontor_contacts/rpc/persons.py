"""kontor.contacts.v1.PersonService."""

from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import persons_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_page
from kontor_chassis.proto import to_timestamp
from kontor_contacts.domain.persons import Person
from kontor_contacts.rpc.contact_points import points_from, points_to
from kontor_contacts.rpc.positions import position_to
from kontor_contacts.usecases import persons


def create_person(request: pb.CreatePersonRequest, session: WriteSession) -> pb.Person:
    return _person_to(persons.create(session, _person_from(request.person)))


def get_person(request: pb.GetPersonRequest, session: ReadSession) -> pb.Person:
    return _person_to(persons.get(session, request.id))


def list_persons(request: pb.ListPersonsRequest, session: ReadSession) -> pb.ListPersonsResponse:
    page = open_page(request, position=(str, str))
    found = persons.find(
        session, tag=request.tag, organisation_id=request.organisation_id, name=request.name, after=page.after, limit=page.size + 1
    )
    kept, next_page_token = page.cut(found, lambda item: item[0])
    return pb.ListPersonsResponse(persons=[_person_to(person) for _, person in kept], next_page_token=next_page_token)


def update_person(request: pb.UpdatePersonRequest, session: WriteSession) -> pb.Person:
    person = request.person
    return _person_to(persons.update(session, person.id, _person_from(person), mask=request.update_mask, etag=request.etag or person.etag))


def delete_person(request: pb.DeletePersonRequest, session: WriteSession) -> Empty:
    persons.delete(session, request.id, etag=request.etag)
    return Empty()


def _person_from(message: pb.Person) -> Person:
    return Person(
        title=message.title,
        first_name=message.first_name,
        last_name=message.last_name,
        background=message.background,
        language=message.language,
        points=points_from(message),
        tags=tuple(message.tags),
    )


def _person_to(person: Person) -> pb.Person:
    return pb.Person(
        id=person.id,
        etag=etag_of(person.version),
        title=person.title,
        first_name=person.first_name,
        last_name=person.last_name,
        display_name=person.display_name,
        background=person.background,
        language=person.language,
        tags=person.tags,
        positions=[position_to(position) for position in person.positions],
        create_time=to_timestamp(person.create_time),
        update_time=to_timestamp(person.update_time),
        creator_user_id=person.creator_user_id,
        **points_to(person.points),
    )
