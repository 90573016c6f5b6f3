"""The tree of parts is found, however boundaries are written, and within limits."""

import pytest

from kontor_mail_ingest.domain.messages import Unreadable, UnreadableReason
from kontor_mail_ingest.domain.structure import MOST_DEPTH, MOST_PARTS, Part, Structure, read_structure


def outline(data: bytes) -> object:
    """Leaves as their bytes, multiparts as lists."""
    structure = read_structure(data)
    assert isinstance(structure, Structure)
    return outline_of(data, structure.root)


def outline_of(data: bytes, part: Part) -> object:
    return [outline_of(data, child) for child in part.children] if part.children else data[part.start : part.end]


def multipart(boundary: str, *parts: str, kind: str = "mixed") -> str:
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\npreamble\n{inside}--{boundary}--\nepilogue\n'


@pytest.mark.parametrize(
    ("data", "tree"),
    [
        ("A: 1\n\nbody", b"body"),
        ("\r\n\r\nA: 1\n\nbody", b"body"),
        (multipart("x", "\none", "\ntwo\n"), [b"one", b"two\n"]),
        (multipart("x", "\none", "\ntwo").replace("\n", "\r\n"), [b"one", b"two"]),
        (multipart("x", "A: 1\n\none"), [b"one"]),
        # Fields and no body at all.
        (multipart("x", "A: 1", "\ntwo"), [b"", b"two"]),
        (multipart("x", "", "\ntwo"), [b"", b"two"]),
        # Blanks after a boundary (RFC 2046 section 5.1.1).
        (multipart("x", "\none", "\ntwo").replace("--x\n", "--x \t\n"), [b"one", b"two"]),
        # One inside another, also where one boundary begins with the other.
        (multipart("x", multipart("y", "\none"), "\ntwo"), [[b"one"], b"two"]),
        (multipart("x", multipart("xx", "\none"), "\ntwo"), [[b"one"], b"two"]),
        (multipart("xx", multipart("x", "\none"), "\ntwo"), [[b"one"], b"two"]),
        # The same boundary inside itself.
        (multipart("x", multipart("x", "\none"), "\ntwo"), [[b"one"], b"two"]),
        # What looks like a boundary and is none.
        (multipart("x", "\none\n--xy\n --x\nx--x\n--\n-- \nend"), [b"one\n--xy\n --x\nx--x\n--\n-- \nend"]),
        # Cut off.
        ("Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n\ntwo", [b"one", b"two"]),
        ("Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x", [b"one", b""]),
        # The inner one is never closed; the outer boundary closes it.
        (multipart("x", "Content-Type: multipart/mixed; boundary=y\n\n--y\n\none", "\ntwo"), [[b"one"], b"two"]),
        # No boundary where one is declared: text.
        ("Content-Type: multipart/mixed; boundary=x\n\nno parts", b"no parts"),
        (multipart("x", "\none", "Content-Type: multipart/mixed; boundary=y\n\nAAA"), [b"one", b"AAA"]),
        # No boundary declared, or another one used.
        ("Content-Type: multipart/mixed\n\n--x\nContent-Type: text/plain\n\none\n--x--\n", [b"one"]),
        ("Content-Type: multipart/mixed; boundary=y\n\n--x\nContent-Type: text/plain\n\none\n--x--\n", [b"one"]),
        # Parameters that lost their indentation.
        ('Content-Type: multipart/mixed;\nboundary="x"\n\n--x\n\none\n--x--\n', [b"one"]),
        # RFC 2231, and quotes that hold a folded boundary.
        ("Content-Type: multipart/mixed; boundary*=us-ascii''x\n\n--x\n\none\n--x--\n", [b"one"]),
        ('Content-Type: multipart/mixed; boundary="a\n b"\n\n--a b\n\none\n--a b--\n', [b"one"]),
        # Boundaries of attached messages are theirs.
        (multipart("x", "Content-Type: message/rfc822\n\n" + multipart("y", "\none"), "\ntwo"), [multipart("y", "\none").encode(), b"two"]),
    ],
)
def test_parts_are_found(data: str, tree: object) -> None:
    assert outline(data.encode()) == tree


def test_nothing_is_lost_behind_the_end_of_an_inner_multipart_with_the_boundary_of_the_outer() -> None:
    """Outlook Express for Macintosh wrote such mails."""
    inner = multipart("x", "Content-Type: text/plain\n\none", "Content-Type: text/html\n\ntwo", kind="alternative")
    assert outline(multipart("x", inner, "Content-Type: image/gif\n\nthree").encode()) == [[b"one", b"two"], b"three"]


@pytest.mark.parametrize(
    ("field", "media_type"),
    [
        ("text/html", "text/html"),
        ("TEXT/HTML; charset=x", "text/html"),
        ("text", "text/plain"),
        ("", "text/plain"),
        ("html/", "text/plain"),
        ("a/b/c", "text/plain"),
        ("application/vnd.ms-excel.sheet.macroEnabled.12", "application/vnd.ms-excel.sheet.macroenabled.12"),
        ("\0", "text/plain"),
    ],
)
def test_what_is_no_media_type_is_text(field: str, media_type: str) -> None:
    structure = read_structure(f"Content-Type: {field}\n\nbody".encode())
    assert isinstance(structure, Structure)
    assert structure.root.media_type == media_type


def test_parts_of_a_digest_are_messages_unless_they_say_otherwise() -> None:
    structure = read_structure(multipart("x", "\nFrom: a@example.com", "Content-Type: text/plain\n\ntwo", kind="digest").encode())
    assert isinstance(structure, Structure)
    assert [part.media_type for part in structure.root.children] == ["message/rfc822", "text/plain"]


@pytest.mark.parametrize(
    ("data", "unclosed"),
    [
        (multipart("x", "\none"), False),
        (multipart("x", multipart("y", "\none")), False),
        (multipart("x", "\none").replace("--x--", ""), True),
        (multipart("x", multipart("y", "\none")).replace("--y--", ""), True),
        ("A: 1\n\nbody", False),
    ],
)
def test_a_missing_end_is_told(data: str, unclosed: bool) -> None:
    structure = read_structure(data.encode())
    assert isinstance(structure, Structure)
    assert structure.unclosed is unclosed


def nested(depth: int) -> bytes:
    opening = "".join(f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n" for level in range(depth))
    return (opening + "\ninnermost\n").encode()


def test_depth_is_limited() -> None:
    assert isinstance(read_structure(nested(MOST_DEPTH)), Structure)
    for depth in (MOST_DEPTH + 1, 1000):
        assert read_structure(nested(depth)) == Unreadable(UnreadableReason.TOO_DEEP)


def test_the_number_of_parts_is_limited() -> None:
    assert isinstance(read_structure(multipart("x", *["\np"] * (MOST_PARTS - 1)).encode()), Structure)
    for number in (MOST_PARTS, 20_000):
        assert read_structure(multipart("x", *["\np"] * number).encode()) == Unreadable(UnreadableReason.TOO_MANY_PARTS)


def test_fields_of_every_part_are_limited() -> None:
    assert read_structure(multipart("x", f"A: {'x' * 300_000}\n\none").encode()) == Unreadable(UnreadableReason.HEADERS_TOO_LONG)
