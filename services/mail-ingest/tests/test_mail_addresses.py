"""Every user has a dropbox address that nobody guesses (E1)."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.mail.v1 import mail_addresses_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_mail_ingest.store.tables import MAIL_ADDRESSES


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


async def listed(mail: Any, user: Principal | None = None) -> list[pb.MailAddress]:
    return list((await mail.call(pb.ListMailAddressesRequest(), user=user)).mail_addresses)


def rows(mail: Any, table: sa.Table) -> list[Any]:
    with mail.harness.running.context.database.reading("*") as connection:
        return list(connection.execute(sa.select(table)).all())


async def test_a_dropbox_is_made_when_it_is_first_asked_for(mail: Any) -> None:
    (made,) = await listed(mail)
    assert re.fullmatch(r"drop-[a-z2-7]{20}@kontor\.localhost", made.address)
    assert (made.purpose, made.user_id) == (pb.MAIL_ADDRESS_PURPOSE_DROPBOX, mail.harness.user.user_id)
    assert await listed(mail) == [made]
    assert [(row.action, row.changes["purpose"]) for row in rows(mail, AUDIT)] == [("create", [None, "dropbox"])]


async def test_asking_for_it_many_times_at_once_makes_one(mail: Any) -> None:
    answers = await asyncio.gather(*(listed(mail) for _ in range(20)))
    assert len({answer[0].address for answer in answers}) == 1
    assert len(rows(mail, MAIL_ADDRESSES)) == len(rows(mail, AUDIT)) == 1


async def test_a_new_user_has_one_from_the_beginning_and_a_deactivated_one_gets_none(mail: Any) -> None:
    anna, gone = new_id(), new_id()
    for _ in range(2):
        await mail.user(anna, "anna@firma.example")
        await mail.user(gone, "gone@firma.example", active=False)
    assert [row.user_id for row in rows(mail, MAIL_ADDRESSES)] == [anna]


async def test_a_rotated_address_is_another_one_and_its_secret_stands_in_no_audit(mail: Any) -> None:
    (old,) = await listed(mail)
    new = await mail.call(pb.RotateMailAddressRequest(id=old.id))
    assert new.id == old.id
    assert new.address != old.address
    assert await listed(mail) == [new]
    entries = rows(mail, AUDIT)
    assert [entry.action for entry in sorted(entries, key=lambda entry: entry.id)] == ["create", "rotate"]
    secrets = [address.partition("@")[0].removeprefix("drop-") for address in (old.address, new.address)]
    assert not any(secret in str(entry) for entry in entries for secret in secrets)


async def test_rotating_twice_with_one_request_id_happens_once(mail: Any) -> None:
    (old,) = await listed(mail)
    request = pb.RotateMailAddressRequest(id=old.id, request_id="once")
    assert await mail.call(request) == await mail.call(request)


async def test_addresses_of_others_do_not_exist(mail: Any) -> None:
    (mine,) = await listed(mail)
    colleague, stranger = mail.colleague(), mail.colleague(account_id=new_id())
    for user in (colleague, stranger, replace(stranger, user_id=mail.harness.user.user_id)):
        with pytest.raises(NotFound):
            await mail.call(pb.RotateMailAddressRequest(id=mine.id), user=user)
        assert [item.user_id for item in await listed(mail, user)] == [user.user_id]
        assert (await listed(mail, user))[0].address != mine.address
    for wrong in ("", "nonsense", new_id()):
        with pytest.raises(NotFound):
            await mail.call(pb.RotateMailAddressRequest(id=wrong))
    assert await listed(mail) == [mine]


async def test_scopes_are_needed(mail: Any) -> None:
    (mine,) = await listed(mail)
    reader = replace(mail.harness.user, scopes=frozenset({"mail.read"}))
    assert await listed(mail, reader) == [mine]
    with pytest.raises(PermissionDenied):
        await mail.call(pb.RotateMailAddressRequest(id=mine.id), user=reader)
    with pytest.raises(PermissionDenied):
        await listed(mail, replace(mail.harness.user, scopes=frozenset()))


async def test_a_page_token_that_was_made_up_is_refused(mail: Any) -> None:
    for token in ("x", "W10", "\x00"):
        with pytest.raises(InvalidArgument):
            await mail.call(pb.ListMailAddressesRequest(page_token=token))


async def test_a_service_has_no_dropbox(mail: Any) -> None:
    service = Principal(account_id=mail.harness.user.account_id, service="mail-ingest", scopes=frozenset({"mail.read"}))
    assert await listed(mail, service) == []


async def test_a_mail_domain_that_is_none_keeps_the_service_from_starting(open_mailroom: Any) -> None:
    with pytest.raises(ValueError, match=r"(?i)mail_domain"):
        async with open_mailroom(mail_domain="not a domain"):
            pass
