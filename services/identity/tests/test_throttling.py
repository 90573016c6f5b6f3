"""Guessing passwords is slowed down (S7): per address and network, per address, per network; stored, so that no restart helps."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from kontor.identity.v1 import sessions_pb2 as pb
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.errors import InvalidArgument, ResourceExhausted, Unauthenticated
from kontor_chassis.testing import Harness, harness
from kontor_identity.domain import throttling
from kontor_identity.service import SERVICE
from kontor_identity.store.tables import THROTTLES

OWNER = "owner@mueller.example"
PASSWORD = "correct horse battery"
SignIn = Callable[..., Awaitable[pb.Session]]
BURST = throttling.PER_ADDRESS_AND_PEER.burst


Answer = type[Exception] | None


async def guess(running: Harness, *, email: str = OWNER, peer: str = "192.0.2.1", password: str = "a wrong password") -> Answer:
    try:
        await running.call(pb.CreateSessionRequest(email=email, password=password, peer=peer))
    except (Unauthenticated, ResourceExhausted) as error:
        return type(error)
    return None


async def test_after_a_burst_of_guesses_even_the_right_password_waits(identity: Harness, sign_in: SignIn) -> None:
    assert {await guess(identity) for _ in range(BURST)} == {Unauthenticated}
    with pytest.raises(ResourceExhausted) as caught:
        await sign_in(OWNER, peer="192.0.2.1")
    assert caught.value.detail == {"retry_after": "60"}
    identity.clock.advance(seconds=60)
    await sign_in(OWNER, peer="192.0.2.1")


async def test_the_owner_gets_in_from_elsewhere_while_somebody_guesses(identity: Harness, sign_in: SignIn) -> None:
    for _ in range(BURST + 5):
        await guess(identity, peer="192.0.2.1")
    await sign_in(OWNER, peer="198.51.100.7")


async def test_an_unknown_address_is_throttled_alike(identity: Harness) -> None:
    answers = [await guess(identity, email="nobody@mueller.example") for _ in range(BURST + 1)]
    assert answers == [Unauthenticated] * BURST + [ResourceExhausted]


async def test_many_guesses_at_once_do_not_slip_through(identity: Harness) -> None:
    answers = await asyncio.gather(*(guess(identity) for _ in range(3 * BURST)))
    assert answers.count(Unauthenticated) == BURST
    assert answers.count(ResourceExhausted) == 2 * BURST


async def test_signing_in_rightly_however_often_is_no_guess(identity: Harness) -> None:
    assert {await guess(identity, password=PASSWORD) for _ in range(BURST + 5)} == {None}


async def test_guesses_from_many_places_count_for_the_address(identity: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "PER_ADDRESS", throttling.Rule(burst=5, every=throttling.PER_ADDRESS.every))
    answers = [await guess(identity, peer=f"192.0.2.{number}") for number in range(6)]
    assert answers == [Unauthenticated] * 5 + [ResourceExhausted]


async def test_guesses_at_many_people_count_for_the_network(identity: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "PER_PEER", throttling.Rule(burst=5, every=throttling.PER_PEER.every))
    answers = [await guess(identity, email=f"a{number}@mueller.example", peer=f"2001:db8::{number}") for number in range(6)]
    assert answers == [Unauthenticated] * 5 + [ResourceExhausted]


async def test_a_refused_attempt_counts_for_nobody(identity: Harness) -> None:
    for _ in range(BURST + 50):
        await guess(identity, peer="192.0.2.1")
    identity.clock.advance(seconds=60)
    assert await guess(identity, peer="192.0.2.1") is Unauthenticated


async def test_a_restart_does_not_help(tmp_path: Path) -> None:
    settings = {"owner_email": OWNER, "owner_password": PASSWORD}
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        for _ in range(BURST):
            await guess(running)
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        assert await guess(running) is ResourceExhausted


async def test_guessing_the_password_from_a_stolen_session_is_slowed_down(identity: Harness) -> None:
    request = users.ChangePasswordRequest(current_password="a wrong password", new_password="another password")
    for _ in range(BURST):
        with pytest.raises(InvalidArgument):
            await identity.call(request)
    with pytest.raises(ResourceExhausted):
        await identity.call(request)


async def test_counters_do_not_pile_up(identity: Harness) -> None:
    for number in range(30):
        await guess(identity, email=f"a{number}@mueller.example", peer=f"192.0.2.{number}")
    identity.clock.advance(days=1)
    await guess(identity)
    with identity.running.context.database.reading("*") as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(THROTTLES)).scalar_one() == 3
