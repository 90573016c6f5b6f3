"""Who may call what (A3, S3, S10): every method of identity with every role, and with nobody."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from kontor_chassis.errors import InvalidArgument, KontorError, PermissionDenied, Unauthenticated
from kontor_chassis.principal import METADATA_KEY, Principal
from kontor_chassis.testing import Harness
from kontor_identity.domain import roles
from kontor_identity.store.tables import METADATA

PUBLIC = {"/kontor.identity.v1.SessionService/CreateSession", "/kontor.identity.v1.SessionService/Authenticate"}
EVERYBODY = {
    "AccountService/GetAccount",
    "UserService/GetMe",
    "UserService/UpdateMe",
    "UserService/GetUser",
    "UserService/ListUsers",
    "GroupService/GetGroup",
    "GroupService/ListGroups",
    "UserService/ChangePassword",
    "SessionService/CreateSession",
    "SessionService/Authenticate",
    "SessionService/ListSessions",
    "SessionService/DeleteSession",
    "ApiKeyService/CreateApiKey",
    "ApiKeyService/ListApiKeys",
    "ApiKeyService/DeleteApiKey",
    "CalendarFeedService/CreateCalendarFeed",
    "CalendarFeedService/ListCalendarFeeds",
    "CalendarFeedService/DeleteCalendarFeed",
    "CalendarFeedService/RotateCalendarFeed",
}
ADMINS = {
    "AccountService/UpdateAccount",
    "UserService/CreateUser",
    "UserService/UpdateUser",
    "UserService/DeactivateUser",
    "UserService/ActivateUser",
    "UserService/SetPassword",
    "GroupService/CreateGroup",
    "GroupService/UpdateGroup",
    "GroupService/DeleteGroup",
}
NO_USER = {"AccountService/CreateAccount", "AccountService/ListAccounts"}


def contents(identity: Harness) -> list[list[tuple[object, ...]]]:
    with identity.running.context.database.reading("*") as connection:
        return [[tuple(row) for row in connection.execute(sa.select(table))] for table in METADATA.sorted_tables]


def test_the_matrix_names_every_method_once(identity: Harness) -> None:
    names = [path.removeprefix("/kontor.identity.v1.") for path in identity.running.dispatcher.methods]
    assert sorted(names) == sorted([*EVERYBODY, *ADMINS, *NO_USER])


@pytest.mark.parametrize("role", roles.ROLES)
async def test_a_role_is_refused_what_is_not_its_own_and_refused_calls_change_nothing(identity: Harness, role: str) -> None:
    caller = replace(identity.user, role=role, scopes=roles.scopes_of(role))
    before = contents(identity)
    refused: set[str] = set()
    for path, method in identity.running.dispatcher.methods.items():
        if method.rule.public:
            continue
        try:
            await identity.call(method.request_type(), user=caller)
        except PermissionDenied:
            refused.add(path.removeprefix("/kontor.identity.v1."))
            assert contents(identity) == before
        except KontorError:
            pass
        before = contents(identity)
    assert refused == (NO_USER if role in (roles.ADMIN, roles.OWNER) else NO_USER | ADMINS)


async def test_without_a_principal_only_signing_in_and_proving_answer(identity: Harness) -> None:
    for path, method in identity.running.dispatcher.methods.items():
        with pytest.raises(Unauthenticated if path not in PUBLIC else (Unauthenticated, InvalidArgument)):
            await identity.running.dispatcher.call(path, method.request_type(), {})
    assert {path for path, method in identity.running.dispatcher.methods.items() if method.rule.public} == PUBLIC


async def test_a_principal_that_nobody_signed_is_refused_everywhere(identity: Harness) -> None:
    for path, method in identity.running.dispatcher.methods.items():
        with pytest.raises(Unauthenticated):
            await identity.running.dispatcher.call(path, method.request_type(), {METADATA_KEY: "eyJhbGciOiJub25lIn0.e30."})


async def test_a_user_who_is_unknown_here_has_nothing(identity: Harness) -> None:
    ghost = Principal(account_id=identity.user.account_id, user_id="", role=roles.OWNER, scopes=roles.scopes_of(roles.OWNER))
    for request_type in (identity.running.dispatcher.methods["/kontor.identity.v1.UserService/GetMe"].request_type,):
        with pytest.raises(KontorError) as caught:
            await identity.call(request_type(), user=ghost)
        assert caught.value.code == "NOT_FOUND"
