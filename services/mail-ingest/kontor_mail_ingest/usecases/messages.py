"""What can be asked about messages. They change by being read (filing.py); people's decisions about the tray follow."""

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.errors import NotFound
from kontor_mail_ingest.store import messages
from kontor_mail_ingest.store.messages import After, Message


def get(session: ReadSession, message_id: str) -> Message:
    """Raises NotFound."""
    message = messages.get(session, message_id)
    if message is None:
        raise NotFound("The message does not exist.")
    return message


def find(session: ReadSession, *, state: str, after: After | None, limit: int) -> list[Message]:
    """Newest first; every state but copies where `state` is empty."""
    return messages.page(session, state=state, after=after, limit=limit)


def raw_key(session: ReadSession, message_id: str) -> str:
    """Where the bytes are, as received. Raises NotFound."""
    key = messages.raw_key(session, message_id)
    if key is None:
        raise NotFound("The message does not exist.")
    return key
