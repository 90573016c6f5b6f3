"""Reading and verifying a service's audit log, for its `rpc/audit_log.py`: what `WriteSession.audit` wrote, newest first.

Each filter has an index of its own that ends with the order of the list. Owners and admins read everything of their account;
others the log of one record at a time, where the service says that they can see the record.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import orjson
import sqlalchemy as sa

from kontor.type.v1 import audit_pb2 as pb
from kontor_chassis.db.plumbing import AUDIT as A
from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.db.types import from_micros
from kontor_chassis.errors import FailedPrecondition, NotFound, PermissionDenied
from kontor_chassis.filters.conditions import Compiler
from kontor_chassis.filters.fields import Field, Kind
from kontor_chassis.filters.grammar import parse
from kontor_chassis.paging import Page, open_page, open_time_page, time_position
from kontor_chassis.proto import to_timestamp
from kontor_chassis.seals.verification import Fault, Finding, uncovered, verify_part

# Roles that read everything; services and operators that hold the scope do so, too.
_ALL = frozenset({"admin", "owner"})
# Texts of values in one answer: backgrounds may be long, and an answer must fit into one message.
_MAX_CHARACTERS = 500_000
_ME = "me"
# Entries that are compared with their seals in one call, and findings that are told of them.
_COMPARED, _MOST_COMPARED, _MOST_FINDINGS = 1000, 5000, 100

# Whether the caller can see the record of this name.
Sees = Callable[[ReadSession, str], bool]


def list_entries(
    request: pb.ListAuditEntriesRequest,
    session: ReadSession,
    *,
    sees: Sees,
    zone: tzinfo = UTC,
    hidden: Sequence[tuple[datetime, datetime]] = (),
) -> pb.ListAuditEntriesResponse:
    """`zone` is where the account's days begin; what was written from the first to the second moment of one of `hidden` is left out.
    Raises InvalidArgument naming filter or page_token, NotFound for a record that the caller does not see, PermissionDenied where
    everything is asked for by somebody who may not."""
    page, after = open_time_page(request)
    _check(session, request.subject, sees)
    compiler = Compiler(_fields(session).get, session.now.astimezone(zone).date(), zone)
    conditions = [A.c.account_id == session.account_id, compiler.condition(parse(request.filter))]
    conditions += [sa.not_(A.c.create_time.between(start, end)) for start, end in hidden]
    if request.subject:
        conditions.append(A.c.subject == request.subject)
    return _answer(page, session.execute(_statement(conditions, after, limit=page.size + 1)).all())


def verify(request: pb.VerifyAuditLogRequest, session: ReadSession) -> pb.VerifyAuditLogResponse:
    """Compare a page of the account's log with its seals. Raises InvalidArgument naming page_size or page_token, PermissionDenied,
    FailedPrecondition where the log is not sealed here."""
    _check(session, "", lambda *_: False)
    page = open_page(request, position=(int,), max_size=_MOST_COMPARED)
    keys = session.context.seal_keys
    if keys is None:
        raise FailedPrecondition("This service has no key to seal its log with.", reason="AUDIT_NOT_SEALED")
    after = page.after[0] if page.after else 0
    size = page.size if request.page_size else _COMPARED
    part = verify_part(session.connection, session.account_id, keys, service=session.context.service.name, after=after, entries=size)
    if not part.more:
        without_seal = uncovered(session.connection, session.account_id, missing=part.missing)
        part.findings += [Finding(Fault.UNCOVERED, count=without_seal)] if without_seal else []
    return pb.VerifyAuditLogResponse(
        intact=not part.findings,
        seals=part.seals,
        entries=part.entries,
        pruned_entries=part.pruned_entries,
        seal_time=None if part.seal_time is None else to_timestamp(from_micros(part.seal_time)),
        findings=[_finding(item) for item in part.findings[:_MOST_FINDINGS]],
        next_page_token=page.token((part.last,)) if part.more else "",
    )


def _finding(item: Finding) -> pb.AuditFinding:
    fault = pb.AuditFault.Value(f"AUDIT_FAULT_{item.fault.name}")
    return pb.AuditFinding(fault=fault, seal=item.seal, entry_id=item.entry_id, subject=item.subject, count=item.count)


def _check(session: ReadSession, subject: str, sees: Sees) -> None:
    principal = session.principal
    if principal.role in _ALL or principal.service:
        return
    if not subject:
        raise PermissionDenied("Only owners and admins may read the log of everything; name a record as subject.", reason="ROLE_MISSING")
    if not sees(session, subject):
        raise NotFound("The record does not exist.")


def _fields(session: ReadSession) -> Mapping[str, Field]:
    return {
        "subject": Field(Kind.KEY, A.c.subject),
        "actor": Field(Kind.REFERENCE, A.c.actor_user_id, normalise=lambda text: session.user_id if text == _ME else text),
        "action": Field(Kind.REFERENCE, A.c.action),
        "means": Field(Kind.REFERENCE, A.c.means),
        "api_key": Field(Kind.REFERENCE, A.c.api_key_id, absent=None),
        "create_time": Field(Kind.TIME, A.c.create_time, absent=None),
    }


def _statement(conditions: Sequence[sa.ColumnElement[bool]], after: tuple[datetime, str] | None, *, limit: int) -> sa.Select[Any]:
    statement = sa.select(A).where(*conditions)
    if after is not None:
        seen = sa.tuple_(sa.literal(after[0], A.c.create_time.type), sa.literal(after[1]))
        statement = statement.where(sa.tuple_(A.c.create_time, A.c.id) < seen)
    return statement.order_by(A.c.create_time.desc(), A.c.id.desc()).limit(limit)


def _answer(page: Page, rows: Sequence[sa.Row[Any]]) -> pb.ListAuditEntriesResponse:
    entries: list[pb.AuditEntry] = []
    characters = 0
    for row in rows[: page.size]:
        changes = [_change(field, pair) for field, pair in row.changes.items()]
        characters += sum(len(change.before.text) + len(change.after.text) for change in changes)
        if entries and characters > _MAX_CHARACTERS:
            break
        entries.append(
            pb.AuditEntry(
                id=row.id,
                subject=row.subject,
                action=row.action,
                actor_user_id=row.actor_user_id,
                means=row.means,
                create_time=to_timestamp(row.create_time),
                changes=changes,
                api_key_id=row.api_key_id,
                api_key_name=row.api_key_name,
            )
        )
    more = len(rows) > len(entries)
    last = rows[len(entries) - 1] if entries else None
    token = page.token(time_position(last.create_time, last.id)) if more and last is not None else ""
    return pb.ListAuditEntriesResponse(audit_entries=entries, next_page_token=token)


def _change(field: str, pair: Sequence[Any]) -> pb.AuditChange:
    before, after = (None if value is None else pb.JsonValue(text=orjson.dumps(value).decode()) for value in pair)
    return pb.AuditChange(field=field, before=before, after=after)
