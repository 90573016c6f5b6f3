"""What is remembered of a merge, and whether it can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kontor_chassis.errors import FailedPrecondition


@dataclass(frozen=True)
class Merge:
    id: str
    # `persons` or `organisations`.
    noun: str
    survivor_id: str
    duplicate_id: str
    # As they were called.
    survivor_name: str
    duplicate_name: str
    # The survivor's after the merge: of two merges with one survivor the later one has the higher.
    survivor_version: int
    create_time: datetime
    # Until when it can be undone.
    expire_time: datetime
    creator_user_id: str = ""
    # None: it stands.
    undo_time: datetime | None = None
    undo_user_id: str = ""
    # Who could see each of them when they were merged, as resource names; None: everyone.
    survivor_visible_to: Sequence[str] | None = None
    duplicate_visible_to: Sequence[str] | None = None
    # Whether what undoing it takes is still kept.
    kept: bool = True


def check_undo(merge: Merge, *, now: datetime, survivor_there: bool, later_id: str) -> None:
    """`later_id`: of a merge that stands and that the survivor was part of since. Raises FailedPrecondition."""
    if merge.undo_time is not None:
        raise FailedPrecondition("The merge is undone already.", reason="MERGE_UNDONE")
    if later_id:
        raise FailedPrecondition(
            "The survivor was merged again since; undo that first.", reason="LATER_MERGE", detail={"later_merge_id": later_id}
        )
    if not survivor_there:
        raise FailedPrecondition("The survivor was deleted since, and with it what undoing takes.", reason="SURVIVOR_DELETED")
    if now >= merge.expire_time or not merge.kept:
        raise FailedPrecondition(
            "It is too long ago to be undone.", reason="MERGE_TOO_OLD", detail={"expire_time": merge.expire_time.isoformat()}
        )
