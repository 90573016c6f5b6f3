"""A running identity service per test, with its first account, whose owner calls unless a test says otherwise."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from kontor.identity.v1 import sessions_pb2 as pb
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness, harness
from kontor_identity.service import SERVICE

OWNER = "owner@mueller.example"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real hash with the least memory: tests are about who gets in, not about the cost."""
    monkeypatch.setenv("KONTOR_IDENTITY_PASSWORD_MEMORY_KIB", "1024")


@pytest.fixture
async def identity(tmp_path: Path) -> AsyncIterator[Harness]:
    async with harness(SERVICE, tmp_path, settings={"owner_email": OWNER, "owner_password": PASSWORD}) as running:
        session = await running.call(pb.CreateSessionRequest(email=OWNER, password=PASSWORD))
        answer = await running.call(pb.AuthenticateRequest(bearer_token=session.token))
        running.user = running.running.context.keyring.verify(answer.principal)
        yield running


@pytest.fixture
def sign_in(identity: Harness) -> Callable[..., Awaitable[pb.Session]]:
    """(email, password=…, **fields of the request) → session with its token."""

    async def ask(email: str, password: str = PASSWORD, **fields: str) -> pb.Session:
        session: pb.Session = await identity.call(pb.CreateSessionRequest(email=email, password=password, **fields))
        return session

    return ask


@pytest.fixture
def prove(identity: Harness) -> Callable[[str], Awaitable[Principal]]:
    """Secret of any kind → the principal that the services would see."""

    async def ask(secret: str) -> Principal:
        field = "feed_secret" if secret.startswith("ktf_") else "bearer_token"
        answer = await identity.call(pb.AuthenticateRequest(**{field: secret}))
        return identity.running.context.keyring.verify(answer.principal)

    return ask
