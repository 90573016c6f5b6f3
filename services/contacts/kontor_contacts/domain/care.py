"""Who cares for a person or organisation, and how much it matters."""

from dataclasses import dataclass

from kontor_chassis.errors import invalid
from kontor_chassis.ids import is_id


@dataclass(frozen=True)
class Care:
    vip: bool = False
    # Users of the account; empty: nobody.
    key_accounter_user_id: str = ""
    responsible_user_id: str = ""


FIELDS = frozenset(Care.__dataclass_fields__)


def checked_care(care: Care) -> Care:
    """Raises InvalidArgument naming the field. Whether there is such a user is the store's question."""
    for name in ("key_accounter_user_id", "responsible_user_id"):
        user_id = getattr(care, name)
        if user_id and not is_id(user_id):
            raise invalid(name, "is not the id of a user")
    return care
