"""Who calls is proven by identity, for a second at most (A2, A4)."""

import asyncio
from typing import Any

import pytest

from kontor.contacts.v1 import persons_pb2
from kontor.identity.v1 import sessions_pb2
from kontor_chassis.errors import Unauthenticated, Unavailable
from kontor_gateway.authentication import Authenticator
from kontor_gateway.exchange import open_exchange

AUTHENTICATE = "/kontor.identity.v1.SessionService/Authenticate"
GET_PERSON = "/kontor.contacts.v1.PersonService/GetPerson"


async def test_the_principal_of_the_token_reaches_the_service(gateway: Any) -> None:
    gateway.answer(GET_PERSON, persons_pb2.Person())
    response = await gateway.client.get("/v1/persons/1", headers={"X-Request-Id": "abc"})
    assert response.status_code == 200
    (call,) = gateway.calls(GET_PERSON)
    assert call.metadata["kontor-principal"] == "principal of session-token"
    assert call.metadata["x-request-id"] == "abc"
    assert gateway.asked(AUTHENTICATE) == sessions_pb2.AuthenticateRequest(bearer_token="session-token")


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, 'Bearer realm="kontor"'),
        ("Bearer foreign", 'Bearer realm="kontor", error="invalid_token"'),
        ("Bearer", 'Bearer realm="kontor", error="invalid_token"'),
        ("Bearer two tokens", 'Bearer realm="kontor", error="invalid_token"'),
        ("Bearer töken", 'Bearer realm="kontor", error="invalid_token"'),
        ("Basic YTpi", 'Bearer realm="kontor", error="invalid_token"'),
        ("session-token", 'Bearer realm="kontor", error="invalid_token"'),
        ("Bearer " + "x" * 5000, 'Bearer realm="kontor", error="invalid_token"'),
    ],
)
async def test_without_a_good_token_the_answer_is_401_with_a_challenge(gateway: Any, header: str | None, challenge: str) -> None:
    del gateway.client.headers["authorization"]
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    response = await gateway.client.post("/v1/persons", content=b"not even JSON", headers=headers)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, challenge)
    assert not gateway.services["contacts"].calls


async def test_the_scheme_is_written_in_any_case(gateway: Any) -> None:
    gateway.answer(GET_PERSON, persons_pb2.Person())
    assert (await gateway.client.get("/v1/persons/1", headers={"Authorization": "bearer  session-token"})).status_code == 200


async def test_a_public_method_asks_for_no_token_and_passes_none_on(gateway: Any) -> None:
    path = "/kontor.identity.v1.SessionService/CreateSession"
    gateway.answer(path, Unauthenticated("E-mail or password is wrong.", reason="WRONG_PASSWORD"))
    response = await gateway.client.post("/v1/sessions", json={"email": "a@example.org"}, headers={"Authorization": "Bearer foreign"})
    assert (response.status_code, response.json()["reason"]) == (401, "WRONG_PASSWORD")
    assert response.headers["www-authenticate"] == 'Bearer realm="kontor"'
    (call,) = gateway.calls(path)
    assert "kontor-principal" not in call.metadata
    assert not gateway.calls(AUTHENTICATE)


async def test_the_reason_that_identity_gives_is_kept(gateway: Any) -> None:
    gateway.answer(AUTHENTICATE, Unauthenticated("The session has ended.", reason="SESSION_EXPIRED"))
    assert (await gateway.client.get("/v1/persons/1")).json()["reason"] == "SESSION_EXPIRED"


async def test_identity_being_away_is_503_not_401(gateway: Any) -> None:
    gateway.answer(AUTHENTICATE, Unavailable("Identity is away."))
    response = await gateway.client.get("/v1/persons/1")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


