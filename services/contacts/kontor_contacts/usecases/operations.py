"""Work that is begun by a call and done in the background."""

from dataclasses import replace

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound
from kontor_chassis.ids import new_id
from kontor_contacts.store import operations
from kontor_contacts.store.operations import Operation

SCAN_DUPLICATES = "scan_duplicates"


def get(session: ReadSession, operation_id: str) -> Operation:
    """Raises NotFound."""
    operation = operations.get(session, operation_id)
    if operation is None:
        raise NotFound("The operation does not exist.")
    return operation


def scan_duplicates(session: WriteSession) -> Operation:
    """Begin a scan, or answer the one that is under way. Two that are begun at once run one after the other."""
    present = operations.running(session, SCAN_DUPLICATES)
    if present is not None:
        return present
    operation = Operation(new_id(), SCAN_DUPLICATES)
    operations.insert(session, operation)
    session.audit(f"operations/{operation.id}", "create", {"kind": (None, operation.kind)})
    return replace(operation, create_time=session.now, creator_user_id=session.user_id)
