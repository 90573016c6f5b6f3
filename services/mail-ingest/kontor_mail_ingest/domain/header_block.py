"""A block of header fields in raw bytes (RFC 5322 section 2.2), and where the body behind it begins."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kontor_mail_ingest.domain.encoded_words import decode_header_bytes
from kontor_mail_ingest.domain.messages import Unreadable, UnreadableReason

MOST_HEADER_BYTES = 256 * 1024
_EMPTY_LINE = re.compile(rb"(?:\A|\n)\r*\n")
# RFC 5322 section 3.6.8; section 4.5 allows blanks before the colon.
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
# A name that no field may have, empty or with NUL or umlauts in it. Sentences have a blank before their first colon.
_FIELD_LIKE = re.compile(rb"[^\s:]*:")
# A folded parameter that lost its indentation.
_PARAMETER = re.compile(rb"[A-Za-z0-9*_-]{1,40}\s*=")


@dataclass(frozen=True)
class HeaderBlock:
    """Fields by name in lower case, each with all its raw values, unfolded, in order."""

    fields: Mapping[str, tuple[bytes, ...]]
    # Where the body begins in the bytes that were read.
    body_start: int
    # Lines that are no fields were passed over.
    junk: bool = False

    def first(self, name: str) -> str:
        """The first value of a field as text, encoded words still encoded; empty where there is none."""
        values = self.fields.get(name, ())
        return decode_header_bytes(values[0]) if values else ""

    def last(self, name: str) -> str:
        """The last value: servers add theirs in front, so it is the author's, and the one that DKIM signs first
        (RFC 6376 section 5.4.2)."""
        values = self.fields.get(name, ())
        return decode_header_bytes(values[-1]) if values else ""

    def all(self, name: str) -> list[str]:
        return [decode_header_bytes(value) for value in self.fields.get(name, ())]

    def count(self, name: str) -> int:
        return len(self.fields.get(name, ()))


def read_header_block(data: bytes, start: int, end: int) -> HeaderBlock | Unreadable:
    """Read the fields that begin at `start`; the part that they belong to ends at `end`.

    The block ends at the first empty line. A line that is no field is passed over where fields follow it (a line of an
    mbox file, a name with NUL inside), joined to the field before where it can only be a parameter of it, and begins
    the body where no field follows: then the empty line was forgotten.
    """
    empty = _EMPTY_LINE.search(data, max(start - 1, 0), end) if start < end else None
    block_end = (empty.start() + 1 if empty.start() >= start else start) if empty else end
    body_start = empty.end() if empty else end
    lines = data[start : min(block_end, start + MOST_HEADER_BYTES + 1)].split(b"\n")
    is_field = [_FIELD.match(line) is not None for line in lines]
    if not any(is_field):
        return HeaderBlock({}, body_start if not b"".join(lines).strip() else start)
    if block_end - start > MOST_HEADER_BYTES:
        return Unreadable(UnreadableReason.HEADERS_TOO_LONG)
    return _collect(lines, is_field, start=start, body_start=body_start)


def _collect(lines: list[bytes], is_field: list[bool], *, start: int, body_start: int) -> HeaderBlock:
    last_field = max(index for index, is_one in enumerate(is_field) if is_one)
    fields: dict[str, list[list[bytes]]] = {}
    value: list[bytes] | None = None
    junk = False
    position = start
    for index, line in enumerate(lines):
        bare = line.rstrip(b"\r")
        if line[:1] in (b" ", b"\t"):
            if value is not None:
                value.append(bare)
        elif is_field[index]:
            name, _, rest = bare.partition(b":")
            value = [rest]
            fields.setdefault(name.strip().decode("ascii").lower(), []).append(value)
        elif bare and value is not None and value[-1].rstrip().endswith(b";") and _PARAMETER.match(bare):
            value.append(b" " + bare)
        elif bare and index > last_field and not _FIELD_LIKE.match(bare):
            body_start = position
            break
        elif bare:
            # The line that begins a mail in an mbox file (RFC 4155) is so common that it is no junk.
            junk = junk or index > 0 or not bare.startswith((b"From ", b">From "))
            value = None
        position += len(line) + 1
    return HeaderBlock({name: tuple(map(_unfold, values)) for name, values in fields.items()}, body_start, junk)


def _unfold(pieces: list[bytes]) -> bytes:
    """RFC 5322 section 2.2.3. NUL is dropped; a bare CR is a blank, so that it cannot begin a field of its own."""
    return b"".join(pieces).replace(b"\0", b"").replace(b"\r", b" ").strip()
