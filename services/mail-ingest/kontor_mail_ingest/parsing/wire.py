"""What passes between the service and a reading process: frames over pipes.

A frame is its length (8 bytes, big endian) and the bytes. The service sends mails as received; the process answers with
`Answer`s. Answers are unpickled with the few classes of which they consist, and no others, so that a process that was
taken over by a mail cannot have code run in the service.
"""

import io
import pickle
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from kontor_mail_ingest.domain import messages
from kontor_mail_ingest.domain.messages import ParsedMail, Unreadable

LENGTH = 8


@dataclass(frozen=True)
class Answer:
    """`result` is None in the greeting that a process sends once it is ready."""

    result: ParsedMail | Unreadable | None
    # Where the reader failed, for the log: a type and a place in the code, never content.
    fault: str = ""
    # The process ends after this answer.
    last: bool = False


_CLASSES: dict[tuple[str, str], type] = {
    (cls.__module__, cls.__qualname__): cls
    for cls in (
        Answer,
        datetime,
        timedelta,
        timezone,
        messages.AttachedMessage,
        messages.Attachment,
        messages.Automation,
        messages.IgnoredRecipient,
        messages.Mailbox,
        messages.ParsedMail,
        messages.Problem,
        messages.Unreadable,
        messages.UnreadableReason,
    )
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        try:
            return _CLASSES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of an answer") from None


def frame(content: bytes) -> bytes:
    """The frame's head; the content follows it unchanged."""
    return len(content).to_bytes(LENGTH, "big")


def dump(answer: Answer) -> bytes:
    return pickle.dumps(answer, protocol=5)


def load(content: bytes) -> Answer:
    """Raises ValueError where it is no answer."""
    try:
        answer = _Unpickler(io.BytesIO(content)).load()
    except Exception as error:
        # Broken pickles raise nearly anything.
        raise ValueError("not an answer") from error
    if not isinstance(answer, Answer) or not isinstance(answer.result, ParsedMail | Unreadable | None):
        raise ValueError("not an answer")
    return answer