class Identity:
    """Counts the questions, and answers when it is let."""

    def __init__(self) -> None:
        self.questions: list[Any] = []
        self.answer: Any = sessions_pb2.AuthenticateResponse(principal="p")
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def unary(self, path: str, request: Any, response_type: Any, *, metadata: Any, timeout: float) -> Any:
        self.questions.append(request)
        self.asked.set()
        await self.may_answer.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def exchange(token: str = "t") -> Any:
    scope = {"type": "http", "method": "GET", "headers": [(b"authorization", f"Bearer {token}".encode())]}
    return open_exchange(scope, request_id="r", deadline=0.0)


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_an_answer_is_believed_for_a_second_counted_from_the_question() -> None:
    identity, time = Identity(), Time()
    authenticator = Authenticator(identity, seconds=1.0, entries=10, timeout=5.0, monotonic=time)
    identity.may_answer.clear()
    first = asyncio.create_task(authenticator.principal(exchange()))
    await identity.asked.wait()
    time.now = 100.6
    identity.may_answer.set()
    assert await first == "p"
    time.now = 100.99
    assert await authenticator.principal(exchange()) == "p"
    assert len(identity.questions) == 1
    time.now = 101.0
    await authenticator.principal(exchange())
    assert len(identity.questions) == 2


async def test_a_revoked_token_is_refused_when_the_second_is_over() -> None:
    identity, time = Identity(), Time()
    authenticator = Authenticator(identity, seconds=1.0, entries=10, timeout=5.0, monotonic=time)
    await authenticator.principal(exchange())
    identity.answer = Unauthenticated("It was revoked.")
    time.now = 101.0
    with pytest.raises(Unauthenticated):
        await authenticator.principal(exchange())


async def test_a_refusal_is_not_remembered() -> None:
    identity = Identity()
    authenticator = Authenticator(identity, seconds=1.0, entries=10, timeout=5.0)
    identity.answer = Unauthenticated("Not yet.")
    with pytest.raises(Unauthenticated):
        await authenticator.principal(exchange())
    identity.answer = sessions_pb2.AuthenticateResponse(principal="p")
    assert await authenticator.principal(exchange()) == "p"


async def test_requests_at_the_same_time_ask_once_and_one_that_is_given_up_harms_no_other() -> None:
    identity = Identity()
    authenticator = Authenticator(identity, seconds=1.0, entries=10, timeout=5.0)
    identity.may_answer.clear()
    tasks = [asyncio.create_task(authenticator.principal(exchange())) for _ in range(5)]
    await identity.asked.wait()
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    identity.may_answer.set()
    assert await asyncio.gather(*tasks[1:]) == ["p"] * 4
    assert len(identity.questions) == 1


async def test_when_all_are_given_up_the_answer_is_lost_without_a_complaint() -> None:
    identity = Identity()
    authenticator = Authenticator(identity, seconds=1.0, entries=10, timeout=5.0)
    identity.may_answer.clear()
    task = asyncio.create_task(authenticator.principal(exchange()))
    await identity.asked.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    identity.answer = Unauthenticated("no")
    identity.may_answer.set()
    with pytest.raises(Unauthenticated):
        await authenticator.principal(exchange())


async def test_only_so_many_are_remembered_the_oldest_goes_first() -> None:
    identity = Identity()
    authenticator = Authenticator(identity, seconds=1.0, entries=2, timeout=5.0, monotonic=Time())
    for token in ("a", "b", "c", "c", "b"):
        await authenticator.principal(exchange(token))
    assert [question.bearer_token for question in identity.questions] == ["a", "b", "c"]
    await authenticator.principal(exchange("a"))
    assert len(identity.questions) == 4


async def test_a_token_and_the_secret_of_a_feed_are_different_things() -> None:
    identity = Identity()
    authenticator = Authenticator(identity, seconds=1.0, entries=10, timeout=5.0)
    await authenticator.principal(exchange("x"))
    await authenticator.principal_of_feed("x", exchange())
    assert [question.WhichOneof("secret") for question in identity.questions] == ["bearer_token", "feed_secret"]
