"""What the tests of custom fields share: making fields, and writing and reading values as plain Python (`custom`, as Any)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kontor.contacts.v1 import custom_fields_pb2 as fields
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import record_kinds_pb2 as kinds
from kontor.type.v1 import custom_values_pb2 as values
from kontor_chassis.testing import Harness

PERSON, ORGANISATION = kinds.RECORD_KIND_PERSON, kinds.RECORD_KIND_ORGANISATION


def message(given: Mapping[str, Any]) -> values.CustomValues:
    return values.CustomValues(values=[_one(key, value) for key, value in given.items()])


def _one(key: str, value: Any) -> values.CustomValue:
    match value:
        case None:
            return values.CustomValue(key=key)
        case bool():
            return values.CustomValue(key=key, yes_no=value)
        case int():
            return values.CustomValue(key=key, number=value)
        case Decimal():
            return values.CustomValue(key=key, decimal=str(value))
        case date():
            return values.CustomValue(key=key, text=value.isoformat())
        case list():
            return values.CustomValue(key=key, choices=values.ChoiceKeys(keys=value))
        case _:
            return values.CustomValue(key=key, text=value)


@dataclass
class Custom:
    contacts: Harness

    async def define(self, key: str, kind: str, *, choices: str = "", record_kind: Any = PERSON, **more: Any) -> fields.CustomField:
        """A field, with choices as a line of their keys."""
        field = fields.CustomField(
            record_kind=record_kind,
            key=key,
            label=key.title(),
            type=fields.CustomFieldType.Value(f"CUSTOM_FIELD_TYPE_{kind.upper()}"),
            choices=[fields.Choice(key=one, label=one.title()) for one in choices.split()],
            **more,
        )
        made: fields.CustomField = await self.contacts.call(fields.CreateCustomFieldRequest(custom_field=field))
        return made

    async def change(self, field: fields.CustomField, **changes: Any) -> fields.CustomField:
        wanted = fields.CustomField(id=field.id, **changes)
        made: fields.CustomField = await self.contacts.call(fields.UpdateCustomFieldRequest(custom_field=wanted, update_mask=list(changes)))
        return made

    @staticmethod
    def shown(record: Any) -> dict[str, Any]:
        """The values of a record as REST would show them."""
        found: dict[str, Any] = {}
        for item in record.custom.values:
            kind = item.WhichOneof("value")
            found[item.key] = list(item.choices.keys) if kind == "choices" else getattr(item, kind)
        return found

    async def person(self, last_name: str = "Öztürk", **custom: Any) -> persons.Person:
        request = persons.CreatePersonRequest(person=persons.Person(last_name=last_name, custom=message(custom)))
        made: persons.Person = await self.contacts.call(request)
        return made

    async def organisation(self, name: str = "Müller GmbH", **custom: Any) -> organisations.Organisation:
        wanted = organisations.Organisation(name=name, custom=message(custom))
        made: organisations.Organisation = await self.contacts.call(organisations.CreateOrganisationRequest(organisation=wanted))
        return made

    async def write(self, record: persons.Person, **custom: Any) -> persons.Person:
        wanted = persons.Person(id=record.id, custom=message(custom))
        made: persons.Person = await self.contacts.call(persons.UpdatePersonRequest(person=wanted, update_mask=["custom"]))
        return made

    async def read(self, record: persons.Person) -> persons.Person:
        found: persons.Person = await self.contacts.call(persons.GetPersonRequest(id=record.id))
        return found


@pytest.fixture
def custom(contacts: Harness) -> Custom:
    return Custom(contacts)
