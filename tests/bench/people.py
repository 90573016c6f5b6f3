"""Made-up people, as rows of the services' own tables. The same seed makes the same people; ids and times are new in each run.

Ten custom fields, 50 tags with Zipf's frequencies (the first is carried by two of five people, the last by one of a hundred), 0 to 3
contact points, an organisation for every fifth person, and a position for four people of five.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kontor_chassis.ids import new_id
from kontor_chassis.text import fold
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.tag_bits import tag_bits
from tests.bench import custom

TAG_COUNT = 50
MOST_TAGS = 5
ENTRIES = 10_000
_ENTRY_KINDS = ("note", "note", "task", "email")

_FIRST = (  # noqa: SIM905
    "Anna Beate Cem Doris Emre Fatma Georg Hanna Ilse Jürgen Katrin Lars Mehmet Nadine Oskar Petra Quirin Renate Sören Theresa Uwe "
    "Verena Wolfgang Xenia Yasemin Zoltan Agnes Björn Claudia Dieter Elif Frank Greta Heiko Ines Jonas Karin Lukas Monika Norbert"
).split()
_STEMS = (  # noqa: SIM905
    "Acker Baum Berg Birken Brenn Busch Eich Eisen Erlen Feld Fichten Fels Gersten Gold Grau Hasel Heide Hirsch Holz Kalt Kirch Klein "
    "Linden Mühl Neu Ober Öz Rosen Roth Schön Schwarz Silber Stein Tannen Unter Wald Wasser Weiden Winter Zimmer"
).split()
_ENDINGS = "mann hofer bach berger feld hausen müller stein thal wald meister schmidt kamp brecht ing türk loh horst rode siepen".split()  # noqa: SIM905
_TRADES = (  # noqa: SIM905
    "Maschinenbau Softwarewartung Elektrotechnik Lebensmittelhandel Gebäudereinigung Unternehmensberatung Fahrzeugteile Holzverarbeitung "
    "Medizintechnik Steuerberatung Werkzeugbau Solaranlagen Druckerei Spedition Versicherungsmakler Landschaftsbau"
).split()
_FORMS = ("GmbH", "AG", "KG", "e. K.", "UG")
_CITIES = (("50667", "Köln"), ("10115", "Berlin"), ("80331", "München"), ("20095", "Hamburg"), ("70173", "Stuttgart"), ("01067", "Dresden"))
_ROLES = ("Einkauf", "Geschäftsführung", "Vertrieb", "Technik", "Buchhaltung", "Personal")

Row = dict[str, Any]


@dataclass
class Batch:
    """Some people with all that hangs on them, by table."""

    persons: list[Row] = field(default_factory=list)
    organisations: list[Row] = field(default_factory=list)
    contact_points: list[Row] = field(default_factory=list)
    taggings: list[Row] = field(default_factory=list)
    positions: list[Row] = field(default_factory=list)
    custom_values: list[Row] = field(default_factory=list)


def tag_name(rank: int) -> str:
    return f"Merkmal {rank + 1:02}"


_NOBODYS = {"vip": False, "key_accounter_user_id": "", "responsible_user_id": ""}


class Population:
    """`count` people of one account, in batches. Organisations come with the first batches, before those who work there."""

    def __init__(self, count: int, *, account_id: str, user_id: str, now: datetime, seed: int = 1) -> None:
        self.count = count
        self.tags: list[Row] = [
            {"account_id": account_id, "id": new_id(), "version": 1, "name": tag_name(rank)} for rank in range(TAG_COUNT)
        ]
        for tag in self.tags:
            tag["key"] = str(tag["name"]).casefold()
        self.custom_fields = custom.definitions(account_id, now)
        self._account_id = account_id
        self._user_id = user_id
        self._now = now
        self._random = random.Random(seed)
        self._weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(TAG_COUNT)))
        self._organisation_ids: list[str] = []

    def batches(self, size: int) -> Iterator[Batch]:
        for start in range(0, self.count, size):
            batch = Batch()
            people = min(size, self.count - start)
            for _ in range(max(1, people // 5)):
                self._add_organisation(batch)
            for number in range(start, start + people):
                self._add_person(batch, number)
            yield batch

    def _origin(self) -> Row:
        moment = self._now - timedelta(seconds=self._random.randrange(100_000_000))
        return {"version": 1, "create_time": moment, "update_time": moment, "creator_user_id": self._user_id}

    def _add_organisation(self, batch: Batch) -> None:
        pick = self._random.choice
        name = f"{pick(_STEMS)}{pick(_ENDINGS)} {pick(_TRADES)} {pick(_FORMS)}"
        organisation_id = new_id()
        self._organisation_ids.append(organisation_id)
        batch.organisations.append(
            {
                "account_id": self._account_id,
                "id": organisation_id,
                "name": name,
                "sort_key": name.casefold(),
                "kind": "company",
                "background": "",
                "industry": pick(_TRADES),
                "size": 0,
                "website": "",
                **dict.fromkeys(("parent_id", "main_contact_person_id", "address_origin_id"), ""),
                **_NOBODYS,
                **self._origin(),
                "tag_bits": 0,
            }
        )

    def _add_person(self, batch: Batch, number: int) -> None:
        pick = self._random.choice
        person = Person(first_name=pick(_FIRST), last_name=pick(_STEMS) + pick(_ENDINGS), title="Dr." if number % 20 == 0 else "")
        person_id = new_id()
        tag_ids = self._some_tags()
        bits = tag_bits(tag_ids)
        batch.persons.append(
            {
                "account_id": self._account_id,
                "id": person_id,
                "title": person.title,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "sort_key": person.sort_key,
                "given_key": person.given_key,
                "background": f"Kennengelernt auf der Messe {2000 + number % 26}, Gesprächspartner für {pick(_TRADES)}.",
                "language": "de",
                "salutation": "",
                "gender": "",
                "assistants": [],
                "first_name_key": fold(person.first_name),
                "last_name_key": fold(person.last_name),
                **_NOBODYS,
                **self._origin(),
                "tag_bits": bits,
            }
        )
        self._add_points(batch, person_id, number)
        common = {"account_id": self._account_id, "record_id": person_id, "noun": "persons", "sort_key": person.sort_key, "tag_bits": bits}
        batch.taggings += [{**common, "tag_id": tag_id} for tag_id in tag_ids]
        batch.custom_values += [{**row, "tag_bits": bits} for row in custom.values(self.custom_fields, person_id, self._random)]
        if self._random.random() < 0.8:
            self._add_position(batch, person_id)

    def _add_points(self, batch: Batch, person_id: str, number: int) -> None:
        postcode, city = self._random.choice(_CITIES)
        street = {"value": f"Hauptstraße {number % 200 + 1}", "postcode": postcode, "city": city, "country": "DE"}
        points: list[Row] = [
            {"medium": "email", "value": email_of(number), "lookup": email_of(number)},
            {"medium": "phone", "value": f"0221 {number:07}", "lookup": f"+49221{number:07}"},
            {"medium": "postal", **street, "lookup": fold(city)},
        ]
        common = {"account_id": self._account_id, "record_id": person_id, "noun": "persons", "kind": "work", "is_primary": True, "place": 0}
        empty = {"lookup": "", "postcode": "", "city": "", "region": "", "country": ""}
        batch.contact_points += [empty | common | point for point in points[: self._random.randrange(4)]]

    def _some_tags(self) -> set[str]:
        draws = self._random.choices(self.tags, cum_weights=self._weights, k=self._random.randrange(MOST_TAGS + 1))
        return {str(tag["id"]) for tag in draws}

    def _add_position(self, batch: Batch, person_id: str) -> None:
        batch.positions.append(
            {
                "account_id": self._account_id,
                "id": new_id(),
                "version": 1,
                "person_id": person_id,
                "organisation_id": self._random.choice(self._organisation_ids),
                "role": self._random.choice(_ROLES),
                "department": "",
                "is_primary": True,
                "from_date": date(2000 + self._random.randrange(25), 1, 1).isoformat(),
                "to_date": None,
            }
        )


def email_of(number: int) -> str:
    return f"kontakt{number}@beispiel-{number % 997}.example"


def history(person_id: str, *, account_id: str, user_id: str, now: datetime) -> Iterator[tuple[Row, Row]]:
    """A long timeline: each entry, and the link that shows it at the person."""
    for number in range(ENTRIES):
        entry_id = new_id()
        kind = _ENTRY_KINDS[number % len(_ENTRY_KINDS)]
        moment = now - timedelta(hours=number)
        facts = {"from": "owner@example.com", "to": [email_of(0)], "cc": [], "message_id": f"<{number}@example.com>"}
        entry = {
            "account_id": account_id,
            "id": entry_id,
            "kind": kind,
            "ref": f"{ {'note': 'notes', 'task': 'tasks', 'email': 'messages'}[kind] }/{entry_id}",
            "title": "" if kind == "note" else f"Angebot {number} über Wartung und Lieferung",
            "text": f"Gespräch {number}: Liefertermin, Preise und die nächsten Schritte wurden vereinbart. " * 3,
            "occur_time": moment,
            "author_user_id": user_id,
            "facts": facts if kind == "email" else {},
            "version": 1,
            "create_time": moment,
            "update_time": moment,
        }
        link = {
            "account_id": account_id,
            "entry_id": entry_id,
            "subject": f"persons/{person_id}",
            "occur_time": moment,
            "kind": kind,
            "via": "",
        }
        yield entry, link


def search_terms(count: int, *, seed: int = 1) -> list[str]:
    """Parts from inside of last names and trades, five to eight letters."""
    source = random.Random(seed)
    words = [stem + ending for stem in _STEMS for ending in _ENDINGS] + list(_TRADES)
    terms: list[str] = []
    while len(terms) < count:
        word = source.choice(words)
        length = source.randrange(5, 9)
        if len(word) >= length + 2:
            begin = source.randrange(1, len(word) - length)
            terms.append(word[begin : begin + length].lower())
    return terms


def this_moment() -> datetime:
    return datetime.now(UTC)
