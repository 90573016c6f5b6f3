"""The one error tree. Services raise these; only the edges translate them (gRPC status, RFC 9457 problem, SMTP reply).

KontorError
├── InvalidArgument      400  the request is wrong whatever the state; carries the fields
├── Unauthenticated      401  no, expired or foreign credentials
├── PermissionDenied     403  known, but not allowed
├── NotFound             404  does not exist, or not in this account
│   └── Moved            404  another record has taken its place; 307 where it is asked for by GET
├── AlreadyExists        409  a unique name or address is taken
├── FailedPrecondition   409  the state forbids it: a lost deal cannot be won
├── Aborted              412  somebody else changed it first (etag)
├── IdempotencyMismatch  422  the same request id came with another body
├── ResourceExhausted    429  too much, too often, too large
├── Unavailable          503  a dependency is away; the call may be tried again
├── DeadlineExceeded     504
└── Internal             500  everything else; opaque outside, loud inside
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class FieldViolation:
    """One wrong field: its path in the resource as JSON names it (`emails[0].address`), and what is wrong with it."""

    field: str
    message: str


class KontorError(Exception):
    """Root of the tree. `reason` is a constant in upper case for programs, `detail` holds values that belong to it."""

    code: ClassVar[str] = "INTERNAL"
    http_status: ClassVar[int] = 500
    default_reason: ClassVar[str] = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        violations: Sequence[FieldViolation] = (),
        detail: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.violations = tuple(violations)
        self.detail = dict(detail or {})


class InvalidArgument(KontorError):
    code = "INVALID_ARGUMENT"
    http_status = 400
    default_reason = "INVALID_ARGUMENT"


class Unauthenticated(KontorError):
    code = "UNAUTHENTICATED"
    http_status = 401
    default_reason = "UNAUTHENTICATED"


class PermissionDenied(KontorError):
    code = "PERMISSION_DENIED"
    http_status = 403
    default_reason = "PERMISSION_DENIED"


class NotFound(KontorError):
    code = "NOT_FOUND"
    http_status = 404
    default_reason = "NOT_FOUND"


class Moved(NotFound):
    """`detail["moved_to"]` is the resource name of the record that has taken the place of `detail["moved_from"]`."""

    default_reason = "RECORD_MOVED"


class AlreadyExists(KontorError):
    code = "ALREADY_EXISTS"
    http_status = 409
    default_reason = "ALREADY_EXISTS"


class FailedPrecondition(KontorError):
    code = "FAILED_PRECONDITION"
    http_status = 409
    default_reason = "FAILED_PRECONDITION"


class Aborted(KontorError):
    """The etag does not match; `detail["etag"]` is the present one."""

    code = "ABORTED"
    http_status = 412
    default_reason = "ETAG_MISMATCH"


class IdempotencyMismatch(InvalidArgument):
    http_status = 422
    default_reason = "IDEMPOTENCY_MISMATCH"


class ResourceExhausted(KontorError):
    code = "RESOURCE_EXHAUSTED"
    http_status = 429
    default_reason = "RESOURCE_EXHAUSTED"


class Unavailable(KontorError):
    code = "UNAVAILABLE"
    http_status = 503
    default_reason = "UNAVAILABLE"


class DeadlineExceeded(KontorError):
    code = "DEADLINE_EXCEEDED"
    http_status = 504
    default_reason = "DEADLINE_EXCEEDED"


class Internal(KontorError):
    """`detail["incident"]` is the id under which the log holds the cause."""


def invalid(field: str, message: str) -> InvalidArgument:
    """One wrong field, as an error to raise."""
    return InvalidArgument(f"{field}: {message}", violations=[FieldViolation(field, message)])
