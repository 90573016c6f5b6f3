"""Text comes out readable, whatever its charset is said to be."""

import pytest

from kontor_mail_ingest.domain.charsets import clean, decode_text, find_codec


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode(), None, "Grüße"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("Grüße".encode(), "x-unknown", "Grüße"),
        ("Grüße".encode(), "3Dutf-8", "Grüße"),
        ("Grüße".encode(), '"UTF-8"', "Grüße"),
        ("Grüße".encode(), "utf-8 (Unicode)", "Grüße"),
        ("Grüße".encode("cp1252"), "iso-8859-1", "Grüße"),
        ("Grüße".encode("cp1252"), "utf-8", "Grüße"),
        ("Grüße".encode("cp1252"), None, "Grüße"),
        ("Grüße".encode("cp1252"), "us-ascii", "Grüße"),
        ("„Grüße“ – 5 €".encode("cp1252"), "iso-8859-1", "„Grüße“ – 5 €"),
        ("5 €".encode("iso-8859-15"), "ISO-8859-15", "5 €"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("Привет".encode("cp1251"), "windows-1251", "Привет"),
        ("こんにちは".encode("iso-2022-jp"), "ISO-2022-JP", "こんにちは"),
        ("こんにちは".encode("iso-2022-jp"), None, "こんにちは"),
        ("こんにちは".encode("euc-jp"), "iso-2022-jp", "こんにちは"),
        (b"\x1b$B-!\x1b(B", "iso-2022-jp", "①"),
        (b"\x1b$BF|K\\\x1b(B \x1b(I12\x1b(B", "iso-2022-jp", "日本 ｱｲ"),
        ("こんにちは①".encode("cp932"), "shift_jis", "こんにちは①"),
        ("안녕".encode("cp949"), "ks_c_5601-1987", "안녕"),
        ("你好".encode("gb18030"), "gb2312", "你好"),
        (b"Fr+APY-sche", "utf-7", "Frösche"),
        (b"Fr+APY-sche", "unicode-1-1-utf-7", "Frösche"),
        ("Grüße".encode("utf-16"), "utf-16", "Grüße"),
        (b"abc", "base64", "abc"),
        (b"abc", "zlib", "abc"),
        (b"abc-", "punycode", "abc-"),
        (b"a\\u0041", "unicode_escape", "a\\u0041"),
        (b"", "utf-8", ""),
    ],
)
def test_the_charset_is_obeyed_or_replaced_by_a_better_one(data: bytes, charset: str | None, text: str) -> None:
    assert decode_text(data, charset) == text


def test_one_broken_character_does_not_spoil_the_others() -> None:
    data = "Grüße aus Köln und Düsseldorf".encode() + b"\xc3"
    assert decode_text(data, "utf-8") == "Grüße aus Köln und Düsseldorf\ufffd"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\0b", "ab"),
        ("a\r\nb\rc\x0bd", "a\nb\nc\nd"),
        ("\ufeffa", "a"),
        ("a\tb", "a\tb"),
        ("\x1b[31ma", "[31ma"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_what_no_database_takes_is_left_out(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_surrogates_smuggled_in_by_utf_7_do_not_come_out() -> None:
    decode_text(b"+2AA- +2D3eAA-", "utf-7").encode("utf-8")


@pytest.mark.parametrize("label", ["", "   ", "x" * 10_000, "../../etc/passwd", "utf-8\0", "é", "*", "hex", "rot13", "idna", "undefined"])
def test_what_is_no_charset_is_none(label: str) -> None:
    assert find_codec(label) in (None, "utf-8")
    assert decode_text(b"abc", label) == "abc"
