"""Positions of two people who are one (B4, B15)."""

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from kontor_contacts.domain.merged_positions import join, move, part
from kontor_contacts.domain.positions import Position

DAYS = st.sampled_from([None, date(2020, 1, 1), date(2024, 1, 1)])
WORDS = st.sampled_from(["", "Einkauf", "Leitung"])


@st.composite
def positions(draw: st.DrawFn, person_id: str) -> tuple[Position, ...]:
    drawn = draw(
        st.lists(
            st.builds(Position, st.just(person_id), st.sampled_from(["m", "s"]), WORDS, WORDS, from_date=DAYS, to_date=DAYS), max_size=4
        )
    )
    primary = draw(st.integers(0, 4))
    return tuple(replace(item, id=f"{person_id}{number}", primary=number == primary) for number, item in enumerate(drawn))


@settings(deadline=None)
@given(ours=positions("a"), theirs=positions("b"))
def test_all_are_there_once_and_one_at_most_is_primary(ours: tuple[Position, ...], theirs: tuple[Position, ...]) -> None:
    joined = join(ours, theirs, survivor_id="a")
    absorbed = {item.id: keeper for item, keeper in joined.absorbed}
    assert {item.id for item in joined.positions} | set(absorbed) == {item.id for item in (*ours, *theirs)}
    assert all(item.person_id == "a" for item in joined.positions)
    assert sum(item.primary for item in joined.positions) == any(item.primary for item in (*ours, *theirs))
    kept = {item.id: item for item in joined.positions}
    for item, keeper_id in joined.absorbed:
        keeper = kept[keeper_id]
        assert (keeper.organisation_id, keeper.to_date) == (item.organisation_id, item.to_date)
        assert all(not value or value == getattr(keeper, name) for name, value in (("role", item.role), ("department", item.department)))
    present = [item for item in (*ours, *theirs) if item.primary and item.to_date is None]
    if present:
        assert next(item for item in joined.positions if item.primary).to_date is None


@settings(deadline=None)
@given(ours=positions("a"), theirs=positions("b"))
def test_undone_at_once_each_has_their_own_again(ours: tuple[Position, ...], theirs: tuple[Position, ...]) -> None:
    joined = join(ours, theirs, survivor_id="a")
    parted = part(ours, theirs, joined.positions, joined.positions, duplicate_id="b")
    assert parted.ours == ours
    assert sorted(parted.theirs, key=lambda item: item.id) == sorted(theirs, key=lambda item: item.id)


@settings(deadline=None)
@given(ours=positions("a"), theirs=positions("b"), data=st.data())
def test_what_was_done_since_stays_done(ours: tuple[Position, ...], theirs: tuple[Position, ...], data: st.DataObject) -> None:
    joined = join(ours, theirs, survivor_id="a")
    kept = [item for item in joined.positions if data.draw(st.booleans())]
    changed = [replace(item, role="Neu", primary=False) if data.draw(st.booleans()) else item for item in kept]
    now = [
        *changed,
        *([Position("a", "s", "Neu", id="new", primary=not any(item.primary for item in changed))] if data.draw(st.booleans()) else []),
    ]
    parted = part(ours, theirs, joined.positions, now, duplicate_id="b")
    absorbed = {item.id for item, _ in joined.absorbed}
    their_ids = {item.id for item in theirs}
    assert {item.id for item in parted.ours} == {item.id for item in now} - their_ids
    assert {item.id for item in parted.theirs} == {item.id for item in now if item.id in their_ids} | absorbed
    for item in (*parted.ours, *parted.theirs):
        was = next(one for one in (*now, *theirs) if one.id == item.id)
        assert replace(item, primary=False, person_id="") == replace(was, primary=False, person_id="")
    for side in (parted.ours, parted.theirs):
        assert sum(item.primary for item in side) <= 1
    if "new" in {item.id for item in now if item.primary}:
        assert next(item for item in parted.ours if item.primary).id == "new"


def test_a_primary_position_that_says_nothing_new_gives_its_mark_to_the_one_that_says_it() -> None:
    ours = [Position("p", "s", "Einkauf", id="1"), Position("q", "s", id="2")]
    theirs = [Position("p", "d", primary=True, id="3"), Position("r", "d", id="4")]
    moved = move(ours, theirs, survivor_id="s")
    assert [item.id for item in moved.moved] == ["4"]
    assert [(item.id, keeper) for item, keeper in moved.absorbed] == [("3", "1")]
    assert [item.id for item in moved.marked] == ["1"]
