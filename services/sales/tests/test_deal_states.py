"""Moving, winning, losing and reopening deals (C2)."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from google.type.date_pb2 import Date

from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.sales.events.v1 import events_pb2 as facts
from kontor.sales.v1 import deals_pb2 as pb
from kontor.sales.v1 import pipelines_pb2 as pipelines
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import Aborted, FailedPrecondition, InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_sales.store.tables import DEAL_HISTORY

TODAY = Date(year=2026, month=3, day=2)


async def create(sales: Harness) -> pb.Deal:
    made: pb.Deal = await sales.call(pb.CreateDealRequest(deal=pb.Deal(name="Anlage 7")))
    return made


async def stages(sales: Harness) -> list[pipelines.Stage]:
    return list((await sales.call(pipelines.ListPipelinesRequest())).pipelines[0].stages)


async def test_a_moved_deal_has_the_probability_of_its_new_stage_and_tells_one_fact(sales: Harness) -> None:
    made = await create(sales)
    offer = (await stages(sales))[2]
    moved = await sales.call(pb.MoveDealRequest(id=made.id, stage_id=offer.id, etag=made.etag))
    assert (moved.stage_id, moved.probability, moved.state) == (offer.id, 50, pb.DEAL_STATE_OPEN)
    assert moved == await sales.call(pb.GetDealRequest(id=made.id))
    (told,) = await sales.published(facts.DealMoved)
    assert (told.from_stage_name, told.deal.stage_name) == ("Erstkontakt", "Angebot")
    assert await sales.published(facts.DealUpdated) == []


async def test_a_move_to_where_the_deal_stands_does_nothing(sales: Harness) -> None:
    made = await create(sales)
    assert await sales.call(pb.MoveDealRequest(id=made.id, stage_id=made.stage_id)) == made
    assert await sales.published(facts.DealMoved) == []


async def test_a_deal_moves_to_stages_of_its_account_only(sales: Harness) -> None:
    made = await create(sales)
    for stage_id in ("", "\x00", new_id()):
        with pytest.raises(InvalidArgument) as caught:
            await sales.call(pb.MoveDealRequest(id=made.id, stage_id=stage_id))
        assert caught.value.violations[0].field == "stage_id"


async def test_a_won_deal_carries_the_day_and_tells_one_fact(sales: Harness) -> None:
    made = await create(sales)
    won = await sales.call(pb.WinDealRequest(id=made.id))
    assert (won.state, won.closed_date) == (pb.DEAL_STATE_WON, TODAY)
    (told,) = await sales.published(facts.DealWon)
    assert (told.deal.state, told.deal.closed_date) == ("won", TODAY)
    assert [item.sequence for item in sales.bus.published] == [1, 2]


async def test_a_lost_deal_needs_a_reason(sales: Harness) -> None:
    made = await create(sales)
    for reason in ("", " \n ", "x" * 301):
        with pytest.raises(InvalidArgument) as caught:
            await sales.call(pb.LoseDealRequest(id=made.id, lost_reason=reason))
        assert caught.value.violations[0].field == "lost_reason"
    lost = await sales.call(pb.LoseDealRequest(id=made.id, lost_reason=" Zu teuer ", closed_date=Date(year=2026, month=2, day=27)))
    assert (lost.state, lost.lost_reason, lost.closed_date.day) == (pb.DEAL_STATE_LOST, "Zu teuer", 27)
    assert [fact.lost_reason for fact in await sales.published(facts.DealLost)] == ["Zu teuer"]


async def test_a_reopened_deal_stands_where_it_was(sales: Harness) -> None:
    made = await create(sales)
    offer = (await stages(sales))[2]
    await sales.call(pb.MoveDealRequest(id=made.id, stage_id=offer.id))
    await sales.call(pb.LoseDealRequest(id=made.id, lost_reason="Budget"))
    opened = await sales.call(pb.ReopenDealRequest(id=made.id))
    assert (opened.state, opened.stage_id, opened.lost_reason) == (pb.DEAL_STATE_OPEN, offer.id, "")
    assert not opened.HasField("closed_date")
    assert [fact.deal.state for fact in await sales.published(facts.DealReopened)] == ["open"]


async def test_what_the_state_forbids_is_refused_with_the_reason_and_changes_nothing(sales: Harness) -> None:
    made = await create(sales)
    offer = (await stages(sales))[2]

    async def refused(request: pb.MoveDealRequest | pb.WinDealRequest | pb.LoseDealRequest | pb.ReopenDealRequest, reason: str) -> None:
        with pytest.raises(FailedPrecondition) as caught:
            await sales.call(request)
        assert caught.value.reason == reason

    await refused(pb.ReopenDealRequest(id=made.id), "DEAL_OPEN")
    won = await sales.call(pb.WinDealRequest(id=made.id))
    await refused(pb.WinDealRequest(id=made.id), "DEAL_CLOSED")
    await refused(pb.LoseDealRequest(id=made.id, lost_reason="x"), "DEAL_CLOSED")
    await refused(pb.MoveDealRequest(id=made.id, stage_id=offer.id), "DEAL_CLOSED")
    assert await sales.call(pb.GetDealRequest(id=made.id)) == won
    await sales.call(pb.ReopenDealRequest(id=made.id))
    await sales.call(pb.LoseDealRequest(id=made.id, lost_reason="x"))
    await refused(pb.WinDealRequest(id=made.id), "DEAL_CLOSED")


async def test_a_stale_etag_stops_every_verb(sales: Harness) -> None:
    made = await create(sales)
    for request in (
        pb.MoveDealRequest(id=made.id, stage_id=made.stage_id, etag="7"),
        pb.WinDealRequest(id=made.id, etag="7"),
        pb.LoseDealRequest(id=made.id, lost_reason="x", etag="7"),
        pb.ReopenDealRequest(id=made.id, etag="7"),
        pb.DeleteDealRequest(id=made.id, etag="7"),
    ):
        with pytest.raises(Aborted):
            await sales.call(request)


async def test_a_closing_day_that_cannot_be_is_refused(sales: Harness) -> None:
    made = await create(sales)
    for day in (Date(year=2026, month=3, day=3), Date(year=2026, month=2, day=30), Date(year=1850, month=1, day=1), Date()):
        for request in (pb.WinDealRequest(id=made.id, closed_date=day), pb.LoseDealRequest(id=made.id, lost_reason="x", closed_date=day)):
            with pytest.raises(InvalidArgument) as caught:
                await sales.call(request)
            assert caught.value.violations[0].field == "closed_date"


@pytest.mark.parametrize(("time_zone", "day"), [("Europe/Berlin", 3), ("America/New_York", 2), ("Pacific/Auckland", 3)])
async def test_today_is_a_day_in_the_accounts_time_zone(sales: Harness, time_zone: str, day: int) -> None:
    account = accounts.Account(id=sales.user.account_id, locale="de", time_zone=time_zone, currency="EUR")
    await sales.deliver(identity.AccountCreated(account=account), subject=f"accounts/{account.id}")
    sales.clock.now = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    made = await create(sales)
    assert (await sales.call(pb.WinDealRequest(id=made.id))).closed_date == Date(year=2026, month=3, day=day)


async def test_every_change_of_stage_and_state_is_kept_with_its_time(sales: Harness) -> None:
    made = await create(sales)
    offer = (await stages(sales))[2]
    for request in (
        pb.MoveDealRequest(id=made.id, stage_id=offer.id),
        pb.LoseDealRequest(id=made.id, lost_reason="Budget"),
        pb.ReopenDealRequest(id=made.id),
        pb.WinDealRequest(id=made.id),
    ):
        sales.clock.advance(days=1)
        await sales.call(request)
    with sales.running.context.database.reading(sales.user.account_id) as connection:
        rows = connection.execute(sa.select(DEAL_HISTORY).where(DEAL_HISTORY.c.deal_id == made.id).order_by(DEAL_HISTORY.c.version)).all()
        audited = connection.execute(sa.select(AUDIT).where(AUDIT.c.subject == f"deals/{made.id}").order_by(AUDIT.c.id)).all()
    assert [(row.version, row.time.day, row.state, row.probability) for row in rows] == [
        (1, 2, "open", 0),
        (2, 3, "open", 50),
        (3, 4, "lost", 50),
        (4, 5, "open", 50),
        (5, 6, "won", 50),
    ]
    assert {row.actor_user_id for row in rows} == {sales.user.user_id}
    assert [sorted(row.changes) for row in audited[1:]] == [
        ["stage_id"],
        ["closed_date", "lost_reason", "state"],
        ["closed_date", "lost_reason", "state"],
        ["closed_date", "state"],
    ]
