"""One client's conversation. aiosmtpd speaks the protocol; what it leaves out or does otherwise than we need stands here.

- Its DATA takes the mail line by line and refuses long lines. Ours looks for the end only (lines.py), takes lines of any
  length, and does not let a client trickle.
- PIPELINING works and is announced (RFC 2920); AUTH is neither, for nobody logs in here.
- Limits on idle time, errors and repeated commands.
"""

import asyncio
import contextlib
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, AnyStr

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from kontor_chassis.errors import KontorError
from kontor_mail_ingest.settings import MailSettings
from kontor_mail_ingest.smtp.budget import Budget
from kontor_mail_ingest.smtp.decide import RecipientFacts, Refuse, decide_data, decide_mail, decide_recipient
from kontor_mail_ingest.smtp.lines import END, received
from kontor_mail_ingest.store.mail_addresses import Recipient
from kontor_mail_ingest.usecases.deposits import IncomingMail

log = structlog.get_logger()

_NULL_SENDER = "<>"
_FAILED = "451 4.3.0 Something went wrong on our side, try again later"
_NOT_KEPT = "452 4.3.1 The message cannot be stored right now, try again later"
_GOODBYE = "4.3.2 The service is going down, come back later"
# How often a client may say a command; "*" stands for all others (NOOP, VRFY, STARTTLS, EHLO …).
_CALLS = {"*": 100, "MAIL": 10_000, "RCPT": 1_000_000, "DATA": 10_000, "RSET": 10_000}
# `<>`, `<Postmaster>` (RFC 5321 section 4.5.1) or an ordinary address, and the parameters after it;
# aiosmtpd's parser takes ten times as long.
_PATH = re.compile(r"\s*<([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+|(?i:postmaster)|)>(?:\s+(.*))?")
_LONGEST_SENDER = 320
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Door:
    """Whom the server lets in (server.py)."""

    admit: Callable[["MailSession"], bool]
    leave: Callable[["MailSession"], None]
    # What of mails that are on their way may be held, by all whom it lets in.
    budget: Budget


@dataclass(frozen=True)
class Desk:
    """Where sessions ask and hand in; both raise Unavailable."""

    find_recipient: Callable[[str], Awaitable[Recipient | None]]
    # Answers the message's id once it is durable.
    keep: Callable[[IncomingMail], Awaitable[str]]


class MailEnvelope(Envelope):
    def __init__(self) -> None:
        super().__init__()
        # By mail address id: the same address twice is one recipient.
        self.recipients: dict[str, Recipient] = {}


class Hooks:
    """What aiosmtpd asks about."""

    def __init__(self, desk: Desk, knobs: MailSettings) -> None:
        self._desk = desk
        self._knobs = knobs

    async def handle_EHLO(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: MailEnvelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [line for line in responses if not line.startswith(("250-AUTH", "250 HELP"))] + ["250 PIPELINING"]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: MailEnvelope, address: str, options: list[str]
    ) -> str:
        accepted, limit = len(envelope.rcpt_tos), self._knobs.recipients
        # Who is told "too many" may ask again and again; that must not cost a look at the database each time.
        recipient = await self._desk.find_recipient(address) if accepted < limit else None
        decision = decide_recipient(RecipientFacts(recipient=recipient, accepted=accepted, limit=limit))
        if isinstance(decision, Refuse):
            return decision.reply
        envelope.rcpt_tos.append(address)
        envelope.recipients[decision.mail_address_id] = decision
        return "250 2.1.5 Ok"

    async def handle_exception(self, error: Exception) -> str:
        if isinstance(error, KontorError):
            log.warning("smtp_command_failed", error=str(error))
        elif not isinstance(error, OSError | EOFError):
            log.error("smtp_command_failed", exc_info=error)
        return _FAILED


