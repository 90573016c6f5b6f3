"""Whom records may name as those who see them, and who sees everything (docs/decisions/0019)."""

from kontor_chassis.principal import Principal

_SEES_ALL = frozenset({"owner", "admin"})
# The resource names by which records may name a caller: their own and those of their groups. None: they see everything.
Viewer = frozenset[str] | None


def viewer_of(principal: Principal) -> Viewer:
    """Owner, admins, and services that speak for themselves see everything."""
    if principal.service or principal.role in _SEES_ALL:
        return None
    return frozenset({f"users/{principal.user_id}", *(f"groups/{group}" for group in principal.groups)})
