"""kontor.contacts.v1.OperationService."""

from kontor.contacts.v1 import operations_pb2 as pb
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.proto import Words, to_timestamp
from kontor_contacts.store.operations import Operation
from kontor_contacts.usecases import operations

_STATES = Words(pb.OperationState)


def get_operation(request: pb.GetOperationRequest, session: ReadSession) -> pb.Operation:
    return operation_to(operations.get(session, request.id))


def operation_to(operation: Operation) -> pb.Operation:
    return pb.Operation(
        id=operation.id,
        kind=operation.kind,
        state=_STATES.number(operation.state),
        progress=operation.progress,
        found=operation.found,
        skipped=operation.skipped,
        create_time=to_timestamp(operation.create_time),
        end_time=to_timestamp(operation.end_time),
        creator_user_id=operation.creator_user_id,
    )
