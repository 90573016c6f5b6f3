"""Trees of organisations: a holding, its companies, their departments."""

from collections.abc import Sequence

from kontor_chassis.errors import invalid

# More than anybody has; what walks a tree ends here.
MAX_LEVELS = 50


def check_parent(organisation_id: str, lineage: Sequence[str], *, height: int) -> None:
    """Whether an organisation with `height` levels below it may belong to a parent. `lineage` are the ids of the parent itself and
    all above it; nothing where there is no such organisation. Raises InvalidArgument naming parent_id."""
    if not lineage:
        raise invalid("parent_id", "there is no such organisation")
    if organisation_id == lineage[0]:
        raise invalid("parent_id", "must be another organisation")
    if organisation_id in lineage:
        raise invalid("parent_id", "belongs to this organisation itself, directly or by others: that would be a circle")
    if len(lineage) + 1 + height > MAX_LEVELS:
        raise invalid("parent_id", f"the tree would be more than {MAX_LEVELS} levels deep")
