"""Ten custom fields of people, and the values that they have."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kontor_chassis.ids import new_id
from kontor_contacts.domain.custom_values import Value
from kontor_contacts.store.custom_values import columns_of

Row = dict[str, Any]

REGIONS = ("nord", "ost", "süd", "west")
_FIRST_DAY = date(2020, 1, 1)
# Key, type and how many of a hundred people have a value.
_FIELDS = (
    ("umsatz", "decimal", 60),
    ("region", "choice", 80),
    ("mitarbeiter", "number", 40),
    ("kundennummer", "text", 50),
    ("letzter_besuch", "date", 30),
    ("newsletter", "yes_no", 70),
    ("interessen", "multi_choice", 20),
    ("profil", "link", 10),
    ("bemerkung", "text", 5),
    ("rabatt", "number", 15),
)


def definitions(account_id: str, now: datetime) -> list[Row]:
    """Rows of `custom_fields`."""
    return [
        {
            "account_id": account_id,
            "id": new_id(),
            "version": 1,
            "noun": "persons",
            "key": key,
            "label": key.replace("_", " ").capitalize(),
            "type": kind,
            "choices": [[name, name.capitalize()] for name in REGIONS] if "choice" in kind else [],
            "description": "",
            "position": position,
            "archived": False,
            "create_time": now.astimezone(UTC),
            "update_time": now.astimezone(UTC),
        }
        for position, (key, kind, _) in enumerate(_FIELDS)
    ]


def values(fields: list[Row], person_id: str, source: random.Random) -> Iterator[Row]:
    """Rows of `custom_values` of one person."""
    for field, (key, kind, share) in zip(fields, _FIELDS, strict=True):
        if source.randrange(100) >= share:
            continue
        common = {"account_id": field["account_id"], "record_id": person_id, "field_id": field["id"], "place": 0}
        yield common | columns_of(kind, _value(key, kind, source))


def _value(key: str, kind: str, source: random.Random) -> Value:
    match kind:
        case "decimal":
            return Decimal(source.randrange(10_000_000)) / 100
        case "number":
            return source.randrange(1000)
        case "date":
            return _FIRST_DAY + timedelta(days=source.randrange(2500))
        case "yes_no":
            return source.random() < 0.5
        case "choice" | "multi_choice":
            return source.choice(REGIONS)
        case "link":
            return f"https://beispiel.example/{source.randrange(1_000_000)}"
    return f"{key} {source.randrange(1_000_000)}"
