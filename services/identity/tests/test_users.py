"""Users (A2, A3): invited, changed, deactivated."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from kontor.identity.events.v1 import events_pb2 as facts
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor.identity.v1 import api_keys_pb2 as keys
from kontor.identity.v1 import calendar_feeds_pb2 as feeds
from kontor.identity.v1 import sessions_pb2 as sessions
from kontor.identity.v1 import users_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT
from kontor_chassis.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal, service_principal
from kontor_chassis.testing import Harness

PASSWORD = "correct horse battery"
SignIn = Callable[..., Awaitable[sessions.Session]]
Prove = Callable[[str], Awaitable[Principal]]


async def invite(identity: Harness, email: str = "anna@mueller.example", **fields: object) -> pb.User:
    made: pb.User = await identity.call(pb.CreateUserRequest(email=email, **{"password": PASSWORD, **fields}))  # type: ignore[arg-type]
    return made


def audited(identity: Harness, user_id: str) -> list[tuple[str, dict[str, list[object]]]]:
    with identity.running.context.database.reading("*") as connection:
        found = connection.execute(sa.select(AUDIT).where(AUDIT.c.subject == f"users/{user_id}").order_by(AUDIT.c.id))
        return [(row.action, row.changes) for row in found]


async def test_a_colleague_is_added_and_told_about_once(identity: Harness) -> None:
    made = await invite(identity, name="  Anna   Öztürk ", role=pb.ROLE_READER, locale="en")
    assert (made.name, made.role, made.locale, made.active, made.etag) == ("Anna Öztürk", pb.ROLE_READER, "en", True, "1")
    assert made == await identity.call(pb.GetUserRequest(id=made.id))
    assert [fact.user for fact in await identity.published(facts.UserCreated)][1:] == [made]
    changes = {
        "email": [None, made.email],
        "name": [None, "Anna Öztürk"],
        "role": [None, "reader"],
        "locale": [None, "en"],
        "time_zone": [None, ""],
    }
    assert audited(identity, made.id) == [("create", changes)]


async def test_a_colleague_is_a_member_called_by_their_address_unless_said_otherwise(identity: Harness) -> None:
    made = await invite(identity)
    assert (made.role, made.name, made.locale) == (pb.ROLE_MEMBER, "anna@mueller.example", "")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "anna"}, "email"),
        ({"email": "anna@mueller.example\x00"}, "email"),
        ({"name": "x" * 301}, "name"),
        ({"locale": "fr"}, "locale"),
        ({"role": pb.ROLE_OWNER}, "role"),
        ({"role": 99}, "role"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"request_id": "x" * 129}, "request_id"),
    ],
)
async def test_a_wrong_user_is_refused_with_the_field_named(identity: Harness, fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await invite(identity, **fields)  # type: ignore[arg-type]
    assert [violation.field for violation in caught.value.violations] == [field]
    assert len((await identity.call(pb.ListUsersRequest())).users) == 1


async def test_an_address_is_unique_within_the_account_however_it_is_written(identity: Harness) -> None:
    await invite(identity, "Anna@Müller.example")
    for email in ("anna@müller.example", "ANNA@xn--mller-kva.example"):
        with pytest.raises(AlreadyExists) as caught:
            await invite(identity, email)
        assert caught.value.reason == "EMAIL_TAKEN"


async def test_of_many_who_add_one_address_at_once_one_succeeds(identity: Harness) -> None:
    answers = await asyncio.gather(*(invite(identity) for _ in range(8)), return_exceptions=True)
    assert len([answer for answer in answers if isinstance(answer, pb.User)]) == 1
    assert len([answer for answer in answers if isinstance(answer, AlreadyExists)]) == 7


async def test_a_request_id_adds_a_user_once(identity: Harness) -> None:
    answers = await asyncio.gather(*(invite(identity, request_id="once") for _ in range(8)))
    assert {answer.id for answer in answers} == {answers[0].id}
    assert len(audited(identity, answers[0].id)) == 1


async def test_without_a_password_nobody_signs_in_until_one_is_set(identity: Harness, sign_in: SignIn) -> None:
    made = await invite(identity, password="")
    for password in ("", PASSWORD):
        with pytest.raises(Unauthenticated):
            await sign_in(made.email, password)
    await identity.call(pb.SetPasswordRequest(id=made.id, password=PASSWORD))
    assert (await sign_in(made.email)).user_id == made.id
    assert audited(identity, made.id)[1:] == [("set_password", {})]


async def test_users_are_listed_by_name_and_paged_without_gaps(identity: Harness) -> None:
    for name in ("Zuse", "Ärmel", "Adler", "Otto"):
        await invite(identity, f"{new_id()}@mueller.example", name=name, password="")
    names: list[str] = []
    token = ""
    while True:
        page = await identity.call(pb.ListUsersRequest(page_size=2, page_token=token))
        names += [user.name for user in page.users]
        token = page.next_page_token
        if not token:
            break
    assert names == ["Adler", "Ärmel", "Otto", "owner@mueller.example", "Zuse"]
    with pytest.raises(InvalidArgument):
        await identity.call(pb.ListUsersRequest(page_token="nonsense"))


async def test_an_update_changes_only_the_masked_fields_and_is_told_once(identity: Harness) -> None:
    made = await invite(identity, name="Anna")
    wanted = pb.User(id=made.id, name="Anna Öztürk", role=pb.ROLE_ADMIN, locale="en", email="other@mueller.example", active=False)
    after = await identity.call(pb.UpdateUserRequest(user=wanted, update_mask=["name", "role", "active"], etag=made.etag))
    assert (after.name, after.role, after.locale, after.email, after.active) == ("Anna Öztürk", pb.ROLE_ADMIN, "", made.email, True)
    assert [fact.user for fact in await identity.published(facts.UserUpdated)] == [after]
    assert audited(identity, made.id)[1:] == [("update", {"name": ["Anna", "Anna Öztürk"], "role": ["member", "admin"]})]
    with pytest.raises(Aborted):
        await identity.call(pb.UpdateUserRequest(user=wanted, update_mask=["locale"], etag=made.etag))
    with pytest.raises(InvalidArgument, match="email"):
        await identity.call(pb.UpdateUserRequest(user=wanted, update_mask=["email"]))


async def test_an_update_that_changes_nothing_tells_nobody(identity: Harness) -> None:
    made = await invite(identity)
    assert made == await identity.call(pb.UpdateUserRequest(user=made, update_mask=["name", "role", "locale"]))
    assert await identity.published(facts.UserUpdated) == []


@pytest.mark.parametrize("role", [pb.ROLE_OWNER, pb.ROLE_UNSPECIFIED, 99])
async def test_nobody_becomes_owner_or_nothing_by_an_update(identity: Harness, role: "pb.Role.ValueType") -> None:
    made = await invite(identity)
    with pytest.raises(InvalidArgument) as caught:
        await identity.call(pb.UpdateUserRequest(user=pb.User(id=made.id, role=role), update_mask=["role"]))
    assert caught.value.violations[0].field == "role"


async def test_the_owner_keeps_role_access_and_password(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    admin = await prove((await sign_in((await invite(identity, role=pb.ROLE_ADMIN)).email)).token)
    owner_id = identity.user.user_id
    for request in (
        pb.UpdateUserRequest(user=pb.User(id=owner_id, role=pb.ROLE_READER), update_mask=["role"]),
        pb.DeactivateUserRequest(id=owner_id),
    ):
        for caller in (admin, identity.user):
            with pytest.raises(FailedPrecondition) as caught:
                await identity.call(request, user=caller)
            assert caught.value.reason == "IS_OWNER"
    with pytest.raises(PermissionDenied):
        await identity.call(pb.SetPasswordRequest(id=owner_id, password="taken over, thank you"), user=admin)
    assert (await sign_in("owner@mueller.example")).user_id == owner_id


async def test_nobody_takes_rights_from_themselves(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = await invite(identity, role=pb.ROLE_ADMIN)
    admin = await prove((await sign_in(made.email)).token)
    for request in (
        pb.UpdateUserRequest(user=pb.User(id=made.id, role=pb.ROLE_MEMBER), update_mask=["role"]),
        pb.DeactivateUserRequest(id=made.id),
    ):
        with pytest.raises(FailedPrecondition) as caught:
            await identity.call(request, user=admin)
        assert caught.value.reason == "IS_YOURSELF"
    renamed = await identity.call(pb.UpdateUserRequest(user=pb.User(id=made.id, name="Anna"), update_mask=["name"]), user=admin)
    assert renamed.name == "Anna"


async def test_a_deactivated_user_loses_everything_that_opens_at_once(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = await invite(identity)
    token = (await sign_in(made.email)).token
    anna = await prove(token)
    key = (await identity.call(keys.CreateApiKeyRequest(api_key=keys.ApiKey(name="script")), user=anna)).secret
    feed = (await identity.call(feeds.CreateCalendarFeedRequest(), user=anna)).secret
    gone = await identity.call(pb.DeactivateUserRequest(id=made.id))
    assert (gone.active, gone.etag) == (False, "2")
    for secret in (token, key, feed):
        with pytest.raises(Unauthenticated):
            await prove(secret)
    with pytest.raises(Unauthenticated):
        await sign_in(made.email)
    assert [fact.user.active for fact in await identity.published(facts.UserUpdated)] == [False]
    assert audited(identity, made.id)[1:] == [("update", {"active": [True, False]})]
    assert gone == await identity.call(pb.DeactivateUserRequest(id=made.id))
    assert gone in (await identity.call(pb.ListUsersRequest())).users


async def test_an_activated_user_signs_in_again_and_old_secrets_stay_dead(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = await invite(identity)
    token = (await sign_in(made.email)).token
    await identity.call(pb.DeactivateUserRequest(id=made.id))
    back = await identity.call(pb.ActivateUserRequest(id=made.id))
    assert (back.active, back.etag) == (True, "3")
    assert back == await identity.call(pb.ActivateUserRequest(id=made.id))
    with pytest.raises(Unauthenticated):
        await prove(token)
    assert (await sign_in(made.email)).user_id == made.id


async def test_a_password_set_by_an_admin_ends_the_sessions_of_the_old_one(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = await invite(identity)
    token = (await sign_in(made.email)).token
    await identity.call(pb.SetPasswordRequest(id=made.id, password="another password"))
    with pytest.raises(Unauthenticated):
        await prove(token)
    with pytest.raises(Unauthenticated):
        await sign_in(made.email)
    await sign_in(made.email, "another password")


async def test_one_changes_ones_own_password_with_the_present_one(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = await invite(identity, role=pb.ROLE_READER)
    token = (await sign_in(made.email)).token
    anna = await prove(token)
    wrong = pb.ChangePasswordRequest(current_password="a wrong password", new_password="another password")
    with pytest.raises(InvalidArgument) as caught:
        await identity.call(wrong, user=anna)
    assert caught.value.violations[0].field == "current_password"
    await prove(token)
    right = pb.ChangePasswordRequest(current_password=PASSWORD, new_password="another password", request_id="once")
    assert await identity.call(right, user=anna) == made
    with pytest.raises(Unauthenticated):
        await prove(token)
    await sign_in(made.email, "another password")
    # A repetition, because the first answer was lost, is answered alike though the old password is wrong by now.
    assert await identity.call(right, user=anna) == made
    assert [action for action, _ in audited(identity, made.id)] == ["create", "set_password"]


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [(PASSWORD, "", "new_password"), (PASSWORD, "short", "new_password"), ("x" * 1025, "another password", "current_password")],
)
async def test_a_wrong_change_of_a_password_names_the_field(identity: Harness, current: str, new: str, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await identity.call(pb.ChangePasswordRequest(current_password=current, new_password=new))
    assert caught.value.violations[0].field == field


async def test_an_operator_with_the_scope_manages_the_users_of_an_account(identity: Harness, sign_in: SignIn) -> None:
    account_id = identity.user.account_id
    operator = service_principal("operator", account_id=account_id, scopes=["identity.admin", "identity.read"])
    made = await identity.call(pb.CreateUserRequest(email="anna@mueller.example", password=PASSWORD), user=operator)
    assert (await sign_in(made.email)).user_id == made.id
    assert made in (await identity.call(pb.ListUsersRequest(), user=operator)).users
    assert not (await identity.call(pb.DeactivateUserRequest(id=made.id), user=operator)).active
    await identity.call(pb.SetPasswordRequest(id=identity.user.user_id, password="a forgotten password"), user=operator)
    await sign_in("owner@mueller.example", "a forgotten password")


async def test_a_user_needs_an_account_that_exists(identity: Harness) -> None:
    for account_id in ("*", new_id()):
        operator = service_principal("operator", account_id=account_id, scopes=["identity.admin"])
        with pytest.raises(NotFound):
            await identity.call(pb.CreateUserRequest(email="anna@mueller.example"), user=operator)


async def test_another_account_sees_and_changes_nothing(identity: Harness) -> None:
    made = await invite(identity)
    operator = service_principal("operator", scopes=["accounts.admin"])
    other = accounts.CreateAccountRequest(account=accounts.Account(name="Fremd"), owner_email="x@fremd.example", owner_password=PASSWORD)
    fremd = await identity.call(other, user=operator)
    stranger = replace(identity.user, account_id=fremd.account.id, user_id=fremd.owner_user_id)
    for request in (
        pb.GetUserRequest(id=made.id),
        pb.UpdateUserRequest(user=pb.User(id=made.id, name="Meins"), update_mask=["name"]),
        pb.DeactivateUserRequest(id=made.id),
        pb.ActivateUserRequest(id=made.id),
        pb.SetPasswordRequest(id=made.id, password="another password"),
    ):
        with pytest.raises(NotFound):
            await identity.call(request, user=stranger)
    assert [user.email for user in (await identity.call(pb.ListUsersRequest(), user=stranger)).users] == ["x@fremd.example"]
    assert made == await identity.call(pb.GetUserRequest(id=made.id))
    # The address is taken in one account only.
    await identity.call(pb.CreateUserRequest(email=made.email), user=stranger)


async def test_users_change_their_own_name_language_and_time_zone_whatever_their_role(
    identity: Harness, sign_in: SignIn, prove: Prove
) -> None:
    made = await invite(identity, role=pb.ROLE_READER)
    reader = await prove((await sign_in(made.email)).token)
    wanted = pb.User(name="Anna Öztürk", locale="en", time_zone="Europe/Vienna")
    changed = await identity.call(pb.UpdateMeRequest(user=wanted, update_mask=["name", "locale", "time_zone"]), user=reader)
    assert (changed.id, changed.name, changed.locale, changed.time_zone, changed.etag) == (
        made.id, "Anna Öztürk", "en", "Europe/Vienna", "2",
    )  # fmt: skip
    assert changed == await identity.call(pb.GetMeRequest(), user=reader)
    assert [fact.user for fact in await identity.published(facts.UserUpdated)] == [changed]
    assert audited(identity, made.id)[1:] == [
        ("update", {"name": [made.email, "Anna Öztürk"], "locale": ["", "en"], "time_zone": ["", "Europe/Vienna"]})
    ]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (pb.User(role=pb.ROLE_ADMIN), "role"),
        (pb.User(role=pb.ROLE_OWNER), "role"),
        (pb.User(), "role"),
        (pb.User(role=99), "role"),  # type: ignore[arg-type]
        (pb.User(email="other@mueller.example"), "email"),
        (pb.User(locale="fr"), "locale"),
        (pb.User(time_zone="Berlin"), "time_zone"),
    ],
)
async def test_nobody_gives_themselves_a_role_another_address_or_nonsense(
    identity: Harness, sign_in: SignIn, prove: Prove, wanted: pb.User, field: str
) -> None:
    made = await invite(identity)
    member = await prove((await sign_in(made.email)).token)
    with pytest.raises(InvalidArgument) as caught:
        await identity.call(pb.UpdateMeRequest(user=wanted, update_mask=[field]), user=member)
    assert [violation.field for violation in caught.value.violations] == [field]
    assert await identity.call(pb.GetMeRequest(), user=member) == made


async def test_what_was_read_of_oneself_can_be_sent_back_with_a_new_name(identity: Harness, sign_in: SignIn, prove: Prove) -> None:
    made = await invite(identity)
    member = await prove((await sign_in(made.email)).token)
    mask = [field.name for field in pb.User.DESCRIPTOR.fields]
    made.name = "Anna"
    assert (await identity.call(pb.UpdateMeRequest(user=made, update_mask=mask), user=member)).name == "Anna"
    with pytest.raises(Aborted):
        await identity.call(pb.UpdateMeRequest(user=made, update_mask=mask), user=member)


async def test_a_key_does_not_change_its_user(identity: Harness, prove: Prove) -> None:
    key = await identity.call(keys.CreateApiKeyRequest(api_key=keys.ApiKey(name="Zapier")))
    with pytest.raises(PermissionDenied):
        await identity.call(pb.UpdateMeRequest(user=pb.User(name="Anna"), update_mask=["name"]), user=await prove(key.secret))


async def test_a_role_of_a_newer_release_is_refused_by_name(identity: Harness) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await invite(identity, role=99)
    assert [violation.field for violation in caught.value.violations] == ["role"]
