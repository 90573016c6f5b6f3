"""Accounts (A1) through their RPCs."""

import asyncio

import pytest
import sqlalchemy as sa

from kontor.identity.events.v1 import events_pb2 as facts
from kontor.identity.v1 import accounts_pb2 as pb
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.db.plumbing import AUDIT, IDEMPOTENCY
from kontor_chassis.errors import Aborted, AlreadyExists, IdempotencyMismatch, InvalidArgument, PermissionDenied
from kontor_chassis.principal import Principal, service_principal
from kontor_chassis.testing import Harness

OPERATOR = service_principal("operator", scopes=["accounts.admin", "accounts.read"])
PASSWORD = "correct horse battery"


async def create(
    identity: Harness, *, email: str = "chef@schulze.example", password: str = PASSWORD, request_id: str = "", **fields: object
) -> pb.CreateAccountResponse:
    account = pb.Account(**{"name": "Schulze AG", **fields})  # type: ignore[arg-type]
    request = pb.CreateAccountRequest(account=account, owner_email=email, owner_password=password, request_id=request_id)
    made: pb.CreateAccountResponse = await identity.call(request, user=OPERATOR)
    return made


def rows(identity: Harness, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    with identity.running.context.database.reading("*") as connection:
        return list(connection.execute(sa.select(table)))


async def test_an_account_is_made_with_defaults_and_its_owner(identity: Harness) -> None:
    made = await create(identity)
    account = made.account
    assert (account.slug, account.name, account.locale, account.time_zone) == ("schulze-ag", "Schulze AG", "de", "Europe/Berlin")
    assert (account.currency, account.first_weekday, account.country, account.etag) == ("EUR", 1, "DE", "1")
    told = [fact.user for fact in await identity.published(facts.UserCreated) if fact.user.id == made.owner_user_id]
    assert [(user.email, user.role, user.active) for user in told] == [("chef@schulze.example", users.ROLE_OWNER, True)]
    assert account in [fact.account for fact in await identity.published(facts.AccountCreated)]


async def test_slugs_made_from_names_are_numbered_and_given_ones_are_unique(identity: Harness) -> None:
    slugs = [(await create(identity, email=f"a{number}@x.example")).account.slug for number in range(3)]
    assert slugs == ["schulze-ag", "schulze-ag-2", "schulze-ag-3"]
    with pytest.raises(AlreadyExists) as caught:
        await create(identity, slug="schulze-ag")
    assert caught.value.reason == "SLUG_TAKEN"
    assert (await create(identity, slug="schulze", email="b@x.example")).account.slug == "schulze"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "chef at schulze"}, "email"),
        ({"password": "short"}, "owner_password"),
        ({"password": ""}, "owner_password"),
        ({"name": ""}, "name"),
        ({"slug": "Schulze"}, "slug"),
        ({"locale": "fr"}, "locale"),
        ({"request_id": "x" * 129}, "request_id"),
    ],
)
async def test_a_wrong_account_is_refused_and_nothing_is_left_of_it(identity: Harness, fields: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await create(identity, **fields)
    assert [violation.field for violation in caught.value.violations] == [field]
    listed = await identity.call(pb.ListAccountsRequest(), user=OPERATOR)
    assert [account.name for account in listed.accounts] == ["Kontor"]


async def test_a_repeated_request_makes_one_account_and_keeps_no_trace_of_the_password(identity: Harness) -> None:
    answers = await asyncio.gather(*(create(identity, request_id="once") for _ in range(5)))
    assert {answer.account.id for answer in answers} == {answers[0].account.id}
    with pytest.raises(IdempotencyMismatch):
        await create(identity, request_id="once", name="Other")
    # Another password is not noticed, because not even its hash is kept.
    assert await create(identity, request_id="once", password="another password") == answers[0]
    assert [row.request_id for row in rows(identity, IDEMPOTENCY)] == ["once"]


async def test_accounts_are_listed_by_slug_for_operators_only(identity: Harness) -> None:
    for number in range(4):
        await create(identity, slug=f"s{number}", email=f"a{number}@x.example")
    slugs: list[str] = []
    token = ""
    while True:
        page = await identity.call(pb.ListAccountsRequest(page_size=2, page_token=token), user=OPERATOR)
        slugs += [account.slug for account in page.accounts]
        token = page.next_page_token
        if not token:
            break
    assert slugs == ["mueller", "s0", "s1", "s2", "s3"]
    greedy = Principal(account_id=identity.user.account_id, user_id=identity.user.user_id, scopes=OPERATOR.scopes)
    for request in (pb.ListAccountsRequest(), pb.CreateAccountRequest()):
        with pytest.raises(PermissionDenied):
            await identity.call(request, user=greedy)


async def test_an_operator_of_one_account_lists_that_one(identity: Harness) -> None:
    made = await create(identity)
    narrow = service_principal("operator", account_id=made.account.id, scopes=["accounts.read"])
    listed = await identity.call(pb.ListAccountsRequest(), user=narrow)
    assert list(listed.accounts) == [made.account]


async def test_the_account_of_the_caller_is_changed_as_masked_told_and_audited_once(identity: Harness) -> None:
    before = await identity.call(pb.GetAccountRequest())
    wanted = pb.Account(name="Müller KG", locale="en", currency="chf", slug="other")
    after = await identity.call(pb.UpdateAccountRequest(account=wanted, update_mask=["name", "currency"], etag=before.etag))
    assert (after.name, after.locale, after.currency, after.slug) == ("Müller KG", "de", "CHF", before.slug)
    assert [fact.account for fact in await identity.published(facts.AccountUpdated)] == [after]
    audited = [row for row in rows(identity, AUDIT) if row.subject == f"accounts/{after.id}" and row.action == "update"]
    assert [row.changes for row in audited] == [{"name": ["Kontor", "Müller KG"], "currency": ["EUR", "CHF"]}]
    with pytest.raises(Aborted):
        await identity.call(pb.UpdateAccountRequest(account=wanted, update_mask=["name"], etag=before.etag))


async def test_an_update_that_changes_nothing_tells_nobody(identity: Harness) -> None:
    before = await identity.call(pb.GetAccountRequest())
    assert before == await identity.call(pb.UpdateAccountRequest(account=before, update_mask=["name", "country"]))
    assert await identity.published(facts.AccountUpdated) == []


@pytest.mark.parametrize("field", ["name", "locale", "time_zone", "currency", "first_weekday", "country"])
async def test_no_field_of_an_account_can_be_emptied(identity: Harness, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await identity.call(pb.UpdateAccountRequest(account=pb.Account(), update_mask=[field]))
    assert caught.value.violations[0].field == field
