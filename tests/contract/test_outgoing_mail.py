"""The port of outgoing mail: an SMTP relay (a real server) and files pass the same suite."""

import asyncio
import email.policy
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from kontor_chassis.errors import Unavailable
from kontor_chassis.outgoing_mail.files import FileMail
from kontor_chassis.outgoing_mail.port import Mail, MailRefused, OutgoingMail
from kontor_chassis.outgoing_mail.smtp import Relay, SmtpMail, relay_of
from tests.suite_processes import choose_ports

MAIL = Mail(
    sender="no-reply@kontor.example",
    recipient="ali@example.org",
    subject="Bitte bestätigen: Öztürk & Söhne",
    text="Guten Tag,\n\n.\n..zwei Punkte\nhttps://kontor.example/" + "x" * 1200 + "\nFrom here\n",
    message_id="0193-1@kontor.example",
    time=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    language="de",
)


@dataclass
class Inbox:
    """A server that answers RCPT and DATA as it is told."""

    received: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    rcpt_answer: str = ""
    data_answer: str = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.rcpt_answer:
            return self.rcpt_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data_answer.startswith("250"):
            self.received.append(envelope.content)
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return self.data_answer


@dataclass
class Wire:
    mail: OutgoingMail
    received: Callable[[], list[bytes]]


class _Controller(Controller):
    """Its server may know SMTPUTF8 or not."""

    def factory(self) -> SMTP:
        return SMTP(self.handler, **self.SMTP_kwargs)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def relay(inbox: Inbox) -> Any:
    controller = _Controller(inbox, hostname="127.0.0.1", port=choose_ports(1)[0], enable_SMTPUTF8=True, decode_data=False)
    controller.start()
    yield Relay("127.0.0.1", controller.port, tls=False)
    controller.stop()


@pytest.fixture(params=["smtp", "files"])
async def wire(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Wire]:
    if request.param == "smtp":
        yield Wire(SmtpMail(request.getfixturevalue("relay")), lambda: request.getfixturevalue("inbox").received)
        return
    yield Wire(FileMail(tmp_path / "mail"), lambda: [path.read_bytes() for path in sorted((tmp_path / "mail").glob("*.eml"))])


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


async def test_a_mail_arrives_as_it_was_written_marked_as_a_programs(wire: Wire) -> None:
    await wire.mail.send(MAIL)
    (content,) = wire.received()
    message = parsed(content)
    assert message["From"] == "no-reply@kontor.example"
    assert message["To"] == "ali@example.org"
    assert message["Subject"] == MAIL.subject
    assert message["Date"] == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert message["Message-ID"] == "<0193-1@kontor.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "de"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == MAIL.text


async def test_no_line_is_longer_than_mail_allows(wire: Wire) -> None:
    """RFC 5322 section 2.1.1."""
    await wire.mail.send(MAIL)
    assert max(len(line) for line in wire.received()[0].split(b"\r\n")) <= 998


async def test_several_mails_arrive_each(wire: Wire) -> None:
    mails = [replace(MAIL, message_id=f"{number}@kontor.example") for number in range(5)]
    await asyncio.gather(*(wire.mail.send(mail) for mail in mails))
    assert {str(parsed(content)["Message-ID"]) for content in wire.received()} == {f"<{mail.message_id}>" for mail in mails}


async def test_a_foreign_domain_travels_in_ascii(wire: Wire) -> None:
    await wire.mail.send(replace(MAIL, recipient="Ali@Öztürk.example"))
    assert parsed(wire.received()[0])["To"] == "Ali@xn--ztrk-4qa2b.example"


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "Hallo\r\nBcc: all@example.org"},
        {"subject": "Hallo\nX: y"},
        {"message_id": "a@b>\r\nBcc: all@example.org"},
        {"language": "de\r\nX: y"},
        {"recipient": "a@example.org\r\nBcc: b@example.org"},
        {"recipient": "a@example.org, b@example.org"},
        {"recipient": "nobody"},
        {"recipient": ""},
        {"sender": "a@example.org\nX: y"},
    ],
)
async def test_no_header_can_be_smuggled_in(wire: Wire, changed: dict[str, str]) -> None:
    with pytest.raises(MailRefused):
        await wire.mail.send(replace(MAIL, **changed))  # type: ignore[arg-type]
    assert wire.received() == []


