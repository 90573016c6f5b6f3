"""API keys (A4)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kontor.identity.events.v1 import events_pb2 as facts
from kontor.identity.v1 import api_keys_pb2 as pb
from kontor.identity.v1 import calendar_feeds_pb2 as feeds
from kontor.identity.v1 import sessions_pb2 as sessions
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Unauthenticated
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal, service_principal
from kontor_chassis.testing import Harness
from kontor_identity.domain import roles

PASSWORD = "correct horse battery"
SignIn = Callable[..., Awaitable[sessions.Session]]
Prove = Callable[[str], Awaitable[Principal]]


async def create(identity: Harness, *scopes: str, user: Principal | None = None, **fields: object) -> pb.ApiKey:
    key = pb.ApiKey(**{"name": "script", "scopes": scopes, **fields})  # type: ignore[arg-type]
    made: pb.ApiKey = await identity.call(pb.CreateApiKeyRequest(api_key=key), user=user)
    return made


async def test_a_key_acts_as_its_user_with_the_scopes_it_was_given(identity: Harness, prove: Prove) -> None:
    made = await create(identity, "contacts.read", "contacts.write", "contacts.read")
    assert made.secret.startswith("ktk_")
    assert list(made.scopes) == ["contacts.read", "contacts.write"]
    by_the_key = replace(identity.user, scopes=frozenset(made.scopes), api_key_id=made.id, api_key_name="script")
    assert await prove(made.secret) == by_the_key
    assert by_the_key.means == "key"


async def test_a_key_without_scopes_may_do_what_its_user_may(identity: Harness, prove: Prove) -> None:
    made = await create(identity)
    assert list(made.scopes) == []
    assert (await prove(made.secret)).scopes == roles.scopes_of(roles.OWNER) - {roles.SELF}


async def test_a_secret_is_shown_once(identity: Harness) -> None:
    made = await create(identity)
    listed = (await identity.call(pb.ListApiKeysRequest())).api_keys
    assert [item.secret for item in listed] == [""]
    assert listed[0].id == made.id
    request = pb.CreateApiKeyRequest(api_key=pb.ApiKey(name="again"), request_id="once")
    await identity.call(request)
    with pytest.raises(AlreadyExists):
        await identity.call(request)


async def test_that_a_key_is_deleted_is_told_once_and_without_its_secret(identity: Harness) -> None:
    made = await create(identity)
    await identity.call(pb.DeleteApiKeyRequest(id=made.id))
    with pytest.raises(NotFound):
        await identity.call(pb.DeleteApiKeyRequest(id=made.id))
    assert await identity.published(facts.ApiKeyDeleted) == [facts.ApiKeyDeleted(id=made.id, user_id=identity.user.user_id)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 301}, "name"),
        ({"scopes": ["contacts.read", "contacts.everything"]}, "scopes[1]"),
        ({"scopes": ["accounts.admin"]}, "scopes[0]"),
        ({"scopes": ["identity.self"]}, "scopes[0]"),
        ({"expire_time": Timestamp(seconds=1)}, "expire_time"),
        ({"expire_time": Timestamp(seconds=10**15)}, "expire_time"),
    ],
)
async def test_a_wrong_key_is_refused_with_the_field_named(identity: Harness, fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await create(identity, **fields)  # type: ignore[arg-type]
    assert [violation.field for violation in caught.value.violations] == [field]


async def test_nobody_makes_a_key_that_may_do_more_than_they(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = await identity.call(users.CreateUserRequest(email="anna@mueller.example", password=PASSWORD, role=users.ROLE_READER))
    reader = await prove((await sign_in(made.email)).token)
    with pytest.raises(InvalidArgument) as caught:
        await create(identity, "contacts.read", "contacts.write", user=reader)
    assert caught.value.violations[0].field == "scopes[1]"


async def test_a_key_makes_no_key_and_no_feed(identity: Harness, prove: Prove) -> None:
    """Such a child would live on when the key has expired or was deleted."""
    whole = await prove((await create(identity)).secret)
    with pytest.raises(PermissionDenied):
        await create(identity, user=whole)
    with pytest.raises(PermissionDenied):
        await identity.call(feeds.CreateCalendarFeedRequest(), user=whole)


async def test_a_key_shrinks_and_grows_with_its_users_role(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = await identity.call(users.CreateUserRequest(email="anna@mueller.example", password=PASSWORD, role=users.ROLE_MEMBER))
    anna = await prove((await sign_in(made.email)).token)
    limited = (await create(identity, "contacts.read", "contacts.delete", user=anna)).secret
    whole = (await create(identity, user=anna)).secret
    for role, scopes in ((users.ROLE_READER, {"contacts.read"}), (users.ROLE_ADMIN, {"contacts.read", "contacts.delete"})):
        await identity.call(users.UpdateUserRequest(user=users.User(id=made.id, role=role), update_mask=["role"]))
        name = users.Role.Name(role).removeprefix("ROLE_").lower()
        proven = await prove(limited)
        assert (proven.scopes, proven.role) == (frozenset(scopes), name)
        assert (await prove(whole)).scopes == roles.scopes_of(name) - {roles.SELF}


async def test_a_key_ends_when_it_expires_and_a_proof_no_later(identity: Harness, prove: Prove) -> None:
    expires = Timestamp()
    expires.FromDatetime(identity.clock() + timedelta(days=400))
    made = await create(identity, expire_time=expires)
    assert made.expire_time == expires
    identity.clock.advance(days=399, hours=23, minutes=59, seconds=50)
    answer = await identity.call(sessions.AuthenticateRequest(bearer_token=made.secret))
    assert answer.expire_time == expires
    identity.clock.advance(seconds=10)
    with pytest.raises(Unauthenticated):
        await prove(made.secret)
    assert [item.id for item in (await identity.call(pb.ListApiKeysRequest())).api_keys] == [made.id]


async def test_a_key_opens_nothing_once_it_is_deleted(identity: Harness, prove: Prove) -> None:
    made = await create(identity)
    await identity.call(pb.DeleteApiKeyRequest(id=made.id))
    with pytest.raises(Unauthenticated):
        await prove(made.secret)
    with pytest.raises(NotFound):
        await identity.call(pb.DeleteApiKeyRequest(id=made.id))


async def test_the_last_use_of_a_key_is_shown(identity: Harness, prove: Prove) -> None:
    made = await create(identity)
    assert not made.HasField("last_used_time")
    identity.clock.advance(minutes=5)
    await prove(made.secret)
    await identity.running.context.parts.last_used.flush()
    listed = (await identity.call(pb.ListApiKeysRequest())).api_keys
    assert listed[0].last_used_time.ToSeconds() == int(identity.clock().timestamp())


async def test_keys_are_ones_own_newest_first_and_paged(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = [await create(identity, name=f"key {number}") for number in range(3)]
    first = await identity.call(pb.ListApiKeysRequest(page_size=2))
    second = await identity.call(pb.ListApiKeysRequest(page_size=2, page_token=first.next_page_token))
    assert [item.id for item in (*first.api_keys, *second.api_keys)] == [item.id for item in reversed(made)]
    colleague = await identity.call(users.CreateUserRequest(email="anna@mueller.example", password=PASSWORD, role=users.ROLE_ADMIN))
    admin = await prove((await sign_in(colleague.email)).token)
    stranger = replace(identity.user, account_id=new_id())
    for other in (admin, stranger):
        assert list((await identity.call(pb.ListApiKeysRequest(), user=other)).api_keys) == []
        with pytest.raises(NotFound):
            await identity.call(pb.DeleteApiKeyRequest(id=made[0].id), user=other)
    await prove(made[0].secret)


async def test_only_users_have_keys(identity: Harness) -> None:
    operator = service_principal("operator", account_id=identity.user.account_id, scopes=["identity.self"])
    with pytest.raises(NotFound):
        await create(identity, user=operator)


async def test_keys_of_one_user_stay_bounded(identity: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kontor_identity.usecases.api_keys.MAX_PER_USER", 2)
    for _ in range(2):
        await create(identity)
    with pytest.raises(FailedPrecondition):
        await create(identity)
