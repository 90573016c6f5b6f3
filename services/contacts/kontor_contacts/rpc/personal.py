"""Dates and assistants of a person between proto and domain."""

from collections.abc import Iterable

from google.type.date_pb2 import Date

from kontor.contacts.v1 import persons_pb2 as pb
from kontor_chassis.errors import invalid
from kontor_chassis.proto import Words
from kontor_contacts.domain.assistants import Assistant
from kontor_contacts.domain.dates import ImportantDate

_KINDS = Words(pb.DateKind, default="other")


def dates_from(messages: Iterable[pb.ImportantDate]) -> tuple[ImportantDate, ...]:
    """Raises InvalidArgument naming the date that is missing or of a kind that is not known."""
    return tuple(_date_from(message, f"dates[{index}]") for index, message in enumerate(messages))


def _date_from(message: pb.ImportantDate, where: str) -> ImportantDate:
    if not message.HasField("date"):
        raise invalid(f"{where}.date", "must not be empty")
    day = message.date
    return ImportantDate(day.month, day.day, day.year, _KINDS.word(message.kind, field=f"{where}.kind"), message.label)


def dates_to(dates: Iterable[ImportantDate]) -> list[pb.ImportantDate]:
    return [
        pb.ImportantDate(kind=_KINDS.number(item.kind), date=Date(year=item.year, month=item.month, day=item.day), label=item.label)
        for item in dates
    ]


def assistants_from(messages: Iterable[pb.Assistant]) -> tuple[Assistant, ...]:
    return tuple(Assistant(message.name, message.phone, message.email) for message in messages)


def assistants_to(assistants: Iterable[Assistant]) -> list[pb.Assistant]:
    return [pb.Assistant(name=item.name, phone=item.phone, email=item.email) for item in assistants]
