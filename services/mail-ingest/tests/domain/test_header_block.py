"""Header fields are found among all that can stand between and around them."""

import pytest

from kontor_mail_ingest.domain.header_block import MOST_HEADER_BYTES, HeaderBlock, read_header_block
from kontor_mail_ingest.domain.messages import Unreadable, UnreadableReason


def block_and_body(data: bytes) -> tuple[HeaderBlock, bytes]:
    block = read_header_block(data, 0, len(data))
    assert isinstance(block, HeaderBlock)
    return block, data[block.body_start :]


@pytest.mark.parametrize(
    ("data", "fields", "body"),
    [
        (b"A: 1\r\nB: 2\r\n\r\nbody", {"a": (b"1",), "b": (b"2",)}, b"body"),
        (b"A: 1\nB: 2\n\nbody", {"a": (b"1",), "b": (b"2",)}, b"body"),
        (b"A: 1\r\r\nB: 2\r\r\n\r\r\nbody", {"a": (b"1",), "b": (b"2",)}, b"body"),
        (b"A: 1\nA: 2\na: 3\n\n", {"a": (b"1", b"2", b"3")}, b""),
        (b"A: 1\n 2\n\t3\n\n", {"a": (b"1 2\t3",)}, b""),
        (b"A:1\n\n", {"a": (b"1",)}, b""),
        (b"A : 1\n\n", {"a": (b"1",)}, b""),
        (b"A:\n\n", {"a": (b"",)}, b""),
        (b"A: 1", {"a": (b"1",)}, b""),
        (b"A: 1\n", {"a": (b"1",)}, b""),
        # A line of blanks goes on with the field, as RFC 5322 has it, and does not end the block.
        (b"A: 1\n \t\n 2\nB: 3\n\nbody", {"a": (b"1 \t 2",), "b": (b"3",)}, b"body"),
        # Nothing but a body.
        (b"\nbody", {}, b"body"),
        (b"\r\nbody", {}, b"body"),
        (b"just text\n\nmore", {}, b"just text\n\nmore"),
        (b"", {}, b""),
        # Lines that are no fields.
        (b"From a@example.com Sat Feb  6 23:42:23 2010\nA: 1\n\nbody", {"a": (b"1",)}, b"body"),
        (b"A: 1\njunk without colon\nB: 2\n\nbody", {"a": (b"1",), "b": (b"2",)}, b"body"),
        (b"A: 1\njunk\n goes on\nB: 2\n\nbody", {"a": (b"1",), "b": (b"2",)}, b"body"),
        (b"A: 1\nSub\0ject: x\n: nameless\n\0: y\nB: 2\n\nbody", {"a": (b"1",), "b": (b"2",)}, b"body"),
        (b"A: 1\n: nameless\n\nbody", {"a": (b"1",)}, b"body"),
        # The empty line was forgotten.
        (b"A: 1\nDear Anna, how are you?\n\nBye", {"a": (b"1",)}, b"Dear Anna, how are you?\n\nBye"),
        # A parameter that lost its indentation.
        (b'A: multipart/mixed;\nboundary="x"\nB: 2\n\nbody', {"a": (b'multipart/mixed; boundary="x"',), "b": (b"2",)}, b"body"),
        (b'A: multipart/mixed; \r\nboundary="x" \r\n\r\nbody', {"a": (b'multipart/mixed;  boundary="x"',)}, b"body"),
        # NUL is dropped, a bare CR is no line end.
        (b"A: 1\0\0\n\n", {"a": (b"1",)}, b""),
        (b"A: 1\rB: 2\n\n", {"a": (b"1 B: 2",)}, b""),
    ],
)
def test_fields_and_body_are_told_apart(data: bytes, fields: dict[str, tuple[bytes, ...]], body: bytes) -> None:
    block, rest = block_and_body(data)
    assert dict(block.fields) == fields
    assert rest == body


def test_a_part_inside_a_mail_is_read_within_its_bounds() -> None:
    data = b"--x\nA: 1\nB: 2\n--x\nC: 3\n\n"
    block = read_header_block(data, 4, 13)
    assert isinstance(block, HeaderBlock)
    assert dict(block.fields) == {"a": (b"1",), "b": (b"2",)}
    assert block.body_start == 13


def test_the_authors_field_is_the_last_one() -> None:
    block, _ = block_and_body(b"Subject: [spam] Hello\nSubject: Hello\n\n")
    assert block.last("subject") == "Hello"
    assert block.first("subject") == "[spam] Hello"
    assert block.count("subject") == 2
    assert block.last("missing") == block.first("missing") == ""


@pytest.mark.parametrize(
    ("data", "junk"),
    [
        (b"A: 1\nB: 2\n\n", False),
        (b"From a@example.com Sat Feb  6 23:42:23 2010\nA: 1\n\n", False),
        (b"A: 1\nFrom a@example.com Sat\nB: 2\n\n", True),
        (b"A: 1\njunk\nB: 2\n\n", True),
    ],
)
def test_stray_lines_are_told(data: bytes, junk: bool) -> None:
    assert block_and_body(data)[0].junk is junk


@pytest.mark.parametrize(
    "data",
    [
        b"A: " + b"x" * MOST_HEADER_BYTES + b"\n\nbody",
        b"A: " + b"x" * 5_000_000,
        b"A: 1\n" * 100_000 + b"\nbody",
        b"A: 1\n" + b" x\n" * 100_000 + b"\nbody",
    ],
    ids=["one-field", "no-end", "many-fields", "much-folding"],
)
def test_too_long_a_block_is_refused(data: bytes) -> None:
    assert read_header_block(data, 0, len(data)) == Unreadable(UnreadableReason.HEADERS_TOO_LONG)


def test_a_long_body_without_fields_is_no_header() -> None:
    data = b"x" * 5_000_000
    assert block_and_body(data) == (HeaderBlock({}, 0), data)
