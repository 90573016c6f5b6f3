"""Lists by tags that nobody would call rare: the index of the order is walked, and tells itself who cannot carry them (B9, B10)."""

from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor_chassis.filters import lists

TAGS = [f"Merkmal {number}" for number in range(9)]
ORDERS = ("last_name", "first_name desc", "create_time", "update_time desc", "custom.umsatz", "custom.umsatz desc")


@pytest.fixture(autouse=True)
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many count as few; none at all unless a test says so, as in an account of a million."""
    monkeypatch.setattr(lists, "_FEW", getattr(request, "param", -1))


@pytest.fixture
async def people(custom: Any) -> list[persons.Person]:
    """With some of the tags each, and a number most of them."""
    await custom.define("umsatz", "number")
    dice = Random(7)
    made = []
    for number in range(25):
        values = {"umsatz": dice.randrange(9)} if number % 4 else {}
        person = await custom.person(f"N{dice.randrange(9)}", **values)
        made.append(await changed(custom, person, first_name=f"V{dice.randrange(9)}", tags=dice.sample(TAGS, dice.randrange(7))))
    return made


async def changed(custom: Any, person: persons.Person, **fields: Any) -> persons.Person:
    request = persons.UpdatePersonRequest(person=persons.Person(id=person.id, **fields), update_mask=list(fields))
    after: persons.Person = await custom.contacts.call(request)
    return after


async def listed(custom: Any, **request: Any) -> list[str]:
    found: list[str] = []
    while True:
        page = await custom.contacts.call(persons.ListPersonsRequest(page_size=4, **request))
        found += [person.id for person in page.persons]
        if not page.next_page_token:
            return found
        request["page_token"] = page.next_page_token


@pytest.mark.parametrize("few", [-1, 3, 2000], indirect=True, ids=["none is rare", "two are rare together", "each is rare"])
@pytest.mark.parametrize("order_by", ORDERS)
async def test_a_list_by_tags_is_the_whole_list_less_those_without_them(custom: Any, people: list[persons.Person], order_by: str) -> None:
    everybody = await listed(custom, order_by=order_by)
    assert len(everybody) == len(people)
    tags = {person.id: set(person.tags) for person in people}
    for first, second in zip(TAGS, TAGS[3:], strict=False):
        wanted = [item for item in everybody if {first, second} <= tags[item]]
        assert await listed(custom, order_by=order_by, filter=f'tags:"{first}" AND tags:"{second}"') == wanted
        assert await listed(custom, order_by=order_by, tag=[first, second]) == wanted
        without = [item for item in everybody if first in tags[item] and second not in tags[item]]
        assert await listed(custom, order_by=order_by, filter=f'tags:"{first}" AND NOT tags:"{second}"') == without
    assert await listed(custom, order_by=order_by, filter='tags:"Gibt es nicht"') == []


async def test_who_only_has_the_bits_of_a_tag_is_not_listed(custom: Any, people: list[persons.Person]) -> None:
    """Tags that were taken off may leave theirs behind, and two tags may share some."""
    database = custom.contacts.running.context.database
    with database.writing(custom.contacts.user.account_id) as connection:
        for table in ("persons", "custom_values"):
            connection.execute(sa.text(f"UPDATE {table} SET tag_bits = {2**63 - 1}"))
    for order_by in ORDERS:
        found = await listed(custom, order_by=order_by, filter=f'tags:"{TAGS[0]}"')
        assert set(found) == {person.id for person in people if TAGS[0] in person.tags}


async def test_a_new_tag_is_found_in_every_order(custom: Any, people: list[persons.Person]) -> None:
    await changed(custom, people[1], tags=[])
    await changed(custom, people[1], tags=["Neu"], last_name="Anders")
    for order_by in ORDERS:
        assert await listed(custom, order_by=order_by, filter="tags:Neu") == [people[1].id]


@pytest.mark.parametrize("order_by", ["name", "size desc", "create_time", "update_time"])
async def test_organisations_too(custom: Any, order_by: str) -> None:
    for name, tags in (("A", ["x", "y"]), ("B", ["x"]), ("C", ["y", "x", "z"]), ("D", [])):
        organisation = organisations.Organisation(name=name, tags=tags)
        await custom.contacts.call(organisations.CreateOrganisationRequest(organisation=organisation))
    request = organisations.ListOrganisationsRequest(filter="tags:x AND tags:y", order_by=order_by)
    found = [item.name for item in (await custom.contacts.call(request)).organisations]
    assert sorted(found) == ["A", "C"]


async def steps(custom: Any, order_by: str) -> list[str]:
    """How SQLite finds the places of a page; nothing from PostgreSQL, which rightly reads all of 25 people."""
    engine = custom.contacts.running.context.database.engine
    statements: list[tuple[str, Any]] = []

    def keep(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if ") AS places" in statement:
            statements.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", keep)
    text = f'tags:"{TAGS[0]}" AND tags:"{TAGS[1]}" AND vip = false'
    await custom.contacts.call(persons.ListPersonsRequest(filter=text, order_by=order_by, page_size=2))
    sa.event.remove(engine, "before_cursor_execute", keep)
    statement, parameters = statements[0]
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        plan = [str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    return plan[: plan.index("SCAN places")]


@pytest.mark.parametrize(
    ("order_by", "index"),
    [
        ("update_time desc", "entry USING COVERING INDEX persons_by_update_time"),
        ("first_name", "entry USING COVERING INDEX persons_by_given_name"),
        ("custom.umsatz", "walked USING COVERING INDEX custom_values_by_number"),
        ("last_name", "taggings USING COVERING INDEX taggings_by_tag"),
    ],
)
async def test_only_entries_of_the_index_are_walked(custom: Any, people: list[persons.Person], order_by: str, index: str) -> None:
    """What is walked past is neither sorted nor looked up."""
    if found := await steps(custom, order_by):
        assert any(index in step for step in found), found
        assert not any("TEMP B-TREE" in step for step in found), found


@pytest.mark.parametrize("few", [2000], indirect=True)
@pytest.mark.parametrize("order_by", ORDERS)
async def test_of_few_only_those_are_read(custom: Any, people: list[persons.Person], order_by: str) -> None:
    """Also without statistics, when SQLite takes every account to have ten rows."""
    found = await steps(custom, order_by)
    assert not any(step.endswith(("(account_id=?)", "(account_id=? AND field_id=?)")) for step in found), found
