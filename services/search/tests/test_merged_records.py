"""People and organisations are merged, and that is undone (B15): search follows, with both indexes and on both databases."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from google.protobuf.message import DecodeError, Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.v1 import accounts_pb2
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.search.v1 import search_pb2 as pb
from kontor.tasks.events.v1 import events_pb2 as tasks
from kontor.type.v1 import document_pb2
from kontor_chassis.bus.delivery import hand_over
from kontor_chassis.bus.port import Envelope
from kontor_chassis.errors import Unavailable
from kontor_chassis.events import event_type
from kontor_chassis.ids import new_id
from kontor_chassis.principal import METADATA_KEY, Keyring, service_principal
from kontor_chassis.testing import Harness, harness
from kontor_search.service import SERVICE


@dataclass
class Owners:
    """Stands for all other services: which documents they have, of any account."""

    keys: Path
    documents: dict[str, document_pb2.Document] = field(default_factory=dict)

    def put(self, ref: str, title: str, *, sequence: int = 1, subjects: tuple[str, ...] = ()) -> None:
        kind = {"messages": "email"}.get(ref.partition("/")[0], ref.partition("/")[0].removesuffix("s"))
        made = document_pb2.Document(ref=ref, kind=kind, title=title, sequence=sequence, subjects=subjects)
        made.update_time.FromSeconds(1_772_000_000)
        self.documents[ref] = made

    async def unary(self, path: str, request: Any, response_type: type[Any], *, metadata: Mapping[str, str], timeout: float) -> Message:
        principal = Keyring(self.keys, service_scopes={"search": SERVICE.service_scopes}).verify(metadata[METADATA_KEY])
        if path.endswith("/ListAccounts"):
            return accounts_pb2.ListAccountsResponse(accounts=[accounts_pb2.Account(id=ACCOUNT)])
        if principal.account_id != ACCOUNT:
            return response_type()  # type: ignore[no-any-return]
        if path.endswith("/BatchGetDocuments"):
            return document_pb2.BatchGetDocumentsResponse(documents=[self.documents[ref] for ref in request.refs if ref in self.documents])
        return document_pb2.ListDocumentsResponse(documents=list(self.documents.values()))


ACCOUNT = new_id()


@pytest.fixture
def owners(tmp_path: Path) -> Owners:
    return Owners(tmp_path / "keys")


@pytest.fixture(params=["embedded", "split"])
async def search(request: pytest.FixtureRequest, tmp_path: Path, owners: Owners, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Harness]:
    """With what each profile has beside it: SQLite and the index in a folder, or PostgreSQL and Meilisearch."""
    settings: dict[str, Any] = {}
    if request.param == "split":
        server = request.getfixturevalue("meilisearch")
        monkeypatch.setenv("KONTOR_SEARCH_INDEX", f"test-{uuid.uuid4().hex}")
        settings["search_url"] = server.url.replace("://", f"://:{server.key}@") if server.key else server.url
        settings["database_url"] = request.getfixturevalue("postgres").create_migrated(SERVICE.name, SERVICE.migrations)
    channels = dict.fromkeys(("identity", "contacts", "sales", "tasks", "mail"), owners)
    async with harness(SERVICE, tmp_path, settings=settings, channels=channels) as running:
        async with asyncio.timeout(60):
            while running.running.context.parts.index.needs_rebuild:  # noqa: ASYNC110 - the service offers no event for tests
                await asyncio.sleep(0.01)
        running.user = replace(running.user, account_id=ACCOUNT)
        yield running


@dataclass
class Pair:
    """The loser goes into the survivor: what contacts has, and what it tells."""

    owners: Owners
    noun: str = "persons"
    loser: str = field(default_factory=new_id)
    survivor: str = field(default_factory=new_id)

    @property
    def gone(self) -> str:
        return f"{self.noun}/{self.loser}"

    @property
    def stays(self) -> str:
        return f"{self.noun}/{self.survivor}"

    async def made(self, search: Harness) -> None:
        for ref in (self.gone, self.stays):
            self.owners.put(ref, "Anna Öztürk")
            body = contacts.PersonCreated() if self.noun == "persons" else contacts.OrganisationCreated()
            await search.deliver(body, subject=ref)

    async def merge(self, search: Harness, sequence: int = 2) -> None:
        self.owners.documents.pop(self.gone, None)
        await self.tell_merged(search, sequence)

    async def tell_merged(self, search: Harness, sequence: int = 2) -> None:
        body = contacts.PersonMerged if self.noun == "persons" else contacts.OrganisationMerged
        await search.deliver(body(id=self.loser, survivor_id=self.survivor), subject=self.gone, sequence=sequence)

    async def undo(self, search: Harness, sequence: int = 3) -> None:
        self.owners.put(self.gone, "Anna Öztürk", sequence=sequence)
        await self.tell_unmerged(search, sequence)

    async def tell_unmerged(self, search: Harness, sequence: int = 3) -> None:
        body = contacts.PersonUnmerged if self.noun == "persons" else contacts.OrganisationUnmerged
        await search.deliver(body(survivor_id=self.survivor), subject=self.gone, sequence=sequence)


async def found(search: Harness, q: str, **fields: Any) -> list[str]:
    return sorted(hit.ref for hit in (await search.call(pb.SearchRequest(q=q, **fields))).hits)


async def subjects(search: Harness, q: str) -> list[list[str]]:
    return [list(hit.subjects) for hit in (await search.call(pb.SearchRequest(q=q))).hits]


async def index_all(search: Harness, owners: Owners) -> None:
    """Tell of a note, a task, a mail and a deal."""
    bodies = {"notes": tasks.NoteCreated, "tasks": tasks.TaskCreated, "messages": mail.MessageFiled, "deals": sales.DealCreated}
    for ref in owners.documents:
        if body := bodies.get(ref.partition("/")[0]):
            await search.deliver(body(), subject=ref)


@pytest.mark.parametrize("noun", ["persons", "organisations"])
async def test_the_loser_is_found_no_more_until_that_is_undone(search: Harness, owners: Owners, noun: str) -> None:
    pair = Pair(owners, noun)
    await pair.made(search)
    await pair.merge(search)
    assert await found(search, "oeztuerk") == [pair.stays]
    await search.deliver(contacts.PersonUpdated(), subject=pair.gone, sequence=1)
    assert await found(search, "oeztuerk") == [pair.stays]
    await pair.undo(search)
    assert await found(search, "oeztuerk") == sorted([pair.gone, pair.stays])


async def test_what_hangs_on_the_loser_names_the_survivor_until_that_is_undone(search: Harness, owners: Owners) -> None:
    pair = Pair(owners)
    await pair.made(search)
    deal = f"deals/{new_id()}"
    owners.put(f"notes/{new_id()}", "Wartung", subjects=(pair.gone,))
    owners.put(f"messages/{new_id()}", "Wartung", subjects=(pair.stays, pair.gone))
    owners.put(f"deals/{new_id()}", "Wartung", subjects=(deal, pair.gone))
    await index_all(search, owners)
    await pair.merge(search)
    assert sorted(await subjects(search, "wartung")) == sorted([[pair.stays], [pair.stays], [deal, pair.stays]])
    operator = service_principal("operator", scopes=["search.admin"])
    await search.call(pb.RebuildRequest(), user=operator)
    assert sorted(await subjects(search, "wartung")) == sorted([[pair.stays], [pair.stays], [deal, pair.stays]])
    # What is indexed only now and still names the loser.
    owners.put(f"tasks/{new_id()}", "Rückruf", subjects=(pair.gone,))
    await index_all(search, owners)
    assert await subjects(search, "rueckruf") == [[pair.stays]]
    await pair.undo(search)
    assert sorted(await subjects(search, "wartung")) == sorted([[pair.gone], [pair.stays, pair.gone], [deal, pair.gone]])
    assert await subjects(search, "rueckruf") == [[pair.gone]]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_merge_undo_and_older_news_may_be_heard_of_in_any_order(search: Harness, owners: Owners, order: tuple[int, ...]) -> None:
    pair = Pair(owners)
    owners.put(pair.gone, "Anna Öztürk", sequence=3)
    owners.put(pair.stays, "Anna Öztürk", sequence=3)
    owners.put(f"notes/{new_id()}", "Wartung", subjects=(pair.gone,))
    await index_all(search, owners)

    async def older() -> None:
        await search.deliver(contacts.PersonUpdated(), subject=pair.gone, sequence=1)
        await search.deliver(contacts.PersonUpdated(), subject=pair.stays, sequence=2)

    steps = (lambda: pair.tell_merged(search), lambda: pair.tell_unmerged(search), older)
    for number in order:
        for _ in range(2):
            await steps[number]()
    assert await found(search, "oeztuerk") == sorted([pair.gone, pair.stays])
    assert await subjects(search, "wartung") == [[pair.gone]]


@pytest.mark.parametrize("upwards", [True, False])
async def test_a_chain_leads_to_its_end_whichever_link_is_heard_of_first(search: Harness, owners: Owners, upwards: bool) -> None:
    one = Pair(owners)
    two = Pair(owners, loser=one.survivor)
    owners.put(f"notes/{new_id()}", "Wartung", subjects=(one.gone, one.stays))
    await index_all(search, owners)
    for pair in (one, two) if upwards else (two, one):
        await pair.merge(search)
    assert await subjects(search, "wartung") == [[two.stays]]
    await two.undo(search)
    assert await subjects(search, "wartung") == [[one.stays]]
    await one.undo(search)
    assert await subjects(search, "wartung") == [[one.gone, one.stays]]


async def test_a_hit_names_no_record_that_is_gone(search: Harness, owners: Owners) -> None:
    """A link of a hit never leads nowhere: a task keeps the person whom it was about, and that person is deleted."""
    pair = Pair(owners)
    project = f"projects/{new_id()}"
    owners.put(f"tasks/{new_id()}", "Wartung", subjects=(pair.gone, project))
    await index_all(search, owners)
    await pair.merge(search)
    await search.deliver(contacts.PersonDeleted(id=pair.survivor), subject=pair.stays, sequence=4)
    assert await subjects(search, "wartung") == [[project]]
    await search.deliver(sales.ProjectDeleted(), subject=project, sequence=4)
    assert await subjects(search, "wartung") == [[]]


async def test_a_mail_whose_people_are_gone_is_found_no_more(search: Harness, owners: Owners) -> None:
    """mail-ingest tells of it, and has no document of it any more; it has one again where one of them is there again."""
    ref = f"messages/{new_id()}"
    owners.put(ref, "Wartung", sequence=2, subjects=(f"persons/{new_id()}",))
    await search.deliver(mail.MessageFiled(), subject=ref, sequence=2)
    kept = owners.documents.pop(ref)
    await search.deliver(mail.MessageUpdated(), subject=ref, sequence=3)
    assert await found(search, "wartung") == []
    kept.sequence = 4
    owners.documents[ref] = kept
    await search.deliver(mail.MessageUpdated(), subject=ref, sequence=4)
    assert await found(search, "wartung") == [ref]


async def test_a_merge_in_another_account_changes_nothing_here(search: Harness, owners: Owners) -> None:
    """S1."""
    pair = Pair(owners)
    await pair.made(search)
    owners.put(f"notes/{new_id()}", "Wartung", subjects=(pair.gone,))
    await index_all(search, owners)
    merged = contacts.PersonMerged(id=pair.loser, survivor_id=pair.survivor)
    await search.deliver(merged, subject=pair.gone, sequence=2, account_id=new_id())
    assert await found(search, "oeztuerk") == sorted([pair.gone, pair.stays])
    assert await subjects(search, "wartung") == [[pair.gone]]


async def test_a_merge_that_cannot_be_read_delays_no_other_event(search: Harness, owners: Owners) -> None:
    pair = Pair(owners)
    owners.put(pair.stays, "Anna Öztürk")
    kinds = (contacts.PersonMerged, contacts.PersonCreated)
    envelopes = [
        Envelope(
            id=new_id(),
            type=event_type(kind),
            source="contacts",
            subject=ref,
            account_id=ACCOUNT,
            sequence=1,
            time=search.clock(),
            data=data,
        )
        for kind, ref, data in zip(kinds, (pair.gone, pair.stays), (b"\xff", b""), strict=True)
    ]
    errors = await hand_over(envelopes, search.bus.handlers["search"], queue="search")
    assert [type(error) for error in errors] == [DecodeError, type(None)]
    assert await found(search, "oeztuerk") == [pair.stays]


async def test_what_hits_name_is_told_as_indexed_while_the_database_is_away(
    search: Harness, owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searching needs the index only (R17)."""
    subject = f"persons/{new_id()}"
    owners.put(f"notes/{new_id()}", "Wartung", subjects=(subject,))
    await index_all(search, owners)

    async def away(*_: Any) -> Any:
        raise Unavailable("away")

    monkeypatch.setattr(search.running.context.database, "read", away)
    assert await subjects(search, "wartung") == [[subject]]


async def test_looking_up_what_hits_name_walks_indexes_only(search: Harness) -> None:
    """Whatever the number of merged and deleted records is."""
    context = search.running.context
    if context.database.dialect != "sqlite":
        return
    from kontor_search.store.records import standing

    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        plans.extend(row[3] for row in connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    with context.sessions.read(search.user) as session:
        sa.event.listen(session.connection, "before_cursor_execute", explain)
        standing(session, {"persons/x", "persons/y"})
    assert len(plans) == 2
    assert not [step for step in plans if step.startswith("SCAN")], plans
