"""The baseline: what the databases and HTTP cost without Kontor around them. `python -m tests.bench.bare`, its Setting as JSON
as the argument.

One process, Starlette on uvicorn as in the suite, the services' own SQL through the plain driver, one hop to a worker thread per
request. No principal, no gRPC, no contract, no validation, no events, no audit, no idempotency keys; commits are as durable.
"""

import asyncio
import json
import queue
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import orjson
import psycopg
import uvicorn
from psycopg.rows import dict_row
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kontor_chassis.db.types import micros
from kontor_chassis.ids import new_id
from kontor_chassis.text import fold
from kontor_contacts.domain.tag_bits import tag_bits
from tests.bench.bare_statements import Statement, Statements

_THREADS = 8
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Setting:
    port: int
    account_id: str
    # A file, or the address of a PostgreSQL database.
    contacts: str
    tasks: str


class Connection(Protocol):
    def execute(self, sql: str, values: Mapping[str, Any], /) -> Any: ...


class Store:
    """One database: connections for threads, and one write transaction at a time where it is a file."""

    def __init__(self, address: str) -> None:
        self.dialect = "postgresql" if "://" in address else "sqlite"
        self._address = address
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._turn = threading.Lock() if self.dialect == "sqlite" else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        yield connection
        self._idle.put(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self.reading() as connection:
            if self._turn is None:
                with connection.transaction():  # type: ignore[attr-defined]
                    yield connection
                return
            with self._turn:
                connection.execute("BEGIN IMMEDIATE", {})
                yield connection
                connection.execute("COMMIT", {})

    def _connect(self) -> Any:
        if self.dialect == "postgresql":
            return psycopg.connect(self._address, autocommit=True, row_factory=dict_row)
        connection = sqlite3.connect(self._address, isolation_level=None, check_same_thread=False)
        connection.row_factory = lambda cursor, row: dict(zip((column[0] for column in cursor.description), row, strict=True))
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        return connection


class Bare:
    def __init__(self, setting: Setting) -> None:
        self._account_id = setting.account_id
        self._contacts, self._tasks = Store(setting.contacts), Store(setting.tasks)
        self._statements = Statements(self._contacts.dialect, setting.account_id)
        self._readers = ThreadPoolExecutor(_THREADS)
        self._writers = ThreadPoolExecutor(1 if self._contacts.dialect == "sqlite" else _THREADS)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/readyz", self._ready),
                Route("/v1/persons/{id}", self._get),
                Route("/v1/persons/{id}", self._patch, methods=["PATCH"]),
                Route("/v1/persons", self._list),
                Route("/v1/persons", self._post, methods=["POST"]),
                Route("/v1/notes", self._note, methods=["POST"]),
                Route("/v1/timeline", self._timeline),
            ]
        )

    async def _ready(self, request: Request) -> Response:
        return Response(b"{}")

    async def _get(self, request: Request) -> Response:
        return await self._run(self._readers, self._person, request.path_params["id"])

    async def _list(self, request: Request) -> Response:
        return await self._run(self._readers, self._persons, request.query_params.getlist("tag"))

    async def _patch(self, request: Request) -> Response:
        return await self._run(self._writers, self._update, request.path_params["id"], await request.body())

    async def _post(self, request: Request) -> Response:
        return await self._run(self._writers, self._create, await request.body())

    async def _note(self, request: Request) -> Response:
        return await self._run(self._writers, self._add_note, await request.body())

    async def _timeline(self, request: Request) -> Response:
        return await self._run(self._readers, self._page, request.query_params["subject"], request.query_params.get("page_token", ""))

    async def _run(self, executor: ThreadPoolExecutor, work: Callable[..., bytes], *values: Any) -> Response:
        content = await asyncio.get_running_loop().run_in_executor(executor, partial(work, *values))
        return Response(content, media_type="application/json")

    def _person(self, person_id: str) -> bytes:
        with self._contacts.reading() as connection:
            return orjson.dumps(_shown(self._ask(connection, self._statements.person, person_id=person_id)[0]))

    def _persons(self, tags: Sequence[str]) -> bytes:
        first, second = (tag.casefold() for tag in tags)
        with self._contacts.reading() as connection:
            found = self._ask(connection, self._statements.tag_ids, first=first, second=second)
            rarest, other = sorted(found, key=lambda row: row["carried"])
            bits = tag_bits([rarest["id"], other["id"]])
            rows = self._ask(connection, self._statements.persons, first=rarest["id"], second=other["id"], bits=bits)
        return orjson.dumps({"persons": [_shown(row) for row in rows[:50]]})

    def _update(self, person_id: str, body: bytes) -> bytes:
        values = {"account_id": self._account_id, "id": person_id, "background": orjson.loads(body)["background"], "update_time": _now()}
        with self._contacts.writing() as connection:
            connection.execute(self._statements.update_person, values)
            return orjson.dumps(_shown(self._ask(connection, self._statements.person, person_id=person_id)[0]))

    def _create(self, body: bytes) -> bytes:
        sent = orjson.loads(body)
        first_name, last_name, moment, person_id = sent["first_name"], sent["last_name"], _now(), new_id()
        key = fold(f"{last_name} {first_name}")
        person = {
            "account_id": self._account_id,
            "id": person_id,
            "version": 1,
            "salutation": "",
            "title": "",
            "first_name": first_name,
            "last_name": last_name,
            "gender": "",
            "first_name_key": fold(first_name),
            "last_name_key": fold(last_name),
            "sort_key": key,
            "given_key": fold(f"{first_name} {last_name}"),
            "background": "",
            "language": "",
            "assistants": "[]",
            "vip": False,
            "key_accounter_user_id": "",
            "responsible_user_id": "",
            "create_time": moment,
            "update_time": moment,
            "creator_user_id": "",
            "visible_to": None,
        }
        empty = {"place": 0, "kind": "work", "is_primary": True, "lookup": "", "postcode": "", "city": "", "region": "", "country": ""}
        common = {"account_id": self._account_id, "record_id": person_id, "noun": "persons"}
        with self._contacts.writing() as connection:
            first, second = (tag.casefold() for tag in sent["tags"])
            tag_ids = [row["id"] for row in self._ask(connection, self._statements.tag_ids, first=first, second=second)]
            bits = tag_bits(tag_ids)
            connection.execute(self._statements.insert_person, person | {"tag_bits": bits})
            for medium, value in (("email", sent["emails"][0]["address"]), ("phone", sent["phones"][0]["number"])):
                connection.execute(self._statements.insert_point, empty | common | {"medium": medium, "value": value, "lookup": value})
            for tag_id in tag_ids:
                connection.execute(self._statements.insert_tagging, {**common, "tag_id": tag_id, "sort_key": key, "tag_bits": bits})
        return orjson.dumps(person | sent)

    def _add_note(self, body: bytes) -> bytes:
        sent = orjson.loads(body)
        entry_id, moment = new_id(), _now()
        entry = {
            "account_id": self._account_id,
            "id": entry_id,
            "kind": "note",
            "ref": f"notes/{entry_id}",
            "title": "",
            "text": sent["text"],
            "occur_time": moment,
            "author_user_id": "",
            "facts": "{}",
            "version": 1,
            "create_time": moment,
            "update_time": moment,
        }
        link = {
            "account_id": self._account_id,
            "entry_id": entry_id,
            "subject": sent["subject"],
            "occur_time": moment,
            "kind": "note",
            "via": "",
        }
        with self._tasks.writing() as connection:
            connection.execute(self._statements.insert_entry, entry)
            connection.execute(self._statements.insert_link, link)
        return orjson.dumps(entry)

    def _page(self, subject: str, token: str) -> bytes:
        with self._tasks.reading() as connection:
            if token:
                moment, _, entry_id = token.partition(".")
                rows = self._ask(connection, self._statements.timeline_after, subject=subject, moment=int(moment), entry_id=entry_id)
            else:
                rows = self._ask(connection, self._statements.timeline, subject=subject)
        following = f"{rows[49]['occur_time']}.{rows[49]['id']}" if len(rows) > 50 else ""
        return orjson.dumps({"entries": [_shown(row) for row in rows[:50]], "next_page_token": following})

    def _ask(self, connection: Connection, statement: Statement, **given: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = connection.execute(statement.sql, statement.values(**given)).fetchall()
        return found


_JSON_COLUMNS = ("points", "tags", "positions", "subjects", "facts")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The row as JSON; what the database has aggregated is JSON already."""
    for name in _JSON_COLUMNS:
        if name in row:
            row[name] = orjson.Fragment(row[name] or "[]")
    return row


def _now() -> int:
    return micros(datetime.now(UTC))


if __name__ == "__main__":
    chosen = Setting(**json.loads(sys.argv[1]))
    uvicorn.run(
        Bare(chosen).app(),
        port=chosen.port,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
