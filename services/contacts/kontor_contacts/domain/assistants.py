"""Who can be asked in somebody's place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line

MAX_ASSISTANTS = 10


@dataclass(frozen=True)
class Assistant:
    name: str
    phone: str = ""
    email: str = ""


def checked_assistants(assistants: Sequence[Assistant]) -> tuple[Assistant, ...]:
    """Raises InvalidArgument naming the field: `assistants[0].email`."""
    if len(assistants) > MAX_ASSISTANTS:
        raise invalid("assistants", f"must have at most {MAX_ASSISTANTS} entries")
    return tuple(_checked(item, f"assistants[{index}]") for index, item in enumerate(assistants))


def _checked(item: Assistant, where: str) -> Assistant:
    email = clean_line(item.email, field=f"{where}.email")
    if email and normalise_email(email) is None:
        raise invalid(f"{where}.email", "is not an e-mail address")
    name = clean_line(item.name, field=f"{where}.name", required=True)
    return replace(item, name=name, phone=clean_line(item.phone, field=f"{where}.phone", limit=100), email=email)
