"""People are merged, and that is undone (B15): mail follows, whatever is heard of first and however often."""

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.mail.events.v1 import events_pb2 as facts
from kontor.mail.v1 import messages_pb2 as pb
from kontor.type.v1 import document_pb2 as documents
from kontor_chassis.bus.port import Envelope
from kontor_chassis.events import event_type
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


@dataclass(frozen=True)
class Told:
    """One fact of contacts, with the time at which it became true there."""

    body: Message
    subject: str
    sequence: int
    minutes: int


@dataclass
class People:
    """Anna was entered twice: the loser goes into the survivor, which has her addresses from then on."""

    loser: str = field(default_factory=new_id)
    survivor: str = field(default_factory=new_id)
    address: str = field(default_factory=lambda: f"anna-{new_id()}@kunde.example")
    other: str = field(default_factory=lambda: f"oeztuerk-{new_id()}@kunde.example")

    def facts(self, person_id: str, *addresses: str) -> contacts.PersonFacts:
        return contacts.PersonFacts(id=person_id, display_name="Anna Öztürk", email_addresses=addresses)

    def created(self) -> list[Told]:
        loser = contacts.PersonCreated(person=self.facts(self.loser, self.address))
        survivor = contacts.PersonCreated(person=self.facts(self.survivor, self.other))
        return [Told(loser, f"persons/{self.loser}", 1, 0), Told(survivor, f"persons/{self.survivor}", 1, 0)]

    def merged(self) -> list[Told]:
        gone = contacts.PersonMerged(id=self.loser, survivor_id=self.survivor, merge_id=new_id())
        united = contacts.PersonUpdated(person=self.facts(self.survivor, self.address, self.other))
        return [Told(gone, f"persons/{self.loser}", 2, 10), Told(united, f"persons/{self.survivor}", 2, 10)]

    def unmerged(self) -> list[Told]:
        there = contacts.PersonUnmerged(person=self.facts(self.loser, self.address), survivor_id=self.survivor)
        alone = contacts.PersonUpdated(person=self.facts(self.survivor, self.other))
        return [Told(there, f"persons/{self.loser}", 3, 20), Told(alone, f"persons/{self.survivor}", 3, 20)]


async def tell(mail: Any, *told: Told) -> None:
    for item in told:
        envelope = Envelope(
            id=new_id(),
            type=event_type(type(item.body)),
            source="contacts",
            subject=item.subject,
            account_id=mail.harness.user.account_id,
            sequence=item.sequence,
            time=mail.harness.clock() + timedelta(minutes=item.minutes),
            data=item.body.SerializeToString(),
        )
        await mail.harness.deliver_envelopes([envelope])


async def deposited(mail: Any, content: bytes) -> str:
    """Answers the message's id."""
    answer: str = await mail.deposit(content)
    await mail.settled()
    return answer.rsplit(maxsplit=1)[-1]


async def filings(mail: Any, message_id: str) -> list[str]:
    message = await mail.call(pb.GetMessageRequest(id=message_id))
    assert message.state == pb.MESSAGE_STATE_FILED
    return [item.subject.removeprefix("persons/") for item in message.filings]


async def document_subjects(mail: Any, message_id: str) -> list[list[str]]:
    principal = Principal(account_id=mail.harness.user.account_id, service="mail-ingest", scopes=frozenset({"documents.read"}))
    asked = documents.BatchGetDocumentsRequest(refs=[f"messages/{message_id}"])
    one_by_one = (await mail.call(asked, user=principal)).documents
    listed = (await mail.call(documents.ListDocumentsRequest(), user=principal)).documents
    assert [item for item in listed if item.ref == f"messages/{message_id}"] == list(one_by_one)
    return [[subject.removeprefix("persons/") for subject in item.subjects] for item in one_by_one]


