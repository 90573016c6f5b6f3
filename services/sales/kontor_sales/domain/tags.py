"""Names of tags of deals and projects."""

from collections.abc import Sequence

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line

MAX_TAGS = 200
_LIMIT = 100


def tag_name(name: str, *, field: str) -> str:
    """The name cleaned; raises InvalidArgument naming `field`."""
    return clean_line(name, field=field, required=True, limit=_LIMIT)


def tag_key(name: str) -> str:
    """What makes two names the same tag: VIP and vip are one."""
    return name.casefold()


def tag_names(names: Sequence[str], *, field: str = "tags") -> tuple[str, ...]:
    """The names cleaned, each tag once, in the order given."""
    if len(names) > MAX_TAGS:
        raise invalid(field, f"must have at most {MAX_TAGS} entries")
    unique: dict[str, str] = {}
    for index, name in enumerate(names):
        cleaned = tag_name(name, field=f"{field}[{index}]")
        unique.setdefault(tag_key(cleaned), cleaned)
    return tuple(unique.values())
