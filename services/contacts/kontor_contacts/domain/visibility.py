"""Who may see a record. Owner, admins and services that speak for themselves see everything."""

from dataclasses import dataclass, replace

from kontor_chassis.errors import invalid
from kontor_chassis.ids import is_id
from kontor_chassis.visibility import Viewer

_MOST = 50


@dataclass(frozen=True)
class Visibility:
    """Nobody named: everyone sees the record. Else those do who are named or in a group that is."""

    group_ids: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()

    @property
    def is_limited(self) -> bool:
        return bool(self.group_ids or self.user_ids)

    @property
    def refs(self) -> tuple[str, ...]:
        """Who is named, as resource names, sorted."""
        return (*(f"groups/{one}" for one in self.group_ids), *(f"users/{one}" for one in self.user_ids))

    def is_wider_than(self, other: "Visibility") -> bool:
        """Whether somebody may be admitted here whom the other one does not admit."""
        return other.is_limited and not (self.is_limited and set(self.refs) <= set(other.refs))

    def admits(self, viewer: Viewer) -> bool:
        return viewer is None or not self.is_limited or not viewer.isdisjoint(self.refs)


EVERYONE = Visibility()


def from_refs(refs: list[str] | None) -> Visibility:
    """The opposite of `refs`; None: everyone."""
    if not refs:
        return EVERYONE
    return Visibility(
        tuple(ref.removeprefix("groups/") for ref in refs if ref.startswith("groups/")),
        tuple(ref.removeprefix("users/") for ref in refs if ref.startswith("users/")),
    )


def checked_visibility(visibility: Visibility) -> Visibility:
    """Sorted, without repetitions. Raises InvalidArgument naming the field."""
    for name in ("group_ids", "user_ids"):
        named = getattr(visibility, name)
        if len(named) > _MOST:
            raise invalid(f"visibility.{name}", f"must be at most {_MOST}")
        for index, one in enumerate(named):
            if not is_id(one):
                raise invalid(f"visibility.{name}[{index}]", f"is not the id of a {name.removesuffix('_ids')}")
    return replace(visibility, group_ids=tuple(sorted(set(visibility.group_ids))), user_ids=tuple(sorted(set(visibility.user_ids))))


def check_keeps(visibility: Visibility, viewer: Viewer) -> None:
    """Nobody hides a record from themselves: they could not undo it. Raises InvalidArgument naming visibility."""
    if not visibility.admits(viewer):
        raise invalid("visibility", "would hide the record from yourself; name yourself or one of your groups, too")
