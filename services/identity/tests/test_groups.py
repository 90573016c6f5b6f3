"""Groups of users (A7): who is in which, and how the services learn it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from kontor.identity.events.v1 import events_pb2 as facts
from kontor.identity.v1 import api_keys_pb2 as api_keys
from kontor.identity.v1 import calendar_feeds_pb2 as feeds
from kontor.identity.v1 import groups_pb2 as pb
from kontor.identity.v1 import sessions_pb2 as sessions
from kontor.identity.v1 import users_pb2 as users
from kontor_chassis.errors import Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, KontorError, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.principal import USER_ISSUER, Principal
from kontor_chassis.testing import Harness
from kontor_identity.domain import roles
from kontor_identity.domain.groups import MAX_GROUPS

PASSWORD = "correct horse battery"
Prove = Callable[[str], Awaitable[Principal]]
SignIn = Callable[..., Awaitable[sessions.Session]]


async def user(identity: Harness, name: str) -> str:
    request = users.CreateUserRequest(email=f"{name}@mueller.example", password=PASSWORD)
    return str((await identity.call(request)).id)


async def create(identity: Harness, name: str, user_ids: Iterable[str] = (), *, caller: Principal | None = None) -> Any:
    return await identity.call(pb.CreateGroupRequest(group=pb.Group(name=name, user_ids=user_ids)), user=caller)


async def update(identity: Harness, group: Any, *, etag: str = "", **fields: Any) -> Any:
    changed = pb.Group(id=group.id, **fields)
    return await identity.call(pb.UpdateGroupRequest(group=changed, update_mask=list(fields), etag=etag))


async def test_a_group_is_made_read_changed_and_deleted(identity: Harness) -> None:
    berta, cem = await user(identity, "berta"), await user(identity, "cem")
    made = await create(identity, "  Vertrieb ", [cem, berta, cem])
    assert (made.name, list(made.user_ids), made.etag) == ("Vertrieb", sorted([berta, cem]), "1")
    await create(identity, "aaa")
    assert [group.name for group in (await identity.call(pb.ListGroupsRequest())).groups] == ["aaa", "Vertrieb"]
    assert await identity.call(pb.GetGroupRequest(id=made.id)) == made
    changed = await update(identity, made, name="Verkauf", user_ids=[berta])
    assert (changed.name, list(changed.user_ids), changed.etag) == ("Verkauf", [berta], "2")
    assert (await update(identity, made, user_ids=[berta, berta])).etag == "2"
    with pytest.raises(Aborted):
        await identity.call(pb.DeleteGroupRequest(id=made.id, etag="1"))
    await identity.call(pb.DeleteGroupRequest(id=made.id, etag="2"))
    with pytest.raises(NotFound):
        await identity.call(pb.GetGroupRequest(id=made.id))


async def test_every_change_of_a_group_is_told_once(identity: Harness) -> None:
    berta = await user(identity, "berta")
    made = await create(identity, "Vertrieb", [berta])
    changed = await update(identity, made, user_ids=[])
    await update(identity, made, user_ids=[])
    await identity.call(pb.DeleteGroupRequest(id=made.id))
    assert [fact.group for fact in await identity.published(facts.GroupCreated)] == [made]
    assert [fact.group for fact in await identity.published(facts.GroupUpdated)] == [changed]
    assert [fact.id for fact in await identity.published(facts.GroupDeleted)] == [made.id]


async def test_lists_go_on_where_they_ended(identity: Harness) -> None:
    for name in "bac":
        await create(identity, name)
    first = await identity.call(pb.ListGroupsRequest(page_size=2))
    second = await identity.call(pb.ListGroupsRequest(page_size=2, page_token=first.next_page_token))
    assert [group.name for group in (*first.groups, *second.groups)] == ["a", "b", "c"]
    assert not second.next_page_token


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a", "user_ids": ["x"]}, "user_ids[0]"),
        ({"name": "a", "user_ids": [new_id()]}, "user_ids[0]"),
        ({"name": "a", "user_ids": [new_id() for _ in range(501)]}, "user_ids"),
    ],
)
async def test_what_makes_no_group_is_refused(identity: Harness, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await identity.call(pb.CreateGroupRequest(group=pb.Group(**fields)))
    assert caught.value.violations[0].field == field
    assert not (await identity.call(pb.ListGroupsRequest())).groups


async def test_names_are_unique_in_the_account_without_regard_to_case(identity: Harness) -> None:
    made = await create(identity, "Vertrieb")
    other = await create(identity, "Einkauf")
    with pytest.raises(AlreadyExists):
        await create(identity, "VERTRIEB")
    with pytest.raises(AlreadyExists):
        await update(identity, other, name="vertrieb")
    assert (await update(identity, made, name="VERTRIEB")).name == "VERTRIEB"


async def test_there_are_so_many_groups_that_a_principal_still_fits_into_a_header(identity: Harness, prove: Prove, sign_in: SignIn) -> None:
    berta = await user(identity, "berta")
    for number in range(MAX_GROUPS):
        await create(identity, f"G{number}", [berta])
    with pytest.raises(FailedPrecondition):
        await create(identity, "zu viel")
    session = await sign_in("berta@mueller.example")
    principal = await prove(session.token)
    assert len(principal.groups) == MAX_GROUPS
    # What gRPC takes as headers by default, with some room for others.
    assert len(identity.running.context.keyring.sign(principal, issuer=USER_ISSUER)) < 7_000


async def test_whatever_proves_somebody_tells_their_groups_as_they_are_now(identity: Harness, prove: Prove, sign_in: SignIn) -> None:
    berta = await user(identity, "berta")
    made = await create(identity, "Vertrieb", [berta])
    session = await sign_in("berta@mueller.example")
    principal = await prove(session.token)
    assert principal.groups == {made.id}
    key = await identity.call(api_keys.CreateApiKeyRequest(api_key=api_keys.ApiKey(name="x", scopes=["contacts.read"])), user=principal)
    feed = await identity.call(feeds.CreateCalendarFeedRequest(calendar_feed=feeds.CalendarFeed(name="x")), user=principal)
    secret = feed.url_path.split("/")[2]
    for one in (key.secret, secret):
        assert (await prove(one)).groups == {made.id}
    await update(identity, made, user_ids=[])
    for one in (session.token, key.secret, secret):
        assert (await prove(one)).groups == frozenset()
    await update(identity, made, user_ids=[berta])
    await identity.call(pb.DeleteGroupRequest(id=made.id))
    assert (await prove(session.token)).groups == frozenset()


@pytest.mark.parametrize("role", [roles.READER, roles.RESTRICTED, roles.MEMBER])
async def test_who_is_no_admin_reads_groups_and_changes_none(identity: Harness, role: str) -> None:
    caller = replace(identity.user, role=role, scopes=roles.scopes_of(role))
    made = await create(identity, "Vertrieb")
    assert (await identity.call(pb.GetGroupRequest(id=made.id), user=caller)) == made
    assert len((await identity.call(pb.ListGroupsRequest(), user=caller)).groups) == 1
    for request in (
        pb.CreateGroupRequest(group=pb.Group(name="x")),
        pb.UpdateGroupRequest(group=pb.Group(id=made.id, user_ids=[caller.user_id]), update_mask=["user_ids"]),
        pb.DeleteGroupRequest(id=made.id),
    ):
        with pytest.raises(PermissionDenied):
            await identity.call(request, user=caller)
    assert (await identity.call(pb.GetGroupRequest(id=made.id))) == made


async def test_another_account_has_neither_the_group_nor_its_users(identity: Harness) -> None:
    """S1."""
    berta = await user(identity, "berta")
    made = await create(identity, "Vertrieb", [berta])
    stranger = replace(identity.user, account_id=new_id(), user_id=new_id())
    requests = (
        pb.GetGroupRequest(id=made.id),
        pb.UpdateGroupRequest(group=pb.Group(id=made.id, name="x"), update_mask=["name"]),
        pb.DeleteGroupRequest(id=made.id),
        pb.CreateGroupRequest(group=pb.Group(name="x", user_ids=[berta])),
    )
    for request in requests:
        with pytest.raises(KontorError) as caught:
            await identity.call(request, user=stranger)
        assert caught.value.code in ("NOT_FOUND", "INVALID_ARGUMENT")
    assert not (await identity.call(pb.ListGroupsRequest(), user=stranger)).groups
    assert (await identity.call(pb.GetGroupRequest(id=made.id))) == made
