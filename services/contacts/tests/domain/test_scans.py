"""How a scan for duplicates walks (B15)."""

from kontor_contacts.domain.blocking import COMMON
from kontor_contacts.domain.scans import Position, blocks, read_position


def test_records_with_a_key_in_common_are_compared_once() -> None:
    found = blocks([(1, "a"), (1, "b"), (1, "c"), (2, "a"), (2, "b"), (3, "z")], whole=True)
    assert found.pairs == {("a", "b"), ("a", "c"), ("b", "c")}
    assert (found.skipped, found.last_key) == (0, 3)


def test_a_key_that_may_be_cut_off_waits_for_the_next_step() -> None:
    found = blocks([(1, "a"), (1, "b"), (2, "a"), (2, "b")], whole=False)
    assert (found.pairs, found.last_key) == ({("a", "b")}, 1)


def test_a_key_that_is_too_common_is_left_out_and_counted() -> None:
    common = [(1, f"{number:03}") for number in range(COMMON + 1)]
    found = blocks([*common, (2, "a"), (2, "b")], whole=True)
    assert (found.pairs, found.skipped) == ({("a", "b")}, 1)
    alone = blocks(common, whole=False)
    assert (alone.pairs, alone.skipped, alone.last_key) == (frozenset(), 1, 1)


def test_positions_lead_through_all_phases_and_only_grow() -> None:
    position: Position | None = Position()
    seen: list[tuple[str, str, int]] = []
    while position is not None:
        assert read_position(str(position)) == position
        seen.append((position.noun, position.phase, position.progress))
        position = position.next_phase()
    assert [(noun, phase) for noun, phase, _ in seen] == [
        (noun, phase) for noun in ("persons", "organisations") for phase in ("keys", "pairs", "sweep")
    ]
    progress = [percent for _, _, percent in seen]
    assert progress == sorted(progress)
    assert Position(phase="pairs").reached(0).progress == 25
    assert read_position("") == Position()
