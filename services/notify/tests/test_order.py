"""R11: facts that arrive twice, thrice and in any order lead to the same watches and notifications."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import users_pb2 as users
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.notify.v1 import watches_pb2 as watches
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.events.v1 import events_pb2 as tasks
from kontor_chassis.bus.port import Envelope
from kontor_chassis.events import event_type
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_notify.store.tables import HAPPENINGS, NOTIFICATIONS, WATCHES

START = datetime(2026, 3, 2, tzinfo=UTC)
USERS = [new_id() for _ in range(4)]
PERSONS = [f"persons/{new_id()}" for _ in range(3)]
DEALS = [f"deals/{new_id()}" for _ in range(2)]
RECORDS = [*PERSONS, *DEALS]
MESSAGES = [f"messages/{new_id()}" for _ in range(3)]


@dataclass(frozen=True)
class Fact:
    body: Message
    subject: str
    actor_user_id: str


@dataclass
class History:
    """What happened, in the order in which it happened: nothing at a record before it was made or after it was deleted."""

    facts: list[Fact]
    alive: list[str]
    unborn: list[str]

    def step(self, kind: str, chance: random.Random) -> None:
        user = chance.choice(USERS)
        if kind == "create" and self.unborn:
            subject = self.unborn.pop()
            self.alive.append(subject)
            self._add(_created(subject, chance.choice(USERS)), subject, chance.choice(["", user]))
        elif kind == "delete" and self.alive:
            subject = self.alive.pop(chance.randrange(len(self.alive)))
            body = contacts.PersonDeleted if subject in PERSONS else sales.DealDeleted
            self._add(body(id=subject.partition("/")[2]), subject, user)
        elif kind == "note" and self.alive:
            note = tasks.NoteFacts(id=new_id(), subject=chance.choice(self.alive), author_user_id=user, excerpt=str(len(self.facts)))
            self._add(tasks.NoteCreated(note=note), f"notes/{note.id}", user)
        elif kind == "mail" and self.alive:
            subjects = chance.sample(self.alive, chance.randint(1, len(self.alive)))
            ref = chance.choice(MESSAGES)
            self._add(mail.MessageFiled(message=mail.MessageFacts(depositor_user_id=user, subject=ref), subjects=subjects), ref, "")
        elif kind == "move" and (deals := [subject for subject in self.alive if subject in DEALS]):
            body_type = chance.choice([sales.DealMoved, sales.DealWon, sales.DealLost])
            self._add(body_type(deal=sales.DealFacts(name="Wartung")), chance.choice(deals), user)
        elif kind == "task":
            task = tasks.TaskFacts(id=new_id(), title="Anrufen", creator_user_id=user, assignee_user_id=chance.choice(USERS))
            self._add(tasks.TaskCreated(task=task), f"tasks/{task.id}", user)
        elif kind == "deactivate":
            # The first two stay, so that there is always somebody to tell.
            away = chance.choice(USERS[2:])
            self._add(identity.UserUpdated(user=users.User(id=away, active=False)), f"users/{away}", "")

    def _add(self, body: Message, subject: str, actor_user_id: str) -> None:
        self.facts.append(Fact(body, subject, actor_user_id))

    def envelopes(self, account_id: str) -> list[Envelope]:
        sequences: dict[str, int] = {}
        made = []
        for number, fact in enumerate(self.facts):
            sequences[fact.subject] = sequences.get(fact.subject, 0) + 1
            made.append(
                Envelope(
                    id=f"{account_id}/{number}",
                    type=event_type(type(fact.body)),
                    source="",
                    subject=fact.subject,
                    account_id=account_id,
                    sequence=sequences[fact.subject],
                    time=START + timedelta(minutes=number),
                    data=fact.body.SerializeToString(),
                    actor_user_id=fact.actor_user_id,
                )
            )
        return made


def _created(subject: str, responsible: str) -> Message:
    record_id = subject.partition("/")[2]
    if subject in PERSONS:
        return contacts.PersonCreated(person=contacts.PersonFacts(id=record_id))
    return sales.DealCreated(deal=sales.DealFacts(id=record_id, responsible_user_id=responsible))


def told_of(steps: Sequence[str], chance: random.Random) -> History:
    history = History(facts=[], alive=[], unborn=chance.sample(RECORDS, len(RECORDS)))
    for kind in steps:
        history.step(kind, chance)
    return history


async def outcome(notify: Harness, account_id: str, batches: Sequence[Sequence[Envelope]], watching: Sequence[tuple[str, str]]) -> Any:
    """The watches and notifications of an account to which these batches were delivered, without their ids."""
    for user_id, subject in watching:
        user = replace(notify.user, account_id=account_id, user_id=user_id)
        await notify.call(watches.CreateWatchRequest(watch=watches.Watch(subject=subject)), user=user)
    for batch in batches:
        await notify.deliver_envelopes(batch)
    w, n = WATCHES.c, NOTIFICATIONS.c
    watched = sa.select(w.user_id, w.subject, w.reason, w.state, w.create_time).where(w.account_id == account_id)
    named = NOTIFICATIONS.outerjoin(WATCHES, sa.and_(w.account_id == n.account_id, w.id == n.watch_id))
    told = (
        sa.select(n.user_id, n.kind, n.ref, n.subject, n.title, n.actor_user_id, n.reason, n.is_seen, n.create_time, w.subject, w.user_id)
        .select_from(named)
        .where(n.account_id == account_id)
    )
    with notify.running.context.database.reading(account_id) as connection:
        return [sorted(tuple(row) for row in connection.execute(statement)) for statement in (watched, told)]


def shuffled(arriving: Sequence[Envelope], chance: random.Random) -> list[Envelope]:
    """In any order, except that what concerns one user keeps its own, as the bus promises per subject."""
    mixed = chance.sample(arriving, len(arriving))
    of_users = iter(sorted((item for item in mixed if item.subject.startswith("users/")), key=lambda item: item.sequence))
    return [next(of_users) if item.subject.startswith("users/") else item for item in mixed]


KINDS = ["create", "create", "create", "note", "note", "mail", "mail", "move", "task", "delete", "deactivate"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(KINDS), min_size=3, max_size=25), chance=st.randoms(use_true_random=False))
async def test_repeated_and_shuffled_facts_lead_to_the_same(notify: Harness, steps: list[str], chance: random.Random) -> None:
    history = told_of(["create", *steps], chance)
    watching = [(chance.choice(USERS), chance.choice(RECORDS)) for _ in range(3)]
    in_order = await outcome(notify, one := new_id(), [[item] for item in history.envelopes(one)], watching)

    other = new_id()
    facts = history.envelopes(other)
    # The third time as after a replay: under another id, so that no inbox row stands before the handler.
    arriving = facts * 2 + [replace(item, id=f"{item.id}/again") for item in facts]
    arriving = shuffled(arriving, chance)
    size = chance.randint(1, 10)
    batches = [arriving[start : start + size] for start in range(0, len(arriving), size)]
    assert await outcome(notify, other, batches, watching) == in_order


async def test_a_creator_is_told_of_what_was_heard_of_before_the_creation(notify: Harness) -> None:
    creator, colleague = USERS[:2]
    subject = PERSONS[0]
    facts = [
        Fact(_created(subject, ""), subject, creator),
        Fact(tasks.NoteCreated(note=tasks.NoteFacts(subject=subject, author_user_id=colleague)), "notes/1", colleague),
    ]
    made = History(facts=facts, alive=[], unborn=[]).envelopes(account := notify.user.account_id)
    _, told = await outcome(notify, account, [made[1:], made[:1]], [])
    assert [(row[0], row[1]) for row in told] == [(creator, "note_created")]
    with notify.running.context.database.reading(account) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(HAPPENINGS)).scalar() == 0


async def test_what_happens_at_unknown_records_is_forgotten_in_time(notify: Harness) -> None:
    """The table of what waits for a creation stays bounded though the creation never comes."""
    account = notify.user.account_id
    subject = PERSONS[0]
    for number in range(30):
        notify.clock.advance(days=2)
        note = tasks.NoteFacts(subject=subject, author_user_id=USERS[0])
        await notify.deliver(tasks.NoteCreated(note=note), subject=f"notes/{number}", actor_user_id=USERS[0])
    with notify.running.context.database.reading(account) as connection:
        kept = connection.execute(sa.select(sa.func.count()).select_from(HAPPENINGS)).scalar_one()
    assert kept == 16
