"""From the bytes of a mail to what it says (FEATURES E8).

`read_mail` is a pure function of the bytes and never raises for what stands in them; it is nevertheless run in a child
process (room `parsing/`), because time and memory can only be limited from outside.

The structure is read by a reader of our own, not by CPython's `email.parser`, which takes minutes for bombs that
RELIABILITY.md lists and loses parts of real mails (blanks after a boundary, parameters without indentation, junk lines
between fields).
"""

import html
import re

from kontor_mail_ingest.domain import html_text
from kontor_mail_ingest.domain.automation import recognise
from kontor_mail_ingest.domain.bodies import Contents, Passage, content_of, sort_parts
from kontor_mail_ingest.domain.header_block import read_header_block
from kontor_mail_ingest.domain.header_fields import read_fields
from kontor_mail_ingest.domain.messages import AttachedMessage, Attachment, MailHeaders, ParsedMail, Problem, Unreadable
from kontor_mail_ingest.domain.structure import Part, read_structure

_MOST_PROBLEMS = 50
# Of so many attached messages the fields are read; a digest with more is kept all the same.
_MOST_OPENED = 100
_LONGEST_FILENAME = 255
# Control characters, and those that turn the direction of writing: `gpj.exe` must not look like `exe.jpg`.
_FILENAME_JUNK = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def read_mail(raw: bytes) -> ParsedMail | Unreadable:
    """Read a mail as received. Line ends may be CRLF, LF, or CR alone where there is no LF at all."""
    data = raw if b"\n" in raw else raw.replace(b"\r", b"\n")
    structure = read_structure(data)
    if isinstance(structure, Unreadable):
        return structure
    root = structure.root
    fields = read_fields(root.headers)
    if isinstance(fields, Unreadable):
        return fields
    headers, problems = fields
    if not root.headers.fields:
        problems.append(Problem("no_fields"))
    if root.headers.junk:
        problems.append(Problem("stray_lines_in_header"))
    if structure.unclosed:
        problems.append(Problem("unclosed_multipart"))
    contents = sort_parts(data, root)
    text, markup = _shown(contents)
    shown_ids = html_text.shown_content_ids(markup) if markup else frozenset[str]()
    report_type = root.content_type.get("report-type").lower() if root.media_type == "multipart/report" else None
    attached = tuple(
        _attached_message(data, part, contents.problems, opened=index < _MOST_OPENED) for index, part in enumerate(contents.messages)
    )
    problems.extend(contents.problems)
    return ParsedMail(
        **vars(headers),
        text=text,
        html=markup,
        attachments=tuple(_attachment(data, part, shown_ids) for part in contents.files),
        attached_messages=attached,
        machine_parts=tuple(_attachment(data, part, shown_ids) for part in contents.machine_parts),
        automation=recognise(root.headers, headers, report_type=report_type),
        problems=tuple(dict.fromkeys(problems))[:_MOST_PROBLEMS],
    )


def _shown(contents: Contents) -> tuple[str, str | None]:
    """The readable text, and the sanitised HTML where there is any."""
    texts, markups = [], []
    left = html_text.MOST_CHARACTERS
    for passage in contents.passages:
        size = max(len(passage.plain), len(passage.html))
        if size > left:
            contents.problems.append(Problem("text_shortened"))
            break
        left -= size
        text, markup = _render(passage, contents.problems)
        texts.append(text)
        markups.append(markup)
    has_html = any(passage.html.strip() for passage in contents.passages)
    return "\n\n".join(text for text in texts if text.strip()), "\n".join(markups) if has_html else None


def _render(passage: Passage, problems: list[Problem]) -> tuple[str, str]:
    """One passage as text and as harmless HTML."""
    if not passage.html.strip():
        return passage.plain, _escape(passage.plain)
    if not html_text.is_tame(passage.html):
        problems.append(Problem("html_too_complex"))
        text = html_text.strip_markup(passage.html)
        return (passage.plain if passage.plain.strip() else text), _escape(text)
    markup = html_text.sanitise(passage.html)
    return (passage.plain if passage.plain.strip() else html_text.to_text(markup)), markup


def _escape(text: str) -> str:
    lines = html.escape(text).replace("\n", "<br>")
    return f"<div>{lines}</div>" if text.strip() else ""


def _attachment(data: bytes, part: Part, shown_ids: frozenset[str]) -> Attachment:
    content_id = part.headers.first("content-id").strip("<> ") or None
    return Attachment(
        filename=_filename(part),
        media_type=part.media_type,
        content=content_of(data, part),
        content_id=content_id,
        inline=content_id is not None and content_id in shown_ids,
    )


def _attached_message(data: bytes, part: Part, problems: list[Problem], *, opened: bool) -> AttachedMessage:
    content = content_of(data, part)
    if not opened:
        return AttachedMessage(filename=_filename(part), content=content)
    block = read_header_block(content, 0, len(content))
    fields = block if isinstance(block, Unreadable) else read_fields(block)
    if isinstance(fields, Unreadable):
        problems.append(Problem("attached_message_unreadable", fields.reason))
        return AttachedMessage(filename=_filename(part), content=content)
    headers: MailHeaders = fields[0]
    return AttachedMessage(**vars(headers), filename=_filename(part), content=content)


def _filename(part: Part) -> str | None:
    name = part.disposition.get("filename") or part.content_type.get("name")
    return " ".join(_FILENAME_JUNK.sub("", name).split())[:_LONGEST_FILENAME].strip() or None
