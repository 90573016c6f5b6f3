"""Tasks as an iCalendar object (RFC 5545, RFC 7986).

The same tasks make the same bytes: DTSTAMP is the time of the last revision, as it is for an object without METHOD
(RFC 5545 section 3.8.7.2). A METHOD would also ask for an ORGANIZER (RFC 5546 section 3.2.1).

A task due at a time is given in UTC, which no reader can shift; one due on a day is a DATE, which is the same day everywhere.
So no VTIMEZONE is needed, and none of the traps of TZID is there to fall into.
"""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event, Todo

from kontor_tasks.domain.tasks import Task
from kontor_tasks.domain.wording import calendar_name, kind_name

# Part of the feed's etag: raise it when the rendering changes.
FORMAT = 1
STYLES = ("event", "todo")

_PRODUCT = "-//Kontor//Kontor tasks//EN"
_REFRESH = timedelta(minutes=15)
# A moment has no length, but an event of none is hardly visible in most programs.
_LENGTH = timedelta(minutes=30)
_MAX_DESCRIPTION = 2000
# RFC 5545 section 3.8.1.9: 1 is the highest, 5 the middle, 9 the lowest.
_PRIORITIES = {"high": 1, "normal": 5, "low": 9}


def render(tasks: Iterable[Task], *, style: str, zone: str, locale: str) -> bytes:
    """Events (`event`), leaving out tasks without a date, or to-dos (`todo`)."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", calendar_name(locale))
    calendar.add("x-wr-calname", calendar_name(locale))
    calendar.add("x-wr-timezone", zone)
    # RFC 7986 section 5.7 wants the value type named; the older name is what Outlook reads.
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for task in tasks:
        if style == "todo":
            calendar.add_component(_todo(task, locale))
        elif task.due_date is not None or task.due_time is not None:
            calendar.add_component(_event(task, locale))
    content: bytes = calendar.to_ical()
    return content


def _event(task: Task, locale: str) -> Event:
    event = Event()
    if task.due_time is not None:
        event.add("dtstart", task.due_time)
        event.add("dtend", task.due_time + _LENGTH)
    elif task.due_date is not None:
        event.add("dtstart", task.due_date)
        # Exclusive (RFC 5545 section 3.6.1).
        event.add("dtend", task.due_date + timedelta(days=1))
        # What is to be done some time that day leaves its hours free.
        event.add("transp", "TRANSPARENT")
    _describe(event, task, locale)
    return event


def _todo(task: Task, locale: str) -> Todo:
    todo = Todo()
    if task.due_time is not None or task.due_date is not None:
        todo.add("due", task.due_time or task.due_date)
    todo.add("status", "NEEDS-ACTION")
    _describe(todo, task, locale)
    return todo


def _describe(component: Event | Todo, task: Task, locale: str) -> None:
    component.add("uid", f"task-{task.id}@kontor")
    component.add("sequence", task.version)
    component.add("dtstamp", task.update_time)
    component.add("last-modified", task.update_time)
    component.add("created", task.create_time)
    component.add("summary", task.title)
    if task.note:
        component.add("description", task.note[:_MAX_DESCRIPTION])
    component.add("categories", [kind_name(task.kind, locale)])
    component.add("priority", _PRIORITIES[task.priority])
