"""kontor.type.v1.DocumentSource: deals and projects as search sees them."""

from collections.abc import Sequence

from kontor.type.v1 import document_pb2 as pb
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.ids import is_id
from kontor_chassis.paging import open_page
from kontor_chassis.proto import to_timestamp
from kontor_sales.domain.deals import Deal
from kontor_sales.domain.projects import Project
from kontor_sales.store import deals, projects, records

_MAX_SIZE = 100


def batch_get_documents(request: pb.BatchGetDocumentsRequest, session: ReadSession) -> pb.BatchGetDocumentsResponse:
    wanted: dict[str, list[str]] = {deals.NOUN: [], projects.NOUN: []}
    for ref in request.refs[:_MAX_SIZE]:
        noun, _, record_id = ref.partition("/")
        if noun in wanted and is_id(record_id):
            wanted[noun].append(record_id)
    documents = [_of_deal(item) for item in deals.by_ids(session, wanted[deals.NOUN])] if wanted[deals.NOUN] else []
    if wanted[projects.NOUN]:
        documents += [_of_project(item) for item in projects.by_ids(session, wanted[projects.NOUN])]
    _add_names(session, documents)
    return pb.BatchGetDocumentsResponse(documents=documents)


def list_documents(request: pb.ListDocumentsRequest, session: ReadSession) -> pb.ListDocumentsResponse:
    """Deals by id, then projects by id."""
    page = open_page(request, position=(str, str), max_size=_MAX_SIZE)
    noun, after = page.after or (deals.NOUN, "")
    documents: list[tuple[tuple[str, str], pb.Document]] = []
    if noun == deals.NOUN:
        documents = [((deals.NOUN, item.id), _of_deal(item)) for item in deals.all_after(session, after, page.size + 1)]
        after = ""
    if len(documents) <= page.size:
        rest = projects.all_after(session, after, page.size + 1 - len(documents))
        documents += [((projects.NOUN, item.id), _of_project(item)) for item in rest]
    kept, next_page_token = page.cut(documents, lambda item: item[0])
    found = [document for _, document in kept]
    _add_names(session, found)
    return pb.ListDocumentsResponse(documents=found, next_page_token=next_page_token)


def _add_names(session: ReadSession, documents: Sequence[pb.Document]) -> None:
    """A deal is found by the names of its organisation and its people."""
    names = records.names(session, {ref for document in documents for ref in document.subjects})
    for document in documents:
        document.keywords.extend(names[ref] for ref in document.subjects if ref in names)


def _of_deal(deal: Deal) -> pb.Document:
    organisations = [f"organisations/{deal.organisation_id}"] if deal.organisation_id else []
    facts = [*(person.role for person in deal.persons), deal.lost_reason]
    return pb.Document(
        ref=f"deals/{deal.id}",
        kind="deal",
        title=deal.name,
        keywords=[text for text in facts if text],
        text=deal.description,
        tags=deal.tags,
        subjects=[*organisations, *(f"persons/{person.person_id}" for person in deal.persons)],
        owner_user_id=deal.responsible_user_id or deal.creator_user_id,
        update_time=to_timestamp(deal.update_time),
        sequence=deal.version,
    )


def _of_project(project: Project) -> pb.Document:
    born_from = [f"deals/{project.deal_id}"] if project.deal_id else []
    organisations = [f"organisations/{organisation_id}" for organisation_id in project.organisation_ids]
    return pb.Document(
        ref=f"projects/{project.id}",
        kind="project",
        title=project.name,
        text=project.description,
        tags=project.tags,
        subjects=[*organisations, *(f"persons/{person_id}" for person_id in project.person_ids), *born_from],
        owner_user_id=project.responsible_user_id or project.creator_user_id,
        update_time=to_timestamp(project.update_time),
        sequence=project.version,
    )
