"""The second wall (A1): on PostgreSQL the database itself hides other accounts' rows, whatever a statement of ours forgets."""

import pytest
import sqlalchemy as sa

from kontor_chassis.ids import new_id
from kontor_suite.catalog import SERVICES
from tests.suite_processes import Installation
from tests.tenancy.two_accounts import Side, furnish

NAMES = [service.name for service in SERVICES]


@pytest.fixture(scope="module")
def side(split: Installation) -> Side:
    return furnish(split, "walled")


def tables(connection: sa.Connection) -> list[str]:
    """Those that hold rows of accounts."""
    rows = connection.exec_driver_sql(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'account_id' ORDER BY 1"
    )
    return [row[0] for row in rows]


def count(connection: sa.Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one())


@pytest.mark.parametrize("service", NAMES)
def test_every_table_of_accounts_rows_is_behind_the_wall_for_its_owner_too(split: Installation, service: str) -> None:
    with split.database(service) as connection:
        walls = connection.exec_driver_sql(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        walled = {row[0] for row in walls if row[1]}
        assert set(tables(connection)) <= walled
        role = connection.exec_driver_sql("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").scalar_one()
        assert role is False


@pytest.mark.parametrize("service", NAMES)
def test_without_any_filter_a_statement_sees_the_named_accounts_rows_only(split: Installation, side: Side, service: str) -> None:
    with split.database(service) as connection:
        all_rows = {name: count(connection, name) for name in tables(connection)}
    with split.database(service, account_id=side.team.account_id) as connection:
        for name in tables(connection):
            accounts = {row[0] for row in connection.exec_driver_sql(f'SELECT DISTINCT account_id FROM "{name}"')}
            assert accounts <= {side.team.account_id}, name
    with split.database(service, account_id=new_id()) as connection:
        assert {name: count(connection, name) for name in tables(connection)} == dict.fromkeys(all_rows, 0)
    # The wall hides something at all: otherwise the lines above would prove nothing.
    assert service == "search" or sum(all_rows.values()) > 0


@pytest.mark.parametrize("service", NAMES)
def test_a_connection_that_names_no_account_sees_nothing(split: Installation, side: Side, service: str) -> None:
    engine = sa.create_engine(sa.make_url(split.settings.database_url_of(service)).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        assert {name: count(connection, name) for name in tables(connection)} == dict.fromkeys(tables(connection), 0)
    engine.dispose()


@pytest.mark.parametrize(
    ("service", "statement"),
    [
        ("contacts", "UPDATE persons SET last_name = 'x'"),
        ("contacts", "DELETE FROM persons"),
        ("sales", "UPDATE deals SET name = 'x'"),
        ("tasks", "DELETE FROM tasks"),
        ("mail-ingest", "UPDATE messages SET state = 'tray'"),
        ("identity", "UPDATE users SET name = 'x'"),
        ("notify", "DELETE FROM notifications"),
    ],
)
def test_a_change_without_any_filter_changes_nothing_of_other_accounts(
    split: Installation, side: Side, service: str, statement: str
) -> None:
    with split.database(service, account_id=new_id()) as connection:
        assert connection.exec_driver_sql(statement).rowcount == 0


def test_a_row_cannot_be_put_into_another_account(split: Installation, side: Side) -> None:
    with split.database("contacts", account_id=new_id()) as connection, pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        connection.exec_driver_sql(
            "INSERT INTO inbox (event_id, account_id, receive_time) VALUES ('x', %s, 0)",
            (side.team.account_id,),
        )
