"""Between protos and plain values."""

from datetime import UTC, date, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kontor_chassis.db.types import micros
from kontor_chassis.errors import invalid


class Words:
    """The values of one enum as the words that domains use: lower case, without the prefix that they share (`EMAIL_STATE_`).

    `default` is the word for the unspecified value: of an enum in a record its default, of a filter nothing; None: it is refused, as in
    a list, where nothing is no entry.
    """

    def __init__(self, enum: Any, *, default: str | None = "") -> None:
        descriptor = enum.DESCRIPTOR
        prefix: str = descriptor.values_by_number[0].name.removesuffix("UNSPECIFIED")
        self._words: dict[int, str] = {value.number: value.name.removeprefix(prefix).lower() for value in descriptor.values if value.number}
        self._numbers = {word: number for number, word in self._words.items()}
        self._default = default

    def __len__(self) -> int:
        """How many words there are."""
        return len(self._words)

    def word(self, number: int, *, field: str) -> str:
        """Raises InvalidArgument naming `field` for a number that this release does not know: enums of proto3 are open, and a
        caller may be newer."""
        word = self._words.get(number) if number else self._default
        if word is None:
            raise invalid(field, f"must be one of {', '.join(self._numbers)}")
        return word

    def number(self, word: str) -> Any:
        """The value of a word of ours; the unspecified one for an empty word. Raises KeyError for a word that is none."""
        return self._numbers[word] if word else 0


def to_timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    total = micros(moment)
    return Timestamp(seconds=total // 1_000_000, nanos=total % 1_000_000 * 1000)


def from_timestamp(value: Timestamp, *, field: str) -> datetime:
    """Raises InvalidArgument naming `field` where the moment is outside the years 1 to 9999."""
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise invalid(field, "is not a time") from error


def to_date(day: date | None) -> Date | None:
    return None if day is None else Date(year=day.year, month=day.month, day=day.day)


def from_date(value: Date, *, field: str) -> date:
    """Raises InvalidArgument naming `field` where it is not a day of the calendar."""
    try:
        return date(value.year, value.month, value.day)
    except ValueError as error:
        raise invalid(field, "is not a day") from error
