"""The sample company's mails on their way through SMTP, to a server that can be made to refuse (H8)."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import stamina
from aiosmtpd.controller import Controller

from kontor_suite.demo.records import Mail
from kontor_suite.demo.smtp import Mailer, Sender, SmtpError, message, message_id, not_yet_there

SENDER = Sender("Max Müller", "max@muster.example")
DROPBOX = "dropbox@kontor.example"
MAIL = Mail(
    to=(("Elif Öztürk", "elif.oeztuerk@firma.example"),),
    cc=(("", "info@firma.example"),),
    subject="Angebot für Übermorgen",
    text="Sehr geehrte Frau Öztürk,\n\nvielen Dank.\n",
    send_time=datetime(2026, 5, 5, 9, 30, tzinfo=UTC),
    attachment=True,
)


def letter(mail: Mail = MAIL, number: int = 0) -> EmailMessage:
    return message(mail, number, sender=SENDER, account_id="a1")


class Server:
    """Answers DATA with the given answers, then with 250; answers "drop" by closing the connection."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.recipient_answers: list[str] = []
        self.envelopes: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if self.recipient_answers:
            return self.recipient_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 2.0.0 OK"
        if answer == "drop":
            server.transport.abort()
        elif answer.startswith("250"):
            self.envelopes.append(envelope)
        return answer


@pytest.fixture
def server() -> Iterator[tuple[Server, int]]:
    handler = Server()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with stamina.set_testing(True, attempts=3):
            yield handler, port
    finally:
        controller.stop()


def send(port: int, mail: EmailMessage) -> None:
    with Mailer("127.0.0.1", port) as mailer:
        mailer.send(mail, sender=SENDER.email, recipient=DROPBOX)


def test_a_mail_arrives_as_its_readers_have_it(server: tuple[Server, int]) -> None:
    handler, port = server
    send(port, letter())
    (envelope,) = handler.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER.email, [DROPBOX])
    assert DROPBOX.encode() not in envelope.content
    read = message_from_bytes(envelope.content, policy=policy.default)
    assert read["To"].addresses[0].display_name == "Elif Öztürk"
    assert read["Cc"].addresses[0].addr_spec == "info@firma.example"
    assert read["Subject"] == MAIL.subject
    assert read["Date"].datetime == MAIL.send_time
    assert read["Message-ID"] == "<demo-0-a1@muster.example>"
    body, attachment = read.iter_parts()
    assert body.get_content().replace("\r\n", "\n") == MAIL.text
    assert attachment.get_filename() == "Angebot Softwarewartung.txt"


def test_the_same_mail_is_the_same_bytes_each_time() -> None:
    assert letter().as_bytes() == letter().as_bytes()


def test_a_reply_names_the_mail_that_it_continues() -> None:
    reply = letter(Mail(MAIL.to, (), "Re: Angebot", "gut", MAIL.send_time, continues=0), 7)
    assert reply["In-Reply-To"] == reply["References"] == message_id(0, "a1")


@pytest.mark.parametrize("passing", ["451 4.3.0 try later", "421 4.3.2 shutting down", "452 4.3.1 no space", "drop"])
def test_what_passes_is_tried_again(server: tuple[Server, int], passing: str) -> None:
    handler, port = server
    handler.answers = [passing, passing]
    send(port, letter())
    assert len(handler.envelopes) == 1


def test_a_recipient_that_is_refused_for_now_is_tried_again(server: tuple[Server, int]) -> None:
    handler, port = server
    handler.recipient_answers = ["450 4.2.1 busy"]
    send(port, letter())
    assert len(handler.envelopes) == 1


def test_a_refusal_for_good_is_told_with_the_servers_words(server: tuple[Server, int]) -> None:
    handler, port = server
    handler.recipient_answers = ["550 5.1.1 no such mailbox"] * 2
    with pytest.raises(SmtpError, match="no such mailbox"):
        send(port, letter())
    assert len(handler.recipient_answers) == 1
    handler.recipient_answers, handler.answers = [], ["554 5.7.1 not wanted"] * 2
    with pytest.raises(SmtpError, match="not wanted"):
        send(port, letter())
    assert len(handler.answers) == 1


def test_a_server_that_is_not_there_is_told_by_its_address(server: tuple[Server, int]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with pytest.raises(SmtpError, match=f"127.0.0.1:{port}"):
        send(port, letter())


def test_what_has_arrived_is_not_sent_again() -> None:
    mails = [MAIL, MAIL, MAIL]
    arrived = ["demo-0-a1@muster.example", "<demo-2-a1@muster.example>", "demo-1-other@muster.example", ""]
    assert [number for number, _ in not_yet_there(mails, arrived, account_id="a1")] == [1]
