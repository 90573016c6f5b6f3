"""Secrets stay where they belong (S7, S8): what was typed or handed out stands in no table, log, event or error."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from kontor.identity.events.v1 import events_pb2 as facts
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.identity.v1 import api_keys_pb2 as keys
from kontor.identity.v1 import calendar_feeds_pb2 as feeds
from kontor.identity.v1 import sessions_pb2 as sessions
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.errors import KontorError
from kontor_chassis.principal import service_principal
from kontor_chassis.testing import Harness
from kontor_identity.domain import tokens

PASSWORDS = ["canary-owner-password", "canary-user-password", "canary-other-password", "canary-changed-password", "canary-wrong-password"]


@pytest.fixture
def logged() -> Iterator[list[structlog.types.EventDict]]:
    with structlog.testing.capture_logs() as entries:
        yield entries


async def busy_life(identity: Harness) -> tuple[list[str], list[KontorError]]:
    """Everything that takes or makes a secret, with request ids; answers the secrets that were made and the errors that were raised."""
    made: list[str] = []
    errors: list[KontorError] = []
    operator = service_principal("operator", scopes=["accounts.admin"])
    account = accounts.Account(name="Fremd")
    new_account = accounts.CreateAccountRequest(account=account, owner_email="x@fremd.example", owner_password=PASSWORDS[0], request_id="1")
    await identity.call(new_account, user=operator)
    anna = await identity.call(users.CreateUserRequest(email="anna@mueller.example", password=PASSWORDS[1], request_id="2"))
    await identity.call(users.SetPasswordRequest(id=anna.id, password=PASSWORDS[2], request_id="3"))
    session = await identity.call(
        sessions.CreateSessionRequest(email=anna.email, password=PASSWORDS[2], request_id="4", client="canary", peer="192.0.2.1")
    )
    answer = await identity.call(sessions.AuthenticateRequest(bearer_token=session.token))
    me = identity.running.context.keyring.verify(answer.principal)
    key = await identity.call(keys.CreateApiKeyRequest(api_key=keys.ApiKey(name="script"), request_id="5"), user=me)
    feed = await identity.call(feeds.CreateCalendarFeedRequest(request_id="6"), user=me)
    rotated = await identity.call(feeds.RotateCalendarFeedRequest(id=feed.id, request_id="7"), user=me)
    made += [session.token, key.secret, feed.secret, rotated.secret]
    for request in (
        sessions.CreateSessionRequest(email=anna.email, password=PASSWORDS[4]),
        sessions.AuthenticateRequest(bearer_token=tokens.new_token(tokens.SESSION)),
        users.ChangePasswordRequest(current_password=PASSWORDS[4], new_password=PASSWORDS[3], request_id="8"),
        users.ChangePasswordRequest(current_password=PASSWORDS[2], new_password="canary-" * 200),
        users.CreateUserRequest(email=anna.email, password=PASSWORDS[1]),
    ):
        try:
            await identity.call(request, user=me if isinstance(request, users.ChangePasswordRequest) else None)
        except KontorError as error:
            errors.append(error)
    await identity.call(users.ChangePasswordRequest(current_password=PASSWORDS[2], new_password=PASSWORDS[3], request_id="9"), user=me)
    assert len(errors) == 5
    return made, errors


def everything_stored(identity: Harness, folder: Path) -> bytes:
    """Every row of every table, plumbing included, and the files of the database byte by byte, so what was deleted too."""
    with identity.running.context.database.reading("*") as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        rows = [repr(tuple(row)) for table in tables.sorted_tables for row in connection.execute(sa.select(table))]
    files = [path for path in folder.rglob("identity.db*") if path.is_file()]
    return "\n".join(rows).encode() + b"".join(path.read_bytes() for path in files)


async def test_no_secret_stands_in_the_database_in_clear(identity: Harness, tmp_path: Path) -> None:
    made, _ = await busy_life(identity)
    await identity.running.context.parts.last_used.flush()
    content = everything_stored(identity, tmp_path)
    assert b"anna@mueller.example" in content
    for secret in (*PASSWORDS, *made, *(item.partition("_")[2] for item in made)):
        assert secret.encode() not in content


async def test_no_secret_and_no_hash_of_one_leaves_the_service(identity: Harness, logged: list[structlog.types.EventDict]) -> None:
    made, errors = await busy_life(identity)
    await identity.published(facts.UserCreated)
    told = b"".join(item.data for item in identity.bus.published)
    said = repr(logged) + "".join(repr((error.message, error.violations, error.detail)) for error in errors)
    assert b"anna@mueller.example" in told
    for secret in (*PASSWORDS, *made, *(tokens.hash_of(item) for item in made), "$argon2"):
        assert secret.encode() not in told
        assert secret not in said


async def test_no_address_of_a_person_is_logged(identity: Harness, logged: list[structlog.types.EventDict]) -> None:
    await busy_life(identity)
    assert logged
    assert "anna" not in repr(logged)
