"""Rows of replicas: the newest stays, whatever comes in whatever order."""

import pytest
import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_chassis.db.upsert import insert_or_ignore, upsert_newer
from tests.databases import make_tables

PEOPLE = sa.Table(
    "people",
    sa.MetaData(),
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("sequence", sa.BigInteger),
)


@pytest.fixture
def people(database: Database) -> Database:
    make_tables(database, PEOPLE)
    return database


def row(name: str, sequence: int, *, record_id: str = "1") -> dict[str, object]:
    return {"account_id": "a", "id": record_id, "name": name, "sequence": sequence}


def held(database: Database) -> list[tuple[str, str, int]]:
    with database.reading("a") as connection:
        rows = connection.execute(sa.select(PEOPLE).order_by(PEOPLE.c.id))
        return [(found.id, found.name, found.sequence) for found in rows]


def test_a_newer_row_replaces_an_older_one(people: Database) -> None:
    with people.writing("a") as connection:
        upsert_newer(connection, PEOPLE, [row("Anna", 1)])
        upsert_newer(connection, PEOPLE, [row("Anna Öz", 2)])
    assert held(people) == [("1", "Anna Öz", 2)]


@pytest.mark.parametrize("sequence", [1, 2])
def test_what_is_older_or_the_same_is_dropped(people: Database, sequence: int) -> None:
    with people.writing("a") as connection:
        upsert_newer(connection, PEOPLE, [row("Anna", 2)])
        upsert_newer(connection, PEOPLE, [row("Late", sequence)])
    assert held(people) == [("1", "Anna", 2)]


def test_several_rows_at_once_are_each_judged_by_themselves(people: Database) -> None:
    with people.writing("a") as connection:
        upsert_newer(connection, PEOPLE, [row("Anna", 5), row("Berta", 5, record_id="2")])
        upsert_newer(connection, PEOPLE, [row("Late", 4), row("Berta Öz", 6, record_id="2")])
        upsert_newer(connection, PEOPLE, [])
    assert held(people) == [("1", "Anna", 5), ("2", "Berta Öz", 6)]


def test_columns_that_a_caller_leaves_out_are_left_alone(people: Database) -> None:
    with people.writing("a") as connection:
        upsert_newer(connection, PEOPLE, [row("Anna", 1)])
        upsert_newer(connection, PEOPLE, [{"account_id": "a", "id": "1", "sequence": 2}])
    assert held(people) == [("1", "Anna", 2)]


def test_the_first_row_of_a_key_wins_where_later_ones_are_ignored(people: Database) -> None:
    with people.writing("a") as connection:
        assert insert_or_ignore(connection, PEOPLE, row("Anna", 1))
        assert not insert_or_ignore(connection, PEOPLE, row("Berta", 2))
        assert insert_or_ignore(connection, PEOPLE, {"account_id": "a", "id": "2"})
    assert held(people) == [("1", "Anna", 1), ("2", None, None)]
