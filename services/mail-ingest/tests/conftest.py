"""A running mail-ingest per test, with its SMTP server on a port of its own, and a client that says exactly what it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import users_pb2 as users
from kontor.mail.v1 import mail_addresses_pb2 as addresses
from kontor.mail.v1 import messages_pb2 as messages
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness, harness
from kontor_mail_ingest.service import SERVICE, Parts


@dataclass
class Client:
    """A bare SMTP client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: str = ""

    async def reply(self) -> str:
        """One reply, all its lines; empty where the server has closed the connection."""
        lines = []
        while line := (await self.reader.readline()).decode():
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    async def say(self, line: str | bytes) -> str:
        await self.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.reply()

    async def write(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def begin(self, *recipients: str, sender: str = "b.berger@firma.example") -> None:
        """Up to the 354 of a mail to these addresses."""
        assert (await self.say("EHLO client.example")).startswith("250")
        assert (await self.say(f"MAIL FROM:<{sender}>")).startswith("250")
        for recipient in recipients:
            assert (await self.say(f"RCPT TO:<{recipient}>")).startswith("250")
        assert (await self.say("DATA")).startswith("354")

    async def send(self, content: bytes, *recipients: str) -> str:
        """Send a mail as it stands (it has no line that begins with a dot); answers the last reply."""
        await self.begin(*recipients)
        await self.write(content + b".\r\n")
        return await self.reply()

    async def closed(self) -> bool:
        """Whether the server ends the connection; waits for it."""
        try:
            return await self.reader.read() is not None
        except ConnectionError:
            return True

    def close(self) -> None:
        self.writer.transport.abort()


@dataclass
class Mailroom:
    """The service and everything that a test does with it."""

    harness: Harness
    clients: list[Client] = field(default_factory=list)

    @property
    def parts(self) -> Parts:
        parts: Parts = self.harness.running.context.parts
        return parts

    @property
    def port(self) -> int:
        return self.parts.smtp.port

    async def call(self, request: Any, *, user: Principal | None = None) -> Any:
        return await self.harness.call(request, user=user)

    def colleague(self, **fields: Any) -> Principal:
        return replace(self.harness.user, user_id=new_id(), **fields)

    async def dropbox(self, user: Principal | None = None) -> str:
        found = await self.call(addresses.ListMailAddressesRequest(), user=user)
        address: str = found.mail_addresses[0].address
        return address

    async def connect(self, *, source: str = "127.0.0.1") -> Client:
        """A connection whose greeting has been read."""
        client = await self.dial(source=source)
        client.greeting = await client.reply()
        return client

    async def dial(self, *, source: str = "127.0.0.1") -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        client = Client(reader, writer)
        self.clients.append(client)
        return client

    async def deposit(self, content: bytes, *recipients: str) -> str:
        """Send a mail over a connection of its own; answers the reply."""
        client = await self.connect()
        answer = await client.send(content, *(recipients or [await self.dropbox()]))
        client.close()
        return answer

    async def settled(self) -> None:
        await self.parts.backlog.settled()
        await self.parts.learning.settled()
        await self.parts.restating.settled()

    async def person(self, *emails: str, account_id: str = "", person_id: str = "", sequence: int = 1) -> str:
        """Let contacts tell of a person; answers the id."""
        person_id = person_id or new_id()
        facts = contacts.PersonFacts(id=person_id, display_name="Anna Öztürk", email_addresses=emails)
        event = contacts.PersonCreated(person=facts) if sequence == 1 else contacts.PersonUpdated(person=facts)
        await self.harness.deliver(event, subject=f"persons/{person_id}", sequence=sequence, account_id=account_id)
        return person_id

    async def user(
        self, user_id: str, email: str, *, active: bool = True, role: str = "MEMBER", sequence: int = 1, account_id: str = ""
    ) -> None:
        """Let identity tell of a user."""
        facts = users.User(id=user_id, email=email, active=active, role=users.Role.Value(f"ROLE_{role}"))
        event = identity.UserCreated(user=facts) if sequence == 1 else identity.UserUpdated(user=facts)
        await self.harness.deliver(event, subject=f"users/{user_id}", sequence=sequence, account_id=account_id)

    def refuse(self, event: str, *, when: str = "NEW.size >= 0") -> None:
        """Let the database refuse to INSERT or UPDATE such messages, as a full or broken one does."""
        database = self.harness.running.context.database
        trigger = f"CREATE TRIGGER refusal BEFORE {event} ON messages FOR EACH ROW WHEN ({when})"
        with database.writing("*") as connection:
            if database.dialect == "sqlite":
                connection.exec_driver_sql(f"{trigger} BEGIN SELECT RAISE(ABORT, 'refused'); END")
            else:
                body = "BEGIN RAISE EXCEPTION 'refused'; END"
                connection.exec_driver_sql(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
                connection.exec_driver_sql(f"{trigger} EXECUTE FUNCTION refuse()")

    def refuse_no_more(self) -> None:
        database = self.harness.running.context.database
        with database.writing("*") as connection:
            connection.exec_driver_sql("DROP TRIGGER refusal" + (" ON messages" if database.dialect == "postgresql" else ""))

    async def messages(self, user: Principal | None = None, **fields: Any) -> list[messages.Message]:
        found = await self.call(messages.ListMessagesRequest(**fields), user=user)
        return list(found.messages)

    async def raw(self, message_id: str, user: Principal | None = None) -> bytes:
        content: bytes = (await self.call(messages.GetRawMessageRequest(id=message_id), user=user)).content
        return content


@asynccontextmanager
async def mailroom(folder: Path, **settings: Any) -> AsyncIterator[Mailroom]:
    async with harness(SERVICE, folder, settings=settings) as running:
        room = Mailroom(running)
        try:
            yield room
        finally:
            for client in room.clients:
                client.close()


@pytest.fixture
def database() -> str:
    """The kind of database; modules whose tests are about what is stored try `postgresql` too."""
    return "sqlite"


@pytest.fixture
def settings(request: pytest.FixtureRequest, database: str) -> dict[str, Any]:
    return (
        {"database_url": request.getfixturevalue("postgres").create_migrated("mail_ingest", "kontor_mail_ingest.migrations")}
        if database == "postgresql"
        else {}
    )


@pytest.fixture
async def mail(tmp_path: Path, settings: dict[str, Any]) -> AsyncIterator[Mailroom]:
    async with mailroom(tmp_path, **settings) as room:
        yield room


@pytest.fixture
def open_mailroom(tmp_path: Path, settings: dict[str, Any]) -> Callable[..., Any]:
    """To open, close and open again on the same data."""

    def open_it(**further: Any) -> Any:
        return mailroom(tmp_path, **settings, **further)

    return open_it


@pytest.fixture
def letter() -> Callable[..., bytes]:
    """A mail to Anna, changed as wanted."""

    def write(body: str = "Guten Tag", **fields: str) -> bytes:
        headers = {
            "From": "Bernd Berger <b.berger@firma.example>",
            "To": "Anna =?utf-8?q?=C3=96zt=C3=BCrk?= <anna@kunde.example>",
            "Subject": "Angebot",
            "Date": "Mon, 02 Mar 2026 09:00:00 +0100",
            "Message-ID": f"<{new_id()}@firma.example>",
            "Content-Type": "text/plain; charset=utf-8",
            **{name.replace("_", "-"): value for name, value in fields.items()},
        }
        lines = [f"{name}: {value}" for name, value in headers.items() if value] + ["", *body.split("\n"), ""]
        return "\r\n".join(lines).encode()

    return write
