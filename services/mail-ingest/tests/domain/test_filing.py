"""Outgoing mail is filed at every To and Cc person, never at colleagues or at ourselves (FEATURES E4)."""

import pytest

from kontor_mail_ingest.domain.filing import File, Filing, FilingReason, Tray, TrayReason, decide_filing, recipients
from kontor_mail_ingest.domain.messages import Mailbox, ParsedMail, Unreadable, UnreadableReason

BOOK = {
    "anna@example.com": ["p-anna"],
    "bernd@example.com": ["p-bernd"],
    "info@shop.example": ["p-carla", "p-dirk"],
    "anna.private@example.net": ["p-anna"],
    "colleague@team.example": ["p-colleague"],
    "box-k7@mail.team.example": ["p-strange"],
    "vera@xn--mller-kva.example": ["p-vera"],
}
COLLEAGUES = ["Colleague@team.example", "me@team.example"]
OWN = ["box-k7@mail.team.example"]


def mail(*, to: str = "", cc: str = "") -> ParsedMail:
    return ParsedMail(
        from_mailboxes=(Mailbox("", "me@team.example"),),
        to_mailboxes=tuple(Mailbox("", address) for address in to.split()),
        cc_mailboxes=tuple(Mailbox("", address) for address in cc.split()),
    )


def to(person_id: str, address: str) -> Filing:
    return Filing(person_id, FilingReason.TO, address)


def cc(person_id: str, address: str) -> Filing:
    return Filing(person_id, FilingReason.CC, address)


@pytest.mark.parametrize(
    ("message", "filings"),
    [
        (mail(to="anna@example.com"), [to("p-anna", "anna@example.com")]),
        (mail(cc="anna@example.com"), [cc("p-anna", "anna@example.com")]),
        (mail(to="anna@example.com bernd@example.com"), [to("p-anna", "anna@example.com"), to("p-bernd", "bernd@example.com")]),
        (mail(to="anna@example.com", cc="bernd@example.com"), [to("p-anna", "anna@example.com"), cc("p-bernd", "bernd@example.com")]),
        (mail(to="ANNA@Example.Com"), [to("p-anna", "ANNA@Example.Com")]),
        (mail(to="vera@müller.example"), [to("p-vera", "vera@müller.example")]),
        (mail(to="stranger@example.org anna@example.com"), [to("p-anna", "anna@example.com")]),
        (mail(to="colleague@team.example anna@example.com"), [to("p-anna", "anna@example.com")]),
        (mail(to="box-k7@mail.team.example", cc="anna@example.com"), [cc("p-anna", "anna@example.com")]),
        (mail(to="no-address anna@example.com"), [to("p-anna", "anna@example.com")]),
    ],
)
def test_it_is_filed_at_everyone_known_among_the_recipients(message: ParsedMail, filings: list[Filing]) -> None:
    assert decide_filing(message, BOOK, colleagues=COLLEAGUES, own_addresses=OWN) == File(tuple(filings))


def test_an_address_of_several_people_files_at_each_of_them() -> None:
    decision = decide_filing(mail(to="info@shop.example"), BOOK, colleagues=(), own_addresses=())
    assert decision == File((to("p-carla", "info@shop.example"), to("p-dirk", "info@shop.example")))


def test_a_person_named_twice_is_filed_at_once_for_the_first_reason() -> None:
    message = mail(to="anna@example.com anna@example.com", cc="anna.private@example.net")
    assert decide_filing(message, BOOK, colleagues=(), own_addresses=()) == File((to("p-anna", "anna@example.com"),))


@pytest.mark.parametrize(
    "message",
    [
        mail(),
        mail(to="stranger@example.org"),
        mail(to="colleague@team.example"),
        mail(to="COLLEAGUE@TEAM.example", cc="box-k7@mail.team.example"),
        mail(to="no-address"),
    ],
)
def test_where_nobody_is_known_it_waits_in_the_tray(message: ParsedMail) -> None:
    decision = decide_filing(message, BOOK, colleagues=COLLEAGUES, own_addresses=OWN)
    assert decision == Tray(TrayReason.UNKNOWN_ADDRESSES)


@pytest.mark.parametrize("reason", list(UnreadableReason))
def test_what_cannot_be_read_waits_in_the_tray(reason: UnreadableReason) -> None:
    assert decide_filing(Unreadable(reason), BOOK, colleagues=(), own_addresses=()) == Tray(TrayReason.UNREADABLE)


def test_the_sender_is_not_a_recipient() -> None:
    message = ParsedMail(from_mailboxes=(Mailbox("", "anna@example.com"),), to_mailboxes=(Mailbox("", "me@team.example"),))
    assert decide_filing(message, BOOK, colleagues=COLLEAGUES, own_addresses=OWN) == Tray(TrayReason.UNKNOWN_ADDRESSES)


def test_each_address_is_looked_up_once_in_its_normal_spelling() -> None:
    message = mail(to="Anna@Example.com nobody", cc="anna@example.com Vera@MÜLLER.example")
    assert recipients(message) == ["anna@example.com", "vera@xn--mller-kva.example"]
