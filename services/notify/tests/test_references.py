"""What a watch names must exist (docs/decisions/0011): contacts and sales are asked about records that nobody watches yet."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.notify.v1 import watches_pb2 as pb
from kontor.type.v1 import document_pb2
from kontor_chassis.errors import InvalidArgument, Unavailable
from kontor_chassis.ids import new_id
from kontor_chassis.principal import METADATA_KEY, Keyring, Principal
from kontor_chassis.testing import Harness, harness
from kontor_notify.service import SERVICE


@dataclass
class Owners:
    """Stands for contacts and sales: which records each account has."""

    keys: Path
    records: dict[str, set[str]] = field(default_factory=dict)
    asked_for: list[str] = field(default_factory=list)
    away: bool = False

    def have(self, account_id: str, noun: str) -> str:
        ref = f"{noun}/{new_id()}"
        self.records.setdefault(account_id, set()).add(ref)
        return ref

    async def unary(self, path: str, request: Any, response_type: type[Any], *, metadata: Mapping[str, str], timeout: float) -> Message:
        self.asked_for += request.refs
        if self.away:
            raise Unavailable("away")
        # As the owners do: nothing but what the service may claim is believed.
        principal = Keyring(self.keys, service_scopes={"notify": SERVICE.service_scopes}).verify(metadata[METADATA_KEY])
        mine = self.records.get(principal.account_id, set())
        return document_pb2.BatchGetDocumentsResponse(documents=[document_pb2.Document(ref=ref) for ref in request.refs if ref in mine])


@pytest.fixture
def owners(tmp_path: Path) -> Owners:
    return Owners(tmp_path / "keys")


@pytest.fixture
async def asking(tmp_path: Path, owners: Owners) -> AsyncIterator[Harness]:
    async with harness(SERVICE, tmp_path, channels={"contacts": owners, "sales": owners}) as running:
        yield running


async def watch(notify: Harness, subject: str, user: Principal | None = None) -> pb.Watch:
    made: pb.Watch = await notify.call(pb.CreateWatchRequest(watch=pb.Watch(subject=subject)), user=user)
    return made


async def refused(notify: Harness, subject: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await watch(notify, subject)
    assert [violation.field for violation in caught.value.violations] == ["subject"]
    assert list((await notify.call(pb.ListWatchesRequest())).watches) == []


@pytest.mark.parametrize("noun", ["persons", "organisations", "deals", "projects"])
async def test_a_record_that_its_owner_has_can_be_watched(asking: Harness, owners: Owners, noun: str) -> None:
    subject = owners.have(asking.user.account_id, noun)
    assert (await watch(asking, subject)).subject == subject
    assert owners.asked_for == [subject]


@pytest.mark.parametrize("noun", ["persons", "organisations", "deals", "projects"])
async def test_a_record_that_does_not_exist_cannot_be_watched(asking: Harness, owners: Owners, noun: str) -> None:
    await refused(asking, f"{noun}/{new_id()}")


@pytest.mark.parametrize("noun", ["persons", "organisations", "deals", "projects"])
async def test_a_record_of_another_account_does_not_exist_even_where_it_is_watched_there(
    asking: Harness, owners: Owners, noun: str
) -> None:
    """S1."""
    stranger = replace(asking.user, account_id=new_id())
    subject = owners.have(stranger.account_id, noun)
    await watch(asking, subject, stranger)
    await refused(asking, subject)


async def test_what_somebody_watches_is_known_and_asked_about_no_more(asking: Harness, owners: Owners) -> None:
    subject = owners.have(asking.user.account_id, "persons")
    for _ in range(3):
        await watch(asking, subject, replace(asking.user, user_id=new_id()))
    assert owners.asked_for == [subject]


async def test_an_owner_that_is_away_holds_up_nothing(asking: Harness, owners: Owners) -> None:
    owners.away = True
    subject = f"persons/{new_id()}"
    assert (await watch(asking, subject)).subject == subject


async def test_of_a_merged_record_the_survivor_is_asked_about(asking: Harness, owners: Owners) -> None:
    gone, survivor = f"persons/{new_id()}", owners.have(asking.user.account_id, "persons")
    merged = contacts.PersonMerged(id=gone[8:], survivor_id=survivor[8:])
    await asking.deliver(merged, subject=gone, sequence=2)
    assert (await watch(asking, gone)).subject == survivor
    assert owners.asked_for == [survivor]
