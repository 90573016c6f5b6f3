"""Work that is begun by a call and done in the background."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.visibility import viewer_of
from kontor_contacts.store import likely, operation_results, operations
from kontor_contacts.store.operation_results import Result
from kontor_contacts.store.operations import After, Operation
from kontor_contacts.usecases.bulk_nouns import BY_KIND

SCAN_DUPLICATES = "scan_duplicates"
# Who may see and stop what others have begun.
_OVERSEERS = frozenset({"admin", "owner"})


def get(session: ReadSession, operation_id: str) -> Operation:
    """Raises NotFound."""
    return _existing(operations.get(session, operation_id))


def find(session: ReadSession, *, kind: str, state: str, after: After | None, limit: int) -> Sequence[Operation]:
    """The newest first."""
    return operations.page(session, kind=kind, state=state, after=after, limit=limit)


def results(session: ReadSession, operation: Operation, *, outcome: str, after: int, limit: int) -> list[Result]:
    """What became of each record, in the order in which they were gathered. They are named as they are called now, as far as the caller
    sees them, and as they were called where the action has deleted them. Raises PermissionDenied: not everybody may see them."""
    _check_own(session, operation)
    found = operation_results.page(session, operation.id, outcome=outcome, after=after, limit=limit)
    if not found:
        return []
    names = likely.names(session, BY_KIND[operation.kind].name, [result.record_id for result in found])
    return [replace(result, name=names.get(result.record_id, result.name)) for result in found]


def cancel(session: WriteSession, operation_id: str) -> Operation:
    """Do nothing more of it. Raises NotFound, PermissionDenied."""
    operation = _existing(operations.lock(session, operation_id))
    _check_own(session, operation)
    if operation.state != "running":
        return operation
    operations.end(session, operation.id, "cancelled")
    session.audit(f"operations/{operation.id}", "cancel", {"state": ("running", "cancelled")})
    return replace(operation, state="cancelled", end_time=session.now)


def end_all_of(session: WriteSession, user_id: str, *, role: str, active: bool) -> None:
    """Stop what a user has begun with rights that they do not have any more."""
    for operation in operations.running_of(session, user_id):
        # A scan changes nothing on anybody's behalf.
        if operation.actor and not (active and operation.actor["role"] == role):
            operations.end(session, operation.id, "failed", failure="Whoever began it has another role now, or is not active any more.")


def end_all_outside(session: WriteSession, group_id: str, user_ids: Collection[str]) -> None:
    """Stop what was begun by members of a group other than these: they may see less now than it would treat."""
    for operation in operations.all_running(session):
        actor = operation.actor
        # Who sees everything sees no less outside of a group.
        limited = bool(actor) and viewer_of(Principal(session.account_id, role=actor["role"])) is not None
        if limited and group_id in actor["groups"] and operation.creator_user_id not in user_ids:
            operations.end(session, operation.id, "failed", failure="Whoever began it has left a group since.")


def end_all_of_key(session: WriteSession, api_key_id: str) -> None:
    """Stop what was begun by an API key that is deleted."""
    for operation in operations.all_running(session):
        if operation.actor.get("api_key_id") == api_key_id:
            operations.end(session, operation.id, "failed", failure="The API key by which it was begun is deleted.")


def scan_duplicates(session: WriteSession) -> Operation:
    """Begin a scan, or answer the one that is under way. Two that are begun at once run one after the other."""
    present = operations.running(session, SCAN_DUPLICATES)
    if present is not None:
        return present
    operation = Operation(new_id(), SCAN_DUPLICATES)
    operations.insert(session, operation)
    session.audit(f"operations/{operation.id}", "create", {"kind": (None, operation.kind)})
    return replace(operation, create_time=session.now, creator_user_id=session.user_id)


def _check_own(session: ReadSession, operation: Operation) -> None:
    principal = session.principal
    if operation.creator_user_id != principal.user_id and principal.role not in _OVERSEERS:
        raise PermissionDenied("This is for those who began the operation, admins and the owner.")


def _existing(operation: Operation | None) -> Operation:
    if operation is None:
        raise NotFound("The operation does not exist.")
    return operation