async def test_what_is_filed_at_the_loser_is_shown_at_the_survivor_until_that_is_undone(mail: Any, letter: Any) -> None:
    people = People()
    await tell(mail, *people.created())
    before = await deposited(mail, letter(To=people.address))
    at_both = await deposited(mail, letter(To=people.address, Cc=people.other))
    told = len(await mail.harness.published(facts.MessageFiled))
    await tell(mail, *people.merged())
    await mail.settled()
    assert await filings(mail, before) == [people.survivor]
    assert await filings(mail, at_both) == [people.survivor]
    (brief, _) = await mail.messages()
    assert [item.subject for item in brief.filings] == [f"persons/{people.survivor}"]
    # Search knows who stands for whom, so that nothing need be indexed anew.
    assert await document_subjects(mail, before) == [[people.loser]]
    assert len(await mail.harness.published(facts.MessageFiled)) == told
    meanwhile = await deposited(mail, letter(To=people.address))
    assert await filings(mail, meanwhile) == [people.survivor]
    await tell(mail, *people.unmerged())
    await mail.settled()
    assert await filings(mail, before) == [people.loser]
    assert await filings(mail, at_both) == [people.loser, people.survivor]
    assert await filings(mail, meanwhile) == [people.survivor]
    assert await filings(mail, await deposited(mail, letter(To=people.address))) == [people.loser]
    assert await filings(mail, await deposited(mail, letter(To=people.other))) == [people.survivor]
    assert await mail.harness.published(facts.MessageUpdated) == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_a_merge_may_be_heard_of_in_any_order_and_mail_come_in_between(mail: Any, letter: Any, order: tuple[int, ...]) -> None:
    """No mail waits in the tray or is filed at nobody; all of it is the survivor's in the end, each once."""
    people = People()
    await tell(mail, *people.created())
    gone, united = people.merged()
    again = contacts.PersonUpdated(person=people.facts(people.survivor, people.other, people.address, f"new-{people.other}"))
    arriving = (gone, united, Told(again, f"persons/{people.survivor}", 3, 11))
    messages = [await deposited(mail, letter(To=people.address, Cc=people.other))]
    for number in order:
        await tell(mail, arriving[number])
        messages.append(await deposited(mail, letter(To=people.address)))
        await tell(mail, arriving[number])
    await tell(mail, *people.created())
    messages.append(await deposited(mail, letter(To=f"new-{people.other}")))
    assert [await filings(mail, message) for message in messages] == [[people.survivor]] * 5
    assert await mail.harness.published(facts.MessageHeld) == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_a_merge_and_its_undo_may_be_heard_of_in_any_order(mail: Any, letter: Any, order: tuple[int, ...]) -> None:
    people = People()
    await tell(mail, *people.created())
    first = await deposited(mail, letter(To=people.address, Cc=people.other))
    arriving = [*people.merged(), *people.unmerged()]
    for number in order:
        await tell(mail, arriving[number], arriving[number])
        await deposited(mail, letter(To=people.address))
    await tell(mail, *arriving)
    await mail.settled()
    assert await filings(mail, first) == [people.loser, people.survivor]
    assert await filings(mail, await deposited(mail, letter(To=people.address))) == [people.loser]
    assert await filings(mail, await deposited(mail, letter(To=people.other))) == [people.survivor]
    assert await mail.messages(state="MESSAGE_STATE_TRAY") == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_a_chain_leads_to_its_end_whichever_link_is_heard_of_first(mail: Any, letter: Any, order: tuple[int, ...]) -> None:
    """A went into B, then B into C; the later one is undone first."""
    a, b, c = People(), People(), People()
    await tell(mail, a.created()[0], b.created()[0], c.created()[0])
    united = People(loser=b.loser).facts
    links = [
        Told(contacts.PersonMerged(id=a.loser, survivor_id=b.loser), f"persons/{a.loser}", 2, 10),
        Told(contacts.PersonUpdated(person=united(b.loser, a.address, b.address)), f"persons/{b.loser}", 2, 10),
        Told(contacts.PersonMerged(id=b.loser, survivor_id=c.loser), f"persons/{b.loser}", 3, 20),
        Told(contacts.PersonUpdated(person=united(c.loser, a.address, b.address, c.address)), f"persons/{c.loser}", 2, 20),
    ]
    message = await deposited(mail, letter(To=f"{a.address}, {b.address}"))
    for number in order:
        await tell(mail, links[number])
        await deposited(mail, letter(To=a.address))
    assert await filings(mail, message) == [c.loser]
    assert await filings(mail, await deposited(mail, letter(To=a.address))) == [c.loser]
    assert await mail.harness.published(facts.MessageHeld) == []
    undone = contacts.PersonUnmerged(person=united(b.loser, a.address, b.address), survivor_id=c.loser)
    await tell(mail, Told(undone, f"persons/{b.loser}", 4, 30))
    assert await filings(mail, message) == [b.loser]
    undone = contacts.PersonUnmerged(person=united(a.loser, a.address), survivor_id=b.loser)
    await tell(mail, Told(undone, f"persons/{a.loser}", 3, 40))
    assert await filings(mail, message) == [a.loser, b.loser]


async def test_an_address_that_the_survivor_gives_up_leads_there_no_more(mail: Any, letter: Any) -> None:
    people = People()
    gone, united = people.merged()
    given_up = contacts.PersonUpdated(person=people.facts(people.survivor, people.other))
    for order in ((gone, united, Told(given_up, united.subject, 3, 11)), (united, Told(given_up, united.subject, 3, 11), gone)):
        people = People(address=people.address, other=people.other, loser=people.loser, survivor=people.survivor)
        await tell(mail, *people.created(), *order)
        message = await mail.call(pb.GetMessageRequest(id=await deposited(mail, letter(To=people.address))))
        assert (message.state, list(message.filings)) == (pb.MESSAGE_STATE_TRAY, [])
    await tell(mail, *people.unmerged())
    await mail.settled()
    assert await mail.messages(state="MESSAGE_STATE_TRAY") == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_what_the_loser_has_after_the_undo_counts_whenever_that_is_heard_of(mail: Any, letter: Any, order: tuple[int, ...]) -> None:
    """A fact that failed at first comes after later ones of the same person."""
    people = People()
    gone, united = people.merged()
    there, alone = people.unmerged()
    new = f"new-{people.address}"
    changed = Told(contacts.PersonUpdated(person=people.facts(people.loser, new)), gone.subject, 4, 30)
    await tell(mail, *people.created(), united, alone)
    for number in order:
        await tell(mail, (gone, there, changed)[number])
    assert await filings(mail, await deposited(mail, letter(To=new))) == [people.loser]
    assert await filings(mail, await deposited(mail, letter(To=people.other))) == [people.survivor]


