"""References to records of other services: their form."""

from collections.abc import Sequence

from kontor_chassis.errors import invalid
from kontor_chassis.ids import is_id

# More than any deal or project has; a hostile list ends here.
MAX_REFERENCES = 200


def reference(value: str, *, field: str) -> str:
    """The id, or nothing. Raises InvalidArgument naming `field` where it has not the form of an id."""
    if value and not is_id(value):
        raise invalid(field, "is not an id")
    return value


def references(values: Sequence[str], *, field: str) -> tuple[str, ...]:
    """The ids, each once, in the order given."""
    if len(values) > MAX_REFERENCES:
        raise invalid(field, f"must have at most {MAX_REFERENCES} entries")
    for index, value in enumerate(values):
        if not is_id(value):
            raise invalid(f"{field}[{index}]", "is not an id")
    return tuple(dict.fromkeys(values))
