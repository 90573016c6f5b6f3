"""Mail that belongs nowhere yet waits in the tray, mail that cannot be read is kept, mail to nobody is refused (E2, E6, E8)."""

import smtplib

import pytest

from tests.suite_clients import Team, eventually, mail


def test_a_mail_to_an_unknown_address_waits_in_the_tray(team: Team) -> None:
    anna = team.owner
    sent = anna.deposit(mail(anna.email, "nobody.knows@elsewhere.example", "Erstkontakt", "Guten Tag!"))

    [waiting] = eventually(lambda: anna.get("/v1/tray")["messages"])
    assert waiting["state"] == "tray"
    assert waiting["tray_reason"] == "unknown_addresses"
    assert waiting["subject"] == "Erstkontakt"
    assert waiting["depositor_user_id"] == anna.user_id
    assert anna.send("GET", f"/v1/messages/{waiting['id']}/raw").content == sent


@pytest.mark.parametrize("what", ["nested", "headers"])
def test_a_mail_that_cannot_be_read_is_kept_to_the_byte(team: Team, what: str) -> None:
    anna = team.owner
    sent = anna.deposit(_too_deep() if what == "nested" else b"Subject: " + b"x" * 300_000 + b"\r\n\r\nHello\r\n")

    [waiting] = eventually(lambda: anna.get("/v1/tray")["messages"])
    assert waiting["tray_reason"] == "unreadable"
    raw = anna.send("GET", f"/v1/messages/{waiting['id']}/raw")
    assert raw.content == sent
    assert raw.headers["content-disposition"].startswith("attachment")
    assert raw.headers["x-content-type-options"] == "nosniff"


def _too_deep() -> bytes:
    """Multiparts inside one another, 200 deep: small, and fatal to a reader that follows them."""
    lines = ["Subject: Zwiebel", "MIME-Version: 1.0"]
    for depth in range(200):
        lines += [f'Content-Type: multipart/mixed; boundary="b{depth}"', "", f"--b{depth}"]
    return "\r\n".join([*lines, "Content-Type: text/plain", "", "Kern", ""]).encode()


def test_mail_to_an_address_that_does_not_exist_is_refused_at_rcpt(team: Team) -> None:
    anna = team.owner
    domain = anna.dropbox().partition("@")[2]
    for address in (f"drop-aaaaaaaaaaaaaaaaaaaa@{domain}", f"postmaster2@{domain}", "anna@elsewhere.example"):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            anna.deposit(mail(anna.email, "nobody@elsewhere.example", "Hallo", "Hallo"), at=address)
        [(code, _)] = caught.value.recipients.values()
        assert code == 550

    assert anna.get("/v1/messages")["messages"] == []


def test_mail_to_a_rotated_dropbox_is_refused_and_the_new_one_takes_it(team: Team) -> None:
    """A5."""
    anna = team.owner
    before = anna.dropbox()
    [address] = anna.get("/v1/mail-addresses")["mail_addresses"]
    after = anna.post(f"/v1/mail-addresses/{address['id']}:rotate")["address"]

    assert after != before
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        anna.deposit(mail(anna.email, "nobody@elsewhere.example", "Alt", "Hallo"), at=before)
    anna.deposit(mail(anna.email, "nobody@elsewhere.example", "Neu", "Hallo"), at=after)
    [waiting] = eventually(lambda: anna.get("/v1/tray")["messages"])
    assert waiting["subject"] == "Neu"
