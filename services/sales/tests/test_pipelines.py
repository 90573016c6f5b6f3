"""Pipelines (C2): every account has a default one, made once, in its language."""

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.sales.v1 import deals_pb2 as deals
from kontor.sales.v1 import pipelines_pb2 as pb
from kontor.type.v1.money_pb2 import Money
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

GERMAN = ["Erstkontakt", "Bedarf geklärt", "Angebot", "Verhandlung"]
ENGLISH = ["First contact", "Needs clarified", "Offer", "Negotiation"]


async def pipelines(sales: Harness) -> list[pb.Pipeline]:
    return list((await sales.call(pb.ListPipelinesRequest())).pipelines)


def account(sales: Harness, **fields: str) -> accounts.Account:
    return accounts.Account(id=sales.user.account_id, **{"locale": "de", "time_zone": "Europe/Berlin", "currency": "EUR", **fields})  # type: ignore[arg-type]


async def tell(sales: Harness, body: identity.AccountCreated | identity.AccountUpdated, sequence: int = 1) -> None:
    await sales.deliver(body, subject=f"accounts/{sales.user.account_id}", sequence=sequence)


async def test_the_default_pipeline_is_there_when_it_is_first_listed(sales: Harness) -> None:
    (made,) = await pipelines(sales)
    assert made.is_default
    assert [stage.name for stage in made.stages] == GERMAN
    assert [stage.probability for stage in made.stages] == [0, 25, 50, 75]
    assert await pipelines(sales) == [made]
    assert await sales.call(pb.GetPipelineRequest(id=made.id)) == made


async def test_the_default_pipeline_is_made_once_however_many_need_it_at_once(sales: Harness) -> None:
    creations = [deals.CreateDealRequest(deal=deals.Deal(name=f"Deal {n}")) for n in range(10)]
    answers = await asyncio.gather(*(pipelines(sales) for _ in range(10)), *(sales.call(request) for request in creations))
    listed, made = answers[:10], answers[10:]
    assert {pipeline.id for found in listed for pipeline in found} == {listed[0][0].id}
    assert {deal.stage_id for deal in made} == {listed[0][0].stages[0].id}
    with sales.running.context.database.reading(sales.user.account_id) as connection:
        audited = connection.execute(sa.select(AUDIT.c.subject).where(AUDIT.c.subject.startswith("pipelines/"))).scalars().all()
    assert audited.count(f"pipelines/{listed[0][0].id}") == 1


async def test_a_new_account_gets_its_pipeline_in_its_language(sales: Harness) -> None:
    await tell(sales, identity.AccountCreated(account=account(sales, locale="en")))
    (made,) = await pipelines(sales)
    assert (made.name, [stage.name for stage in made.stages]) == ("Sales", ENGLISH)


async def test_a_pipeline_that_was_needed_before_its_account_was_known_takes_the_accounts_language(sales: Harness) -> None:
    (german,) = await pipelines(sales)
    await tell(sales, identity.AccountCreated(account=account(sales, locale="en")))
    (english,) = await pipelines(sales)
    assert english.id == german.id
    assert [stage.id for stage in english.stages] == [stage.id for stage in german.stages]
    assert [stage.name for stage in english.stages] == ENGLISH


async def test_a_later_change_of_language_leaves_the_pipeline_alone(sales: Harness) -> None:
    await tell(sales, identity.AccountCreated(account=account(sales)))
    await tell(sales, identity.AccountUpdated(account=account(sales, locale="en")), sequence=2)
    (made,) = await pipelines(sales)
    assert [stage.name for stage in made.stages] == GERMAN


async def test_an_account_told_twice_has_one_pipeline(sales: Harness) -> None:
    for sequence in (1, 1, 2):
        await tell(sales, identity.AccountCreated(account=account(sales)), sequence=sequence)
    assert len(await pipelines(sales)) == 1


async def test_an_older_state_of_the_account_that_comes_late_is_dropped(sales: Harness) -> None:
    await tell(sales, identity.AccountUpdated(account=account(sales, currency="CHF")), sequence=5)
    await tell(sales, identity.AccountCreated(account=account(sales, currency="EUR")), sequence=1)
    deal = await sales.call(deals.CreateDealRequest(deal=deals.Deal(name="X", value=Money(minor_units=1))))
    assert deal.value.currency == "CHF"


@pytest.mark.parametrize(
    "fields",
    [
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "Europe"},
        {"time_zone": "../etc/passwd"},
        {"currency": "???"},
        {"locale": "", "time_zone": ""},
    ],
)
async def test_an_account_with_values_that_are_not_known_here_is_taken_with_defaults(sales: Harness, fields: dict[str, str]) -> None:
    await tell(sales, identity.AccountCreated(account=account(sales, **fields)))
    deal = await sales.call(deals.CreateDealRequest(deal=deals.Deal(name="X", value=Money(minor_units=1))))
    won = await sales.call(deals.WinDealRequest(id=deal.id))
    assert (deal.value.currency, won.closed_date.day) == ("EUR", 2)


async def test_pipelines_are_paged_and_wrong_tokens_refused(sales: Harness) -> None:
    await pipelines(sales)
    response = await sales.call(pb.ListPipelinesRequest(page_size=1))
    assert (len(response.pipelines), response.next_page_token) == (1, "")
    for fields, field in (({"page_size": -1}, "page_size"), ({"page_token": "x"}, "page_token")):
        with pytest.raises(InvalidArgument) as caught:
            await sales.call(pb.ListPipelinesRequest(**fields))
        assert caught.value.violations[0].field == field


async def test_another_accounts_pipeline_does_not_exist(sales: Harness) -> None:
    (made,) = await pipelines(sales)
    stranger = replace(sales.user, account_id=new_id())
    for pipeline_id, user in ((made.id, stranger), (new_id(), sales.user), ("\x00", sales.user), ("", sales.user)):
        with pytest.raises(NotFound):
            await sales.call(pb.GetPipelineRequest(id=pipeline_id), user=user)
    (theirs,) = (await sales.call(pb.ListPipelinesRequest(), user=stranger)).pipelines
    assert theirs.id != made.id


async def test_a_scope_is_needed(sales: Harness) -> None:
    with pytest.raises(PermissionDenied):
        await sales.call(pb.ListPipelinesRequest(), user=replace(sales.user, scopes=frozenset({"contacts.read"})))
