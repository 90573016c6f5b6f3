"""Who gets a dropbox when identity tells of them, in whatever order and of whatever release (E1)."""

from typing import Any

import pytest
import sqlalchemy as sa

from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.ids import new_id
from kontor_mail_ingest.store.tables import MAIL_ADDRESSES


def owners_of_addresses(mail: Any) -> set[str]:
    with mail.harness.running.context.database.reading("*") as connection:
        return set(connection.execute(sa.select(MAIL_ADDRESSES.c.user_id)).scalars())


async def test_everybody_but_readers_has_one_from_the_beginning(mail: Any) -> None:
    ids = {role: new_id() for role in ("OWNER", "ADMIN", "MEMBER", "RESTRICTED", "READER")}
    for role, user_id in ids.items():
        await mail.user(user_id, f"{role}@firma.example", role=role)
    reader = ids.pop("READER")
    assert owners_of_addresses(mail) == set(ids.values())
    await mail.user(reader, "reader@firma.example", role="MEMBER", sequence=2)
    assert reader in owners_of_addresses(mail)


async def test_old_news_makes_none_for_who_is_a_reader_by_now(mail: Any) -> None:
    user_id = new_id()
    await mail.user(user_id, "anna@firma.example", role="READER", sequence=2)
    await mail.user(user_id, "anna@firma.example", sequence=1)
    assert owners_of_addresses(mail) == set()


@pytest.mark.parametrize("role", [0, 99])
async def test_a_role_that_is_not_told_or_not_known_here_is_no_readers(mail: Any, role: int) -> None:
    user_id = new_id()
    user = users.User(id=user_id, email="anna@firma.example", active=True, role=role)  # type: ignore[arg-type]
    await mail.harness.deliver(identity.UserCreated(user=user), subject=f"users/{user_id}")
    assert owners_of_addresses(mail) == {user_id}
