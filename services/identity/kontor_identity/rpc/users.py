"""kontor.identity.v1.UserService."""

from kontor.identity.v1 import users_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import invalid
from kontor_chassis.paging import open_page
from kontor_chassis.proto import Words
from kontor_chassis.rpc.dispatch import Call
from kontor_identity.domain import roles
from kontor_identity.domain.users import User
from kontor_identity.events.published import user_message
from kontor_identity.rpc.once import Enter, write_once
from kontor_identity.usecases import passwords, users

_ROLES = Words(pb.Role)


async def create_user(request: pb.CreateUserRequest, call: Call) -> pb.User:
    wanted = User(
        email=request.email, name=request.name, role=_ROLES.word(request.role, field="role") or roles.MEMBER, locale=request.locale
    )
    password_hash = await passwords.hash_new(call.context, request.password, field="password")

    def make(enter: Enter) -> pb.User:
        return user_message(users.create(enter(call.principal), wanted, password_hash=password_hash))

    return await write_once(call, request, pb.User, make)


def get_me(request: pb.GetMeRequest, session: ReadSession) -> pb.User:
    return user_message(users.get(session, session.user_id))


def get_user(request: pb.GetUserRequest, session: ReadSession) -> pb.User:
    return user_message(users.get(session, request.id))


def list_users(request: pb.ListUsersRequest, session: ReadSession) -> pb.ListUsersResponse:
    page = open_page(request, position=(str, str))
    after = (page.after[0], page.after[1]) if page.after else None
    found = users.find(session, after=after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: (item.sort_key, item.id))
    return pb.ListUsersResponse(users=[user_message(item) for item in kept], next_page_token=next_page_token)


def update_me(request: pb.UpdateMeRequest, session: WriteSession) -> pb.User:
    wanted = _user_from(request.user)
    return user_message(users.update_own(session, wanted, mask=request.update_mask, etag=request.etag or request.user.etag))


def update_user(request: pb.UpdateUserRequest, session: WriteSession) -> pb.User:
    message = request.user
    wanted = _user_from(message)
    return user_message(users.update(session, message.id, wanted, mask=request.update_mask, etag=request.etag or message.etag))


def deactivate_user(request: pb.DeactivateUserRequest, session: WriteSession) -> pb.User:
    return user_message(users.deactivate(session, request.id, etag=request.etag))


def activate_user(request: pb.ActivateUserRequest, session: WriteSession) -> pb.User:
    return user_message(users.activate(session, request.id, etag=request.etag))


async def set_password(request: pb.SetPasswordRequest, call: Call) -> pb.User:
    if not request.password:
        raise invalid("password", "must not be empty")
    password_hash = await passwords.hash_new(call.context, request.password, field="password")

    def put(enter: Enter) -> pb.User:
        return user_message(passwords.set_by_admin(enter(call.principal), request.id, password_hash))

    return await write_once(call, request, pb.User, put)


async def change_password(request: pb.ChangePasswordRequest, call: Call) -> pb.User:
    if not request.new_password:
        raise invalid("new_password", "must not be empty")
    proven = await passwords.proven_hash(call.context, call.principal, request.current_password)
    password_hash = await passwords.hash_new(call.context, request.new_password, field="new_password")

    def put(enter: Enter) -> pb.User:
        return user_message(passwords.change(enter(call.principal), proven=proven, password_hash=password_hash))

    return await write_once(call, request, pb.User, put)


def _user_from(message: pb.User) -> User:
    return User(
        email=message.email,
        name=message.name,
        role=_ROLES.word(message.role, field="role"),
        locale=message.locale,
        time_zone=message.time_zone,
    )
