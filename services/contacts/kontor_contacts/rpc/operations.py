"""kontor.contacts.v1.OperationService."""

from kontor.contacts.v1 import operations_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import invalid
from kontor_chassis.paging import open_page, open_time_page, time_position
from kontor_chassis.proto import Words, to_timestamp
from kontor_contacts.store.operation_results import Result
from kontor_contacts.store.operations import Operation
from kontor_contacts.usecases import operations
from kontor_contacts.usecases.bulk_nouns import BY_KIND

_STATES = Words(pb.OperationState)
_OUTCOMES = Words(pb.OperationOutcome)
_KINDS = (operations.SCAN_DUPLICATES, *BY_KIND)


def get_operation(request: pb.GetOperationRequest, session: ReadSession) -> pb.Operation:
    return operation_to(operations.get(session, request.id))


def list_operations(request: pb.ListOperationsRequest, session: ReadSession) -> pb.ListOperationsResponse:
    if request.kind and request.kind not in _KINDS:
        raise invalid("kind", f"must be one of {', '.join(_KINDS)}")
    state = _STATES.word(request.state, field="state")
    page, after = open_time_page(request)
    found = operations.find(session, kind=request.kind, state=state, after=after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, _place)
    return pb.ListOperationsResponse(operations=[operation_to(item) for item in kept], next_page_token=next_page_token)


def list_operation_results(request: pb.ListOperationResultsRequest, session: ReadSession) -> pb.ListOperationResultsResponse:
    operation = operations.get(session, request.id)
    outcome = _OUTCOMES.word(request.outcome, field="outcome")
    page = open_page(request, position=(int,))
    after = page.after[0] if page.after else 0
    found = operations.results(session, operation, outcome=outcome, after=after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: (item.place,))
    noun = BY_KIND[operation.kind].name if operation.kind in BY_KIND else ""
    return pb.ListOperationResultsResponse(results=[_result_to(noun, item) for item in kept], next_page_token=next_page_token)


def cancel_operation(request: pb.CancelOperationRequest, session: WriteSession) -> pb.Operation:
    return operation_to(operations.cancel(session, request.id))


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
        total=operation.total,
        changed=operation.changed,
        unchanged=operation.unchanged,
        failed=operation.failed,
        gone=operation.gone,
        failure=operation.failure,
    )


def _result_to(noun: str, result: Result) -> pb.OperationResult:
    return pb.OperationResult(
        ref=f"{noun}/{result.record_id}", name=result.name, outcome=_OUTCOMES.number(result.outcome), reason=result.reason
    )


def _place(operation: Operation) -> tuple[int, str]:
    assert operation.create_time is not None
    return time_position(operation.create_time, operation.id)
