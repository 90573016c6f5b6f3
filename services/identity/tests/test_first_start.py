"""The first start: one account, whose owner can sign in, is made by itself."""

import asyncio
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from kontor.identity.events.v1 import events_pb2 as facts
from kontor.identity.v1 import sessions_pb2 as pb
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.testing import Harness, harness
from kontor_identity.service import SERVICE
from kontor_identity.store.tables import ACCOUNTS
from kontor_identity.usecases.first_start import prepare

OWNER = "Owner@Müller.example"
PASSWORD = "correct horse battery"


def slugs(running: Harness) -> list[str]:
    with running.running.context.database.reading("*") as connection:
        return list(connection.execute(sa.select(ACCOUNTS.c.slug)).scalars())


async def test_the_first_account_is_made_for_the_owner_in_the_settings_and_nothing_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with harness(SERVICE, tmp_path, settings={"owner_email": OWNER, "owner_password": PASSWORD}) as running:
        await running.call(pb.CreateSessionRequest(email=OWNER, password=PASSWORD))
        account = (await running.published(facts.AccountCreated))[0].account
        assert (account.slug, account.name, account.locale, account.time_zone) == ("mueller", "Kontor", "de", "Europe/Berlin")
        assert (account.currency, account.country, account.first_weekday) == ("EUR", "DE", 1)
        owner = (await running.published(facts.UserCreated))[0].user
        assert (owner.email, owner.role) == (OWNER, users.ROLE_OWNER)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert PASSWORD not in printed.err


async def test_generated_credentials_are_printed_once_and_open_the_account(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with harness(SERVICE, tmp_path, settings={"mail_domain": "crm.example"}) as running:
        printed = capfd.readouterr()
        email = re.findall(r"e-mail +(\S+)", printed.out)
        password = re.findall(r"password +(\S+)", printed.out)
        assert email == ["owner@crm.example"]
        assert len(password) == 1
        assert password[0] not in printed.err
        await running.call(pb.CreateSessionRequest(email=email[0], password=password[0]))
        assert slugs(running) == ["kontor"]
    async with harness(SERVICE, tmp_path, settings={"mail_domain": "crm.example"}) as running:
        assert capfd.readouterr().out == ""
        await running.call(pb.CreateSessionRequest(email=email[0], password=password[0]))


async def test_a_password_from_the_settings_is_never_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with harness(SERVICE, tmp_path, settings={"owner_password": PASSWORD}):
        printed = capfd.readouterr()
        assert "owner@kontor.localhost" in printed.out
        assert PASSWORD not in printed.out + printed.err


async def test_later_starts_with_other_settings_make_no_other_account_and_say_so(tmp_path: Path) -> None:
    for _ in range(2):
        with structlog.testing.capture_logs() as quiet:
            async with harness(SERVICE, tmp_path, settings={"owner_email": OWNER, "owner_password": PASSWORD}):
                pass
        assert "owner_settings_ignored" not in [entry["event"] for entry in quiet]
    with structlog.testing.capture_logs() as logs:
        async with harness(SERVICE, tmp_path, settings={"owner_email": "x@other.example", "owner_password": PASSWORD}) as running:
            assert slugs(running) == ["mueller"]
    assert "owner_settings_ignored" in [entry["event"] for entry in logs]


async def test_processes_that_start_at_once_make_one_account(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with harness(SERVICE, tmp_path) as running:
        context = running.running.context
        with context.database.writing("*") as connection:
            connection.execute(sa.delete(ACCOUNTS))
        capfd.readouterr()
        # In threads of their own, as other processes would be, instead of the service's one writing thread.
        await asyncio.gather(*(asyncio.to_thread(prepare, context) for _ in range(4)))
        assert slugs(running) == ["kontor"]
        assert capfd.readouterr().out.count("password") == 1


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"owner_email": "nobody", "owner_password": PASSWORD}, "KONTOR_OWNER_EMAIL"),
        ({"owner_email": OWNER, "owner_password": "short"}, "KONTOR_OWNER_PASSWORD"),
    ],
)
async def test_wrong_settings_stop_the_start_and_name_the_variable(tmp_path: Path, settings: dict[str, str], variable: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        async with harness(SERVICE, tmp_path, settings=settings):
            pass
    assert caught.value.violations[0].field == variable
    assert "short" not in str(caught.value)
