"""kontor.type.v1.DocumentSource: people and organisations as search sees them."""

from kontor.type.v1 import document_pb2 as pb
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.paging import open_page
from kontor_chassis.proto import to_timestamp
from kontor_contacts.domain.contact_points import ContactPoints
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.store import organisations, persons

_MAX_SIZE = 100


def batch_get_documents(request: pb.BatchGetDocumentsRequest, session: ReadSession) -> pb.BatchGetDocumentsResponse:
    wanted: dict[str, list[str]] = {"persons": [], "organisations": []}
    for ref in request.refs[:_MAX_SIZE]:
        noun, _, record_id = ref.partition("/")
        if noun in wanted:
            wanted[noun].append(record_id)
    documents = [_of_person(item) for item in persons.by_ids(session, wanted["persons"])] if wanted["persons"] else []
    if wanted["organisations"]:
        documents += [_of_organisation(item) for item in organisations.by_ids(session, wanted["organisations"])]
    return pb.BatchGetDocumentsResponse(documents=documents)


def list_documents(request: pb.ListDocumentsRequest, session: ReadSession) -> pb.ListDocumentsResponse:
    """People by id, then organisations by id."""
    page = open_page(request, position=(str, str), max_size=_MAX_SIZE)
    noun, after = page.after or ("persons", "")
    documents: list[tuple[tuple[str, str], pb.Document]] = []
    if noun == "persons":
        documents = [(("persons", item.id), _of_person(item)) for item in persons.all_after(session, after, page.size + 1)]
        after = ""
    if len(documents) <= page.size:
        rest = organisations.all_after(session, after, page.size + 1 - len(documents))
        documents += [(("organisations", item.id), _of_organisation(item)) for item in rest]
    kept, next_page_token = page.cut(documents, lambda item: item[0])
    return pb.ListDocumentsResponse(documents=[document for _, document in kept], next_page_token=next_page_token)


def _of_person(person: Person) -> pb.Document:
    # Who may see the person need not be somebody who may see where they work.
    shown = [position for position in person.positions if not position.limited]
    keywords = [text for position in shown for text in (position.organisation_name, position.role, position.department) if text]
    return pb.Document(
        ref=f"persons/{person.id}",
        kind="person",
        title=person.display_name,
        keywords=[*keywords, *_places(person.points)],
        text=person.background,
        tags=person.tags,
        emails=[email.address for email in person.points.emails],
        phones=[phone.e164 or phone.number for phone in person.points.phones],
        owner_user_id=person.creator_user_id,
        update_time=to_timestamp(person.update_time),
        sequence=person.version,
        visible_to=person.visibility.refs,
    )


def _of_organisation(organisation: Organisation) -> pb.Document:
    return pb.Document(
        ref=f"organisations/{organisation.id}",
        kind="organisation",
        title=organisation.name,
        keywords=[text for text in (organisation.industry, *_places(organisation.points)) if text],
        text=organisation.background,
        tags=organisation.tags,
        emails=[email.address for email in organisation.points.emails],
        phones=[phone.e164 or phone.number for phone in organisation.points.phones],
        owner_user_id=organisation.creator_user_id,
        update_time=to_timestamp(organisation.update_time),
        sequence=organisation.version,
        visible_to=organisation.visibility.refs,
    )


def _places(points: ContactPoints) -> list[str]:
    return [text for address in points.addresses for text in (address.street, address.postcode, address.city) if text]
