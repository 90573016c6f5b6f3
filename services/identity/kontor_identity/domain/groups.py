"""A group of users: who may see records that name it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from kontor_chassis.errors import invalid
from kontor_chassis.ids import is_id
from kontor_chassis.text import clean_line

WRITABLE = frozenset({"name", "user_ids"})
# The principal of somebody who is in all of them still fits into the headers of a call (8 kB).
MAX_GROUPS = 100
MAX_MEMBERS = 500


@dataclass(frozen=True)
class Group:
    name: str
    # The members, sorted.
    user_ids: tuple[str, ...] = ()
    id: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None

    @property
    def key(self) -> str:
        """What makes two names the same, and sorts them."""
        return self.name.casefold()


def checked_group(group: Group) -> Group:
    """With cleaned values. Raises InvalidArgument naming the field. Whether there are such users is the store's question."""
    if len(group.user_ids) > MAX_MEMBERS:
        raise invalid("user_ids", f"must be at most {MAX_MEMBERS}")
    for index, user_id in enumerate(group.user_ids):
        if not is_id(user_id):
            raise invalid(f"user_ids[{index}]", "is not the id of a user")
    name = clean_line(group.name, field="name", required=True, limit=100)
    return replace(group, name=name, user_ids=tuple(sorted(set(group.user_ids))))


def with_changes(group: Group, wanted: Group, mask: Collection[str]) -> Group:
    return replace(group, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})


def changed_fields(before: Group, after: Group) -> list[str]:
    return sorted(name for name in WRITABLE if getattr(before, name) != getattr(after, name))
