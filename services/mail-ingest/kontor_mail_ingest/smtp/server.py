"""The SMTP server: listens, admits clients, and lets them go when the process stops."""

import asyncio
import logging
import os
import ssl
from collections.abc import Iterable

import structlog

from kontor_mail_ingest.settings import MailSettings
from kontor_mail_ingest.smtp.budget import Budget
from kontor_mail_ingest.smtp.session import Desk, Door, MailSession

log = structlog.get_logger()


class MailServer:
    """Runs in the event loop of the process, from `start` to `stop`."""

    def __init__(self, desk: Desk, knobs: MailSettings, *, hostname: str) -> None:
        """Raises OSError (ssl.SSLError among it) where the certificate cannot be used."""
        self._desk = desk
        self._knobs = knobs
        self._hostname = hostname
        self.budget = Budget(knobs.memory)
        self._tls = _tls_context(knobs)
        # In the order in which they came: uvloop's clock ticks in milliseconds, so many have been silent equally long.
        self._sessions: dict[MailSession, None] = {}
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it really listens on."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def listening(self) -> bool:
        return self._server is not None and self._server.is_serving()

    async def start(self, host: str, port: int) -> None:
        """Raises OSError where the port is taken."""
        # It warns of every unknown command, and tells who mails whom.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        try:
            self._server = await asyncio.get_running_loop().create_server(self._make_session, host, port, backlog=512)
        except OSError as error:
            raise OSError(f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)} (KONTOR_SMTP_PORT)") from error
        log.info("smtp_listens", host=host, port=self.port, starttls=self._tls is not None)

    async def stop(self, seconds: float) -> None:
        """Let nobody in any more, answer 421 to everybody, but first finish mails that are being received (RFC 5321
        section 3.8). After so many seconds connections are cut; their clients have no answer and send again."""
        if self._server is None:
            return
        self._server.close()
        sessions = list(self._sessions)
        for session in sessions:
            session.finish()
        if sessions:
            await asyncio.wait([session.closed for session in sessions], timeout=seconds)
        for session in list(self._sessions):
            session.cut()

    def _admit(self, session: MailSession) -> bool:
        """Whether there is a place for the client. Where there is none, the one who has been silent longest has to go;
        clients that are sending a mail stay."""
        neighbours = [other for other in self._sessions if other.client_address == session.client_address]
        for crowd, limit in ((neighbours, self._knobs.connections_per_address), (self._sessions, self._knobs.connections)):
            if len(crowd) >= limit and not self._make_room(crowd):
                return False
        self._sessions[session] = None
        return True

    def _leave(self, session: MailSession) -> None:
        self._sessions.pop(session, None)

    def _make_room(self, crowd: Iterable[MailSession]) -> bool:
        idle = [session for session in crowd if not session.receives]
        if not idle:
            return False
        longest = min(idle, key=lambda session: session.silent_since)
        self._leave(longest)
        longest.say_goodbye("4.7.0 Too many connections, come back later")
        return True

    def _make_session(self) -> MailSession:
        return MailSession(Door(self._admit, self._leave, self.budget), self._desk, self._knobs, hostname=self._hostname, tls=self._tls)


def _tls_context(knobs: MailSettings) -> ssl.SSLContext | None:
    if not knobs.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(knobs.tls_cert, knobs.tls_key or None)
    return context
