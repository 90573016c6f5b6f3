"""iCalendar as it is written, line by line (RFC 5545, RFC 7986).

Calendar programs forgive one thing each and then shift or drop events, so the feed is read by a strict linter of our own here.
"""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kontor_chassis.ids import new_id
from kontor_tasks.domain.calendars import render
from kontor_tasks.domain.tasks import Task, checked_task

_LINE = re.compile(
    r'(?P<name>[A-Za-z0-9-]+)(?P<params>(;[A-Za-z0-9-]+=("[^"]*"|[^";:,]*)(,("[^"]*"|[^";:,]*))*)*):(?P<value>.*)', re.DOTALL
)
_PARAM = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)')
_TIME = re.compile(r"\d{8}T([01]\d|2[0-3])[0-5]\d[0-5]\d(Z?)")
_TEXT = re.compile(r"([^\\;,\x00-\x08\x0a-\x1f\x7f]|\\[\\;,nN])*")
_DURATION = re.compile(r"P(\d+W|(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?)")
_TEXTS = {"SUMMARY", "DESCRIPTION", "NAME", "X-WR-CALNAME", "UID"}
_STAMPS = {"DTSTAMP", "CREATED", "LAST-MODIFIED"}
_PLACES = {"DTSTART", "DTEND", "DUE"}
_COMMON = _TEXTS - {"NAME", "X-WR-CALNAME"} | _STAMPS | {"SEQUENCE", "CATEGORIES", "PRIORITY", "STATUS", "DTSTART"}
_ALLOWED = {
    "VCALENDAR": {"PRODID", "VERSION", "CALSCALE", "NAME", "REFRESH-INTERVAL"},
    "VEVENT": _COMMON | {"DTEND", "TRANSP"},
    "VTODO": _COMMON | {"DUE"},
}
_STATUS = {"VEVENT": {"TENTATIVE", "CONFIRMED", "CANCELLED"}, "VTODO": {"NEEDS-ACTION", "COMPLETED", "IN-PROCESS", "CANCELLED"}}


