"""SMTP as a mail program speaks it: the owner's mails with a blind copy to the dropbox."""

import smtplib
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from types import TracebackType
from typing import Self

import stamina

from kontor_suite.demo.data.texts_mail import ATTACHMENT_NAME, ATTACHMENT_TEXT
from kontor_suite.demo.records import Mail

_PATIENCE_SECONDS = 60.0
_TIMEOUT_SECONDS = 30.0


class SmtpError(Exception):
    """The server refused for good, or nobody answered; `str()` says why in one line."""


@dataclass(frozen=True)
class Sender:
    name: str
    email: str


def message_id(number: int, account_id: str) -> str:
    """The same for the same mail of the same account, so that it can be seen whether it has arrived before."""
    return f"<demo-{number}-{account_id}@muster.example>"


def message(mail: Mail, number: int, *, sender: Sender, account_id: str) -> EmailMessage:
    """The mail as its readers get it: the dropbox is not in it."""
    made = EmailMessage(policy=SMTP)
    made["From"] = _address(sender.name, sender.email)
    made["To"] = [_address(*mailbox) for mailbox in mail.to]
    if mail.cc:
        made["Cc"] = [_address(*mailbox) for mailbox in mail.cc]
    made["Subject"] = mail.subject
    made["Date"] = mail.send_time
    made["Message-ID"] = message_id(number, account_id)
    if mail.continues is not None:
        made["In-Reply-To"] = made["References"] = message_id(mail.continues, account_id)
    made.set_content(mail.text, cte="quoted-printable")
    if mail.attachment:
        made.add_attachment(ATTACHMENT_TEXT, filename=ATTACHMENT_NAME)
        # Chosen here, because a random one would make another mail of it each time.
        made.set_boundary("kontor-demo")
    return made


class Mailer:
    """One connection, opened when it is needed and again when it was lost."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def send(self, mail: EmailMessage, *, sender: str, recipient: str) -> None:
        """Returns when the server has taken it. Raises SmtpError."""
        try:
            for attempt in stamina.retry_context(on=_passes, attempts=None, timeout=_PATIENCE_SECONDS):
                with attempt:
                    self._send(mail, sender, recipient)
        except (smtplib.SMTPException, OSError) as error:
            raise SmtpError(f"SMTP {self._host}:{self._port}: {error}") from error

    def _send(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        try:
            if self._connection is None:
                self._connection = smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_SECONDS)
            self._connection.send_message(mail, sender, [recipient])
        except (smtplib.SMTPException, OSError):
            # In whatever state the conversation is now, a new one begins at the beginning.
            self._close()
            raise

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
        self._connection = None


def not_yet_there(mails: Iterable[Mail], arrived: Collection[str], *, account_id: str) -> Iterator[tuple[int, Mail]]:
    """The mails, with their numbers, whose Message-ID is not among `arrived`, with or without angle brackets."""
    known = {identifier.strip("<>") for identifier in arrived}
    return ((number, mail) for number, mail in enumerate(mails) if message_id(number, account_id).strip("<>") not in known)


def _address(name: str, email: str) -> Address:
    return Address(name, addr_spec=email)


def _passes(error: Exception) -> bool:
    """Whether it may go better in a moment: 4xx (RFC 5321 section 4.2.1), or a connection that was refused or lost."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(400 <= code < 500 for code, _ in error.recipients.values())
        case smtplib.SMTPResponseException():
            return 400 <= error.smtp_code < 500
        case smtplib.SMTPServerDisconnected():
            return True
        case _:
            return isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
