"""Lists stay fast because each is a walk along one index that stops when the page is full (SQLite tells its plan)."""

import pytest
import sqlalchemy as sa

from kontor.sales.v1 import deals_pb2 as pb
from kontor_chassis.filters import lists
from kontor_chassis.filters.grammar import parse
from kontor_chassis.filters.order import Order
from kontor_chassis.testing import Harness
from kontor_sales.domain.deals import DealFilter
from kontor_sales.domain.projects import ProjectFilter
from kontor_sales.store import deal_fields, deals, projects, record_fields, tags
from kontor_sales.store.walks import After


def plan_of(sales: Harness, statement: sa.Subquery) -> str:
    engine = sales.running.context.database.engine
    text = str(sa.select(statement).compile(engine, compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        steps = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    return "\n".join(step for step in steps if step != "SCAN places")


async def assert_walks(sales: Harness, statements: dict[str, sa.Subquery]) -> None:
    if sales.running.context.database.dialect != "sqlite":
        pytest.skip("PostgreSQL plans by its statistics")
    for index, statement in statements.items():
        plan = plan_of(sales, statement)
        assert index in plan
        assert "SCAN" not in plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("after", [None, ("2026-05-01", "x")])
async def test_every_filter_of_deals_walks_an_index_in_the_order_of_the_list(sales: Harness, after: After | None) -> None:
    with sales.running.context.sessions.read(sales.user) as session:

        def places(*tag_ids: str, **wanted: str) -> sa.Subquery:
            return deals.places_of(session, DealFilter(**wanted), tag_ids=tag_ids, after=after, limit=51)  # type: ignore[arg-type]

        statements = {
            "deals_by_target": places(),
            "deals_by_state": places(state="open"),
            "deals_by_stage": places(stage_id="x", state="open"),
            "deals_by_responsible": places(responsible_user_id="x", state="open", stage_id="x"),
            "deals_by_organisation": places(organisation_id="x", responsible_user_id="x", state="won"),
            "deal_persons_by_person": places("a", "b", person_id="x", state="won"),
            "taggings_by_tag": places("a", "b", organisation_id="x", state="won"),
        }
    await assert_walks(sales, statements)


async def test_every_filter_of_projects_walks_an_index_in_the_order_of_the_list(sales: Harness) -> None:
    with sales.running.context.sessions.read(sales.user) as session:

        def places(*tag_ids: str, **wanted: str) -> sa.Subquery:
            return projects.places_of(session, ProjectFilter(**wanted), tag_ids=tag_ids, after=("a", "b"), limit=51)  # type: ignore[arg-type]

        statements = {
            "projects_by_name": places(),
            "projects_by_state": places(state="open"),
            "project_members_by_member": places("a", organisation_id="x", state="open"),
            "taggings_by_tag": places("a", "b", state="open"),
        }
    await assert_walks(sales, statements)


async def test_the_rarest_of_several_tags_is_walked(sales: Harness) -> None:
    for names in (["oft", "selten"], ["oft"], ["oft", "manchmal"], ["manchmal"]):
        await sales.call(pb.CreateDealRequest(deal=pb.Deal(name="x", tags=names)))
    with sales.running.context.sessions.read(sales.user) as session:
        ids = {name: tags.rarest_first(session, "deals", [name]) for name in ("oft", "manchmal", "selten")}
        found = tags.rarest_first(session, "deals", ["oft", "selten", "manchmal"])
        assert found == [*(ids["selten"] or []), *(ids["manchmal"] or []), *(ids["oft"] or [])]
        assert tags.rarest_first(session, "deals", ["oft", "unbekannt"]) is None


@pytest.mark.parametrize(
    ("text", "order", "step"),
    [
        ("NOT tags:*", "value", "sqlite_autoindex_taggings_1 (account_id=? AND record_id=?)"),
        ("NOT tags:*", "value", "deals_by_value (account_id=?)"),
        ("value >= 5 AND state = open", "target_date", "deals_by_value"),
        ("organisation = x AND value >= 5", "name", "deals_by_organisation"),
        ("person = x", "target_date", "deal_persons_by_person"),
        ("state = open", "target_date", "deals_by_state"),
    ],
)
async def test_a_filtered_list_begins_where_few_are_or_walks_in_its_order(sales: Harness, text: str, order: str, step: str) -> None:
    """Also without statistics, when SQLite takes every account to have ten rows."""
    with sales.running.context.sessions.read(sales.user) as session:
        listing = deal_fields.listing(session)
        compiler = record_fields.compiler(session, listing)
        found = lists.places(session, listing, compiler, parse(text), order=Order(order), also=(), after=None, limit=51)
    plan = plan_of(sales, found.subquery())
    assert step in plan, plan
