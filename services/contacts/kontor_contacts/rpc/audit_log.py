"""kontor.type.v1.AuditLog: who changed what in contacts, and whether the log still says so."""

from collections.abc import Collection, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from kontor.type.v1 import audit_pb2 as pb
from kontor_chassis import audit_log
from kontor_chassis.db.sessions import ReadSession
from kontor_contacts.store import accounts, merges
from kontor_contacts.usecases.visibility import sees, unseen_employers


def list_audit_entries(request: pb.ListAuditEntriesRequest, session: ReadSession) -> pb.ListAuditEntriesResponse:
    """Without what it says about positions at organisations that the caller does not see, and without what the record had from one that
    the caller does not see. An entry that says nothing else is left out, else it would say that there is something: a page may be short."""
    spans = merges.untold_spans(session, request.subject.partition("/")[2]) if request.subject else ()
    answer = audit_log.list_entries(request, session, sees=sees, zone=ZoneInfo(accounts.home(session).time_zone), hidden=spans)
    positions = [position for entry in answer.audit_entries for change in entry.changes for position in _positions(change)]
    unseen = unseen_employers(session, positions)
    return _without(answer, unseen) if unseen else answer


def _without(answer: pb.ListAuditEntriesResponse, unseen: Collection[str]) -> pb.ListAuditEntriesResponse:
    kept = []
    for entry in answer.audit_entries:
        shown = [change for change in entry.changes if not any(position["organisation_id"] in unseen for position in _positions(change))]
        if shown or not entry.changes:
            kept.append(pb.AuditEntry())
            kept[-1].CopyFrom(entry)
            del kept[-1].changes[:]
            kept[-1].changes.extend(shown)
    return pb.ListAuditEntriesResponse(audit_entries=kept, next_page_token=answer.next_page_token)


def _positions(change: pb.AuditChange) -> Iterator[dict[str, Any]]:
    """What a position was and became, in the log of its person."""
    if change.field.startswith("positions/"):
        for value in (change.before.text, change.after.text):
            if value:
                yield orjson.loads(value)


def verify_audit_log(request: pb.VerifyAuditLogRequest, session: ReadSession) -> pb.VerifyAuditLogResponse:
    return audit_log.verify(request, session)
