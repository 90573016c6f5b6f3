"""Parameters of fields are read as RFC 2045, RFC 2231 and the programs write them."""

import pytest

from kontor_mail_ingest.domain.parameters import parse_structured


@pytest.mark.parametrize(
    ("text", "value", "parameters"),
    [
        ("", "", {}),
        ("text/plain", "text/plain", {}),
        ("Text/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        ('text/plain; charset="utf-8"; format=flowed', "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ("text/plain;charset=utf-8;;; format=flowed;", "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ('attachment; filename="a;b \\"c\\".txt"', "attachment", {"filename": 'a;b "c".txt'}),
        ("attachment; filename=two words.txt; size=3", "attachment", {"filename": "two words.txt", "size": "3"}),
        # Semicolons forgotten.
        ('multipart/mixed boundary="x"', "multipart/mixed", {"boundary": "x"}),
        ('text/plain; charset="utf-8" format=flowed', "text/plain", {"charset": "utf-8", "format": "flowed"}),
        # The value itself is missing.
        ("; filename=a.txt", "", {"filename": "a.txt"}),
        ("filename=a.txt", "", {"filename": "a.txt"}),
        # Quotes never closed, or closed too early.
        ('attachment; filename="a.txt', "attachment", {"filename": "a.txt"}),
        ('attachment; filename="a"b".txt"; size=3', "attachment", {"filename": "a", "size": "3"}),
        # Encoded words, which RFC 2047 forbids here, quoted or not.
        ('attachment; filename="=?utf-8?q?=C3=BC.txt?="', "attachment", {"filename": "ü.txt"}),
        ("attachment; filename==?utf-8?b?w7wudHh0?=", "attachment", {"filename": "ü.txt"}),
        ('attachment; filename="=?utf-8?q?=C3=BC?=\r\n =?utf-8?q?.txt?="', "attachment", {"filename": "ü.txt"}),
        # RFC 2231.
        ("attachment; filename*=utf-8''%C3%BC.txt", "attachment", {"filename": "ü.txt"}),
        ("attachment; filename*=utf-8'de'%C3%BC.txt", "attachment", {"filename": "ü.txt"}),
        ("attachment; filename*=iso-8859-1''%FC.txt", "attachment", {"filename": "ü.txt"}),
        ("attachment; filename*0=long; filename*1=er.txt", "attachment", {"filename": "longer.txt"}),
        ("attachment; filename*1=er.txt; filename*0=long", "attachment", {"filename": "longer.txt"}),
        ("attachment; filename*0*=utf-8''%C3; filename*1*=%BC.txt", "attachment", {"filename": "ü.txt"}),
        ("attachment; filename*0*=utf-8''%C3%BC; filename*1=.txt", "attachment", {"filename": "ü.txt"}),
        ("attachment; filename*=", "attachment", {"filename": ""}),
        ('attachment; filename="a.txt"; filename*=', "attachment", {"filename": "a.txt"}),
        ("attachment; filename=plain.txt; filename*=utf-8''%C3%BC.txt", "attachment", {"filename": "ü.txt"}),
        ("attachment; filename*=unknown''%C3%BC.txt", "attachment", {"filename": "ü.txt"}),
        ("attachment; filename*=%C3%BC.txt", "attachment", {"filename": "ü.txt"}),
        # Twice: the first counts.
        ("text/plain; charset=utf-8; charset=latin1", "text/plain", {"charset": "utf-8"}),
        ("===", "", {}),
    ],
)
def test_value_and_parameters_are_read(text: str, value: str, parameters: dict[str, str]) -> None:
    read = parse_structured(text)
    assert read.value == value
    assert read.parameters == parameters


def test_five_thousand_continuations_are_read_as_far_as_is_sensible() -> None:
    text = "attachment; " + "; ".join(
        f"filename*{number}*={'utf-8' * (not number)}{chr(39) * 2 * (not number)}%41" for number in range(5000)
    )
    assert parse_structured(text).get("filename").startswith("AAAA")


@pytest.mark.parametrize("piece", [";", " ", "a", '"', "a=", 'a="', "\\", "a;", "*", "a*0*=", "'"])
def test_long_fields_of_one_piece_are_read(piece: str) -> None:
    parse_structured("text/plain; " + piece * 100_000)
