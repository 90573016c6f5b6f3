"""Address fields are read for their addresses, however they are written."""

import pytest

from kontor_mail_ingest.domain.mailboxes import MOST_ADDRESSES, parse_address_field
from kontor_mail_ingest.domain.messages import Mailbox


@pytest.mark.parametrize(
    ("field", "mailboxes"),
    [
        ("", []),
        ("anna@example.com", [("", "anna@example.com")]),
        ("Anna Berg <anna@example.com>", [("Anna Berg", "anna@example.com")]),
        ('"Berg, Anna" <anna@example.com>', [("Berg, Anna", "anna@example.com")]),
        (r'"Anna \"Ann\" Berg" <anna@example.com>', [('Anna "Ann" Berg', "anna@example.com")]),
        ("anna@example.com (Anna Berg)", [("Anna Berg", "anna@example.com")]),
        ("<anna@example.com> (Anna Berg)", [("Anna Berg", "anna@example.com")]),
        ("<anna@example.com>, bernd@example.com", [("", "anna@example.com"), ("", "bernd@example.com")]),
        ("a@example.com; b@example.com", [("", "a@example.com"), ("", "b@example.com")]),
        (",, a@example.com ,,", [("", "a@example.com")]),
        # Names that only repeat the address.
        ('"anna@example.com" <Anna@example.com>', [("", "Anna@example.com")]),
        ("'anna@example.com' <anna@example.com>", [("", "anna@example.com")]),
        # Groups.
        ("Team: a@example.com, B <b@example.com>;", [("", "a@example.com"), ("B", "b@example.com")]),
        ("Team: a@example.com;, c@example.com", [("", "a@example.com"), ("", "c@example.com")]),
        # A colon without a group.
        ("Fwd: Anna <anna@example.com>", [("Fwd: Anna", "anna@example.com")]),
        # RFC 5322 appendix A.5 and A.6.
        (
            r"Pete(A nice \) chap) <pete(his account)@silly.test(his host)>",
            [("Pete", "pete@silly.test")],
        ),
        (
            "A Group(Some people)\r\n :Chris Jones <c@(Chris's host.)public.example>,\r\n joe@example.org,\r\n"
            " John <jdoe@one.test> (my dear friend); (the end of the group)",
            [("Chris Jones", "c@public.example"), ("", "joe@example.org"), ("John", "jdoe@one.test")],
        ),
        (
            "Mary Smith <@machine.tld:mary@example.net>, , jdoe@test   . example",
            [("Mary Smith", "mary@example.net"), ("", "jdoe@test.example")],
        ),
        ("John Doe <jdoe@machine(comment).  example>", [("John Doe", "jdoe@machine.example")]),
        ('"Joe Q. Public" <john.q.public@example.com>', [("Joe Q. Public", "john.q.public@example.com")]),
        (
            'Who? <one@y.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
            [("Who?", "one@y.test"), ('Giant; "Big" Box', "sysservices@example.net")],
        ),
        # Encoded words (RFC 2047).
        ("=?utf-8?q?J=C3=BCrgen?= <j@example.com>", [("Jürgen", "j@example.com")]),
        ('"=?utf-8?q?J=C3=BCrgen?=" <j@example.com>', [("Jürgen", "j@example.com")]),
        ("=?utf-8?q?Berg,_Anna?= <a@example.com>", [("Berg, Anna", "a@example.com")]),
        ("=?utf-8?q?Berg=2C_Anna?= <a@example.com>, b@example.com", [("Berg, Anna", "a@example.com"), ("", "b@example.com")]),
        ("=?utf-8?b?QW5uYSA8YUBleGFtcGxlLmNvbT4=?=", [("Anna", "a@example.com")]),
        # Broken, but plain to see.
        ("Anna <anna@example.com", [("Anna", "anna@example.com")]),
        ("Anna <anna@example.com, Bernd <bernd@example.com>", [("Anna", "anna@example.com"), ("Bernd", "bernd@example.com")]),
        ('"Anna <anna@example.com>, Bernd <bernd@example.com>', [("Anna", "anna@example.com"), ("Bernd", "bernd@example.com")]),
        ("Anna (Berg <anna@example.com>", [("Anna (Berg", "anna@example.com")]),
        ("anna@example.com>", [("", "anna@example.com")]),
        ("mailto:anna@example.com", [("", "anna@example.com")]),
        ("<mailto:anna@example.com>", [("", "anna@example.com")]),
        ("anna@example.com bernd@example.com", [("bernd@example.com", "anna@example.com")]),
        ("John Doe john@example.com", [("John Doe", "john@example.com")]),
        ("<some host anna@example.com>", [("", "anna@example.com")]),
        ("anna@example.com.", [("", "anna@example.com")]),
        # Local parts as Japanese telephones and obsolete programs have them.
        ("anna..berg.@docomo.example", [("", "anna..berg.@docomo.example")]),
        ('"anna berg"@example.com', [("", '"anna berg"@example.com')]),
        ("jøran@example.com", [("", "jøran@example.com")]),
        ("anna@[192.0.2.1]", [("", "anna@[192.0.2.1]")]),
    ],
)
def test_mailboxes_are_found(field: str, mailboxes: list[tuple[str, str]]) -> None:
    read = parse_address_field(field)
    assert read is not None
    assert read.mailboxes == tuple(Mailbox(name, address) for name, address in mailboxes)


@pytest.mark.parametrize(
    ("field", "ignored"),
    [
        ("no_host", ["no_host"]),
        ('"Undisclosed Recipients" <>', ["Undisclosed Recipients"]),
        ("undisclosed-recipients:;", ["undisclosed-recipients"]),
        ("undisclosed-recipients:", ["undisclosed-recipients:"]),
        ("MAILER-DAEMON", ["MAILER-DAEMON"]),
        ("<>", []),
        ("a@b@c.example", ["a@b@c.example"]),
        ("@example.com", ["@example.com"]),
        ("anna@", ["anna@"]),
        # The name is no substitute for what stands in the brackets.
        ('"anna@example.com" <anna>', ["anna@example.com"]),
        (f"<{'a' * 330}@example.com>", [f"{'a' * 330}@example.com"]),
        ("=?utf-8?q?ohne_Adresse?=", ["ohne Adresse"]),
    ],
)
def test_text_without_an_address_becomes_no_recipient(field: str, ignored: list[str]) -> None:
    read = parse_address_field(field)
    assert read is not None
    assert read.mailboxes == ()
    assert read.ignored == tuple(ignored)


def test_a_field_with_too_many_members_is_refused() -> None:
    assert parse_address_field(", ".join(f"a{n}@example.com" for n in range(MOST_ADDRESSES))) is not None
    assert parse_address_field(", ".join(f"a{n}@example.com" for n in range(MOST_ADDRESSES + 1))) is None
    assert parse_address_field(", ".join(f"a{n}" for n in range(MOST_ADDRESSES + 1))) is None


@pytest.mark.parametrize(
    "piece", ["<", "(", '"', ":", ">", ",", "=?", "=?a?q?", "a@", "\\", '("', "<(", '"a"@', "a ", "a@b ", ";:", "(\\"], ids=repr
)
def test_a_long_field_of_one_piece_is_read_to_its_end(piece: str) -> None:
    """Each of these made some reader take time that grows with the square of the length."""
    assert parse_address_field(piece * 60_000 + ";") is not None or piece == "a@b "
