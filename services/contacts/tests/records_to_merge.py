"""Pairs of records as values, and what becomes of them: for the properties of merging."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from kontor_contacts.domain.assistants import Assistant
from kontor_contacts.domain.care import Care
from kontor_contacts.domain.contact_points import ContactPoints, Email, Messenger, Phone, PostalAddress, Web, checked
from kontor_contacts.domain.custom_fields import Choice, CustomField
from kontor_contacts.domain.dates import ImportantDate
from kontor_contacts.domain.merged_records import choosable, in_order, organisation_with, person_with, values_of
from kontor_contacts.domain.merging import BOTH, DUPLICATE, LISTS, SURVIVOR, merged, parted
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.tags import tag_names

FIELDS = {
    "themen": CustomField("persons", "themen", "Themen", "multi_choice", choices=tuple(Choice(key, key) for key in "abcd")),
    "umsatz": CustomField("persons", "umsatz", "Umsatz", "number"),
    "anteil": CustomField("persons", "anteil", "Anteil", "decimal"),
    "vertrag": CustomField("persons", "vertrag", "Vertrag", "date"),
    "ok": CustomField("persons", "ok", "OK", "yes_no"),
}
WORDS = st.sampled_from(["", "a", "b", "A", "c"])


def listed(item: st.SearchStrategy[Any], most: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(item, max_size=most).map(tuple)


@st.composite
def points(draw: st.DrawFn) -> ContactPoints:
    kinds = st.sampled_from(["work", "private"])
    emails = {
        email.address.casefold(): email for email in draw(listed(st.builds(Email, st.sampled_from(["a@x.de", "A@x.de", "b@x.de"]), kinds)))
    }
    drawn = ContactPoints(
        tuple(emails.values()),
        draw(listed(st.builds(Phone, st.sampled_from(["0431 1", "0431 123456", "+49 431 123456", "x"]), kinds))),
        draw(listed(st.builds(PostalAddress, city=st.sampled_from(["Kiel", "KIEL", "Wien"]), kind=kinds))),
        draw(listed(st.builds(Web, st.sampled_from(["https://a.de", "https://a.de/", "https://b.de"])))),
        draw(listed(st.builds(Messenger, st.just("matrix"), st.sampled_from(["a", "A", "b"])))),
    )
    return checked(drawn, country="DE")


@st.composite
def dates(draw: st.DrawFn) -> tuple[ImportantDate, ...]:
    kept = draw(listed(st.builds(ImportantDate, st.integers(1, 2), st.just(9), label=WORDS), 3))
    birthday = draw(st.none() | st.builds(ImportantDate, st.integers(1, 12), st.just(1), kind=st.just("birthday")))
    place = draw(st.integers(0, len(kept)))
    return (*kept[:place], birthday, *kept[place:]) if birthday else kept


@st.composite
def customs(draw: st.DrawFn) -> Mapping[str, Any]:
    return draw(
        st.fixed_dictionaries(
            {},
            optional={
                "themen": st.sets(st.sampled_from("abcd"), min_size=1).map(lambda keys: tuple(sorted(keys))),
                "umsatz": st.integers(0, 2),
                "anteil": st.sampled_from([Decimal("0"), Decimal("0.5")]),
                "vertrag": st.just(date(2026, 1, 31)),
                "ok": st.booleans(),
            },
        )
    )


BACKGROUNDS = st.sampled_from(["", "Kennt Frau B.", "Mag Tee.\n\nKein Kaffee.", "Mag Tee."])
CARES = st.builds(Care, st.booleans(), WORDS, WORDS)
TAGS = listed(st.sampled_from(["Kunde", "kunde", "VIP", "Presse"])).map(lambda names: tuple(sorted(tag_names(names), key=str.casefold)))
PERSONS = st.builds(
    Person,
    last_name=st.sampled_from(["Öztürk", "Oeztuerk"]),
    first_name=WORDS,
    salutation=WORDS,
    title=WORDS,
    gender=WORDS,
    background=BACKGROUNDS,
    language=WORDS,
    points=points(),
    dates=dates(),
    assistants=listed(st.builds(Assistant, st.sampled_from(["Eva", "eva", "Uwe"]), WORDS, WORDS), 3),
    care=CARES,
    tags=TAGS,
    custom=customs(),
    photo_id=WORDS,
)
ORGANISATIONS = st.builds(
    Organisation,
    name=st.sampled_from(["Müller", "Mueller GmbH"]),
    kind=st.sampled_from(["company", "holding"]),
    background=BACKGROUNDS,
    industry=WORDS,
    size=st.integers(0, 2),
    website=WORDS,
    relationships=st.sets(st.sampled_from(["customer", "partner"])).map(lambda words: tuple(sorted(words))),
    points=points(),
    care=CARES,
    tags=TAGS,
    custom=customs(),
    parent_id=WORDS,
    main_contact_person_id=WORDS,
)
Pair = tuple[Person, Person] | tuple[Organisation, Organisation]
PAIRS: st.SearchStrategy[Pair] = st.tuples(PERSONS, PERSONS) | st.tuples(ORGANISATIONS, ORGANISATIONS)


@st.composite
def choices(draw: st.DrawFn, record: Person | Organisation) -> dict[str, str]:
    names = draw(st.sets(st.sampled_from(sorted(choosable(record, FIELDS))), max_size=6))
    return {name: draw(st.sampled_from([SURVIVOR, DUPLICATE] + ([BOTH] if name == "background" else []))) for name in names}


def made_one(pair: Pair, chosen: Mapping[str, str]) -> Any:
    survivor, duplicate = pair
    content = in_order(merged(values_of(survivor), values_of(duplicate), chosen), FIELDS)
    return person_with(survivor, content) if isinstance(survivor, Person) else organisation_with(survivor, content)


def made_two(pair: Pair, after: Any, now: Any) -> Any:
    survivor, duplicate = pair
    content = in_order(parted(values_of(survivor), values_of(duplicate), values_of(after), values_of(now)), FIELDS)
    return person_with(now, content) if isinstance(now, Person) else organisation_with(now, content)


# A record after somebody has worked with it: some of its fields are of another one, lists have lost and gained.
@st.composite
def edited(draw: st.DrawFn, record: Any) -> Any:
    content = dict(values_of(record))
    other = values_of(draw(PERSONS if isinstance(record, Person) else ORGANISATIONS))
    for name in draw(st.sets(st.sampled_from(sorted({*content, *other})), max_size=6)):
        if name in LISTS or isinstance(content.get(name), tuple):
            old, new = content.get(name) or (), other.get(name) or ()
            kept = tuple(item for item in old if draw(st.booleans()))
            gained = tuple(item for item in new if not any(_same(name, item, mine) for mine in kept))
            content[name] = _one_primary(name, (*kept, *gained))
        elif name == "background":
            content[name] = draw(
                st.sampled_from([f"{content[name]}\nNeu.".strip(), f"Neu.\n{content[name]}".strip(), other[name] or "Anders."])
            )
        else:
            content[name] = other.get(name)
    content = in_order(content, FIELDS)
    return person_with(record, content) if isinstance(record, Person) else organisation_with(record, content)


def _same(name: str, one: Any, other: Any) -> bool:
    if name == "emails":
        return bool(one.address.casefold() == other.address.casefold())
    if name == "dates":
        return one == other or one.kind == other.kind == "birthday"
    return bool(one.casefold() == other.casefold()) if name == "tags" else bool(one == other)


def _one_primary(name: str, items: tuple[Any, ...]) -> tuple[Any, ...]:
    if name in ("tags", "relationships"):
        return tuple(sorted(items, key=str.casefold))
    if not items or not hasattr(items[0], "primary"):
        return items
    first = next((place for place, item in enumerate(items) if item.primary), 0)
    return tuple(replace(item, primary=place == first) for place, item in enumerate(items))
