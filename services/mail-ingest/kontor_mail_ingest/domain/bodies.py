"""The tree of parts, sorted: what is shown, what is attached, what is written for machines."""

import re
from dataclasses import dataclass, field

from kontor_mail_ingest.domain.charsets import decode_text, is_known
from kontor_mail_ingest.domain.flowed import unflow
from kontor_mail_ingest.domain.html_text import MOST_CHARACTERS
from kontor_mail_ingest.domain.messages import Problem
from kontor_mail_ingest.domain.structure import Part
from kontor_mail_ingest.domain.transfer import decode_transfer

_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_META_CHARSET = re.compile(rb"<meta[^>]{1,300}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_META_WITHIN = 2_048


@dataclass(frozen=True)
class Passage:
    """One piece of the shown text, in the forms in which it was sent."""

    plain: str = ""
    html: str = ""


@dataclass
class Contents:
    """The leaves of the tree."""

    passages: list[Passage] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    messages: list[Part] = field(default_factory=list)
    machine_parts: list[Part] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def content_of(data: bytes, part: Part) -> bytes:
    """The part's body with its transfer encoding removed."""
    return decode_transfer(memoryview(data)[part.start : part.end], part.headers.first("content-transfer-encoding"))


def sort_parts(data: bytes, root: Part) -> Contents:
    """Sort the leaves. What is shown keeps its order; alternatives become one passage."""
    contents = Contents()
    contents.passages = _passages(data, root, contents)
    return contents


def _passages(data: bytes, part: Part, contents: Contents) -> list[Passage]:
    """Recursion is safe: the tree has a limited depth."""
    if not part.children:
        return _leaf(data, part, contents)
    of_children = [_passages(data, child, contents) for child in part.children]
    if part.media_type == "multipart/alternative":
        return [_alternative(of_children)]
    return [passage for passages in of_children for passage in passages]


def _alternative(of_children: list[list[Passage]]) -> Passage:
    """RFC 2046 section 5.1.4: the same in several forms, the richest last. Lists may have appended a footer to each."""
    plain = next((found for passages in of_children if (found := "\n".join(p.plain for p in passages if p.plain.strip()))), "")
    html = next((found for passages in reversed(of_children) if (found := "".join(p.html for p in passages))), "")
    return Passage(plain, html)


def _leaf(data: bytes, part: Part, contents: Contents) -> list[Passage]:
    if part.media_type in _MESSAGES:
        contents.messages.append(part)
    elif part.media_type.startswith("message/"):
        contents.machine_parts.append(part)
    elif part.media_type.startswith("multipart/"):
        contents.problems.append(Problem("boundary_not_found", part.media_type))
        return [_plain_passage(data, part, contents)] if part.end > part.start else []
    elif part.disposition.value == "attachment" or part.media_type not in ("text/plain", "text/html"):
        contents.files.append(part)
    elif part.media_type == "text/html":
        return [_html_passage(data, part, contents)]
    else:
        return [_plain_passage(data, part, contents)]
    return []


def _plain_passage(data: bytes, part: Part, contents: Contents) -> Passage:
    text = _text_of(data, part, part.content_type.get("charset"), contents)
    if part.content_type.get("format").lower() == "flowed":
        text = unflow(text, delete_space=part.content_type.get("delsp").lower() == "yes")
    return Passage(plain=text.strip("\n"))


def _html_passage(data: bytes, part: Part, contents: Contents) -> Passage:
    charset = part.content_type.get("charset")
    if not charset and (meta := _META_CHARSET.search(content_of(data, part)[:_META_WITHIN])):
        # A page that names UTF-16 in ASCII letters cannot be in it (HTML standard, 13.2.3.2).
        charset = "" if meta[1].lower().startswith(b"utf-16") else meta[1].decode("ascii")
    return Passage(html=_text_of(data, part, charset, contents))


def _text_of(data: bytes, part: Part, charset: str, contents: Contents) -> str:
    content = content_of(data, part)
    if charset and not is_known(charset):
        contents.problems.append(Problem("unknown_charset", charset[:60]))
    text = decode_text(content[: 4 * MOST_CHARACTERS], charset or None)
    if len(text) > MOST_CHARACTERS or len(content) > 4 * MOST_CHARACTERS:
        contents.problems.append(Problem("text_shortened"))
    return text[:MOST_CHARACTERS]
