"""The running search service (F1–F5): it follows events by asking the owners, and can be made anew from them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.v1 import accounts_pb2
from kontor.search.v1 import search_pb2 as pb
from kontor.type.v1 import document_pb2
from kontor_chassis.errors import InvalidArgument, PermissionDenied, Unavailable
from kontor_chassis.ids import new_id
from kontor_chassis.principal import METADATA_KEY, Keyring, Principal, service_principal
from kontor_chassis.testing import Harness, harness
from kontor_search.service import SERVICE


@dataclass
class Owners:
    """Stands for all other services: who holds which documents, by account."""

    keys: Path
    documents: dict[str, dict[str, document_pb2.Document]] = field(default_factory=dict)
    away: bool = False
    asked_for: list[str] = field(default_factory=list)

    def put(self, account_id: str, ref: str, title: str, sequence: int = 1, **fields: Any) -> None:
        kind = ref.partition("/")[0].removesuffix("s")
        made = document_pb2.Document(ref=ref, kind=kind, title=title, sequence=sequence, **fields)
        made.update_time.FromSeconds(1_772_000_000)
        self.documents.setdefault(account_id, {})[ref] = made

    async def unary(self, path: str, request: Any, response_type: type[Any], *, metadata: Mapping[str, str], timeout: float) -> Message:
        if self.away:
            raise Unavailable("away")
        # As the owners do: nothing but what the service may claim is believed.
        principal = Keyring(self.keys, service_scopes={"search": SERVICE.service_scopes}).verify(metadata[METADATA_KEY])
        assert principal.service == "search"
        if path.endswith("/ListAccounts"):
            return accounts_pb2.ListAccountsResponse(accounts=[accounts_pb2.Account(id=account) for account in self.documents])
        mine = self.documents.get(principal.account_id, {})
        if path.endswith("/BatchGetDocuments"):
            self.asked_for += request.refs
            return document_pb2.BatchGetDocumentsResponse(documents=[mine[ref] for ref in request.refs if ref in mine])
        # The fake has one page; all of it is contacts'.
        return document_pb2.ListDocumentsResponse(documents=list(mine.values()))


@pytest.fixture
def owners(tmp_path: Path) -> Owners:
    return Owners(tmp_path / "keys")


@pytest.fixture
async def search(tmp_path: Path, owners: Owners) -> AsyncIterator[Harness]:
    channels = dict.fromkeys(("identity", "contacts", "sales", "tasks", "mail"), owners)
    async with harness(SERVICE, tmp_path, channels=channels) as running:
        await filled(running)
        yield running


async def filled(search: Harness) -> None:
    """Wait until the index that began empty has been filled from the owners."""
    async with asyncio.timeout(10):
        while search.running.context.parts.index.needs_rebuild:  # noqa: ASYNC110 - the service offers no event for tests
            await asyncio.sleep(0.01)


async def titles(search: Harness, q: str, *, user: Principal | None = None, **filters: Any) -> list[str]:
    response = await search.call(pb.SearchRequest(q=q, **filters), user=user)
    return [hit.title for hit in response.hits]


async def tell(search: Harness, ref: str, sequence: int = 1) -> None:
    await search.deliver(contacts.PersonUpdated(), subject=ref, sequence=sequence)


async def test_what_an_event_is_about_is_found_as_its_owner_tells_it(search: Harness, owners: Owners) -> None:
    ref = f"persons/{new_id()}"
    owners.put(search.user.account_id, ref, "Anna Öztürk", text="Softwarewartungsvertrag", tags=["A-Kunde"])
    await tell(search, ref)
    for q in ("oezt", "ÖZT", "wartung", "anna ozturk"):
        assert await titles(search, q) == ["Anna Öztürk"]
    assert await titles(search, "anna", tag=["a-kunde"], kind=["person"]) == ["Anna Öztürk"]
    assert await titles(search, "anna", kind=["deal"]) == []


async def test_a_record_that_is_gone_is_found_no_more_and_does_not_come_back(search: Harness, owners: Owners) -> None:
    ref = f"persons/{new_id()}"
    owners.put(search.user.account_id, ref, "Anna Öztürk", sequence=3)
    await tell(search, ref, 3)
    held = owners.documents[search.user.account_id].pop(ref)
    await search.deliver(contacts.PersonDeleted(), subject=ref, sequence=4)
    assert await titles(search, "anna") == []
    owners.documents[search.user.account_id][ref] = held
    await tell(search, ref, 3)
    assert await titles(search, "anna") == []


async def test_another_account_finds_nothing(search: Harness, owners: Owners) -> None:
    ref = f"persons/{new_id()}"
    owners.put(search.user.account_id, ref, "Anna Öztürk")
    await tell(search, ref)
    response = await search.call(pb.SearchRequest(q="anna"), user=replace(search.user, account_id=new_id()))
    assert (list(response.hits), list(response.kind_counts)) == ([], [])


async def test_an_owner_that_is_away_delays_its_events(search: Harness, owners: Owners) -> None:
    ref = f"persons/{new_id()}"
    owners.put(search.user.account_id, ref, "Anna Öztürk")
    owners.away = True
    with pytest.raises(Unavailable):
        await tell(search, ref)
    owners.away = False
    await tell(search, ref)
    assert await titles(search, "anna") == ["Anna Öztürk"]


async def test_a_rebuild_finds_what_no_event_told_and_forgets_what_no_owner_has(search: Harness, owners: Owners) -> None:
    account = search.user.account_id
    lost = f"persons/{new_id()}"
    owners.put(account, lost, "Ohne Ereignis")
    stale = f"persons/{new_id()}"
    owners.put(account, stale, "Vergessen")
    await tell(search, stale)
    del owners.documents[account][stale]
    operator = service_principal("operator", scopes=["search.admin"])
    answer = await search.call(pb.RebuildRequest(), user=operator)
    assert answer.account_count == 1
    assert await titles(search, "ereignis") == ["Ohne Ereignis"]
    assert await titles(search, "vergessen") == []
    with pytest.raises(PermissionDenied):
        await search.call(pb.RebuildRequest())


async def test_pages_follow_each_other(search: Harness, owners: Owners) -> None:
    for number in range(5):
        ref = f"persons/{new_id()}"
        owners.put(search.user.account_id, ref, f"Anna {number}")
        await tell(search, ref)
    seen: list[str] = []
    token = ""
    while True:
        response = await search.call(pb.SearchRequest(q="anna", page_size=2, page_token=token))
        seen += [hit.title for hit in response.hits]
        token = response.next_page_token
        if not token:
            break
    assert sorted(seen) == [f"Anna {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.SearchRequest(q="x" * 201), "q"),
        (pb.SearchRequest(q="x", kind=["nonsense"]), "kind"),
        (pb.SearchRequest(q="x", page_size=-1), "page_size"),
        (pb.SearchRequest(q="x", page_token="nonsense"), "page_token"),
    ],
)
async def test_a_wrong_search_names_the_field(search: Harness, request_: pb.SearchRequest, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await search.call(request_)
    assert caught.value.violations[0].field == field


async def test_an_index_that_begins_empty_is_filled_from_the_owners(tmp_path: Path, owners: Owners) -> None:
    channels = dict.fromkeys(("identity", "contacts", "sales", "tasks", "mail"), owners)
    owners.put("account", f"persons/{new_id()}", "Anna Öztürk")
    async with harness(SERVICE, tmp_path, channels=channels) as running:
        user = replace(running.user, account_id="account")
        await filled(running)
        assert await titles(running, "anna", user=user) == ["Anna Öztürk"]


async def test_who_is_in_a_group_finds_what_it_may_see_and_a_change_is_followed(search: Harness, owners: Owners) -> None:
    """A7, F4."""
    ref, group = f"persons/{new_id()}", new_id()
    owners.put(search.user.account_id, ref, "Anna Öztürk", visible_to=[f"groups/{group}"])
    await tell(search, ref)
    inside = replace(search.user, groups=frozenset({group}))
    admin = replace(search.user, role="admin")
    assert [await titles(search, "anna", user=user) for user in (search.user, inside, admin)] == [[], ["Anna Öztürk"], ["Anna Öztürk"]]
    assert not (await search.call(pb.SearchRequest(q="anna"))).kind_counts
    owners.put(search.user.account_id, ref, "Anna Öztürk", sequence=2)
    await tell(search, ref, 2)
    assert await titles(search, "anna") == ["Anna Öztürk"]
