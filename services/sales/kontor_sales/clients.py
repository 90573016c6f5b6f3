"""What sales asks of other services: whether records exist that are not known here yet."""

from collections.abc import Collection, Mapping

from kontor.identity.v1 import users_pb2
from kontor_chassis.errors import NotFound
from kontor_chassis.references import Ask, ask_service, documents_of
from kontor_chassis.service import Context

SCOPES = ("documents.read", "identity.read")


async def _active_users(context: Context, account_id: str, refs: Collection[str]) -> frozenset[str]:
    """Who is deactivated counts as absent: nothing new is given to them."""
    present = set()
    for ref in refs:
        request = users_pb2.GetUserRequest(id=ref.removeprefix("users/"))
        try:
            user = await ask_service(context, "identity", account_id, "/kontor.identity.v1.UserService/GetUser", request, users_pb2.User)
        except NotFound:
            continue
        if user.active:
            present.add(ref)
    return frozenset(present)


OWNERS: Mapping[str, Ask] = {
    "persons": documents_of("contacts"),
    "organisations": documents_of("contacts"),
    "users": _active_users,
}
