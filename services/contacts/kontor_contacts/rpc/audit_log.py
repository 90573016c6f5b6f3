"""kontor.type.v1.AuditLog: who changed what in contacts, and whether the log still says so."""

from zoneinfo import ZoneInfo

from kontor.type.v1 import audit_pb2 as pb
from kontor_chassis import audit_log
from kontor_chassis.db.sessions import ReadSession
from kontor_contacts.store import accounts
from kontor_contacts.usecases.visibility import sees


def list_audit_entries(request: pb.ListAuditEntriesRequest, session: ReadSession) -> pb.ListAuditEntriesResponse:
    return audit_log.list_entries(request, session, sees=sees, zone=ZoneInfo(accounts.home(session).time_zone))


def verify_audit_log(request: pb.VerifyAuditLogRequest, session: ReadSession) -> pb.VerifyAuditLogResponse:
    return audit_log.verify(request, session)
