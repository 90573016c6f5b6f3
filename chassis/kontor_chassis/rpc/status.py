"""The error tree ↔ gRPC status with google.rpc details (AIP-193)."""

import grpc
import structlog
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2

from kontor_chassis import errors
from kontor_chassis.ids import new_id

log = structlog.get_logger()

DETAILS_KEY = "grpc-status-details-bin"
_DOMAIN = "kontor"
# What a call can carry back stands in trailers, which are limited (see MAX_METADATA_BYTES); nobody reads more of them either.
_MAX_VIOLATIONS = 100
_BY_CODE: dict[str, type[errors.KontorError]] = {
    kind.code: kind
    for kind in (
        errors.InvalidArgument,
        errors.Unauthenticated,
        errors.PermissionDenied,
        errors.NotFound,
        errors.AlreadyExists,
        errors.FailedPrecondition,
        errors.Aborted,
        errors.ResourceExhausted,
        errors.Unavailable,
        errors.DeadlineExceeded,
        errors.Internal,
    )
}
_BY_REASON: dict[str, type[errors.KontorError]] = {
    errors.IdempotencyMismatch.default_reason: errors.IdempotencyMismatch,
    errors.Moved.default_reason: errors.Moved,
}


def opaque(error: BaseException, *, method: str) -> errors.KontorError:
    """The error to answer: one of the tree as it is, everything else as Internal with an incident id under which the log has it."""
    if isinstance(error, errors.KontorError):
        return error
    incident = new_id()
    log.error("incident", incident=incident, method=method, exc_info=error)
    return errors.Internal("Something went wrong on our side.", detail={"incident": incident})


def no_such_method() -> errors.Unavailable:
    """Parts are deployed in any order, so the caller may be newer than the service: it may try again, an event of its waits."""
    return errors.Unavailable("A part of Kontor does not know this call yet.", reason="METHOD_UNKNOWN")


def to_status(error: errors.KontorError) -> status_pb2.Status:
    """The error as a google.rpc.Status."""
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code), message=error.message)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=_DOMAIN, metadata=error.detail))
    if error.violations:
        told = error.violations[:_MAX_VIOLATIONS]
        violations = [error_details_pb2.BadRequest.FieldViolation(field=item.field, description=item.message) for item in told]
        status.details.add().Pack(error_details_pb2.BadRequest(field_violations=violations))
    return status


def from_rpc_error(error: grpc.aio.AioRpcError) -> errors.KontorError:
    """The error of the tree that a service raised, or that stands for what happened on the way."""
    details = dict(error.trailing_metadata() or ()).get(DETAILS_KEY)
    if isinstance(details, bytes):
        try:
            return from_status(status_pb2.Status.FromString(details))
        except DecodeError:
            pass
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return no_such_method()
    kind = _BY_CODE.get(error.code().name, errors.Internal)
    if kind is errors.Unavailable:
        return errors.Unavailable("A part of Kontor cannot be reached right now.", reason="SERVICE_UNAVAILABLE")
    if kind is errors.DeadlineExceeded:
        return errors.DeadlineExceeded("It took too long.")
    return kind("Something went wrong on our side.") if kind is errors.Internal else kind(error.details() or "")


def from_status(status: status_pb2.Status) -> errors.KontorError:
    info = error_details_pb2.ErrorInfo()
    bad_request = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(bad_request.DESCRIPTOR):
            detail.Unpack(bad_request)
    kind = _BY_REASON.get(info.reason) or _BY_CODE.get(code_pb2.Code.Name(status.code), errors.Internal)
    return kind(
        status.message,
        reason=info.reason,
        violations=[errors.FieldViolation(item.field, item.description) for item in bad_request.field_violations],
        detail=dict(info.metadata),
    )
