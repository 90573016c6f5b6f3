"""What a mail says, once it has been read: plain values, no bytes to interpret any more.

All text is free of NUL, other control characters and lone surrogates, so that databases, JSON and protobuf take it. It is
otherwise as the sender wrote it (not brought to NFC: a quotation, and file names must match what the sender meant).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class UnreadableReason(StrEnum):
    """Why a mail could not be read. Its bytes are kept all the same."""

    # Multiparts inside one another, more than 50 deep.
    TOO_DEEP = "too_deep"
    # More than 1,000 parts.
    TOO_MANY_PARTS = "too_many_parts"
    # One block of header fields above 256 KiB.
    HEADERS_TOO_LONG = "headers_too_long"
    # More than 500 addresses in one field.
    TOO_MANY_ADDRESSES = "too_many_addresses"
    # Reading took longer than allowed.
    TIMEOUT = "timeout"
    # Reading needed more memory than allowed.
    MEMORY = "memory"
    # The reading process died.
    CRASHED = "crashed"
    # The reader itself failed: a fault to be mended, found in the log.
    FAILED = "failed"


@dataclass(frozen=True)
class Unreadable:
    """A mail that is kept whole and shown as such."""

    reason: UnreadableReason


@dataclass(frozen=True)
class Mailbox:
    """A name (maybe empty) and an address `local@domain` as written; compare by `addresses.normalise_address`."""

    name: str
    address: str


@dataclass(frozen=True)
class IgnoredRecipient:
    """Text of an address field that holds no address: `Undisclosed recipients`, `MAILER-DAEMON`."""

    # Field name in lower case: `to`.
    header: str
    text: str


@dataclass(frozen=True)
class Problem:
    """Something strange, and how it was read. `code` is for programs, `detail` for the curious."""

    code: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class MailHeaders:
    """The header fields of a mail, or of a mail attached to it."""

    # RFC 5322 allows several; nearly always one, none where the field is missing or holds no address.
    from_mailboxes: tuple[Mailbox, ...] = ()
    to_mailboxes: tuple[Mailbox, ...] = ()
    cc_mailboxes: tuple[Mailbox, ...] = ()
    reply_to_mailboxes: tuple[Mailbox, ...] = ()
    ignored_recipients: tuple[IgnoredRecipient, ...] = ()
    # White space collapsed; empty where missing.
    subject: str = ""
    # Ids are without their angle brackets.
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    # In UTC; None where the Date field is missing or cannot be used: the time of receipt stands in for it.
    send_time: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A part that is not the shown text, decoded.

    `filename` is what the sender wrote, be it `../../etc/passwd`: for showing, never a path or a storage key. Use
    `download_name` where a program may take it for a path.
    """

    filename: str | None
    # `type/subtype` as declared, lower case. Declared by the sender: not to be believed when serving.
    media_type: str
    content: bytes = field(repr=False)
    # Without angle brackets.
    content_id: str | None = None
    # Shown inside the HTML by `cid:`; lists of files may leave it out.
    inline: bool = False

    @property
    def size(self) -> int:
        """Bytes after transfer decoding."""
        return len(self.content)

    @property
    def download_name(self) -> str:
        """The name without folders (RFC 2183 section 2.3), `attachment` where there is none."""
        name = (self.filename or "").replace("\\", "/").rpartition("/")[2].lstrip(". ")
        return name or "attachment"


@dataclass(frozen=True, kw_only=True)
class AttachedMessage(MailHeaders):
    """A message/rfc822 part: its own header fields, and its bytes, which can be kept as `.eml`. Its parts are not opened."""

    filename: str | None
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Automation:
    """Signs that a machine sent the mail (RFC 3834, RFC 3464, RFC 2919). Nothing of the sort is ever answered."""

    # Keyword of Auto-Submitted (RFC 3834 §5): `auto-replied`, `auto-generated`, …; empty where absent or `no`.
    auto_submitted: str = ""
    # An absence note or other automatic answer, also where only older signs say so.
    auto_reply: bool = False
    # multipart/report: delivery status, read receipt, abuse report.
    report: bool = False
    # A mail of somebody's could not be delivered.
    bounce: bool = False
    # The Return-Path is `<>`: whoever sent it wants no answer (RFC 5321 section 4.5.5).
    null_sender: bool = False
    # Came through a mailing list.
    mailing_list: bool = False
    # Sent in bulk: Precedence, List-Unsubscribe.
    bulk: bool = False
    # How many servers it has passed (Received fields); dozens mean a loop.
    hops: int = 0

    @property
    def answerable(self) -> bool:
        """Whether an automatic answer would be proper at all (RFC 3834 §2)."""
        by_machine = self.auto_submitted or self.auto_reply or self.report or self.bounce or self.null_sender
        return not (by_machine or self.mailing_list or self.bulk)


@dataclass(frozen=True, kw_only=True)
class ParsedMail(MailHeaders):
    """A mail, read."""

    # What a person reads: text/plain where there is some, else the HTML as text. Quoted history is still in it.
    text: str = ""
    # Sanitised: no scripts, no styles, nothing that is loaded from elsewhere; images only by `cid:` and `data:`.
    # None where the mail has no HTML.
    html: str | None = field(default=None, repr=False)
    attachments: tuple[Attachment, ...] = ()
    attached_messages: tuple[AttachedMessage, ...] = ()
    # Parts of type message/… that are no mails but written for programs: delivery status, feedback report, external body.
    machine_parts: tuple[Attachment, ...] = ()
    automation: Automation = Automation()
    problems: tuple[Problem, ...] = ()
