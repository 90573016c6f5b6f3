"""A write that comes again with its request id happens once, however many come at once (AIP-155)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from kontor.contacts.v1 import persons_pb2 as pb
from kontor_chassis.db.database import Database
from kontor_chassis.db.idempotency import MAX_REQUEST_ID, once
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.errors import AlreadyExists, IdempotencyMismatch, InvalidArgument
from kontor_chassis.housekeeping import IDEMPOTENCY_KEPT, prune
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal

ANNA = Principal(account_id="a", user_id="anna")
METHOD = "/kontor.contacts.v1.PersonService/CreatePerson"


def create(
    sessions: Sessions,
    request_id: str,
    name: str = "Öz",
    *,
    who: Principal = ANNA,
    method: str = METHOD,
    secret: bool = False,
    before_answer: Callable[[], None] = lambda: None,
) -> pb.Person:
    """A write as the dispatcher makes them: its effect is an entry in the audit, its answer holds a fresh id."""
    request = pb.CreatePersonRequest(person=pb.Person(last_name=name), request_id=request_id)
    with sessions.write(who) as session:

        def serve() -> pb.Person:
            session.audit(f"persons/{name}", "create")
            before_answer()
            return pb.Person(id=new_id(), last_name=name)

        return once(session, method, request, pb.Person, serve, secret=secret)


def effects(database: Database) -> int:
    with database.reading("*") as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(AUDIT)).scalar_one()


def test_fifty_at_once_with_one_request_id_have_one_effect_and_one_answer(database: Database, sessions: Sessions) -> None:
    with ThreadPoolExecutor(16) as executor:
        answers = list(executor.map(lambda _: create(sessions, "r"), range(50)))
    assert len({answer.id for answer in answers}) == 1
    assert effects(database) == 1


def test_writes_without_a_request_id_all_happen(database: Database, sessions: Sessions) -> None:
    assert create(sessions, "").id != create(sessions, "").id
    assert effects(database) == 2


def test_a_write_that_failed_may_be_tried_again_with_its_request_id(database: Database, sessions: Sessions) -> None:
    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        create(sessions, "r", before_answer=fail)
    assert effects(database) == 0
    assert create(sessions, "r") == create(sessions, "r")
    assert effects(database) == 1


def test_of_writes_at_once_of_which_some_fail_one_happens(database: Database, sessions: Sessions) -> None:
    """Who waits for one that fails goes on in its place."""
    failures = iter(range(10))

    def fail_at_first() -> None:
        if next(failures, None) is not None:
            raise RuntimeError

    def work(_: int) -> str:
        try:
            return create(sessions, "r", before_answer=fail_at_first).id
        except RuntimeError:
            return ""

    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(work, range(30)))
    assert answers.count("") == 10
    assert len(set(answers)) == 2
    assert effects(database) == 1


@pytest.mark.parametrize(("name", "method"), [("Another", METHOD), ("Öz", METHOD.replace("Create", "Update"))])
def test_a_request_id_that_comes_with_another_call_is_refused(database: Database, sessions: Sessions, name: str, method: str) -> None:
    create(sessions, "r")
    with pytest.raises(IdempotencyMismatch):
        create(sessions, "r", name, method=method)
    assert effects(database) == 1


@pytest.mark.parametrize("who", [replace(ANNA, user_id="otto"), replace(ANNA, account_id="b")])
def test_the_same_request_id_of_somebody_else_is_another_one(database: Database, sessions: Sessions, who: Principal) -> None:
    assert create(sessions, "r").id != create(sessions, "r", who=who).id
    assert effects(database) == 2


def test_an_answer_with_a_secret_is_given_once(database: Database, sessions: Sessions) -> None:
    create(sessions, "r", secret=True)
    with pytest.raises(AlreadyExists):
        create(sessions, "r", secret=True)
    assert effects(database) == 1


def test_a_request_id_may_be_long_but_not_longer(sessions: Sessions) -> None:
    create(sessions, "ü" * MAX_REQUEST_ID)
    with pytest.raises(InvalidArgument):
        create(sessions, "r" * (MAX_REQUEST_ID + 1))


def test_answers_are_forgotten_after_a_while(database: Database, sessions: Sessions) -> None:
    first = create(sessions, "r")
    assert prune(database, sessions.clock) == 0
    assert prune(database, lambda: sessions.clock() + IDEMPOTENCY_KEPT * 2) == 1
    assert create(sessions, "r").id != first.id
