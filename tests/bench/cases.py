"""The cases that are requests over HTTP: for each an endless row of requests, ready to be sent."""

import json
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from tests.bench.people import email_of
from tests.bench.world import World


@dataclass(frozen=True)
class Client:
    """Who asks: the token, and the address for the Host header."""

    host: str
    token: str

    def request(self, method: str, path: str, body: object = None, *, key: str = "") -> bytes:
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {self.token}\r\nAccept: application/json\r\n"
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        if body is None:
            return f"{head}\r\n".encode()
        content = json.dumps(body, ensure_ascii=False).encode()
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


Requests = Callable[[World, Client, random.Random], Iterator[bytes]]
# Enough to keep caches from knowing them all; made before anything is measured.
_PREPARED = 5000


def _cycle(made: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from made


def _read(world: World, client: Client, source: random.Random) -> Iterator[bytes]:
    return _cycle([client.request("GET", f"/v1/persons/{source.choice(world.person_ids)}") for _ in range(_PREPARED)])


def _list(world: World, client: Client, source: random.Random) -> Iterator[bytes]:
    """One of the five most frequent tags and one of the next ten, so that pages are full."""
    pairs = [(first, second) for first in world.tags[:5] for second in world.tags[5:15]]
    source.shuffle(pairs)
    return _cycle([client.request("GET", f"/v1/persons?tag={quote(first)}&tag={quote(second)}&page_size=50") for first, second in pairs])


def _filtered(world: World, client: Client, source: random.Random) -> Iterator[bytes]:
    """Two tags as in `list`, and a custom field; sorted by another one, or by the last change."""
    requests = []
    for first in world.tags[:5]:
        for second in world.tags[5:15]:
            text = f'tags:"{first}" AND tags:"{second}" AND custom.region = {source.choice(("nord", "west"))}'
            order = source.choice(("custom.umsatz desc", "update_time desc", "last_name"))
            requests.append(client.request("GET", f"/v1/persons?filter={quote(text)}&order_by={quote(order)}&page_size=50"))
    source.shuffle(requests)
    return _cycle(requests)


def _timeline(world: World, client: Client, source: random.Random) -> Iterator[bytes]:
    """Pages of the long timeline, near and far."""
    path = f"/v1/timeline?subject={quote(f'persons/{world.busy_person_id}', safe='')}&page_size=50"
    pages = [path, *(f"{path}&page_token={quote(token, safe='')}" for token in world.timeline_tokens)]
    source.shuffle(pages)
    return _cycle([client.request("GET", page) for page in pages])


def _search(world: World, client: Client, source: random.Random) -> Iterator[bytes]:
    terms = source.sample(world.search_terms, len(world.search_terms))
    return _cycle([client.request("GET", f"/v1/search?q={quote(term)}") for term in terms])


def _update(world: World, client: Client, source: random.Random) -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        yield client.request("PATCH", f"/v1/persons/{source.choice(world.person_ids)}", {"background": f"Neuer Stand {number}"})


def _create(world: World, client: Client, source: random.Random) -> Iterator[bytes]:
    run = secrets.token_hex(4)
    number = 0
    while True:
        number += 1
        body = {
            "first_name": "Neu",
            "last_name": f"Ankömmling {number}",
            "emails": [{"address": f"{run}-{email_of(number)}", "kind": "work"}],
            "phones": [{"number": "0221 123456"}],
            "tags": [source.choice(world.tags), source.choice(world.tags)],
        }
        yield client.request("POST", "/v1/persons", body, key=f"{run}-{number}")


def _note(world: World, client: Client, source: random.Random) -> Iterator[bytes]:
    text = "Gespräch geführt: Liefertermin und Preise vereinbart, Angebot folgt. " * 4
    while True:
        yield client.request("POST", "/v1/notes", {"subject": f"persons/{source.choice(world.person_ids)}", "text": text})


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    requests: Requests
    # Whether the bare baseline has it.
    bare: bool = True


CASES = (
    Case("read", "read a person by id", _read),
    Case("list", "list 50 by two tags, by name", _list),
    Case("filtered", "list 50 by two tags and a custom field, sorted", _filtered, bare=False),
    Case("timeline", "page of 50 of a timeline of 10,000", _timeline),
    Case("search", "search a part of a word", _search, bare=False),
    Case("update", "update one field", _update),
    Case("create", "create a person", _create),
    Case("note", "note on a person", _note),
)
BY_NAME = {case.name: case for case in CASES}
