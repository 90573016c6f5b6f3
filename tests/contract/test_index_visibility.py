"""Both indexes find and count for each viewer only what they may see (A7)."""

import random

import pytest

from kontor_search.index.live import Index
from tests.contract.index_harness import OTHER, document, found, search

GROUP, OTHER_GROUP, USER = "groups/g1", "groups/g2", "users/u1"
NOBODY = frozenset({"users/nobody"})


async def test_a_limited_document_is_found_by_who_is_named_and_by_who_sees_everything(index: Index) -> None:
    await index.upsert(
        [
            document("persons/1", "Wartung offen"),
            document("persons/2", "Wartung Gruppe", visible_to=(GROUP,)),
            document("persons/3", "Wartung beide", visible_to=(OTHER_GROUP, USER)),
        ]
    )
    for viewer, refs in (
        (None, {"1", "2", "3"}),
        (frozenset[str](), {"1"}),
        (NOBODY, {"1"}),
        (frozenset({USER, GROUP}), {"1", "2", "3"}),
        (frozenset({USER}), {"1", "3"}),
        (frozenset({"users/u9", GROUP}), {"1", "2"}),
        (frozenset({OTHER_GROUP}), {"1", "3"}),
    ):
        result = await search(index, "wartung", viewer=viewer)
        assert {hit.ref.removeprefix("persons/") for hit in result.hits} == refs
        assert result.kind_counts == {"person": len(refs)}


async def test_what_is_hidden_is_not_counted_whatever_narrows_the_search(index: Index) -> None:
    await index.upsert(
        [
            document("persons/1", "Anna", tags=("Kunde",)),
            document("persons/2", "Anna", tags=("Kunde",), visible_to=(GROUP,)),
            document("deals/3", "Anna", tags=("Kunde",), visible_to=(GROUP,)),
        ]
    )
    for filters in ({}, {"tags": frozenset({"kunde"})}, {"kinds": frozenset({"person"})}):
        result = await search(index, "anna", viewer=NOBODY, **filters)
        assert [hit.ref for hit in result.hits] == ["persons/1"]
        assert result.kind_counts == {"person": 1}
    assert await found(index, "anna", viewer=NOBODY, kinds=frozenset({"deal"})) == []


async def test_a_hidden_exact_hit_does_not_keep_a_misspelt_one_away(index: Index) -> None:
    """Whether mistakes are allowed for depends on what the viewer finds, or hidden records would show by what is missing."""
    hidden = [document(f"persons/{number}", "Schmitt", visible_to=(GROUP,)) for number in range(5)]
    await index.upsert([document("persons/9", "Schmidt"), *hidden])
    assert await found(index, "schmitt", viewer=NOBODY) == ["persons/9"]


async def test_pages_are_full_although_hidden_documents_stand_between(index: Index) -> None:
    await index.upsert([document(f"persons/{number}", "Anna", visible_to=(GROUP,) if number % 3 else ()) for number in range(12)])
    first = await found(index, "anna", viewer=NOBODY, limit=2)
    second = await found(index, "anna", viewer=NOBODY, limit=2, offset=2)
    assert sorted([*first, *second]) == ["persons/0", "persons/3", "persons/6", "persons/9"]


async def test_a_changed_visibility_counts_from_then_on(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna")])
    await index.upsert([document("persons/1", "Anna", visible_to=(GROUP,), sequence=2)])
    assert await found(index, "anna", viewer=NOBODY) == []
    await index.upsert([document("persons/1", "Anna", sequence=3)])
    assert await found(index, "anna", viewer=NOBODY) == ["persons/1"]


@pytest.mark.parametrize("viewer", [None, frozenset({GROUP})])
async def test_a_group_opens_nothing_in_another_account(index: Index, viewer: frozenset[str] | None) -> None:
    """S1."""
    await index.upsert([document("persons/1", "Anna", visible_to=(GROUP,))])
    assert await found(index, "anna", OTHER, viewer=viewer) == []


async def test_each_viewer_finds_what_plain_python_computes(index: Index) -> None:
    dice = random.Random(7)
    names = [GROUP, OTHER_GROUP, USER, "users/u2"]
    visible = {f"persons/{number}": tuple(sorted(dice.sample(names, dice.choice((0, 0, 1, 2))))) for number in range(40)}
    await index.upsert([document(ref, "Anna", visible_to=named) for ref, named in visible.items()])
    for viewer in (frozenset(names[:1]), frozenset(names[1:3]), frozenset(names), NOBODY):
        result = await search(index, "anna", viewer=viewer, limit=100)
        expected = {ref for ref, named in visible.items() if not named or viewer.intersection(named)}
        assert {hit.ref for hit in result.hits} == expected
        assert result.kind_counts == {"person": len(expected)}