class MailSession(SMTP):
    # How much the reader holds; nothing limits the length of a line of a mail.
    line_length_limit = 32 * 1024
    # RFC 5321 section 4.5.3.1.4 asks for 512 and more for each extension.
    command_size_limit = 1024

    def __init__(self, door: Door, desk: Desk, knobs: MailSettings, *, hostname: str, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            Hooks(desk, knobs),
            data_size_limit=knobs.size_limit,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="ESMTP Kontor",
            tls_context=tls,
            timeout=knobs.idle_seconds,
            command_call_limit=_CALLS,
            loop=loop,
        )
        # aiosmtpd keeps these in one dictionary for all sessions, which grows with every EHLO.
        self.command_size_limits = defaultdict(lambda: self.command_size_limit)
        self._door = door
        self._desk = desk
        self._knobs = knobs
        self._errors = 0
        self._refused = False
        self._finishing = False
        self.client_address = ""
        self.silent_since = loop.time()
        # Whether a mail is on its way; such a client is not sent away.
        self.receives = False
        # Of the budget, for that mail.
        self._taken = 0
        # Done when the connection has ended.
        self.closed: asyncio.Future[None] = loop.create_future()

    # The connection ------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            self.client_address = str((transport.get_extra_info("peername") or ("",))[0])
            if not self._door.admit(self):
                self._refused = True
                self.transport = transport
                self.say_goodbye("4.7.0 Too many connections, come back later")
                return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.closed.done():
            # aiosmtpd calls it itself where a TLS handshake fails, and the transport once more.
            return
        self.closed.set_result(None)
        self._door.leave(self)
        if not self._refused:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return None if self._refused else super().eof_received()

    def finish(self) -> None:
        """Say goodbye, now or after the mail that is on its way."""
        self._finishing = True
        if not self.receives:
            self.say_goodbye(_GOODBYE)

    def cut(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def say_goodbye(self, text: str) -> None:
        """421 and the end of the connection. A client that does not even take its answers is cut off."""
        transport: Any = self.transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size():
            transport.abort()
            return
        transport.write(f"421 {text}\r\n".encode())
        transport.close()

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        # Only what the client does wrong: 452 for too many recipients is the way to have the rest sent later (RFC 5321 section
        # 4.5.3.1.10), and our own troubles are not its fault.
        if status[:1] in ("5", b"5"):
            self._errors += 1
            if self._errors >= self._knobs.errors:
                self.say_goodbye("4.7.0 Too many errors")

    async def _handle_client(self) -> None:
        # A client that is gone is no error of a task.
        with contextlib.suppress(ConnectionError):
            await super()._handle_client()

    def _reset_timeout(self, duration: float | None = None) -> None:
        self.silent_since = self.loop.time()
        super()._reset_timeout(duration)

    def _timeout_cb(self) -> None:
        self.say_goodbye("4.4.2 Too slow, closing the connection")

    def _create_envelope(self) -> MailEnvelope:
        return MailEnvelope()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        if plain := _PATH.fullmatch(arg):
            return plain[1] or _NULL_SENDER, plain[2] or ""
        try:
            return super()._getaddr(arg)
        except Exception:  # CPython's parser stumbles in many ways over what is no address
            return None, None

    # Commands ------------------------------------------------------------------------------------------------------------

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - the name is aiosmtpd's
        if await self.check_helo_needed():
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        envelope = self.envelope
        assert isinstance(envelope, MailEnvelope)
        room = not self._door.budget.exhausted
        decision = decide_data(begun=bool(envelope.mail_from), recipients=len(envelope.recipients), room=room)
        if isinstance(decision, Refuse):
            await self.push(decision.reply)
            return
        self.receives = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            reply = await self._take(envelope)
        finally:
            self.receives = False
            self._give_back()
        self.envelope = self._create_envelope()
        await self.push(reply)
        if self._finishing:
            self.say_goodbye(_GOODBYE)

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802
        await self.push("502 5.5.1 AUTH is not offered")

    async def smtp_VRFY(self, arg: str | None) -> None:  # noqa: N802
        """Neither yes nor no, whatever is asked (RFC 5321 section 7.3)."""
        await self.push("252 2.5.0 Send some mail, I will try my best")

    async def smtp_HELP(self, arg: str | None) -> None:  # noqa: N802
        await self.push("214 2.0.0 RFC 5321")

    async def _take(self, envelope: MailEnvelope) -> str:
        """Receive a mail and have it kept; answers the reply."""
        deadline = self.loop.call_later(self._knobs.data_seconds, self._timeout_cb)
        try:
            data, size = await self._receive()
        finally:
            deadline.cancel()
        decision = decide_mail(size=size, limit=self._knobs.size_limit, room=data is not None)
        if isinstance(decision, Refuse) or data is None:
            return decision.reply if isinstance(decision, Refuse) else _FAILED
        mail = IncomingMail(
            content=received(data),
            sender="" if envelope.mail_from == _NULL_SENDER else _printable(envelope.mail_from or "", _LONGEST_SENDER),
            client_address=self.client_address,
            client_name=_printable(str(self.session.host_name if self.session else ""), _LONGEST_NAME),
            recipients=tuple(envelope.recipients.values()),
        )
        try:
            message_id = await self._desk.keep(mail)
        except Exception as error:  # nothing was acknowledged: whatever it is, the client shall try again
            log.error("mail_not_kept", bytes=size, error=repr(error))
            return _NOT_KEPT
        log.info("mail_kept", message_id=message_id, bytes=size, recipients=len(mail.recipients))
        return f"250 2.0.0 Ok: kept as {message_id}"

    async def _receive(self) -> tuple[bytes | None, int]:
        """The data as `lines.received` wants it, and its size; None where it is too much for the limit or the memory.

        A client has to bring 32 KiB within the idle time, or the end of its mail.
        """
        # The end may follow the command at once (an empty mail): its CRLF is put back before what comes.
        self._reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        chunks: list[bytes] = []
        fits = True
        # Neither that CRLF nor the dot and what follows it belong to the mail.
        size = -len(END)
        while True:
            try:
                chunk = await self._reader.readuntil(END)
                last = True
            except asyncio.LimitOverrunError as overrun:
                chunk = await self._reader.readexactly(overrun.consumed)
                last = False
            self._reset_timeout()
            size += len(chunk)
            fits = fits and size <= self._knobs.size_limit and self._door.budget.take(len(chunk))
            if fits:
                chunks.append(chunk)
                self._taken += len(chunk)
            else:
                # It is heard out, so that the client hears why.
                chunks.clear()
                self._give_back()
            if last:
                return b"".join(chunks).removesuffix(END[2:]) if fits else None, size
            if size > 2 * self._knobs.size_limit:
                # Who was told the limit and goes on like this is not listened to until the end.
                await self.push("552 5.3.4 Message too big")
                raise ConnectionResetError

    def _give_back(self) -> None:
        self._door.budget.give_back(self._taken)
        self._taken = 0


def _printable(text: str, longest: int) -> str:
    """What a client said, as a database takes it."""
    return "".join(char if char.isprintable() else "?" for char in text[:longest])
