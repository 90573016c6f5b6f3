"""Lists of deals (C1, C4): by target date, narrowed by every filter, paged without gaps."""

from itertools import product

import pytest
from google.type.date_pb2 import Date

from kontor.sales.v1 import deals_pb2 as pb
from kontor.sales.v1 import pipelines_pb2 as pipelines
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

ANNA, BERND, MUELLER, COLLEAGUE = new_id(), new_id(), new_id(), new_id()


async def create(sales: Harness, name: str, day: int = 0, **fields: object) -> pb.Deal:
    target = Date(year=2026, month=4, day=day) if day else None
    made: pb.Deal = await sales.call(pb.CreateDealRequest(deal=pb.Deal(name=name, target_date=target, **fields)))  # type: ignore[arg-type]
    return made


async def names(sales: Harness, **filters: object) -> list[str]:
    response = await sales.call(pb.ListDealsRequest(**filters))  # type: ignore[arg-type]
    return [deal.name for deal in response.deals]


async def all_names(sales: Harness, **filters: object) -> list[str]:
    """Read page by page, two at a time."""
    seen: list[str] = []
    token = ""
    while True:
        response = await sales.call(pb.ListDealsRequest(page_size=2, page_token=token, **filters))  # type: ignore[arg-type]
        seen += [deal.name for deal in response.deals]
        token = response.next_page_token
        if not token:
            return seen


async def test_deals_are_sorted_by_target_date_with_undated_ones_last(sales: Harness) -> None:
    for name, day in (("offen", 0), ("spät", 9), ("früh", 1), ("auch offen", 0), ("mitte", 5)):
        await create(sales, name, day, tags=["x"], persons=[pb.DealPerson(person_id=ANNA)])
    wanted = ["früh", "mitte", "spät", "offen", "auch offen"]
    for filters in ({}, {"tag": ["x"]}, {"person_id": ANNA}, {"tag": ["x"], "person_id": ANNA}):
        assert await all_names(sales, **filters) == wanted


async def test_each_filter_narrows_alone_and_together(sales: Harness) -> None:
    stages = (await sales.call(pipelines.ListPipelinesRequest())).pipelines[0].stages
    expected: dict[str, dict[str, object]] = {}
    for number, (organisation, responsible, person, tag) in enumerate(product((MUELLER, ""), (COLLEAGUE, ""), (ANNA, BERND), ("A", "B"))):
        deal = await create(
            sales,
            f"deal {number}",
            1 + number % 3,
            organisation_id=organisation,
            responsible_user_id=responsible,
            persons=[pb.DealPerson(person_id=person)],
            tags=[tag, "alle"],
            stage_id=stages[number % 2].id,
        )
        if number % 5 == 0:
            await sales.call(pb.WinDealRequest(id=deal.id))
        expected[deal.name] = {
            "organisation_id": organisation,
            "responsible_user_id": responsible or sales.user.user_id,
            "person_id": person,
            "tag": tag,
            "stage_id": stages[number % 2].id,
            "state": pb.DEAL_STATE_OPEN if number % 5 else pb.DEAL_STATE_WON,
        }
    choices: list[tuple[str, list[object]]] = [
        ("organisation_id", ["", MUELLER]),
        ("responsible_user_id", ["", COLLEAGUE]),
        ("person_id", ["", BERND]),
        ("tag", ["", "B"]),
        ("stage_id", ["", stages[1].id]),
        ("state", [0, pb.DEAL_STATE_OPEN, pb.DEAL_STATE_WON]),
    ]
    for values in product(*(options for _, options in choices)):
        wanted = {name: value for (name, _), value in zip(choices, values, strict=True) if value}
        fits = {name for name, fields in expected.items() if all(fields[key] == value for key, value in wanted.items())}
        filters = {key: ["alle", value] if key == "tag" else value for key, value in wanted.items()}
        found = await names(sales, **filters)
        assert (len(found), set(found)) == (len(fits), fits), wanted


async def test_several_tags_narrow_a_list_whatever_their_case(sales: Harness) -> None:
    await create(sales, "beide", tags=["Wartung", "A-Kunde"])
    await create(sales, "eine", tags=["A-Kunde"])
    assert await names(sales, tag=["wartung", "A-KUNDE"]) == ["beide"]
    assert await names(sales, tag=["A-Kunde"]) == ["beide", "eine"]
    assert await names(sales, tag=["A-Kunde", "unbekannt"]) == []
    # A blank one does not ask for deals without any.
    for filters in ({"tag": [""]}, {"tag": [" "], "filter": "state = open"}):
        with pytest.raises(InvalidArgument) as refusal:
            await names(sales, **filters)
        assert refusal.value.violations[0].field == "tag[0]"


async def test_a_changed_deal_moves_in_every_list(sales: Harness) -> None:
    first = await create(sales, "erst", 1, tags=["x"], persons=[pb.DealPerson(person_id=ANNA)])
    await create(sales, "dann", 2, tags=["x"], persons=[pb.DealPerson(person_id=ANNA)])
    later = pb.Deal(id=first.id, target_date=Date(year=2026, month=5, day=1))
    await sales.call(pb.UpdateDealRequest(deal=later, update_mask=["target_date"]))
    for filters in ({}, {"tag": ["x"]}, {"person_id": ANNA}):
        assert await names(sales, **filters) == ["dann", "erst"]
    await sales.call(pb.UpdateDealRequest(deal=pb.Deal(id=first.id), update_mask=["tags", "persons"]))
    for filters in ({"tag": ["x"]}, {"person_id": ANNA}):
        assert await names(sales, **filters) == ["dann"]


async def test_a_deleted_deal_is_in_no_list(sales: Harness) -> None:
    made = await create(sales, "weg", 1, tags=["x"], persons=[pb.DealPerson(person_id=ANNA)])
    await sales.call(pb.DeleteDealRequest(id=made.id, etag=made.etag))
    for filters in ({}, {"tag": ["x"]}, {"person_id": ANNA}):
        assert await names(sales, **filters) == []


async def test_a_wrong_filter_is_refused_with_the_field_named(sales: Harness) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"stage_id": "x"}, "stage_id"),
        ({"organisation_id": "\x00"}, "organisation_id"),
        ({"person_id": "persons/1"}, "person_id"),
        ({"responsible_user_id": "me"}, "responsible_user_id"),
        ({"state": 9}, "state"),
        ({"tag": ["x", "\x00"]}, "tag[1]"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "bm9uc2Vuc2U"}, "page_token"),
    ]
    for filters, field in wrong:
        with pytest.raises(InvalidArgument) as caught:
            await names(sales, **filters)
        assert caught.value.violations[0].field == field


async def test_a_page_token_of_another_filter_is_refused(sales: Harness) -> None:
    for name in "abc":
        await create(sales, name)
    token = (await sales.call(pb.ListDealsRequest(page_size=1))).next_page_token
    with pytest.raises(InvalidArgument) as caught:
        await sales.call(pb.ListDealsRequest(page_size=1, state=pb.DEAL_STATE_OPEN, page_token=token))
    assert caught.value.violations[0].field == "page_token"
