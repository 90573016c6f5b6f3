"""kontor.mail.v1.MessageService."""

import asyncio

from kontor.mail.v1 import messages_pb2 as pb
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.paging import open_time_page, time_position
from kontor_chassis.proto import Words, to_timestamp
from kontor_chassis.rpc.dispatch import Call
from kontor_mail_ingest.domain.messages import Mailbox
from kontor_mail_ingest.store.messages import Message
from kontor_mail_ingest.usecases import messages

_STATES = Words(pb.MessageState)
_TRAY_REASONS = Words(pb.TrayReason)
# Of mailboxes and attachments in a list, so that a page of hostile mails fits into an answer.
_MOST_IN_LISTS = 20


def get_message(request: pb.GetMessageRequest, session: ReadSession) -> pb.Message:
    return _message_to(messages.get(session, request.id))


def list_messages(request: pb.ListMessagesRequest, session: ReadSession) -> pb.ListMessagesResponse:
    page, after = open_time_page(request)
    state = _STATES.word(request.state, field="state")
    found = messages.find(session, state=state, after=after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: time_position(item.receive_time, item.id))
    return pb.ListMessagesResponse(messages=[_message_to(item, most=_MOST_IN_LISTS) for item in kept], next_page_token=next_page_token)


async def get_raw_message(request: pb.GetRawMessageRequest, call: Call) -> pb.RawMessage:
    def find_key() -> str:
        with call.context.sessions.read(call.principal) as session:
            return messages.raw_key(session, request.id)

    key = await call.context.database.read(find_key)
    return pb.RawMessage(content=await asyncio.to_thread(call.context.blobs.get, key))


def _message_to(message: Message, *, most: int | None = None) -> pb.Message:
    return pb.Message(
        id=message.id,
        state=_STATES.number(message.state),
        tray_reason=_TRAY_REASONS.number(message.tray_reason),
        original_id=message.original_id,
        depositor_user_id=message.depositor_user_id,
        depositor_user_ids=message.depositor_user_ids,
        from_mailbox=_mailbox_to(message.from_mailbox) if message.from_mailbox else None,
        to_mailboxes=[_mailbox_to(item) for item in message.to_mailboxes[:most]],
        cc_mailboxes=[_mailbox_to(item) for item in message.cc_mailboxes[:most]],
        subject=message.subject,
        message_id=message.message_id,
        send_time=to_timestamp(message.send_time),
        receive_time=to_timestamp(message.receive_time),
        text=message.text,
        attachments=[
            pb.Attachment(filename=item.filename, media_type=item.media_type, size=item.size) for item in message.attachments[:most]
        ],
        filings=[pb.Filing(subject=f"persons/{item.person_id}", reason=item.reason, address=item.address) for item in message.filings],
        size=message.size,
    )


def _mailbox_to(mailbox: Mailbox) -> pb.Mailbox:
    return pb.Mailbox(name=mailbox.name, address=mailbox.address)
