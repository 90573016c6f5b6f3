"""Transfer encodings are undone as far as they go."""

import base64
import binascii
import os

import pytest

from kontor_mail_ingest.domain.transfer import decode_base64, decode_transfer


def decode(data: bytes, encoding: str) -> bytes:
    return decode_transfer(memoryview(data), encoding)


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"aGVsbG8", b"hello"),
        (b"aGVsbG8hI", b"hello!"),
        (b"a!G@V#sbG8=", b"hello"),
        (b"aGVsbG8=\r\n-- \r\nA footer of the list", b"hello"),
        (b"", b""),
        (b"=", b""),
        (b"====", b""),
        (b"a", b""),
        (b"!!!", b""),
    ],
)
def test_base64_survives_what_happens_to_it(data: bytes, content: bytes) -> None:
    assert decode_base64(data) == content


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"Gr=C3=BC=C3=9Fe", "Grüße".encode()),
        (b"one=\r\ntwo", b"onetwo"),
        (b"one= \t\r\ntwo", b"onetwo"),
        (b"one=\ntwo", b"onetwo"),
        (b"=C3=bc", "ü".encode()),
        (b"100 =", b"100 "),
        (b"=ZZ", b"=ZZ"),
        (b"", b""),
    ],
)
def test_quoted_printable_survives_what_happens_to_it(data: bytes, content: bytes) -> None:
    assert decode(data, "quoted-printable") == content


@pytest.mark.parametrize("name", ["base64", "BASE64", " Base64 ", "base64;", '"base64"', "base64 (comment)"])
def test_the_name_of_an_encoding_may_be_decorated(name: str) -> None:
    assert decode(b"aGVsbG8=", name) == b"hello"


@pytest.mark.parametrize("name", ["", "7bit", "8bit", "binary", "7-bit", "text/html", "gzip", "\0", "quoted"])
def test_what_is_no_encoding_leaves_the_content_as_it_stands(name: str) -> None:
    assert decode(b"aGVs=3D", name) == b"aGVs=3D"


def test_uuencoded_files_are_decoded() -> None:
    content = os.urandom(500)
    lines = b"".join(binascii.b2a_uu(content[start : start + 45]) for start in range(0, len(content), 45))
    for name in ("x-uuencode", "uuencode", "x-uue"):
        assert decode(b"junk\nbegin 644 a.bin\n" + lines + b"`\nend\n", name) == content
    assert decode(b"begin 644 a.bin\r\n" + lines.replace(b"\n", b" \r\n") + b"end\r\n", "x-uuencode") == content


def test_a_uuencoded_file_that_is_none_stays_as_it_is() -> None:
    assert decode(b"hello", "x-uuencode") == b"hello"
    assert decode(b"begin 644 a\n\xff\xff\nend\n", "x-uuencode") == b""


def test_lengths_that_lie_do_not_make_much_of_little() -> None:
    assert len(decode(b"begin 644 a\n" + b"M\n" * 100_000, "x-uuencode")) < 300_000


def test_base64_inside_base64_is_undone_once() -> None:
    inner = base64.encodebytes(b"hello")
    assert decode(base64.encodebytes(inner), "base64") == inner
