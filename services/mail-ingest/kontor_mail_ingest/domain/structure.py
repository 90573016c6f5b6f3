"""The tree of parts of a mail (RFC 2046), found in one pass over the bytes and without recursion.

Limits are checked while it is built, so that the parts counted are the parts read: a separate count before another
parser would leave a gap between what is counted and what is then parsed. Parts point into the mail's bytes; only
their content is copied, later. Attached messages are not opened.
"""

import re
from dataclasses import dataclass, field

from kontor_mail_ingest.domain.header_block import HeaderBlock, read_header_block
from kontor_mail_ingest.domain.messages import Unreadable, UnreadableReason
from kontor_mail_ingest.domain.parameters import StructuredValue, parse_structured

MOST_DEPTH = 50
MOST_PARTS = 1_000
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}")
# Where the declared boundary is missing or wrong: a line that must be one, because a part's fields follow.
_LIKELY_BOUNDARY = re.compile(rb"\n--([^\r\n]{1,200})\r*\nContent-[A-Z]", re.IGNORECASE)


@dataclass
class Part:
    """One part while the tree is built; afterwards it is only read."""

    headers: HeaderBlock
    content_type: StructuredValue
    disposition: StructuredValue
    # Its body in the bytes of the mail.
    start: int
    end: int
    # Empty too for a multipart in which no boundary was found; such a one is text, for losing it would be worse.
    children: list["Part"] = field(default_factory=list)

    @property
    def media_type(self) -> str:
        return self.content_type.value


@dataclass(frozen=True)
class Structure:
    root: Part
    # A multipart whose last boundary is missing: the mail was cut off, or put together badly.
    unclosed: bool


@dataclass
class _Open:
    """A multipart whose end has not come yet, and the next line with its boundary: where, and whether it closes."""

    part: Part
    delimiter: re.Pattern[bytes]
    # An outer multipart with the very same boundary, as Outlook Express for Macintosh wrote them; the inner one has it first.
    twin: "_Open | None" = None
    match: re.Match[bytes] | None = None
    # Where `match` begins; without one, up to where there is none.
    next: int = -1

    def advance(self, data: bytes, position: int, limit: int) -> None:
        if self.twin is not None:
            self.match, self.next = self.twin.match, self.twin.next
        elif self.next < position:
            self.match = self.delimiter.search(data, position, limit)
            self.next = self.match.start() if self.match else limit


def read_structure(data: bytes) -> Structure | Unreadable:
    """Build the tree. `data` must have LF somewhere in its line ends."""
    return _Builder(data).build()


class _Builder:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._stack: list[_Open] = []
        self._parts = 0
        self._unclosed = False

    def build(self) -> Structure | Unreadable:
        data = self._data
        root = self._open_part(len(data) - len(data.lstrip(b"\r\n")), len(data), default="text/plain")
        if isinstance(root, Unreadable):
            return root
        position = max(root.start - 1, 0)
        while (depth := self._find_next(position)) is not None:
            # A boundary of an outer multipart ends all inner ones, closed or not.
            self._unclosed = self._unclosed or depth + 1 < len(self._stack)
            del self._stack[depth + 1 :]
            current = self._stack[depth]
            match = current.match
            assert match is not None
            if match[1]:
                self._stack.pop()
                position = match.end()
                continue
            start = min(match.end() + 1, len(data))
            following = self._find_next(match.end())
            end = len(data) if following is None else _line_break_before(data, self._stack[following].next)
            in_digest = current.part.media_type == "multipart/digest"
            part = self._open_part(start, max(start, end), default="message/rfc822" if in_digest else "text/plain")
            if isinstance(part, Unreadable):
                return part
            current.part.children.append(part)
            position = max(part.start - 1, match.end())
        return Structure(root, self._unclosed or bool(self._stack))

    def _find_next(self, position: int) -> int | None:
        """Which open multipart the next boundary line belongs to. An inner one need not be sought beyond an outer one's."""
        limit, found = len(self._data), None
        for depth, entry in enumerate(self._stack):
            entry.advance(self._data, position, limit)
            if entry.match is not None and (entry.next < limit or (entry.twin and entry.next == limit)):
                limit, found = entry.next, depth
        return found

    def _open_part(self, start: int, end: int, *, default: str) -> Part | Unreadable:
        """Read the part's fields; where it is a multipart with boundaries in it, it lies on the stack afterwards."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            return Unreadable(UnreadableReason.TOO_MANY_PARTS)
        headers = read_header_block(self._data, start, end)
        if isinstance(headers, Unreadable):
            return headers
        content_type = parse_structured(headers.first("content-type"))
        if not _MEDIA_TYPE.fullmatch(content_type.value):
            # RFC 2045 section 5.2: what is no media type is text.
            content_type = StructuredValue("text/plain" if content_type.value else default, content_type.parameters)
        disposition = parse_structured(headers.first("content-disposition"))
        part = Part(headers, content_type, disposition, headers.body_start, end)
        if part.media_type.startswith("multipart/") and (multipart := self._as_multipart(part)):
            self._stack.append(multipart)
            if len(self._stack) > MOST_DEPTH:
                return Unreadable(UnreadableReason.TOO_DEEP)
        return part

    def _as_multipart(self, part: Part) -> _Open | None:
        """With the declared boundary where lines with it follow, else with the likely one; None where there is neither."""
        position = max(part.start - 1, 0)
        if declared := part.content_type.get("boundary").rstrip().encode("utf-8", "replace"):
            delimiter = _delimiter(declared)
            twin = next((entry for entry in reversed(self._stack) if entry.delimiter.pattern == delimiter.pattern), None)
            if twin or delimiter.search(self._data, position, part.end):
                return _Open(part, delimiter, twin)
        likely = _LIKELY_BOUNDARY.search(self._data, position, part.end)
        return _Open(part, _delimiter(likely[1].rstrip())) if likely else None


def _delimiter(boundary: bytes) -> re.Pattern[bytes]:
    """RFC 2046 section 5.1.1: blanks may follow a boundary. Group 1 says that it is the last one."""
    return re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*\r*(?=\n|\Z)")


def _line_break_before(data: bytes, delimiter: int) -> int:
    """RFC 2046 section 5.1.1: the line break before a boundary belongs to the boundary."""
    return delimiter - 1 if delimiter > 0 and data[delimiter - 1 : delimiter] == b"\r" else delimiter
