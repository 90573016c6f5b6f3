"""What can be filtered by: a service names its fields, each with its kind and where it stands in the tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

Condition = sa.ColumnElement[bool]


class Kind(Enum):
    """How values of a field are read and compared."""

    # Folded text (kontor_chassis.text.fold): equal, or beginning with.
    TEXT = "text"
    # Compared as it stands: ids, codes, e-mail addresses.
    KEY = "key"
    NUMBER = "number"
    # A day as ISO 8601 text.
    DATE = "date"
    # A column of type Instant.
    TIME = "time"
    FLAG = "flag"


def _as_it_is(condition: Condition) -> Condition:
    return condition


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True)
class Field:
    """One field. `column` is compared; where it stands in a child table, `within` puts a condition about a row of it into an
    EXISTS about the record, and a record "has" the field where it has such a row.

    `normalise` brings a typed value into the form in which the column holds it (after folding, where the kind is TEXT).
    `words` are the values that there are, where they are few; others are refused. `absent` is the column's value for "nothing":
    an empty text, or NULL where `absent` is None.
    `scale` are the decimal places that a NUMBER column holds as an integer.
    """

    kind: Kind
    column: sa.ColumnElement[Any]
    within: Callable[[Condition], Condition] = _as_it_is
    normalise: Callable[[str], str] = _unchanged
    words: Mapping[str, Any] | None = None
    absent: Any = ""
    scale: int = 0


# Finds the field of a name; None: there is none. Custom fields are looked up, built-in ones stand in a table.
FieldOf = Callable[[str], Field | None]
