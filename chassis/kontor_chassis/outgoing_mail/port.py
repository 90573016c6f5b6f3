"""Mail that we send: plain text to one recipient. Adapters: an SMTP relay, or files below the data folder where none is set.

Whoever sends keeps the mail until it was handed over, tries again what is Unavailable, and gives up what is MailRefused. A mail may be
handed over twice where a process dies in between; its Message-ID tells so.
"""

from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import FailedPrecondition


class MailRefused(FailedPrecondition):
    """It will never be taken: the address is none, or the relay says so for good."""

    default_reason = "MAIL_REFUSED"


@dataclass(frozen=True)
class Mail:
    sender: str
    recipient: str
    subject: str
    text: str
    # Without angle brackets.
    message_id: str
    time: datetime
    # BCP 47.
    language: str


class OutgoingMail(Protocol):
    async def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises MailRefused, and Unavailable where trying again later can help."""
        ...


def message_of(mail: Mail) -> EmailMessage:
    """The mail as it is sent (RFC 5322), marked as a program's, so that programs do not answer it (RFC 3834 section 5).

    Raises MailRefused where a header would hold more than one line, or an address is none.
    """
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = _address(mail.sender)
        message["To"] = _address(mail.recipient)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(mail.time)
        message["Message-ID"] = f"<{mail.message_id}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        # What says something about the content comes after it, or it would be taken away.
        message.set_content(mail.text)
        message["Content-Language"] = mail.language
        message.as_bytes()
    except (ValueError, MessageError) as error:
        raise MailRefused("The mail cannot be written.") from error
    return message


def _address(address: str) -> str:
    normalised = normalise_email(address)
    if normalised is None or not address.isprintable():
        raise MailRefused("The address cannot be written to.")
    # Mail goes to the local part as it was typed; its domain is ASCII wherever it travels.
    return f"{address.strip().rpartition('@')[0]}@{normalised.rpartition('@')[2]}"
