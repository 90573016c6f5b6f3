"""Deals (C1): made, read, changed, deleted."""

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa
from google.type.date_pb2 import Date

from kontor.sales.events.v1 import events_pb2 as facts
from kontor.sales.v1 import deals_pb2 as pb
from kontor.sales.v1 import pipelines_pb2 as pipelines
from kontor.type.v1.money_pb2 import Money
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import Aborted, IdempotencyMismatch, InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_sales.store.tables import DEAL_HISTORY

PERSON, ORGANISATION = new_id(), new_id()


def deal(**fields: object) -> pb.Deal:
    return pb.Deal(**{"name": "Wartungsvertrag", **fields})  # type: ignore[arg-type]


WRONG = [
    (pb.Deal(), "name"),
    (pb.Deal(name=" \u0000 "), "name"),
    (deal(name="x" * 301), "name"),
    (deal(description="x" * 100_001), "description"),
    (deal(value=Money(minor_units=-1, currency="EUR")), "value.amount"),
    (deal(value=Money(minor_units=10**14 + 1, currency="EUR")), "value.amount"),
    (deal(value=Money(minor_units=10**13, currency="EUR"), value_kind="VALUE_KIND_DAILY", value_count=11), "value.amount"),
    (deal(value=Money(minor_units=1, currency="eur")), "value.currency"),
    (deal(value=Money(minor_units=1, currency="XXX")), "value.currency"),
    (deal(value_kind="VALUE_KIND_MONTHLY", value_count=121), "value_count"),
    (deal(value_kind="VALUE_KIND_HOURLY", value_count=-1), "value_count"),
    (deal(value_kind=9), "value_kind"),
    (deal(target_date=Date(year=2026, month=2, day=30)), "target_date"),
    (deal(target_date=Date(year=1, month=1, day=1)), "target_date"),
    (deal(organisation_id="Müller"), "organisation_id"),
    (deal(responsible_user_id="\x00"), "responsible_user_id"),
    (deal(persons=[pb.DealPerson()]), "persons[0].person_id"),
    (deal(persons=[pb.DealPerson(person_id=PERSON), pb.DealPerson(person_id=PERSON)]), "persons[1].person_id"),
    (deal(persons=[pb.DealPerson(person_id=PERSON, role="x" * 301)]), "persons[0].role"),
    (deal(persons=[pb.DealPerson(person_id=PERSON)] * 201), "persons"),
    (deal(tags=[f"t{n}" for n in range(201)]), "tags"),
    (deal(tags=["a", " "]), "tags[1]"),
    (deal(stage_id=new_id()), "stage_id"),
    (deal(stage_id="\x00"), "stage_id"),
    (deal(pipeline_id=new_id()), "pipeline_id"),
    (deal(pipeline_id="x"), "pipeline_id"),
]


async def create(sales: Harness, wanted: pb.Deal, **fields: str) -> pb.Deal:
    made: pb.Deal = await sales.call(pb.CreateDealRequest(deal=wanted, **fields))
    return made


async def update(sales: Harness, deal_id: str, **fields: object) -> pb.Deal:
    request = pb.UpdateDealRequest(deal=pb.Deal(id=deal_id, **fields), update_mask=list(fields))  # type: ignore[arg-type]
    changed: pb.Deal = await sales.call(request)
    return changed


def euros(amount: int) -> Money:
    return Money(minor_units=amount * 100, currency="EUR")


async def test_a_deal_is_read_as_it_was_made(sales: Harness) -> None:
    made = await create(
        sales,
        deal(
            description="Zeile\r\nzwei",
            value=euros(100),
            value_kind=pb.VALUE_KIND_MONTHLY,
            value_count=12,
            target_date=Date(year=2026, month=5, day=1),
            organisation_id=ORGANISATION,
            persons=[pb.DealPerson(person_id=new_id(), role="Einkauf"), pb.DealPerson(person_id=PERSON)],
            tags=["Wartung", "a-kunde", "wartung"],
        ),
    )
    assert made == await sales.call(pb.GetDealRequest(id=made.id))
    assert (made.state, made.probability, made.description) == (pb.DEAL_STATE_OPEN, 0, "Zeile\nzwei")
    assert list(made.tags) == ["a-kunde", "Wartung"]
    assert made.persons[1].person_id == PERSON
    assert not made.HasField("closed_date")


