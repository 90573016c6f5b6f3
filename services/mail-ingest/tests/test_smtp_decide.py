"""What clients are answered is decided by rules that do nothing (E2)."""

import pytest

from kontor_mail_ingest.smtp.decide import Accept, RecipientFacts, Refuse, decide_data, decide_mail, decide_recipient
from kontor_mail_ingest.store.mail_addresses import Recipient

ANNA = Recipient("account", "anna", "address", active=True)
GONE = Recipient("account", "gone", "address", active=False)


@pytest.mark.parametrize(
    ("recipient", "accepted", "decision"),
    [
        (ANNA, 0, ANNA),
        (ANNA, 99, ANNA),
        (ANNA, 100, Refuse(452, "4.5.3 Too many recipients")),
        (None, 0, Refuse(550, "5.1.1 No such address here")),
        (None, 100, Refuse(452, "4.5.3 Too many recipients")),
        (GONE, 0, Refuse(550, "5.1.1 No such address here")),
    ],
)
def test_only_addresses_of_active_users_are_recipients_and_not_too_many(
    recipient: Recipient | None, accepted: int, decision: Recipient | Refuse
) -> None:
    assert decide_recipient(RecipientFacts(recipient=recipient, accepted=accepted, limit=100)) == decision


def test_data_needs_a_sender_and_a_recipient() -> None:
    assert decide_data(begun=True, recipients=1, room=True) == Accept()
    assert decide_data(begun=False, recipients=0, room=True) == Refuse(503, "5.5.1 MAIL first")
    assert decide_data(begun=True, recipients=0, room=True) == Refuse(554, "5.5.1 No valid recipients")


def test_a_mail_for_which_there_is_no_memory_comes_later() -> None:
    assert decide_data(begun=True, recipients=1, room=False) == Refuse(452, "4.3.1 Too many mails at once, try again later")
    assert decide_mail(size=100, limit=100, room=False) == Refuse(452, "4.3.1 Too many mails at once, try again later")
    # One that is too large will always be.
    assert decide_mail(size=101, limit=100, room=False) == Refuse(552, "5.3.4 Message too big")


def test_a_mail_may_be_as_large_as_the_limit() -> None:
    assert decide_mail(size=100, limit=100, room=True) == Accept()
    assert decide_mail(size=101, limit=100, room=True) == Refuse(552, "5.3.4 Message too big")


def test_a_reply_is_code_and_text() -> None:
    assert Refuse(552, "5.3.4 Message too big").reply == "552 5.3.4 Message too big"
