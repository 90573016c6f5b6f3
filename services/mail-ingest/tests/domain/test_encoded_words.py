"""Header text is decoded in all the ways in which programs encode it, right or wrong (RFC 2047)."""

import pytest

from kontor_mail_ingest.domain.encoded_words import decode_header_bytes, decode_words


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("Hello", "Hello"),
        ("  a \t b  ", "a b"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?b?R3LDvMOfZQ==?=", "Grüße"),
        ("Re: =?iso-8859-1?q?Gr=FC=DFe?= aus", "Re: Grüße aus"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?=\r\n\t=?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"),
        ("=?iso-8859-1?q?a=FC?= =?utf-8?q?=C3=BC?=", "aüü"),
        # A character cut in two.
        ("=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?w7w=?= =?utf-8?b?w7w=?=", "üü"),
        # No blank around, blanks inside, raw question marks, no padding, language (RFC 2231).
        ("x=?utf-8?q?=C3=BC?=y", "xüy"),
        ("=?utf-8?q?two words?=", "two words"),
        ("=?utf-8?q?Really??=", "Really?"),
        ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
        ("=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        # A letter that should have been encoded too.
        ("=?iso-8859-1?q?Grü=DFe?=", "Grüße"),
        ("=?utf-7?q?Fr+APY-sche?=", "Frösche"),
        ("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?unknown?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?x?abc?=", "=?x?=".join(["=?utf-8?x?abc?="])),
        ("=?utf-8?q?", "=?utf-8?q?"),
        ("=?utf-8?b?!!!?= x", "x"),
        ("=?utf-8?q??= x", "x"),
    ],
)
def test_encoded_words_are_decoded(encoded: str, text: str) -> None:
    assert decode_words(encoded) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Hello", "Hello"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
        ("日本".encode("iso-2022-jp"), "日本"),
        (b"a\0b\x01", "ab"),
    ],
)
def test_raw_bytes_are_utf_8_or_else_cp1252(raw: bytes, text: str) -> None:
    assert decode_header_bytes(raw) == text


@pytest.mark.parametrize("piece", ["=?", "=?a?q?", "=?a?q??", "?=", "=?utf-8?q?x?= "])
def test_long_text_of_one_piece_is_decoded(piece: str) -> None:
    decode_words(piece * 40_000)