async def test_what_is_left_out_has_a_default(sales: Harness) -> None:
    made = await create(sales, deal())
    first = (await sales.call(pipelines.ListPipelinesRequest())).pipelines[0]
    assert (made.pipeline_id, made.stage_id) == (first.id, first.stages[0].id)
    assert made.responsible_user_id == made.creator_user_id == sales.user.user_id
    assert (made.value_kind, made.value_count) == (pb.VALUE_KIND_TOTAL, 1)
    assert not made.HasField("value")
    assert not made.HasField("target_date")
    assert (await create(sales, deal(value=Money(minor_units=5)))).value == Money(minor_units=5, currency="EUR")


async def test_a_deal_can_begin_in_any_stage(sales: Harness) -> None:
    pipeline = (await sales.call(pipelines.ListPipelinesRequest())).pipelines[0]
    assert (await create(sales, deal(stage_id=pipeline.stages[2].id))).probability == 50
    assert (await create(sales, deal(pipeline_id=pipeline.id))).stage_id == pipeline.stages[0].id


async def test_a_wrong_deal_is_refused_with_the_field_named(sales: Harness) -> None:
    for wrong, field in WRONG:
        with pytest.raises(InvalidArgument) as caught:
            await create(sales, wrong)
        assert [violation.field for violation in caught.value.violations] == [field]
    assert (await sales.call(pb.ListDealsRequest())).deals == []


async def test_a_stage_and_a_pipeline_that_do_not_belong_together_are_refused(sales: Harness) -> None:
    pipeline = (await sales.call(pipelines.ListPipelinesRequest())).pipelines[0]
    with pytest.raises(InvalidArgument) as caught:
        await create(sales, deal(stage_id=pipeline.stages[0].id, pipeline_id=new_id()))
    assert caught.value.violations[0].field == "pipeline_id"


async def test_an_update_changes_only_the_masked_fields(sales: Harness) -> None:
    made = await create(sales, deal(description="alt", tags=["x"], value=euros(10)))
    changed = await update(sales, made.id, name="Neuer Name", persons=[pb.DealPerson(person_id=PERSON)])
    assert (changed.name, changed.description, list(changed.tags), changed.value) == ("Neuer Name", "alt", ["x"], euros(10))
    assert changed.etag != made.etag
    assert await sales.call(pb.GetDealRequest(id=made.id)) == changed


async def test_a_value_and_a_date_can_be_taken_away_again(sales: Harness) -> None:
    made = await create(sales, deal(value=euros(10), target_date=Date(year=2026, month=5, day=1)))
    request = pb.UpdateDealRequest(deal=pb.Deal(id=made.id), update_mask=["value", "target_date", "responsible_user_id"])
    changed = await sales.call(request)
    assert not changed.HasField("value")
    assert not changed.HasField("target_date")
    assert changed.responsible_user_id == ""


async def test_a_value_that_becomes_a_total_is_counted_once(sales: Harness) -> None:
    made = await create(sales, deal(value=euros(10), value_kind=pb.VALUE_KIND_MONTHLY, value_count=12))
    changed = await update(sales, made.id, value_kind=pb.VALUE_KIND_TOTAL)
    assert changed.value_count == 1


async def test_stage_and_state_do_not_change_by_update(sales: Harness) -> None:
    made = await create(sales, deal())
    pipeline = (await sales.call(pipelines.ListPipelinesRequest())).pipelines[0]
    same = await update(sales, made.id, stage_id=made.stage_id, pipeline_id=made.pipeline_id, state=pb.DEAL_STATE_WON)
    assert same == made
    with pytest.raises(InvalidArgument) as caught:
        await update(sales, made.id, stage_id=pipeline.stages[1].id)
    assert caught.value.violations[0].field == "stage_id"


async def test_an_update_that_changes_nothing_tells_nobody(sales: Harness) -> None:
    made = await create(sales, deal(tags=["VIP"], value=euros(1)))
    mask = ["name", "tags", "value", "value_kind", "persons", "target_date"]
    sent = pb.Deal()
    sent.CopyFrom(made)
    sent.tags[:] = ["vip"]
    assert await sales.call(pb.UpdateDealRequest(deal=sent, update_mask=mask)) == made
    assert await sales.published(facts.DealUpdated) == []


async def test_of_two_updates_with_one_etag_exactly_one_wins(sales: Harness) -> None:
    made = await create(sales, deal())

    async def rename(name: str) -> str:
        try:
            await sales.call(pb.UpdateDealRequest(deal=pb.Deal(id=made.id, name=name), update_mask=["name"], etag=made.etag))
        except Aborted as error:
            return error.detail["etag"]
        return ""

    assert sorted(await asyncio.gather(rename("Eins"), rename("Zwei"))) == ["", "2"]


