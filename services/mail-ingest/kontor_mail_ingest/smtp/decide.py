"""What a client is answered, decided without doing anything. Replies are those of RFC 5321 and RFC 3463."""

from dataclasses import dataclass

from kontor_mail_ingest.store.mail_addresses import Recipient


@dataclass(frozen=True)
class Accept:
    pass


@dataclass(frozen=True)
class Refuse:
    code: int
    text: str

    @property
    def reply(self) -> str:
        return f"{self.code} {self.text}"


_NO_ROOM = Refuse(452, "4.3.1 Too many mails at once, try again later")


@dataclass(frozen=True, kw_only=True)
class RecipientFacts:
    """A RCPT command."""

    # None: nobody's address.
    recipient: Recipient | None
    # Recipients that this mail has already, and how many it may have.
    accepted: int
    limit: int


def decide_recipient(facts: RecipientFacts) -> Recipient | Refuse:
    """A deactivated user's address is answered like nobody's: a stranger learns nothing."""
    if facts.accepted >= facts.limit:
        return Refuse(452, "4.5.3 Too many recipients")
    if facts.recipient is None or not facts.recipient.active:
        return Refuse(550, "5.1.1 No such address here")
    return facts.recipient


def decide_data(*, begun: bool, recipients: int, room: bool) -> Accept | Refuse:
    """On the DATA command. `begun`: MAIL was accepted before; `room`: something is left of the memory for mails."""
    if not begun:
        return Refuse(503, "5.5.1 MAIL first")
    if recipients == 0:
        return Refuse(554, "5.5.1 No valid recipients")
    if not room:
        return _NO_ROOM
    return Accept()


def decide_mail(*, size: int, limit: int, room: bool) -> Accept | Refuse:
    """On a mail whose last line has come. `room`: there was memory for all of it."""
    if size > limit:
        return Refuse(552, "5.3.4 Message too big")
    return Accept() if room else _NO_ROOM
