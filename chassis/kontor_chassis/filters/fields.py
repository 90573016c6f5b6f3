"""What can be filtered by: a service names its fields, each with its kind and where it stands in the tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

Condition = sa.ColumnElement[bool]


class Kind(Enum):
    """How values of a field are read and compared."""

    # Folded text (kontor_chassis.text.fold): equal, or beginning with.
    TEXT = "text"
    # Compared as it stands, wholly or by its beginning: codes, e-mail addresses.
    KEY = "key"
    # Is it or is it not: ids, names that stand for something.
    REFERENCE = "reference"
    NUMBER = "number"
    # A day as ISO 8601 text.
    DATE = "date"
    # A column of type Instant.
    TIME = "time"
    FLAG = "flag"


def exists(rows: sa.Select[Any], *, singly: bool) -> Condition:
    """Whether there are such rows; `singly`: they are looked up for one record at a time."""
    # An OFFSET keeps EXISTS from becoming a join (simplify_EXISTS_query in PostgreSQL's optimizer/plan/subselect.c).
    return (rows.offset(0) if singly else rows).exists()


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True)
class Child:
    """Rows that belong to a record and hold values of a field: `record_id` names the record, `where` picks the field's rows.

    `outer` is the id of the record in the list's own statement. `sort_key`: rows carry the key by which the list is sorted unless
    asked otherwise, and those with one value of the field stand in its order in an index, so a list can walk them. `walk` are conditions
    that this index needs and that all rows of the record fulfil: left out where one record is asked, so that the table's key answers.
    `bits` is the list's column of bits once more, in that index. `singly`: rows are always looked up for one record at a time, also by
    PostgreSQL, which may think it cheaper to make all of them first and to join them, and that grows with the account.
    """

    record_id: sa.ColumnElement[str]
    where: tuple[Condition, ...]
    outer: sa.ColumnElement[str]
    sort_key: sa.ColumnElement[str] | None = None
    walk: tuple[Condition, ...] = ()
    bits: sa.ColumnElement[int] | None = None
    singly: bool = False

    def having(self, condition: Condition, *, singly: bool = False) -> Condition:
        """Records with such a row."""
        # Not `SELECT *`: SQLite would prefer an index that holds every column to the one that finds the record.
        rows = sa.select(sa.literal_column("1", sa.Integer)).where(self.record_id == self.outer, *self.where, condition)
        return exists(rows, singly=singly or self.singly)

    def ids(self, condition: Condition) -> sa.Select[str]:
        """Ids of the records with such a row, found by the child's own index; one may come twice."""
        return sa.select(self.record_id).where(*self.where, *self.walk, condition)


@dataclass(frozen=True)
class Field:
    """One field. `column` is compared: of the record itself, or of a row of `child`, and then a record has the field where it has
    such a row.

    `normalise` brings a typed value into the form in which the column holds it (after folding, where the kind is TEXT).
    `words` are the values that there are, where they are few; others are refused. `absent` is the column's value for "nothing":
    an empty text, or NULL where `absent` is None. `scale` are the decimal places that a NUMBER column holds as an integer.
    `selective`: an index finds the records with one value, or within a range of them.
    `among`: a value stands for all that this SELECT finds, or these values, such as an organisation for those below it.
    `bits`: bits that every record with this value has set in the list's `bits` column; others may have them set too.
    """

    kind: Kind
    column: sa.ColumnElement[Any]
    child: Child | None = None
    normalise: Callable[[str], str] = _unchanged
    words: Mapping[str, Any] | None = None
    absent: Any = ""
    scale: int = 0
    selective: bool = False
    among: Callable[[str], sa.Select[Any] | Sequence[str]] | None = None
    bits: Callable[[str], int] | None = None


# Finds the field of a name; None: there is none. Custom fields are looked up, built-in ones stand in a table.
FieldOf = Callable[[str], Field | None]
