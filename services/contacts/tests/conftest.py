"""A running contacts service per test, on each database."""

from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from kontor_chassis.testing import Harness, harness
from kontor_contacts.domain.tag_bits import tag_bits
from kontor_contacts.service import SERVICE
from kontor_contacts.store.tables import CUSTOM_VALUES, ORGANISATIONS, PERSONS, TAGGINGS


@pytest.fixture(params=["sqlite", "postgresql"])
async def contacts(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    settings = {}
    if request.param == "postgresql":
        settings["database_url"] = request.getfixturevalue("postgres").create_migrated(SERVICE.name, SERVICE.migrations)
    async with harness(SERVICE, tmp_path, settings=settings) as running:
        yield running
        check_tag_bits(running)


def check_tag_bits(contacts: Harness) -> None:
    """Whatever a test did: every record, and each of its custom values, has the bits of all tags that it carries."""
    carried: dict[str, list[str]] = defaultdict(list)
    with contacts.running.context.database.reading(contacts.user.account_id) as connection:
        for row in connection.execute(sa.select(TAGGINGS.c.record_id, TAGGINGS.c.tag_id)):
            carried[row.record_id].append(row.tag_id)
        for table, record_id in ((PERSONS, "id"), (ORGANISATIONS, "id"), (TAGGINGS, "record_id"), (CUSTOM_VALUES, "record_id")):
            for row in connection.execute(sa.select(table.c[record_id].label("id"), table.c.tag_bits)):
                wanted = tag_bits(carried[row.id])
                assert row.tag_bits & wanted == wanted, f"{table.name} {row.id}"
