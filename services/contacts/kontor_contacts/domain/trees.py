"""Trees of organisations: a holding, its companies, their departments."""

from collections.abc import Sequence

from kontor_chassis.errors import invalid

# More than anybody has; what walks a tree ends here.
MAX_LEVELS = 50


def check_parent(organisation_id: str, lineage: Sequence[str], *, height: int) -> None:
    """Whether an organisation with `height` levels below it may belong to a parent. `lineage` are the ids of the parent itself and
    all above it. Raises InvalidArgument naming parent_id."""
    if organisation_id == lineage[0]:
        raise invalid("parent_id", "must be another organisation")
    if organisation_id in lineage:
        raise invalid("parent_id", "belongs to this organisation itself, directly or by others: that would be a circle")
    check_levels(len(lineage), height, field="parent_id")


def merged_parent(survivor_line: Sequence[str], duplicate_line: Sequence[str], *, take_duplicates: bool, explicit: bool) -> str:
    """What the survivor of two organisations belongs to; the lines are the ids of each itself and all above it. Where the survivor
    belongs to the duplicate it takes its place. Raises InvalidArgument naming duplicate_id, or the choice of parent_id."""
    survivor_id, duplicate_id = survivor_line[0], duplicate_line[0]
    above = duplicate_line[1] if len(duplicate_line) > 1 else ""
    if duplicate_id in survivor_line:
        if survivor_line[1] != duplicate_id:
            raise invalid("duplicate_id", "the survivor belongs to it by others in between: move it first, or let the other one survive")
        return above
    if not take_duplicates:
        return survivor_line[1] if len(survivor_line) > 1 else ""
    if survivor_id in duplicate_line[1:]:
        if explicit:
            raise invalid("fields.parent_id", "belongs to the survivor itself: that would be a circle")
        return ""
    return above


def check_levels(above: int, below: int, *, field: str) -> None:
    """Whether an organisation with so many above and below it is possible. Raises InvalidArgument naming `field`."""
    if above + 1 + below > MAX_LEVELS:
        raise invalid(field, f"the tree would be more than {MAX_LEVELS} levels deep")
