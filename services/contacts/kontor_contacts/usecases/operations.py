"""Work that is begun by a call and done in the background."""

from collections.abc import Sequence
from dataclasses import replace

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_contacts.store import operation_results, operations
from kontor_contacts.store.operation_results import Result
from kontor_contacts.store.operations import After, Operation

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
    """What became of each record. They are named, so not everybody may see them: raises PermissionDenied."""
    _check_own(session, operation)
    return operation_results.page(session, operation.id, outcome=outcome, after=after, limit=limit)


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
