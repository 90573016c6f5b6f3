"""Organisations and people."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from kontor_suite.demo.data.companies import COMPANIES, DEPARTMENTS, ORGANISATION_TAGS, PERSON_TAGS, ROLES
from kontor_suite.demo.data.names import LAST_NAMES, MEN, WOMEN
from kontor_suite.demo.data.places import MOBILE_PHONES, STREETS, TOWNS, Town
from kontor_suite.demo.data.texts_work import BACKGROUNDS, COMPANY_BACKGROUNDS
from kontor_suite.demo.records import Organisation, Person, Position

PERSONS = 200
# Where most people work, and how many there and elsewhere at least.
_LARGE, _AT_LARGE, _AT_SMALL = 8, 8, 2
# People of no organisation, and people who have left theirs.
_PRIVATE, _RETIRED = 6, 4
# Below lie the numbers of the sample company itself.
_FIRST_EXTENSION, _EXTENSIONS = 200, 1000
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ı": "i", "ë": "e", " ": ""})


def organisations(rng: random.Random) -> tuple[Organisation, ...]:
    free = {town.phones: iter(range(_FIRST_EXTENSION, _EXTENSIONS, 50)) for town in TOWNS if town.phones}
    made = []
    for number, company in enumerate(COMPANIES):
        town = TOWNS[number % len(TOWNS)]
        household = company.kind == "household"
        body = {
            "name": company.name,
            "kind": company.kind,
            "industry": company.industry,
            "background": rng.choice(COMPANY_BACKGROUNDS) if not household and rng.random() < 0.4 else "",
            "emails": [{"address": f"info@{company.domain}.example", "kind": "private" if household else "work"}],
            "phones": [{"number": f"{town.phones} {next(free[town.phones])}", "kind": "work"}] if town.phones else [],
            "addresses": [_address(rng, town, "private" if household else "work")],
            "webs": [] if household else [{"url": f"https://www.{company.domain}.example", "kind": "work"}],
            "tags": sorted({rng.choice(ORGANISATION_TAGS)} | ({"A-Kunde"} if number < 6 else set())),
        }
        made.append(Organisation(body, company, town))
    return tuple(made)


def persons(rng: random.Random, companies: Sequence[Organisation], *, today: date) -> tuple[Person, ...]:
    workplaces = [number for number in range(len(companies)) for _ in range(_AT_LARGE if number < _LARGE else _AT_SMALL)]
    workplaces += rng.choices(range(len(companies) - 2), k=PERSONS - _PRIVATE - len(workplaces))
    rng.shuffle(workplaces)
    extensions = {town.phones: iter(_extensions()) for town in TOWNS if town.phones}
    mobiles = iter([f"{beginning}{number:02d}" for beginning in MOBILE_PHONES for number in range(100)])
    made = []
    for number, (woman, first_name, last_name) in enumerate(_names(rng)):
        workplace = companies[workplaces[number]] if number < len(workplaces) else None
        town = workplace.town if workplace else rng.choice(TOWNS)
        local = f"{_ascii(first_name)}.{_ascii(last_name)}"
        private = {"address": f"{local}@privatpost.example", "kind": "private"}
        emails = [{"address": f"{local}@{workplace.company.domain}.example", "kind": "work"}] if workplace else [private]
        if workplace and rng.random() < 0.15:
            emails.append(private)
        phones = [{"number": f"{town.phones} {next(extensions[town.phones])}", "kind": "work"}] if workplace and town.phones else []
        if rng.random() < 0.5 or not phones:
            phones.append({"number": next(mobiles), "kind": "mobile"})
        body = {
            "title": rng.choices(("", "Dr.", "Prof. Dr."), weights=(88, 10, 2))[0],
            "first_name": first_name,
            "last_name": last_name,
            "language": "en" if rng.random() < 0.03 else "de",
            "background": rng.choice(BACKGROUNDS) if rng.random() < 0.25 else "",
            "emails": emails,
            "phones": phones,
            "addresses": [_address(rng, rng.choice(TOWNS), "private")] if workplace is None or rng.random() < 0.2 else [],
            "tags": sorted(rng.sample(PERSON_TAGS, k=rng.choices((0, 1, 2, 3), weights=(4, 4, 2, 1))[0])),
        }
        at = workplaces[number] if workplace else None
        made.append(Person(body, woman, _positions(rng, at, number, len(companies), today=today)))
    return tuple(made)


def _positions(rng: random.Random, workplace: int | None, number: int, companies: int, *, today: date) -> tuple[Position, ...]:
    """Most have one position; some had another one before, some have a second one, and some have left."""
    if workplace is None:
        return ()
    began = today - timedelta(days=rng.randrange(200, 4000))
    retired = number < _RETIRED
    left = {"to": _day(today - timedelta(days=rng.randrange(30, 150)))} if retired else {}
    role, department = rng.choice(ROLES), rng.choice(DEPARTMENTS)
    known_since = {"from": _day(began)} if rng.random() < 0.6 else {}
    positions = [Position(workplace, {"role": role, "department": department, "primary": True, **known_since, **left}, not retired)]
    other = (workplace + rng.randrange(1, companies)) % companies
    if rng.random() < 0.12:
        before = {"from": _day(began - timedelta(days=1500)), "to": _day(began - timedelta(days=1))}
        positions.append(Position(other, {"role": rng.choice(ROLES), **before}, False))
    elif not retired and rng.random() < 0.07:
        positions.append(Position(other, {"role": "Beirat", "from": _day(began + timedelta(days=100))}))
    return tuple(positions)


def _names(rng: random.Random) -> list[tuple[bool, str, str]]:
    """Woman or man, first name, last name; no two are equal."""
    every = [(woman, first, last) for woman, names in ((True, WOMEN), (False, MEN)) for first in names for last in LAST_NAMES]
    return rng.sample(every, k=PERSONS)


def _extensions() -> Iterator[int]:
    """What organisations leave free: their switchboards have every fiftieth number."""
    return (number for number in range(_FIRST_EXTENSION, _EXTENSIONS) if number % 50)


def _address(rng: random.Random, town: Town, kind: str) -> dict[str, Any]:
    street = f"{rng.choice(STREETS)} {rng.randrange(1, 120)}"
    return {"street": street, "postcode": town.postcode, "city": town.name, "country": "DE", "kind": kind}


def _ascii(name: str) -> str:
    return name.lower().translate(_GERMAN)


def _day(day: date) -> str:
    return day.isoformat()
