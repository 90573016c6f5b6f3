"""Bytes between DATA and its end become the mail that the sender meant (RFC 5321 sections 2.3.8 and 4.5.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontor_mail_ingest.smtp.lines import received


@pytest.mark.parametrize(
    ("data", "mail"),
    [
        (b"", b""),
        (b"a\r\n", b"a\r\n"),
        (b"\r\n\r\n", b"\r\n\r\n"),
        # Transparency: the first dot goes where something follows it.
        (b"..\r\n", b".\r\n"),
        (b"...\r\n", b"..\r\n"),
        (b".a\r\n", b"a\r\n"),
        (b"a\r\n..b\r\n", b"a\r\n.b\r\n"),
        (b"a..b\r\n.. \r\n", b"a..b\r\n. \r\n"),
        # Bare line feeds become line ends.
        (b"a\nb\r\n", b"a\r\nb\r\n"),
        (b"a\n\nb\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\n..b\r\n", b"a\r\n.b\r\n"),
        (b"a\n.\nb\r\n", b"a\r\n.\r\nb\r\n"),
        (b"a\n.\r\n", b"a\r\n.\r\n"),
        # Carriage returns before a line end belong to it, others become blanks.
        (b"a\r\r\nb\r\n", b"a\r\nb\r\n"),
        (b"Subject: a\rTo: b\r\n", b"Subject: a To: b\r\n"),
        (b"a\r.\rb\r\n", b"a . b\r\n"),
        # Everything else stays.
        (b"\x00\xff\xe4\r\n", b"\x00\xff\xe4\r\n"),
        (b"x" * 100_000 + b"\r\n", b"x" * 100_000 + b"\r\n"),
    ],
)
def test_data_is_kept_as_it_was_meant(data: bytes, mail: bytes) -> None:
    assert received(b"\r\n" + data) == mail


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"a", b"\x00", b" "]), max_size=30).map(b"".join))
def test_nothing_is_kept_but_whole_lines(data: bytes) -> None:
    kept = received(b"\r\n" + data + b"\r\n")
    assert kept.count(b"\r") == kept.count(b"\n") == kept.count(b"\r\n")


@given(st.lists(st.sampled_from([b"", b".", b"..", b".a", b"a.", b"\x00", b"\xff "]), max_size=20))
def test_what_a_proper_client_stuffs_comes_out_as_it_was(lines: list[bytes]) -> None:
    mail = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
    assert received(b"\r\n" + stuffed) == mail
