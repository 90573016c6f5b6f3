"""Positions of two people, or at two organisations, that are one: which there are then, and whose they are again when that is undone.

A person has one primary position at most, whatever is merged.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from kontor_chassis.errors import invalid
from kontor_contacts.domain.positions import MAX_POSITIONS, Position


@dataclass(frozen=True)
class Joined:
    # Without the absorbed ones; the versions are still those from before.
    positions: tuple[Position, ...]
    # Says nothing that a position of the survivor does not say; as it was, with the id of that one.
    absorbed: tuple[tuple[Position, str], ...]


@dataclass(frozen=True)
class Parted:
    ours: tuple[Position, ...]
    theirs: tuple[Position, ...]


def join(ours: Sequence[Position], theirs: Sequence[Position], *, survivor_id: str) -> Joined:
    """Of two people. Raises InvalidArgument naming positions where that would be more than somebody can have."""
    absorbed = [(item, keeper.id) for item in theirs if (keeper := _covering(ours, replace(item, person_id=survivor_id)))]
    keeper_of = {item.id: keeper_id for item, keeper_id in absorbed}
    moved = [replace(item, person_id=survivor_id) for item in theirs if item.id not in keeper_of]
    if moved and len(ours) + len(moved) > MAX_POSITIONS:
        raise invalid("positions", f"must have at most {MAX_POSITIONS} entries")
    marked = [item for item in (*ours, *theirs) if item.primary]
    # Where somebody works now counts more than where they worked; else the survivor's counts more.
    first = min(marked, key=lambda item: item.to_date is not None, default=None)
    primary_id = keeper_of.get(first.id, first.id) if first else ""
    return Joined(tuple(_marked([*ours, *moved], primary_id)), tuple(absorbed))


def part(
    before: Sequence[Position],
    duplicate: Sequence[Position],
    after: Sequence[Position],
    now: Sequence[Position],
    *,
    duplicate_id: str,
    also: Collection[str] = (),
) -> Parted:
    """Of two people: `before` and `after` the survivor's positions around the merge, `duplicate` those that the duplicate had and that
    can be there again, `now` the survivor's. Those that were absorbed come back as they were. `also`: ids of further ones that are the
    duplicate's."""
    left = {item.id for item in after}
    theirs_ids = {item.id for item in duplicate}.union(also)
    staying = [item for item in now if item.id not in theirs_ids]
    leaving = [replace(item, person_id=duplicate_id) for item in now if item.id in theirs_ids]
    back = [item for item in duplicate if item.id not in left]
    had, given, is_now = _primary_id(before), _primary_id(after), _primary_id(now)
    ours_id = is_now if is_now in _ids(staying) else ""
    if (ours_id and ours_id == given and given != had) or (not ours_id and (given != had or is_now)):
        # The merge gave the mark away, or whoever has it now leaves.
        ours_id = had
    theirs_id = is_now if is_now in _ids(leaving) else _primary_id(duplicate)
    return Parted(tuple(_marked(staying, ours_id)), tuple(_marked([*leaving, *back], theirs_id)))


def added(before: Sequence[Position], after: Sequence[Position]) -> bool:
    """Whether positions say something after that they did not say before, wherever the organisations are now."""
    said = {_said(item) for item in before}
    return any(_said(item) not in said for item in after)


def _said(item: Position) -> tuple[object, ...]:
    return item.id, item.role, item.department, item.from_date, item.to_date


@dataclass(frozen=True)
class Moved:
    """What becomes of the positions at the duplicate of two organisations."""

    # Are at the survivor then; as they were.
    moved: tuple[Position, ...]
    # As in `Joined`.
    absorbed: tuple[tuple[Position, str], ...]
    # Of those at the survivor the ones that are primary now in place of an absorbed one; as they were.
    marked: tuple[Position, ...]


def move(ours: Sequence[Position], theirs: Sequence[Position], *, survivor_id: str) -> Moved:
    """Of two organisations: `ours` those at the survivor, of the same people at least."""
    of_person: dict[str, list[Position]] = {}
    for position in ours:
        of_person.setdefault(position.person_id, []).append(position)
    moved, absorbed, marked = [], [], []
    for item in theirs:
        keeper = _covering(of_person.get(item.person_id, ()), replace(item, organisation_id=survivor_id))
        if keeper is None:
            moved.append(item)
            continue
        absorbed.append((item, keeper.id))
        if item.primary:
            marked.append(keeper)
    return Moved(tuple(moved), tuple(absorbed), tuple(marked))


def covers(one: Position, other: Position) -> bool:
    """Whether `other`, of the same person, says nothing that `one` does not say."""
    if one.organisation_id != other.organisation_id or one.to_date != other.to_date:
        return False
    pairs = ((one.role, other.role), (one.department, other.department), (one.from_date, other.from_date))
    return all(not theirs or ours == theirs for ours, theirs in pairs)


def _covering(ours: Sequence[Position], other: Position) -> Position | None:
    return next((item for item in ours if covers(item, other)), None)


def _marked(positions: Sequence[Position], primary_id: str) -> list[Position]:
    return [item if item.primary == (item.id == primary_id) else replace(item, primary=item.id == primary_id) for item in positions]


def _primary_id(positions: Sequence[Position]) -> str:
    return next((item.id for item in positions if item.primary), "")


def _ids(positions: Sequence[Position]) -> Collection[str]:
    return {item.id for item in positions}
