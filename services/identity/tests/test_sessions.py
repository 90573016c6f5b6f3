"""Signing in and out (A2, S7)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.identity.v1 import sessions_pb2 as pb
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import AlreadyExists, InvalidArgument, KontorError, NotFound, Unauthenticated
from kontor_chassis.principal import Principal, service_principal
from kontor_chassis.testing import Harness, harness
from kontor_identity.hashing import Hashing
from kontor_identity.service import SERVICE
from kontor_identity.store.tables import PASSWORDS, SESSIONS

OWNER = "owner@mueller.example"
PASSWORD = "correct horse battery"
SignIn = Callable[..., Awaitable[pb.Session]]
Prove = Callable[[str], Awaitable[Principal]]


async def second_account(identity: Harness, *, email: str = OWNER, password: str = PASSWORD) -> accounts.CreateAccountResponse:
    request = accounts.CreateAccountRequest(account=accounts.Account(name="Zweite"), owner_email=email, owner_password=password)
    made: accounts.CreateAccountResponse = await identity.call(request, user=service_principal("operator", scopes=["accounts.admin"]))
    return made


async def test_a_session_is_opened_with_address_and_password(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = await sign_in(" Owner@MUELLER.example ", client="Firefox\n140", peer="192.0.2.1")
    assert made.token.startswith("kts_")
    assert (made.user_id, made.client) == (identity.user.user_id, "Firefox 140")
    assert made.expire_time.ToDatetime() - made.create_time.ToDatetime() == timedelta(days=30)
    assert await prove(made.token) == identity.user


async def test_nobody_learns_from_the_answer_whether_an_address_is_known(
    identity: Harness, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, wrong, without a password, deactivated, unknown account: one answer, after one hash each."""
    invited = await identity.call(users.CreateUserRequest(email="invited@mueller.example"))
    gone = await identity.call(users.CreateUserRequest(email="gone@mueller.example", password=PASSWORD))
    await identity.call(users.DeactivateUserRequest(id=gone.id))
    hashed: list[str] = []
    match = Hashing._match

    def counted(self: Hashing, stored: str, password: str) -> bool:
        hashed.append(stored)
        return match(self, stored, password)

    monkeypatch.setattr(Hashing, "_match", counted)
    answers: list[tuple[object, ...]] = []
    for email, password, account in (
        ("nobody@mueller.example", PASSWORD, ""),
        (OWNER, "a wrong password", ""),
        (OWNER, "", ""),
        (invited.email, PASSWORD, ""),
        (invited.email, "", ""),
        (gone.email, PASSWORD, ""),
        (OWNER, PASSWORD, "elsewhere"),
        (OWNER, "a wrong password", "mueller"),
    ):
        with pytest.raises(Unauthenticated) as caught:
            await sign_in(email, password, account=account)
        error: KontorError = caught.value
        answers.append((error.message, error.reason, error.violations, error.detail))
    assert len(set(map(str, answers))) == 1
    assert len(hashed) == len(answers)
    assert len({stored.rsplit("$", 2)[0] for stored in hashed}) == 1


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [("", PASSWORD, "email"), ("owner", PASSWORD, "email"), (OWNER, "x" * 1025, "password")],
)
async def test_what_can_never_be_right_is_told_by_its_field(sign_in: SignIn, email: str, password: str, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await sign_in(email, password)
    assert caught.value.violations[0].field == field


async def test_one_address_in_two_accounts_is_told_apart_by_the_password(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    second = await second_account(identity, password="the other password")
    assert (await prove((await sign_in(OWNER)).token)).account_id == identity.user.account_id
    assert (await prove((await sign_in(OWNER, "the other password")).token)).account_id == second.account.id


async def test_only_who_knows_a_password_of_several_accounts_is_asked_which(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    second = await second_account(identity)
    with pytest.raises(Unauthenticated):
        await sign_in(OWNER, "a wrong password")
    with pytest.raises(InvalidArgument) as caught:
        await sign_in(OWNER)
    assert (caught.value.reason, caught.value.violations[0].field) == ("ACCOUNT_NEEDED", "account")
    assert set(caught.value.detail["accounts"].split(",")) == {"mueller", "zweite"}
    chosen = await sign_in(OWNER, account=" Zweite ")
    assert (await prove(chosen.token)).account_id == second.account.id


async def test_a_session_ends_when_it_is_deleted_at_once_and_is_ones_own(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    other = await identity.call(users.CreateUserRequest(email="anna@mueller.example", password=PASSWORD, role=users.ROLE_ADMIN))
    mine, theirs = await sign_in(OWNER), await sign_in(other.email)
    with pytest.raises(NotFound):
        await identity.call(pb.DeleteSessionRequest(id=theirs.id))
    await identity.call(pb.DeleteSessionRequest(id=mine.id))
    with pytest.raises(Unauthenticated):
        await prove(mine.token)
    with pytest.raises(NotFound):
        await identity.call(pb.DeleteSessionRequest(id=mine.id))
    await prove(theirs.token)


async def test_a_session_that_is_used_slides_until_its_last_day(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    token = (await sign_in(OWNER)).token
    for _ in range(3):
        identity.clock.advance(days=29)
        await prove(token)
        await identity.running.context.parts.last_used.flush()
    identity.clock.advance(days=2, hours=23)
    await prove(token)
    await identity.running.context.parts.last_used.flush()
    identity.clock.advance(hours=1)
    with pytest.raises(Unauthenticated):
        await prove(token)


async def test_a_session_that_is_not_used_ends_after_its_idle_days(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    token = (await sign_in(OWNER)).token
    identity.clock.advance(days=30)
    with pytest.raises(Unauthenticated):
        await prove(token)


async def test_a_proof_never_outlives_its_session(identity: Harness, sign_in: SignIn) -> None:
    token = (await sign_in(OWNER)).token
    identity.clock.advance(days=30, seconds=-7)
    answer = await identity.call(pb.AuthenticateRequest(bearer_token=token))
    assert answer.expire_time.ToSeconds() == int(identity.clock().timestamp()) + 7
    fresh = await identity.call(pb.AuthenticateRequest(bearer_token=(await sign_in(OWNER)).token))
    assert fresh.expire_time.ToSeconds() == int(identity.clock().timestamp()) + 60


async def test_ones_sessions_are_listed_newest_first_without_ended_ones_and_tokens(identity: Harness, sign_in: SignIn) -> None:
    await identity.call(users.CreateUserRequest(email="anna@mueller.example", password=PASSWORD))
    identity.clock.advance(days=31)
    made = [await sign_in(OWNER, client=f"client {number}") for number in range(3)]
    await sign_in("anna@mueller.example")
    seen: list[pb.Session] = []
    token = ""
    while True:
        page = await identity.call(pb.ListSessionsRequest(page_size=2, page_token=token))
        seen += page.sessions
        token = page.next_page_token
        if not token:
            break
    assert [item.id for item in seen] == [item.id for item in reversed(made)]
    assert not any(item.token for item in seen)
    assert seen[0].expire_time == made[2].expire_time


async def test_sessions_of_one_user_stay_bounded(identity: Harness, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kontor_identity.usecases.sessions._MAX_PER_USER", 3)
    made = [await sign_in(OWNER) for _ in range(5)]
    listed = await identity.call(pb.ListSessionsRequest())
    assert [item.id for item in listed.sessions] == [item.id for item in reversed(made[2:])]
    identity.clock.advance(days=31)
    await sign_in(OWNER)
    with identity.running.context.database.reading("*") as connection:
        assert len(connection.execute(sa.select(SESSIONS)).all()) == 1


async def test_use_is_written_down_at_most_once_a_minute(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    token = (await sign_in(OWNER)).token
    last_used = identity.running.context.parts.last_used

    async def shown() -> int:
        await last_used.flush()
        listed = await identity.call(pb.ListSessionsRequest(page_size=1))
        return int(listed.sessions[0].last_used_time.ToSeconds() - listed.sessions[0].create_time.ToSeconds())

    identity.clock.advance(seconds=59)
    await prove(token)
    assert await shown() == 0
    identity.clock.advance(seconds=1)
    await prove(token)
    assert await shown() == 60
    identity.clock.advance(seconds=30)
    await prove(token)
    assert await shown() == 60


async def test_use_that_is_noted_when_the_service_stops_is_not_lost(tmp_path: Path) -> None:
    settings = {"owner_email": OWNER, "owner_password": PASSWORD}
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        token = (await running.call(pb.CreateSessionRequest(email=OWNER, password=PASSWORD))).token
        running.clock.advance(days=1)
        now = running.clock.now
        await running.call(pb.AuthenticateRequest(bearer_token=token))
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        with running.running.context.database.reading("*") as connection:
            assert connection.execute(sa.select(SESSIONS.c.last_used_time)).scalar_one() == now


async def test_signing_in_is_audited_as_the_users_own_doing(identity: Harness, sign_in: SignIn) -> None:
    made = await sign_in(OWNER, client="Firefox")
    with identity.running.context.database.reading("*") as connection:
        entries = connection.execute(sa.select(AUDIT).where(AUDIT.c.subject == f"sessions/{made.id}")).all()
    assert [(entry.action, entry.actor_user_id, entry.changes) for entry in entries] == [
        ("create", identity.user.user_id, {"client": [None, "Firefox"]})
    ]


async def test_a_repeated_sign_in_shows_no_second_secret(sign_in: SignIn) -> None:
    await sign_in(OWNER, request_id="once")
    with pytest.raises(AlreadyExists) as caught:
        await sign_in(OWNER, request_id="once")
    assert caught.value.reason == "SECRET_SHOWN_ONCE"


async def test_a_password_is_hashed_anew_when_the_parameters_have_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"owner_email": OWNER, "owner_password": PASSWORD}
    seen: list[str] = []
    for memory in ("1024", "2048", "2048"):
        monkeypatch.setenv("KONTOR_IDENTITY_PASSWORD_MEMORY_KIB", memory)
        async with harness(SERVICE, tmp_path, settings=settings) as running:
            await running.call(pb.CreateSessionRequest(email=OWNER, password=PASSWORD))
            with running.running.context.database.reading("*") as connection:
                seen.append(connection.execute(sa.select(PASSWORDS.c.hash)).scalar_one())
    assert "m=1024," in seen[0]
    assert "m=2048," in seen[1]
    assert seen[1] == seen[2]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "kts_",
        "kts_" + "A" * 43,
        "ktk_" + "A" * 43,
        "ktf_" + "A" * 43,
        "x" * 5000,
        "kts_" + "ä" * 43,
        "kts_' OR 1=1 --",
        "0193a3c6-7b1e-7000-8000-000000000000",
    ],
)
async def test_what_was_never_handed_out_opens_nothing(identity: Harness, token: str) -> None:
    for request in (pb.AuthenticateRequest(bearer_token=token), pb.AuthenticateRequest(feed_secret=token), pb.AuthenticateRequest()):
        with pytest.raises(Unauthenticated):
            await identity.call(request)