async def test_a_request_id_makes_a_deal_once(sales: Harness) -> None:
    request = pb.CreateDealRequest(deal=deal(), request_id="once")
    answers = await asyncio.gather(*(sales.call(request) for _ in range(10)))
    assert {answer.id for answer in answers} == {answers[0].id}
    assert len(await sales.published(facts.DealCreated)) == 1
    with pytest.raises(IdempotencyMismatch):
        await create(sales, deal(name="Anders"), request_id="once")


async def test_every_change_is_told_and_audited_once(sales: Harness) -> None:
    day, person = Date(year=2026, month=5, day=1), pb.DealPerson(person_id=PERSON)
    made = await create(sales, deal(value=euros(10), target_date=day, organisation_id=ORGANISATION, persons=[person]))
    await update(sales, made.id, value=euros(20))
    await sales.call(pb.DeleteDealRequest(id=made.id))
    (created,) = await sales.published(facts.DealCreated)
    assert (created.deal.state, created.deal.stage_name, created.deal.value) == ("open", "Erstkontakt", euros(10))
    assert (created.deal.organisation_id, list(created.deal.person_ids)) == (ORGANISATION, [PERSON])
    assert (created.deal.target_date, created.deal.HasField("closed_date")) == (day, False)
    assert [list(fact.changed_fields) for fact in await sales.published(facts.DealUpdated)] == [["value"]]
    assert [fact.id for fact in await sales.published(facts.DealDeleted)] == [made.id]
    assert [(item.subject, item.sequence) for item in sales.bus.published] == [(f"deals/{made.id}", n) for n in (1, 2, 3)]
    with sales.running.context.database.reading(sales.user.account_id) as connection:
        rows = connection.execute(sa.select(AUDIT).where(AUDIT.c.subject == f"deals/{made.id}").order_by(AUDIT.c.id)).all()
    assert [row.action for row in rows] == ["create", "update", "delete"]
    assert rows[1].changes == {"value": [{"minor_units": 1000, "currency": "EUR"}, {"minor_units": 2000, "currency": "EUR"}]}


async def test_the_history_keeps_what_a_forecast_rests_on(sales: Harness) -> None:
    made = await create(sales, deal(value=euros(10)))
    await update(sales, made.id, name="Anders")
    await update(sales, made.id, target_date=Date(year=2026, month=5, day=1))
    with sales.running.context.database.reading(sales.user.account_id) as connection:
        rows = connection.execute(sa.select(DEAL_HISTORY).where(DEAL_HISTORY.c.deal_id == made.id).order_by(DEAL_HISTORY.c.version)).all()
    assert [(row.version, row.target_day, row.value) for row in rows] == [(1, "undated", 1000), (3, "2026-05-01", 1000)]


async def test_another_account_sees_nothing(sales: Harness) -> None:
    made = await create(sales, deal(tags=["x"]))
    stranger = replace(sales.user, account_id=new_id())
    for request in (
        pb.GetDealRequest(id=made.id),
        pb.UpdateDealRequest(deal=pb.Deal(id=made.id, name="Meins"), update_mask=["name"]),
        pb.DeleteDealRequest(id=made.id),
        pb.MoveDealRequest(id=made.id, stage_id=made.stage_id),
        pb.WinDealRequest(id=made.id),
        pb.LoseDealRequest(id=made.id, lost_reason="x"),
        pb.ReopenDealRequest(id=made.id),
    ):
        with pytest.raises(NotFound):
            await sales.call(request, user=stranger)
    assert (await sales.call(pb.ListDealsRequest(tag=["x"]), user=stranger)).deals == []
    with pytest.raises(InvalidArgument):
        await sales.call(pb.CreateDealRequest(deal=deal(stage_id=made.stage_id)), user=stranger)
    assert await sales.call(pb.GetDealRequest(id=made.id)) == made


async def test_a_deal_that_does_not_exist_is_not_found(sales: Harness) -> None:
    for deal_id in ("", "\x00", "x", "0193", new_id()):
        for request in (pb.GetDealRequest(id=deal_id), pb.DeleteDealRequest(id=deal_id), pb.WinDealRequest(id=deal_id)):
            with pytest.raises(NotFound):
                await sales.call(request)


async def test_each_method_needs_its_scope(sales: Harness) -> None:
    made = await create(sales, deal())
    reader = replace(sales.user, scopes=frozenset({"sales.read"}))
    writer = replace(sales.user, scopes=frozenset({"sales.read", "sales.write"}))
    for request, user in (
        (pb.CreateDealRequest(deal=deal()), reader),
        (pb.WinDealRequest(id=made.id), reader),
        (pb.DeleteDealRequest(id=made.id), writer),
    ):
        with pytest.raises(PermissionDenied):
            await sales.call(request, user=user)
    assert await sales.call(pb.GetDealRequest(id=made.id), user=reader) == made
