"""A deal: the values, and the rules that hold whatever stores them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kontor_chassis.errors import invalid
from kontor_chassis.text import clean_line, clean_text
from kontor_sales.domain.days import checked_day
from kontor_sales.domain.given import Named
from kontor_sales.domain.money import MAX_MINOR_UNITS, Money, checked_money
from kontor_sales.domain.references import MAX_REFERENCES, reference
from kontor_sales.domain.tags import tag_key, tag_names

# What a client may change; stage and state change by verbs of their own (deal_states.py).
WRITABLE = frozenset(
    {
        "name", "description", "value", "value_kind", "value_count", "target_date",
        "organisation_id", "persons", "responsible_user_id", "tags",
    }
)  # fmt: skip
# A client sets these when it makes the deal, and may send them back as they are.
FIXED = ("pipeline_id", "stage_id")
# A monthly value is spread over at most this many months.
MAX_MONTHS = 120
_MAX_COUNT = {"total": 1, "monthly": MAX_MONTHS, "daily": 100_000, "hourly": 100_000}


@dataclass(frozen=True)
class DealPerson:
    person_id: str
    role: str = ""


@dataclass(frozen=True)
class Deal:
    name: str
    description: str = ""
    # None: not known yet.
    value: Money | None = None
    # `total`; `monthly`, `daily`, `hourly`: the value of one, times `value_count`.
    value_kind: str = "total"
    value_count: int = 1
    target_date: date | None = None
    organisation_id: str = ""
    persons: tuple[DealPerson, ...] = ()
    responsible_user_id: str = ""
    tags: tuple[str, ...] = ()
    pipeline_id: str = ""
    stage_id: str = ""
    stage_name: str = ""
    # Of the stage, in percent.
    probability: int = 0
    # `open`, `won` or `lost`.
    state: str = "open"
    lost_reason: str = ""
    # The day it was won or lost.
    closed_date: date | None = None
    id: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None
    creator_user_id: str = ""


@dataclass(frozen=True)
class DealFilter:
    """What narrows lists and the forecast alike; empty fields narrow nothing."""

    state: str = ""
    pipeline_id: str = ""
    stage_id: str = ""
    organisation_id: str = ""
    person_id: str = ""
    responsible_user_id: str = ""
    # Names; several narrow (AND).
    tags: tuple[str, ...] = ()


def checked_deal(deal: Deal, *, default_currency: str) -> Deal:
    """The deal with cleaned values. Raises InvalidArgument naming the field."""
    value, value_count = _worth(deal, default_currency)
    return replace(
        deal,
        name=clean_line(deal.name, field="name", required=True),
        description=clean_text(deal.description, field="description"),
        value=value,
        value_count=value_count,
        target_date=checked_day(deal.target_date, field="target_date"),
        organisation_id=reference(deal.organisation_id, field="organisation_id"),
        persons=_persons(deal.persons),
        responsible_user_id=reference(deal.responsible_user_id, field="responsible_user_id"),
        tags=tag_names(deal.tags),
    )


def checked_filter(wanted: DealFilter) -> DealFilter:
    """The filter with ids that have the form of ids. Raises InvalidArgument naming the field."""
    for name in ("pipeline_id", "stage_id", "organisation_id", "person_id", "responsible_user_id"):
        reference(getattr(wanted, name), field=name)
    return replace(wanted, tags=tag_names(wanted.tags, field="tag"))


def with_changes(deal: Deal, wanted: Deal, mask: Collection[str]) -> Deal:
    """`deal` with the fields in `mask` taken from `wanted`; fields that are not the client's to set stay as they are.

    Raises InvalidArgument where the mask would move the deal: a move is a fact of its own.
    """
    for name in FIXED:
        if name in mask and getattr(wanted, name) != getattr(deal, name):
            raise invalid(name, "is changed by moving the deal")
    return replace(deal, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})


def changed_fields(before: Deal, after: Deal) -> list[str]:
    """Names of the writable fields that differ, sorted. The order and the case of tags mean nothing."""
    return sorted(name for name in WRITABLE if _comparable(before, name) != _comparable(after, name))


def named(deal: Deal) -> list[Named]:
    """Its organisation and its people."""
    organisations = [Named(f"organisations/{deal.organisation_id}")] if deal.organisation_id else []
    return organisations + [Named(f"persons/{person.person_id}", person.role) for person in deal.persons]


def with_named(deal: Deal, wanted: Sequence[Named]) -> Deal:
    ids = [(*item.ref.split("/"), item.role) for item in wanted]
    return replace(
        deal,
        organisation_id=next((record_id for noun, record_id, _ in ids if noun == "organisations"), ""),
        persons=tuple(DealPerson(record_id, role) for noun, record_id, role in ids if noun == "persons"),
    )


def _comparable(deal: Deal, name: str) -> object:
    return {tag_key(tag) for tag in deal.tags} if name == "tags" else getattr(deal, name)


def _worth(deal: Deal, default_currency: str) -> tuple[Money | None, int]:
    value = None if deal.value is None else checked_money(deal.value, default_currency=default_currency, field="value")
    # A total has nothing to count; what was counted before it became one is forgotten.
    count = 1 if deal.value_kind == "total" else deal.value_count
    limit = _MAX_COUNT[deal.value_kind]
    if deal.value_count < 1 or count > limit:
        raise invalid("value_count", f"must be 1 to {limit}")
    if value and value.minor_units * count > MAX_MINOR_UNITS:
        raise invalid("value.amount", "is too large")
    return value, count


def _persons(persons: Sequence[DealPerson]) -> tuple[DealPerson, ...]:
    if len(persons) > MAX_REFERENCES:
        raise invalid("persons", f"must have at most {MAX_REFERENCES} entries")
    cleaned: dict[str, DealPerson] = {}
    for index, person in enumerate(persons):
        where = f"persons[{index}]"
        if not person.person_id:
            raise invalid(f"{where}.person_id", "must not be empty")
        if reference(person.person_id, field=f"{where}.person_id") in cleaned:
            raise invalid(f"{where}.person_id", "is in the list already")
        cleaned[person.person_id] = replace(person, role=clean_line(person.role, field=f"{where}.role"))
    return tuple(cleaned.values())
