"""Mails made to kill readers (M3) are read, or refused with a reason, as any other mail.

Time is not asserted here; the reading process has limits of its own (tests/parsing). What took time that grows with the
square of the length would make this file hang.
"""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kontor_mail_ingest.domain.messages import ParsedMail, Unreadable, UnreadableReason
from kontor_mail_ingest.domain.mime import read_mail

HEAD = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n"


def multipart(*parts: bytes) -> bytes:
    return (
        HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"
    )


def nested(depth: int) -> bytes:
    return (
        HEAD
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth))
        + b"\r\nx"
    )


def base64_inside_base64(times: int) -> bytes:
    content = b"hello"
    for _ in range(times):
        content = base64.encodebytes(content)
    return content


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(nested(1_000), UnreadableReason.TOO_DEEP, id="1,000 nested multiparts"),
        pytest.param(multipart(*[b"\r\nx"] * 20_000), UnreadableReason.TOO_MANY_PARTS, id="20,000 parts"),
        pytest.param(
            b"To: " + b", ".join(b"a%d@example.com" % number for number in range(10_000)) + b"\r\n\r\nx",
            UnreadableReason.TOO_MANY_ADDRESSES,
            id="10,000 addresses",
        ),
        pytest.param(
            b"To: " + b",\r\n ".join(b"a%d@example.com" % number for number in range(20_000)) + b"\r\n\r\nx",
            UnreadableReason.HEADERS_TOO_LONG,
            id="20,000 addresses",
        ),
        pytest.param(b"Subject: " + b"x" * 5_000_000 + b"\r\n\r\nx", UnreadableReason.HEADERS_TOO_LONG, id="a header of 5 MB"),
        pytest.param(b"X: y\r\n" * 100_000 + b"\r\nx", UnreadableReason.HEADERS_TOO_LONG, id="100,000 headers"),
    ],
)
def test_what_goes_beyond_the_limits_is_refused_with_a_reason(raw: bytes, reason: UnreadableReason) -> None:
    assert read_mail(raw) == Unreadable(reason)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(nested(50), id="as deep as allowed"),
        pytest.param(multipart(*[b"\r\nx"] * 999), id="as many parts as allowed"),
        pytest.param(
            HEAD + b"Content-Type: a/b; " + b";".join(b"name*%d*=utf-8''%%41" % number for number in range(5_000)) + b"\r\n\r\nx",
            id="RFC 2231 × 5,000",
        ),
        pytest.param(HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64_inside_base64(30), id="base64 in base64"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<script>alert(1)</script><p>x" * 10_000, id="HTML only, with scripts"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<" * 900_000, id="HTML of brackets"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 150_000, id="HTML without an end"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<meta" * 100_000, id="HTML of beginnings"),
        pytest.param(multipart(b"\r\nx").replace(b"--x--", b""), id="unclosed"),
        pytest.param(multipart(*[b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nx"] * 400), id="unclosed inside"),
        pytest.param(b"\0".join(bytes([byte]) for byte in multipart(b"\r\nx" * 20)), id="NUL everywhere"),
        pytest.param(b"\0" * 1_000_000, id="nothing but NUL"),
        pytest.param(b"\n" * 1_000_000, id="nothing but line ends"),
        pytest.param(b"\r" * 1_000_000, id="nothing but CR"),
        pytest.param(HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"\n--" * 500_000, id="almost boundaries"),
        pytest.param(HEAD + b"Content-Type: multipart/mixed\r\n\r\n" + b"\n--" + b"-" * 199 + b"\n--" * 100_000, id="boundaries to guess"),
        pytest.param(HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=" + b" " * 3_000_000, id="blanks after ="),
        pytest.param(HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"x \n" * 300_000, id="one endless paragraph"),
        pytest.param(HEAD + b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-b" * 100_000, id="a charset that is slow"),
        pytest.param(multipart(*[b"Content-Type: message/rfc822\r\n\r\n" + b"X: y\r\n" * 500] * 900), id="900 attached messages"),
        pytest.param(b"Cc: \r\n" * 40_000 + b"\r\nx", id="40,000 empty fields of copies"),
        pytest.param(b"Subject: x\r\n" + b" \r\n" * 80_000 + b"\r\nx", id="a subject of 80,000 empty lines"),
        pytest.param(b"References: " + b"<" * 200_000 + b"\r\n\r\nx", id="references of brackets"),
        pytest.param(b"Content-Type: text/plain" + b";" * 200_000 + b"\r\n\r\nx", id="parameters of semicolons"),
    ],
)
def test_what_stays_within_the_limits_is_read(raw: bytes) -> None:
    assert isinstance(read_mail(raw), ParsedMail)


FIELDS = b"From: |To: |Subject: |Date: |Content-Type: |Content-Disposition: |Content-Transfer-Encoding: ".split(b"|")
VALUES = b"multipart/mixed|multipart/alternative|text/plain|text/html|message/rfc822|utf-8|utf-7|iso-2022-jp|base64|quoted-printable".split(
    b"|"
)
PARAMETERS = b"; boundary=x|; boundary=y|; charset=|; name*0*=|; filename=|''|%|Wed, 1 Jan 2020|10:00 +0100|a@example.com".split(b"|")
SIGNS = b' |\t|\0|=|=?utf-8?q?|?=|<|>|@|(|)|\\|"|,|;|:|<p>|<img src=|\xff|\xc3\xbc|\x1b$B|+2AA-|begin 644 a\n'.split(b"|")
LINES = b"--x|--y|--x--|\r\n|\n|\r|\r\n\r\n".split(b"|")
PIECES = st.sampled_from(FIELDS + VALUES + PARAMETERS + SIGNS + LINES)


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=60))
def test_any_mixture_of_the_pieces_of_mails_is_read_or_refused(pieces: list[bytes]) -> None:
    mail = read_mail(b"".join(pieces))
    assert isinstance(mail, ParsedMail | Unreadable)
    if isinstance(mail, ParsedMail):
        for text in (mail.text, mail.subject, mail.html or "", *(mailbox.name for mailbox in mail.to_mailboxes)):
            text.encode("utf-8")
            assert "\0" not in text
