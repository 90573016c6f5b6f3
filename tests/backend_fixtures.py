"""Backends as pytest fixtures, started once per session (and process) and only when a test asks for one.

Where a backend is missing its tests are skipped with the reason, and the end of the report counts them (tests/report.py), so that nobody
takes a green run for a full one. `KONTOR_REQUIRE_BACKENDS=postgres,rabbitmq` names those whose absence is a failure.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

import pytest

from tests import backends
from tests.backend_servers import Server
from tests.report import BACKEND_MISSING

T = TypeVar("T")


@contextmanager
def required(name: str, backend: AbstractContextManager[T]) -> Iterator[T]:
    """The running backend; skips the test where there is none, or fails it where the environment requires it."""
    with ExitStack() as stack:
        missing = ""
        try:
            running = stack.enter_context(backend)
        except backends.BackendMissing as error:
            missing = str(error)
        if missing and name in os.environ.get("KONTOR_REQUIRE_BACKENDS", "").replace(" ", "").split(","):
            pytest.fail(f"KONTOR_REQUIRE_BACKENDS asks for {name}, but {missing}", pytrace=False)
        if missing:
            pytest.skip(f"{BACKEND_MISSING}{missing}")
        yield running


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[backends.Rabbit]:
    with required("rabbitmq", backends.rabbitmq()) as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[backends.Postgres]:
    with required("postgres", backends.postgres(durable=False)) as running:
        yield running


@pytest.fixture(scope="session")
def meilisearch() -> Iterator[backends.Meilisearch]:
    with required("meilisearch", backends.meilisearch()) as running:
        yield running


@pytest.fixture(scope="session")
def object_store() -> Iterator[backends.ObjectStore]:
    with required("s3", backends.object_store()) as running:
        yield running


def owned(server: Server | None, variable: str) -> Server:
    """The server for a test that stops it; skips where somebody else runs it."""
    if server is None:
        pytest.skip(f"{BACKEND_MISSING}the server of {variable} is not ours to stop")
    return server
