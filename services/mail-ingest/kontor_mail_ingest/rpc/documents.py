"""kontor.type.v1.DocumentSource: filed messages as search sees them. What waits in the tray is not to be found, nor what is filed at
nobody who is there. People who went into another one are named as when it was filed; search knows who stands for them."""

from dataclasses import replace

from kontor.type.v1 import document_pb2 as pb
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.paging import open_page
from kontor_chassis.proto import to_timestamp
from kontor_mail_ingest.store import messages
from kontor_mail_ingest.store.messages import Message

_NOUN = "messages"
_MAX_SIZE = 500
# Of a message's text; 500 messages of this length still fit into one answer. The rest is mostly quoted history.
_SEARCHED = 30_000
# Of all texts on a page.
_CHARACTERS = 4_000_000


def batch_get_documents(request: pb.BatchGetDocumentsRequest, session: ReadSession) -> pb.BatchGetDocumentsResponse:
    refs = (ref.partition("/") for ref in request.refs[:_MAX_SIZE])
    ids = [record_id for noun, _, record_id in refs if noun == _NOUN]
    found = messages.filed_by_ids(session, ids) if ids else []
    return pb.BatchGetDocumentsResponse(documents=[_document(item) for item in found if item.filed_at])


def list_documents(request: pb.ListDocumentsRequest, session: ReadSession) -> pb.ListDocumentsResponse:
    """Filed messages by id; a page ends early where its texts become too much for one answer (AIP-158 lets it)."""
    page = open_page(request, position=(str,), max_size=_MAX_SIZE)
    found = messages.filed_after(session, page.after[0] if page.after else "", page.size + 1)
    total = 0
    for number, message in enumerate(found[: page.size]):
        total += min(len(message.text), _SEARCHED)
        if total > _CHARACTERS and number:
            page = replace(page, size=number)
            break
    kept, next_page_token = page.cut(found, lambda item: (item.id,))
    return pb.ListDocumentsResponse(documents=[_document(item) for item in kept if item.filed_at], next_page_token=next_page_token)


def _document(message: Message) -> pb.Document:
    senders = (message.from_mailbox,) if message.from_mailbox else ()
    mailboxes = (*senders, *message.to_mailboxes, *message.cc_mailboxes)
    return pb.Document(
        ref=f"{_NOUN}/{message.id}",
        kind="email",
        title=message.subject,
        keywords=list(dict.fromkeys(mailbox.name for mailbox in mailboxes if mailbox.name)),
        text=message.text[:_SEARCHED],
        emails=list(dict.fromkeys(mailbox.address for mailbox in mailboxes)),
        subjects=[f"persons/{person_id}" for person_id in message.filed_at],
        owner_user_id=message.depositor_user_id,
        update_time=to_timestamp(message.update_time),
        sequence=message.version,
    )
