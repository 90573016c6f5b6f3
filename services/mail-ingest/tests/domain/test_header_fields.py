"""Header fields mean addresses, ids and moments."""

from datetime import UTC, datetime

import pytest

from kontor_mail_ingest.domain.header_block import HeaderBlock, read_header_block
from kontor_mail_ingest.domain.header_fields import parse_date, parse_message_id, parse_references, read_fields
from kontor_mail_ingest.domain.messages import MailHeaders, Problem, Unreadable, UnreadableReason


def fields_of(data: bytes) -> tuple[MailHeaders, list[Problem]]:
    block = read_header_block(data, 0, len(data))
    assert isinstance(block, HeaderBlock)
    read = read_fields(block)
    assert not isinstance(read, Unreadable)
    return read


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Wed, 12 Apr 2007 16:02:44 +0200", datetime(2007, 4, 12, 14, 2, 44, tzinfo=UTC)),
        ("12 Apr 2007 16:02:44 +0200", datetime(2007, 4, 12, 14, 2, 44, tzinfo=UTC)),
        ("Thu, 12 Apr 2007 16:02 +0200", datetime(2007, 4, 12, 14, 2, tzinfo=UTC)),
        ("Wed, 11 Feb 98 11:51 CST", datetime(1998, 2, 11, 17, 51, tzinfo=UTC)),
        ("Wed, 28 May 2014 17:18:19 +0900 (JST)", datetime(2014, 5, 28, 8, 18, 19, tzinfo=UTC)),
        ("Wed, 28 May 2014 17:18:19 GMT", datetime(2014, 5, 28, 17, 18, 19, tzinfo=UTC)),
        ("Wed, 28 May 2014 17:18:19 -0000", datetime(2014, 5, 28, 17, 18, 19, tzinfo=UTC)),
        ("Wed, 28 May 2014 17:18:19", datetime(2014, 5, 28, 17, 18, 19, tzinfo=UTC)),
        ("Thu,  1 Jan 1970 00:00:00 +0000", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2005-05-10T17:26:39+02:00", datetime(2005, 5, 10, 15, 26, 39, tzinfo=UTC)),
        ("2005-05-10 17:26:39", datetime(2005, 5, 10, 17, 26, 39, tzinfo=UTC)),
        ("Wed, 28 May 2014 17:18:19 +9900", datetime(2014, 5, 24, 14, 18, 19, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("Wed, 32 May 2014 17:18:19 +0200", None),
        ("Wed, 28 May 2014 25:18:19 +0200", None),
        ("Wed, 28 May 99999999999 17:18:19 +0200", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
        ("Wed, 28 May 2014 17:18:19 +" + "9" * 100, None),
        ("Mon, " * 1000, None),
        (";;;", None),
    ],
)
def test_a_date_is_a_moment_in_utc_or_none(value: str, moment: datetime | None) -> None:
    assert parse_date(value) == moment


@pytest.mark.parametrize(
    ("value", "message_id"),
    [
        ("<a@example.com>", "a@example.com"),
        ("  <a@example.com>  (comment)", "a@example.com"),
        ("a@example.com", "a@example.com"),
        ("<a@exam\r\n ple.com>", "a@example.com"),
        ("<$@D2@example.com>", "$@D2@example.com"),
        ("Your message of Tue <a@example.com>", "a@example.com"),
        ("<a@example.com> <b@example.com>", "a@example.com"),
        ("<a@example.com", "a@example.com"),
        ("<>", None),
        ("", None),
        ("   ", None),
        ("<" * 100_000, None),
    ],
)
def test_an_id_comes_without_brackets(value: str, message_id: str | None) -> None:
    assert parse_message_id(value) == message_id


@pytest.mark.parametrize(
    ("value", "references"),
    [
        ("", ()),
        ("<a@x> <b@x>\r\n <c@x>", ("a@x", "b@x", "c@x")),
        ("<a@x><b@x><a@x>", ("a@x", "b@x")),
        ("<a@x>,<b@x>", ("a@x", "b@x")),
        ("a@x b@x word", ("a@x", "b@x")),
        ("<>", ()),
    ],
)
def test_references_come_oldest_first_each_once(value: str, references: tuple[str, ...]) -> None:
    assert parse_references(value) == references


def test_the_newest_references_are_kept() -> None:
    references = parse_references(" ".join(f"<{number}@x>" for number in range(2000)))
    assert len(references) == 1000
    assert references[-1] == "1999@x"


def test_recipients_of_repeated_fields_are_all_recipients() -> None:
    headers, problems = fields_of(
        b"From: a@x.example\nCc: b@x.example\nCC: c@x.example\ncc: d@x.example\nDate: 1 Jan 2020 00:00:00 GMT\n\n"
    )
    assert [mailbox.address for mailbox in headers.cc_mailboxes] == ["b@x.example", "c@x.example", "d@x.example"]
    assert problems == []


def test_a_sender_put_in_front_of_the_authors_does_not_count_and_is_told() -> None:
    headers, problems = fields_of(b"From: forged@x.example\nFrom: author@x.example\nDate: 1 Jan 2020 00:00:00 GMT\n\n")
    assert [mailbox.address for mailbox in headers.from_mailboxes] == ["author@x.example"]
    assert problems == [Problem("repeated_field", "from")]


def test_a_missing_sender_and_an_unusable_date_are_told() -> None:
    headers, problems = fields_of(b"From: nobody\nDate: soon\n\n")
    assert headers.from_mailboxes == ()
    assert headers.send_time is None
    assert problems == [Problem("no_sender"), Problem("no_date", "soon")]


@pytest.mark.parametrize("name", [b"From", b"To", b"Cc", b"Reply-To"])
def test_too_many_addresses_in_one_field_are_refused(name: bytes) -> None:
    data = name + b": " + b", ".join(b"a%d@x.example" % number for number in range(501)) + b"\n\n"
    block = read_header_block(data, 0, len(data))
    assert isinstance(block, HeaderBlock)
    assert read_fields(block) == Unreadable(UnreadableReason.TOO_MANY_ADDRESSES)


def test_blind_copies_and_unread_fields_may_be_long() -> None:
    fields_of(b"Bcc: " + b", ".join(b"a%d@x.example" % number for number in range(600)) + b"\n\n")
