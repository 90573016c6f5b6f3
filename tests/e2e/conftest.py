"""A broker for an installation of its own: queues have fixed names, so two installations cannot share one."""

from collections.abc import Iterator

import pytest

from tests.backend_fixtures import owned, required
from tests.backends import Rabbit, rabbitmq


@pytest.fixture(scope="session")
def own_rabbitmq() -> Iterator[Rabbit]:
    with required("rabbitmq", rabbitmq()) as broker:
        owned(broker.server, "KONTOR_TEST_BUS_URL")
        yield broker
