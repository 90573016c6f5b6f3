"""People and organisations to be merged, and short ways to do it."""

import io
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import photos_pb2 as photos
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness

# Not what a record is, but what is known of its row.
OF_THE_ROW = ("etag", "update_time", "merge_id", "duplicates")


@dataclass(frozen=True)
class Contacts:
    harness: Harness

    async def call(self, request: Any, **options: Any) -> Any:
        return await self.harness.call(request, **options)

    async def person(self, last_name: str, **values: Any) -> persons.Person:
        values = {"last_name": last_name, **values}
        made: persons.Person = await self.call(persons.CreatePersonRequest(person=persons.Person(**values)))
        return await self.get(made)

    async def organisation(self, name: str, **values: Any) -> organisations.Organisation:
        values = {"name": name, **values}
        made = await self.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(**values)))
        shown: organisations.Organisation = await self.get(made)
        return shown

    async def employ(self, person: Any, organisation: Any, **values: Any) -> positions.Position:
        position = positions.Position(person_id=person.id, organisation_id=organisation.id, **values)
        made: positions.Position = await self.call(positions.CreatePositionRequest(position=position))
        return made

    async def get(self, record: Any) -> Any:
        """The record as it is now, of whichever kind."""
        if isinstance(record, persons.Person):
            return await self.call(persons.GetPersonRequest(id=record.id))
        return await self.call(organisations.GetOrganisationRequest(id=record.id))

    async def edit(self, record: Any, **values: Any) -> Any:
        if isinstance(record, persons.Person):
            person = persons.Person(id=record.id, **values)
            return await self.call(persons.UpdatePersonRequest(person=person, update_mask=list(values)))
        organisation = organisations.Organisation(id=record.id, **values)
        return await self.call(organisations.UpdateOrganisationRequest(organisation=organisation, update_mask=list(values)))

    async def merge(self, survivor: Any, duplicate: Any, **options: Any) -> Any:
        kind = pb.MergePersonsRequest if isinstance(survivor, persons.Person) else pb.MergeOrganisationsRequest
        return await self.call(kind(id=survivor.id, duplicate_id=duplicate.id, **options))

    @property
    def admin(self) -> Principal:
        return replace(self.harness.user, role="admin")

    async def undo(self, merged: Any, **options: Any) -> pb.Merge:
        undone: pb.Merge = await self.call(pb.UndoMergeRequest(id=merged.merge_id), **options)
        return undone

    async def photo(self, person: Any, color: str) -> str:
        output = io.BytesIO()
        Image.new("RGB", (20, 20), color).save(output, "PNG")
        shown = await self.call(photos.UploadPersonPhotoRequest(person_id=person.id, content=output.getvalue()))
        return str(shown.photo.etag)

    def content(self, record: Any) -> Any:
        """The record without what is known of its row only, and of its positions neither."""
        plain = type(record)()
        plain.CopyFrom(record)
        for name in OF_THE_ROW:
            if name in plain.DESCRIPTOR.fields_by_name:
                plain.ClearField(name)
        for position in getattr(plain, "positions", ()):
            position.ClearField("etag")
        return plain

    def audited(self) -> list[tuple[str, str, str]]:
        """(subject, action, means) of every entry, oldest first."""
        with self.harness.running.context.database.reading(self.harness.user.account_id) as connection:
            rows = connection.execute(sa.select(AUDIT.c.subject, AUDIT.c.action, AUDIT.c.means).order_by(AUDIT.c.id))
            return [(row.subject, row.action, row.means) for row in rows]


@pytest.fixture
def crm(contacts: Harness) -> Contacts:
    return Contacts(contacts)
