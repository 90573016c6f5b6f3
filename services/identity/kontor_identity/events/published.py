"""Our facts, written to the outbox of the session in which they become true. They carry what the RPCs answer, never a secret."""

from kontor.identity.events.v1 import events_pb2 as pb
from kontor.identity.v1 import accounts_pb2, groups_pb2, users_pb2
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.proto import Words, to_timestamp
from kontor_identity.domain.accounts import Account
from kontor_identity.domain.groups import Group
from kontor_identity.domain.users import User

_ROLES = Words(users_pb2.Role)


def account_created(session: WriteSession, account: Account) -> None:
    session.publish(pb.AccountCreated(account=account_message(account)), subject=f"accounts/{account.id}", sequence=account.version)


def account_updated(session: WriteSession, account: Account) -> None:
    session.publish(pb.AccountUpdated(account=account_message(account)), subject=f"accounts/{account.id}", sequence=account.version)


def user_created(session: WriteSession, user: User) -> None:
    session.publish(pb.UserCreated(user=user_message(user)), subject=f"users/{user.id}", sequence=user.version)


def user_updated(session: WriteSession, user: User) -> None:
    """Deactivating and activating are updates too: `active` tells."""
    session.publish(pb.UserUpdated(user=user_message(user)), subject=f"users/{user.id}", sequence=user.version)


def group_created(session: WriteSession, group: Group) -> None:
    session.publish(pb.GroupCreated(group=group_message(group)), subject=f"groups/{group.id}", sequence=group.version)


def group_updated(session: WriteSession, group: Group) -> None:
    session.publish(pb.GroupUpdated(group=group_message(group)), subject=f"groups/{group.id}", sequence=group.version)


def group_deleted(session: WriteSession, group: Group) -> None:
    session.publish(pb.GroupDeleted(id=group.id), subject=f"groups/{group.id}", sequence=group.version + 1)


def api_key_deleted(session: WriteSession, key_id: str) -> None:
    """Of the caller. A key has no versions: making it was the first."""
    session.publish(pb.ApiKeyDeleted(id=key_id, user_id=session.user_id), subject=f"api-keys/{key_id}", sequence=2)


def account_message(account: Account) -> accounts_pb2.Account:
    return accounts_pb2.Account(
        id=account.id,
        etag=etag_of(account.version),
        slug=account.slug,
        name=account.name,
        locale=account.locale,
        time_zone=account.time_zone,
        currency=account.currency,
        first_weekday=account.first_weekday,
        country=account.country,
        create_time=to_timestamp(account.create_time),
        update_time=to_timestamp(account.update_time),
    )


def user_message(user: User) -> users_pb2.User:
    return users_pb2.User(
        id=user.id,
        etag=etag_of(user.version),
        email=user.email,
        name=user.name,
        role=_ROLES.number(user.role),
        locale=user.locale,
        time_zone=user.time_zone,
        active=user.active,
        create_time=to_timestamp(user.create_time),
        update_time=to_timestamp(user.update_time),
    )


def group_message(group: Group) -> groups_pb2.Group:
    return groups_pb2.Group(
        id=group.id,
        etag=etag_of(group.version),
        name=group.name,
        user_ids=group.user_ids,
        create_time=to_timestamp(group.create_time),
        update_time=to_timestamp(group.update_time),
    )
