"""What the tests of bulk actions share: people, beginning an action, and seeing what became of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from kontor.contacts.v1 import bulk_pb2 as pb
from kontor.contacts.v1 import operations_pb2 as operations
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1.duplicates_pb2 import ON_DUPLICATE_ALLOW
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.testing import Harness
from kontor_contacts.store.operations import Operation
from kontor_contacts.store.operations import get as stored_operation
from kontor_contacts.usecases.operation_worker import OperationWorker

ALLOW = ON_DUPLICATE_ALLOW


@dataclass
class Bulk:
    contacts: Harness

    @property
    def worker(self) -> OperationWorker:
        worker: OperationWorker = self.contacts.running.context.parts.operations
        return worker

    async def person(self, last_name: str, *, user: Any = None, **fields: Any) -> persons.Person:
        wanted = persons.Person(last_name=last_name, **fields)
        made: persons.Person = await self.contacts.call(persons.CreatePersonRequest(person=wanted, on_duplicate=ALLOW), user=user)
        return made

    async def people(self, count: int, **fields: Any) -> list[persons.Person]:
        return [await self.person(f"Person {number}", **fields) for number in range(count)]

    async def organisation(self, name: str, **fields: Any) -> organisations.Organisation:
        wanted = organisations.Organisation(name=name, **fields)
        request = organisations.CreateOrganisationRequest(organisation=wanted, on_duplicate=ALLOW)
        made: organisations.Organisation = await self.contacts.call(request)
        return made

    async def read(self, person: persons.Person) -> persons.Person:
        found: persons.Person = await self.contacts.call(persons.GetPersonRequest(id=person.id))
        return found

    async def begin(self, *, user: Any = None, **asked: Any) -> operations.Operation:
        begun: operations.Operation = await self.contacts.call(pb.BulkChangePersonsRequest(**asked), user=user)
        return begun

    async def get(self, begun: operations.Operation, *, user: Any = None) -> operations.Operation:
        found: operations.Operation = await self.contacts.call(operations.GetOperationRequest(id=begun.id), user=user)
        return found

    async def done(self, *, user: Any = None, **asked: Any) -> operations.Operation:
        """Begin and wait until nothing is due."""
        begun = await self.begin(user=user, **asked)
        await self.worker.settled()
        return await self.get(begun, user=user)

    async def results(self, begun: operations.Operation, **asked: Any) -> list[tuple[str, str, str]]:
        """Ref, outcome and reason of each record."""
        answer = await self.contacts.call(operations.ListOperationResultsRequest(id=begun.id, page_size=200, **asked))
        prefix = "OPERATION_OUTCOME_"
        return [
            (item.ref, operations.OperationOutcome.Name(item.outcome).removeprefix(prefix).lower(), item.reason) for item in answer.results
        ]

    async def outcomes(self, begun: operations.Operation, **asked: Any) -> list[str]:
        return [outcome for _, outcome, _ in await self.results(begun, **asked)]

    def stored(self, begun: operations.Operation) -> Operation:
        with self.contacts.running.context.sessions.read(self.contacts.user) as session:
            operation = stored_operation(session, begun.id)
        assert operation is not None
        return operation

    async def step(self, operation: Operation) -> Operation:
        return await self.worker.step(operation)

    def audited(self, ref: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Means, action and changes of every entry about a record, oldest first."""
        with self.contacts.running.context.database.reading(self.contacts.user.account_id) as connection:
            columns = (AUDIT.c.means, AUDIT.c.action, AUDIT.c.changes)
            rows = connection.execute(sa.select(*columns).where(AUDIT.c.subject == ref).order_by(AUDIT.c.create_time, AUDIT.c.id))
            return [(row.means, row.action, row.changes) for row in rows]


@pytest.fixture
def bulk(contacts: Harness) -> Bulk:
    return Bulk(contacts)


@pytest.fixture
def idle(contacts: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker finds nothing to do; the test does its steps."""
    monkeypatch.setattr(contacts.running.context.parts.operations, "_due", lambda: None)


@pytest.fixture
def steps(bulk: Bulk) -> Callable[[Operation], Awaitable[int]]:
    """Does an operation's steps to its end; answers how many."""

    async def run(operation: Operation) -> int:
        count = 0
        while operation.state == "running":
            operation = await bulk.step(operation)
            count += 1
        return count

    return run
