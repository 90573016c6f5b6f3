"""The backends that all other tests rest on: what is promised of them, and what happens where they are missing."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests import backends
from tests.backend_fixtures import owned, required


@contextmanager
def nowhere() -> Iterator[backends.Rabbit]:
    raise backends.BackendMissing("RabbitMQ is missing: nothing of it is here")
    yield


def test_a_missing_backend_skips_the_test_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTOR_REQUIRE_BACKENDS", "postgres")
    with pytest.raises(pytest.skip.Exception, match="nothing of it is here"), required("rabbitmq", nowhere()):
        pass


def test_a_missing_backend_that_is_required_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTOR_REQUIRE_BACKENDS", "postgres, rabbitmq")
    with pytest.raises(pytest.fail.Exception, match="asks for rabbitmq"), required("rabbitmq", nowhere()):
        pass


def test_a_server_of_the_environment_is_not_ours_to_stop() -> None:
    with pytest.raises(pytest.skip.Exception, match="KONTOR_TEST_BUS_URL is not ours"):
        owned(None, "KONTOR_TEST_BUS_URL")


def test_row_level_security_binds_the_role_that_owns_a_test_database(postgres: backends.Postgres) -> None:
    url = postgres.create_database("probe")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE t (account text)")
        connection.execute("INSERT INTO t VALUES ('mine'), ('theirs')")
        connection.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
        connection.execute("ALTER TABLE t FORCE ROW LEVEL SECURITY")
        connection.execute("CREATE POLICY own ON t USING (account = 'mine')")
        assert connection.execute("SELECT account FROM t").fetchall() == [("mine",)]
    postgres.drop_database(url)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_two_databases_of_one_name_are_strangers(postgres: backends.Postgres) -> None:
    first, second = postgres.create_database("probe"), postgres.create_database("probe")
    assert first != second
    postgres.drop_database(first)
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
    postgres.drop_database(second)


def test_what_a_killed_database_server_had_committed_is_there_after_its_return() -> None:
    with required("postgres", backends.postgres()) as postgres:
        server = owned(postgres.server, "KONTOR_TEST_DATABASE_URL")
        url = postgres.create_database("probe")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE t (x int)")
            connection.execute("INSERT INTO t VALUES (1)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        server.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT x FROM t").fetchall() == [(1,)]
        server.stop()
        server.start()
        psycopg.connect(url).close()