async def test_a_merge_in_another_account_changes_nothing_here(mail: Any, letter: Any) -> None:
    """S1."""
    people = People()
    await tell(mail, *people.created())
    message = await deposited(mail, letter(To=people.address))
    for item in people.merged():
        await mail.harness.deliver(item.body, subject=item.subject, sequence=item.sequence, account_id=new_id())
    assert await filings(mail, message) == [people.loser]


@pytest.mark.parametrize("body", [contacts.PersonMerged(), contacts.PersonMerged(id="x"), contacts.PersonUnmerged()])
async def test_a_merge_that_names_nobody_is_passed_over(mail: Any, body: Message) -> None:
    await mail.harness.deliver(body, subject="persons/x")


async def test_news_that_lead_in_a_circle_for_a_while_end_nothing(mail: Any, letter: Any) -> None:
    """A went into B, that was undone (not heard of yet), and B went into A."""
    people = People()
    gone, united = people.merged()
    back = contacts.PersonMerged(id=people.survivor, survivor_id=people.loser)
    await tell(mail, *people.created(), gone, united, Told(back, f"persons/{people.survivor}", 4, 30))
    message = await deposited(mail, letter(To=people.address))
    assert await filings(mail, message) == [min(people.loser, people.survivor)]
    await tell(mail, people.unmerged()[0])
    assert await filings(mail, await deposited(mail, letter(To=people.other))) == [people.loser]


async def test_mail_of_a_deleted_person_is_found_no_more_but_where_others_are_left(mail: Any, letter: Any) -> None:
    """F1: a hit leads to records that are there. The mail itself stays, and says at whom it is filed."""
    people = People()
    await tell(mail, *people.created())
    alone = await deposited(mail, letter(To=people.address))
    at_both = await deposited(mail, letter(To=people.address, Cc=people.other))
    elsewhere = await deposited(mail, letter(To=people.other))
    for _ in range(2):
        await tell(mail, Told(contacts.PersonDeleted(id=people.loser), f"persons/{people.loser}", 2, 10))
        await mail.settled()
    assert [await filings(mail, item) for item in (alone, at_both, elsewhere)] == [[], [people.survivor], [people.survivor]]
    assert [await document_subjects(mail, item) for item in (alone, at_both)] == [[], [[people.survivor]]]
    told = await mail.harness.published(facts.MessageUpdated)
    assert [(item.message.id, list(item.subjects)) for item in told] == [(alone, []), (at_both, [f"persons/{people.survivor}"])]
    assert [item.sequence for item in mail.harness.bus.published[-2:]] == [3, 3]


@pytest.mark.parametrize("deleted_first", [False, True])
async def test_mail_of_who_went_into_a_deleted_person_is_found_no_more_either(mail: Any, letter: Any, deleted_first: bool) -> None:
    people = People()
    await tell(mail, *people.created())
    message = await deposited(mail, letter(To=people.address))
    gone, united = people.merged()
    deleted = Told(contacts.PersonDeleted(id=people.survivor), united.subject, 4, 15)
    for item in (deleted, united, gone) if deleted_first else (gone, united, deleted):
        await tell(mail, item)
        await mail.settled()
    assert await document_subjects(mail, message) == []
    assert await filings(mail, message) == []
    assert [list(item.subjects) for item in await mail.harness.published(facts.MessageUpdated)] == [[]]
    await tell(mail, people.unmerged()[0])
    await mail.settled()
    assert await document_subjects(mail, message) == [[people.loser]]
    assert [list(item.subjects) for item in await mail.harness.published(facts.MessageUpdated)] == [[], [f"persons/{people.loser}"]]


async def test_more_mails_than_one_transaction_takes_are_all_told_of(mail: Any, letter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kontor_mail_ingest.usecases.restating.MOST_PER_COMMIT", 2)
    people = People()
    await tell(mail, *people.created())
    messages = [await deposited(mail, letter(str(number), To=people.address)) for number in range(5)]
    await tell(mail, Told(contacts.PersonDeleted(id=people.loser), f"persons/{people.loser}", 2, 10))
    await mail.settled()
    assert [item.message.id for item in await mail.harness.published(facts.MessageUpdated)] == messages
