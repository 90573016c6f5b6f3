"""Hashing passwords: argon2id, in threads of its own (S7)."""

from collections.abc import Iterator

import pytest

from kontor_identity.hashing import Hashing, hasher_of
from kontor_identity.settings import IdentitySettings


@pytest.fixture
def hashing() -> Iterator[Hashing]:
    made = Hashing(hasher_of(IdentitySettings(password_memory_kib=1024)))
    yield made
    made.close()


async def test_a_hash_is_argon2id_and_matches_its_password_only(hashing: Hashing) -> None:
    made = await hashing.hash("correct horse battery")
    assert made.startswith("$argon2id$v=19$m=1024,t=1,p=1$")
    assert await hashing.matches([made], "correct horse battery") == [True]
    assert await hashing.matches([made], "correct horse battery ") == [False]
    assert await hashing.hash("correct horse battery") != made


async def test_several_hashes_are_answered_in_their_order(hashing: Hashing) -> None:
    one, two = await hashing.hash("one one one one"), await hashing.hash("two two two two")
    assert await hashing.matches([one, two, one], "two two two two") == [False, True, False]


async def test_where_there_is_nothing_to_compare_a_hash_is_computed_all_the_same(hashing: Hashing, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    match = hashing._match

    def recorded(stored: str, password: str) -> bool:
        compared.append(stored)
        return match(stored, password)

    monkeypatch.setattr(hashing, "_match", recorded)
    assert await hashing.matches([], "correct horse battery") == []
    assert [stored.split("$")[1:4] for stored in compared] == [["argon2id", "v=19", "m=1024,t=1,p=1"]]


async def test_a_broken_hash_matches_nothing(hashing: Hashing) -> None:
    assert await hashing.matches(["", "$argon2id$v=19$m=1024,t=1,p=1$xx$yy", "plain"], "plain") == [False, False, False]


async def test_a_hash_with_other_parameters_is_outdated(hashing: Hashing) -> None:
    made = await hashing.hash("correct horse battery")
    dearer = hasher_of(IdentitySettings(password_memory_kib=2048))
    assert not hashing.is_outdated(made)
    assert dearer.check_needs_rehash(made)


def test_the_parameters_that_nobody_set_are_those_of_owasp() -> None:
    knobs = IdentitySettings.model_fields
    assert (knobs["password_memory_kib"].default, knobs["password_passes"].default) == (47_104, 1)