async def test_what_passes_can_be_tried_again(tmp_path: Path) -> None:
    (port,) = choose_ports(1)
    with pytest.raises(Unavailable):
        await SmtpMail(Relay("127.0.0.1", port, tls=False)).send(MAIL)
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with pytest.raises(Unavailable):
        await FileMail(blocked / "mail").send(MAIL)


@pytest.mark.parametrize("stage", ["rcpt_answer", "data_answer"])
@pytest.mark.parametrize(("answer", "error"), [("451 later", Unavailable), ("550 no such user", MailRefused), ("421 bye", Unavailable)])
async def test_a_relay_refuses_for_now_or_for_good(relay: Relay, inbox: Inbox, stage: str, answer: str, error: type[Exception]) -> None:
    setattr(inbox, stage, answer)
    with pytest.raises(error):
        await SmtpMail(relay).send(MAIL)
    assert inbox.received == []


async def test_the_envelope_names_one_recipient(relay: Relay, inbox: Inbox) -> None:
    await SmtpMail(relay).send(MAIL)
    assert inbox.envelopes == [("no-reply@kontor.example", ["ali@example.org"])]


async def test_letters_beyond_ascii_before_the_at_sign_are_sent_where_the_relay_knows_them(relay: Relay, inbox: Inbox) -> None:
    await SmtpMail(relay).send(replace(MAIL, recipient="öztürk@example.org"))
    assert inbox.envelopes == [("no-reply@kontor.example", ["öztürk@example.org"])]


async def test_a_relay_that_cannot_write_an_address_is_not_asked_again() -> None:
    plain = Inbox()
    controller = _Controller(plain, hostname="127.0.0.1", port=choose_ports(1)[0], enable_SMTPUTF8=False)
    controller.start()
    try:
        with pytest.raises(MailRefused):
            await SmtpMail(Relay("127.0.0.1", controller.port, tls=False)).send(replace(MAIL, recipient="öztürk@example.org"))
    finally:
        controller.stop()
    assert plain.received == []


async def test_a_password_is_never_said_in_the_clear(inbox: Inbox) -> None:
    said: list[object] = []

    def authenticate(*arguments: object) -> AuthResult:
        said.append(arguments)
        return AuthResult(success=True)

    options = {"authenticator": authenticate, "auth_require_tls": False}
    controller = _Controller(inbox, hostname="127.0.0.1", port=choose_ports(1)[0], **options)
    controller.start()
    try:
        with pytest.raises(Unavailable):
            await SmtpMail(Relay("127.0.0.1", controller.port, tls=False, user="kontor", password="secret")).send(MAIL)
    finally:
        controller.stop()
    assert said == []
    assert inbox.received == []


async def test_a_file_is_there_as_a_whole_and_stays_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    await FileMail(folder).send(replace(MAIL, message_id="../../escape@kontor.example"))
    assert sorted(os.listdir(folder)) == [".._.._escape@kontor.example.eml"]  # noqa: PTH208
    assert os.listdir(tmp_path) == ["mail"]  # noqa: PTH208


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example", Relay("mail.example", 25, tls=False)),
        ("smtp://u%40x:p%3Aw@mail.example:587", Relay("mail.example", 587, tls=False, user="u@x", password="p:w")),
        ("smtps://mail.example", Relay("mail.example", 465, tls=True)),
    ],
)
def test_an_address_says_which_relay(url: str, relay: Relay) -> None:
    assert relay_of(url) == relay


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp:///path"])
def test_other_addresses_are_none_of_a_relay(url: str) -> None:
    with pytest.raises(ValueError, match="smtp:"):
        relay_of(url)