def lint(feed: bytes) -> list[str]:
    """What is wrong with a feed of events and to-dos by RFC 5545 and RFC 7986; nothing where it is right. Knows what this
    service writes, and takes anything else for wrong."""
    findings = _octets(feed)
    text = re.sub(rb"\r?\n[ \t]", b"", feed).decode("utf-8", "replace")
    components: list[tuple[str, list[tuple[str, dict[str, str], str]]]] = []
    open_ones: list[str] = []
    for number, line in enumerate(re.split(r"\r?\n", text)[:-1], start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            findings.append(f"{number}: no content line (3.1): {line[:40]!r}")
            continue
        name, value = match["name"].upper(), match["value"]
        if name == "BEGIN":
            open_ones.append(value)
            components.append((value, []))
        elif name == "END":
            if not open_ones or open_ones.pop() != value:
                findings.append(f"{number}: END:{value} ends nothing (3.6)")
        elif not open_ones:
            findings.append(f"{number}: {name} stands outside (3.4)")
        else:
            params = {key.upper(): content.strip('"') for key, content in _PARAM.findall(match["params"])}
            # Properties stand before the components inside (3.6).
            if components[-1][0] != open_ones[-1]:
                findings.append(f"{number}: {name} stands after a component (3.6)")
            components[-1][1].append((name, params, value))
    if open_ones:
        findings.append(f"{open_ones} not ended (3.6)")
    if [name for name, _ in components].count("VCALENDAR") != 1 or components[0][0] != "VCALENDAR":
        findings.append("not one VCALENDAR (3.4)")
    for name, properties in components:
        findings += [f"{name} {_uid(properties)}: {finding}" for finding in _component(name, properties)]
    uids = Counter(_uid(properties) for name, properties in components if name != "VCALENDAR")
    return findings + [f"UID {uid} {count} times (3.8.4.7)" for uid, count in uids.items() if count > 1]


def _octets(feed: bytes) -> list[str]:
    findings = []
    if not feed.endswith(b"\r\n") or re.search(rb"(?<!\r)\n|\r(?!\n)", feed):
        findings.append("a line does not end with CRLF (3.1)")
    for number, line in enumerate(feed.replace(b"\r\n", b"\n").split(b"\n"), start=1):
        if len(line) > 75:
            findings.append(f"{number}: {len(line)} octets (3.1)")
        try:
            line.decode()
        except UnicodeDecodeError:
            findings.append(f"{number}: a character is torn by folding, or no UTF-8 (3.1.4)")
    return findings


def _uid(properties: list[tuple[str, dict[str, str], str]]) -> str:
    return next((value for name, _, value in properties if name == "UID"), "")


def _component(kind: str, properties: list[tuple[str, dict[str, str], str]]) -> list[str]:
    if kind not in _ALLOWED:
        return ["is not written here"]
    counts = Counter(name for name, _, _ in properties)
    findings = [f"{name} {count} times" for name, count in counts.items() if count > 1]
    findings += [f"{name} is not known" for name in counts if name not in _ALLOWED[kind] and not name.startswith("X-")]
    needed = {"VCALENDAR": {"PRODID", "VERSION"}, "VEVENT": {"UID", "DTSTAMP", "DTSTART"}, "VTODO": {"UID", "DTSTAMP"}}[kind]
    findings += [f"no {name} (3.6)" for name in sorted(needed - set(counts))]
    for name, params, value in properties:
        findings += [f"{name}: {finding}" for finding in _property(kind, name, params, value)]
    places = {name: (params.get("VALUE", "DATE-TIME"), value) for name, params, value in properties if name in _PLACES}
    if "DTSTART" in places:
        for end in ("DTEND", "DUE"):
            if end in places and places[end][0] != places["DTSTART"][0]:
                findings.append(f"{end} is of another type than DTSTART (3.8.2.2)")
            elif end in places and places[end][1] <= places["DTSTART"][1]:
                findings.append(f"{end} is not after DTSTART (3.8.2.2)")
    return findings


def _property(kind: str, name: str, params: dict[str, str], value: str) -> list[str]:
    if name in _PLACES | _STAMPS:
        return _moment(name, params, value)
    if name in _TEXTS and not _TEXT.fullmatch(value):
        return ["is no TEXT (3.3.11)"]
    if name == "CATEGORIES" and not all(_TEXT.fullmatch(part) for part in re.split(r"(?<!\\),", value)):
        return ["is no list of TEXT (3.8.1.2)"]
    if name == "VERSION" and value != "2.0":
        return ["is not 2.0 (3.7.4)"]
    if name == "SEQUENCE" and not (value.isdecimal() and int(value) < 2**31):
        return ["is no number (3.8.7.4)"]
    if name == "PRIORITY" and value not in set("0123456789"):
        return ["is not from 0 to 9 (3.8.1.9)"]
    if name == "STATUS" and value not in _STATUS[kind]:
        return ["is not known (3.8.1.11)"]
    if name == "TRANSP" and value not in {"OPAQUE", "TRANSPARENT"}:
        return ["is not known (3.8.2.7)"]
    if name == "REFRESH-INTERVAL" and (params.get("VALUE") != "DURATION" or not _DURATION.fullmatch(value)):
        return ["is no DURATION that says so (RFC 7986 5.7)"]
    return []


def _moment(name: str, params: dict[str, str], value: str) -> list[str]:
    if params.get("VALUE") == "DATE":
        whole = re.fullmatch(r"\d{8}", value) is not None and name not in _STAMPS and "TZID" not in params
        return [] if whole and _is_day(value) else ["is no DATE (3.3.4)"]
    if params.get("VALUE", "DATE-TIME") != "DATE-TIME" or not (match := _TIME.fullmatch(value)) or not _is_day(value[:8]):
        return ["is no DATE-TIME (3.3.5), or a DATE that does not say so"]
    if "TZID" in params:
        return ["names a zone that is not defined (3.2.19)"]
    return [] if match[2] else ["is a time of no zone (3.3.5)"]


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


GOOD = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260302T090000Z\r\nDTSTART:20260302T090000Z\r\n"
    "SUMMARY:a\\, b\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_the_linter_finds_nothing_where_nothing_is_wrong() -> None:
    assert lint(GOOD.encode()) == []


@pytest.mark.parametrize(
    ("right", "wrong", "clause"),
    [
        ("\r\n", "\n", "(3.1)"),
        ("END:VCALENDAR\r\n", "END:VCALENDAR", "(3.1)"),
        ("DTSTAMP:20260302T090000Z\r\n", "", "no DTSTAMP"),
        ("UID:1\r\n", "", "no UID"),
        ("DTSTART:20260302T090000Z\r\n", "", "no DTSTART"),
        ("PRODID:x\r\n", "", "no PRODID"),
        ("DTSTART:20260302T090000Z", "DTSTART;TZID=Europe/Berlin:20260302T090000", "(3.2.19)"),
        ("DTSTART:20260302T090000Z", "DTSTART:20260302T090000", "no zone"),
        ("DTSTART:20260302T090000Z", "DTSTART:20260302", "(3.3.5)"),
        ("DTSTART:20260302T090000Z", "DTSTART;VALUE=DATE:20260230", "(3.3.4)"),
        ("DTSTART:20260302T090000Z", "DTSTART:20260302T090000Z\r\nDTEND:20260302T090000Z", "(3.8.2.2)"),
        ("DTSTART:20260302T090000Z", "DTSTART:20260302T090000Z\r\nDTEND;VALUE=DATE:20260303", "(3.8.2.2)"),
        ("SUMMARY:a\\, b", "SUMMARY:a, b", "(3.3.11)"),
        ("SUMMARY:a\\, b", "SUMMARY:a\\x", "(3.3.11)"),
        ("SUMMARY:a\\, b", "SUMMARY:" + "x" * 68, "76 octets"),
        ("SUMMARY:a\\, b", "SUMMARY:a\r\nSUMMARY:b", "2 times"),
        ("SUMMARY:a\\, b", "SUMMARY", "(3.1)"),
        ("SUMMARY:a\\, b", "COLOUR:red", "not known"),
        ("END:VEVENT\r\n", "", "(3.6)"),
        ("END:VEVENT\r\n", "END:VEVENT\r\nCALSCALE:GREGORIAN\r\n", "(3.6)"),
        ("END:VEVENT\r\n", "END:VEVENT\r\nBEGIN:VTODO\r\nUID:1\r\nDTSTAMP:20260302T090000Z\r\nEND:VTODO\r\n", "(3.8.4.7)"),
        ("VERSION:2.0\r\n", "VERSION:2.0\r\nREFRESH-INTERVAL:PT15M\r\n", "(RFC 7986 5.7)"),
    ],
)
def test_the_linter_finds_what_calendar_programs_forgive(right: str, wrong: str, clause: str) -> None:
    assert right in GOOD
    assert any(clause in finding for finding in lint(GOOD.replace(right, wrong).encode()))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    title=st.text(min_size=1, max_size=200),
    note=st.text(max_size=3000),
    due=st.none() | st.dates(max_value=date(9998, 12, 31)) | st.datetimes(max_value=datetime(9998, 12, 31), timezones=st.just(UTC)),
    style=st.sampled_from(["event", "todo"]),
)
def test_any_task_makes_a_feed_without_findings_that_reads_back_as_it_was(title: str, note: str, due: Any, style: str) -> None:
    timed = isinstance(due, datetime)
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    wanted = Task(
        id=new_id(), version=3, title="x" + title, note=note, assignee_user_id=new_id(), create_time=now, update_time=now,
        due_date=None if timed else due, due_time=due if timed else None,
    )  # fmt: skip
    task = checked_task(wanted)
    feed = render([task, replace(task, id=new_id())], style=style, zone="Europe/Berlin", locale="de")
    assert lint(feed) == []
    components = icalendar.Calendar.from_ical(feed).walk("VTODO" if style == "todo" else "VEVENT")
    assert len(components) == (0 if style == "event" and due is None else 2)
    for component in components:
        assert component["SUMMARY"] == task.title
        assert component.get("DESCRIPTION", "") == task.note[:2000]
