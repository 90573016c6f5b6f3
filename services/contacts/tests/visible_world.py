"""An account in which some see what others do not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor.contacts.v1 import visibility_pb2 as pb
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal, service_principal
from kontor_chassis.testing import Harness

EVERYONE = pb.Visibility(mode=pb.VISIBILITY_MODE_EVERYONE)


def limited(*, groups: Iterable[str] = (), users: Iterable[str] = ()) -> pb.Visibility:
    return pb.Visibility(mode=pb.VISIBILITY_MODE_LIMITED, group_ids=groups, user_ids=users)


@dataclass
class World:
    contacts: Harness
    group: str
    # In the group; in none; the one user that some records name.
    inside: Principal
    outside: Principal
    named: Principal
    admin: Principal
    service: Principal

    @classmethod
    def of(cls, contacts: Harness) -> "World":
        group, base = new_id(), replace(contacts.user, account_id=new_id())
        return cls(
            contacts,
            group,
            inside=replace(base, user_id=new_id(), groups=frozenset({group, new_id()})),
            outside=replace(base, user_id=new_id(), groups=frozenset({new_id()})),
            named=replace(base, user_id=new_id()),
            admin=replace(base, user_id=new_id(), role="admin"),
            service=service_principal("contacts", account_id=base.account_id, scopes=[*base.scopes, "documents.read"]),
        )

    async def call(self, request: Any, user: Principal | None = None) -> Any:
        return await self.contacts.call(request, user=user or self.admin)

    async def person(self, name: str, visibility: pb.Visibility = EVERYONE, *, user: Principal | None = None, **fields: Any) -> Any:
        made = persons.Person(last_name=name, visibility=visibility, **fields)
        return await self.call(persons.CreatePersonRequest(person=made), user)

    async def organisation(self, name: str, visibility: pb.Visibility = EVERYONE, **fields: Any) -> Any:
        made = organisations.Organisation(name=name, visibility=visibility, **fields)
        return await self.call(organisations.CreateOrganisationRequest(organisation=made))

    async def employ(self, person_id: str, organisation_id: str, **fields: Any) -> Any:
        position = positions.Position(person_id=person_id, organisation_id=organisation_id, **fields)
        return await self.call(positions.CreatePositionRequest(position=position))

    async def persons(self, user: Principal, **request: Any) -> list[str]:
        """Last names."""
        return [item.last_name for item in (await self.call(persons.ListPersonsRequest(**request), user)).persons]

    async def organisations(self, user: Principal, **request: Any) -> list[str]:
        return [item.name for item in (await self.call(organisations.ListOrganisationsRequest(**request), user)).organisations]
