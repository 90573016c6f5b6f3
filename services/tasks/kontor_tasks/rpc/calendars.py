"""kontor.tasks.v1.CalendarService."""

from kontor.tasks.v1 import calendar_pb2 as pb
from kontor_chassis.db.sessions import ReadSession
from kontor_tasks.usecases import calendars


def get_task_calendar(request: pb.GetTaskCalendarRequest, session: ReadSession) -> pb.GetTaskCalendarResponse:
    calendar = calendars.get(session, style=request.style, known_etag=request.if_none_match)
    return pb.GetTaskCalendarResponse(etag=calendar.etag, calendar=calendar.content or b"", not_modified=calendar.content is None)
