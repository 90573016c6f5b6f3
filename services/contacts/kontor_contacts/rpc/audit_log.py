"""kontor.type.v1.AuditLog: who changed what in contacts, and whether the log still says so."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from kontor.type.v1 import audit_pb2 as pb
from kontor_chassis import audit_log
from kontor_chassis.db.sessions import ReadSession
from kontor_contacts.store import accounts
from kontor_contacts.usecases.visibility import sees, unseen_employers


def list_audit_entries(request: pb.ListAuditEntriesRequest, session: ReadSession) -> pb.ListAuditEntriesResponse:
    """Without what it says about positions at organisations that the caller does not see."""
    answer = audit_log.list_entries(request, session, sees=sees, zone=ZoneInfo(accounts.home(session).time_zone))
    positions = [position for entry in answer.audit_entries for change in entry.changes for position in _positions(change)]
    unseen = unseen_employers(session, positions)
    for entry in answer.audit_entries if unseen else ():
        shown = [change for change in entry.changes if not any(position["organisation_id"] in unseen for position in _positions(change))]
        if len(shown) < len(entry.changes):
            del entry.changes[:]
            entry.changes.extend(shown)
    return answer


def _positions(change: pb.AuditChange) -> Iterator[dict[str, Any]]:
    """What a position was and became, in the log of its person."""
    if change.field.startswith("positions/"):
        for value in (change.before.text, change.after.text):
            if value:
                yield orjson.loads(value)


def verify_audit_log(request: pb.VerifyAuditLogRequest, session: ReadSession) -> pb.VerifyAuditLogResponse:
    return audit_log.verify(request, session)
