"""A mail that was read is put where it belongs: at people, in the tray, or with the mail of which it is a copy (E4, E7)."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_mail_ingest.domain.addresses import normalise_address
from kontor_mail_ingest.domain.filing import File, Tray, TrayReason, decide_filing, recipients
from kontor_mail_ingest.domain.messages import Mailbox, ParsedMail, Unreadable
from kontor_mail_ingest.events import published
from kontor_mail_ingest.events.published import Facts
from kontor_mail_ingest.store import backlog, mail_addresses, persons, unknown_addresses, users
from kontor_mail_ingest.store.messages import COPY, FILED, RECEIVED, TRAY

# What a hostile mail may make long; a screen shows less.
_SUBJECT = 1000
_NAME = 300
_ADDRESS = 320
_MESSAGE_ID = 1000
# RFC 822 is of 1982; a little earlier, because clocks were always wrong.
_FIRST_MAIL = datetime(1980, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)


def settle(session: WriteSession, message_id: str, mail: ParsedMail | Unreadable) -> None:
    """Decide, write and tell it, all in this session. Nothing happens where another worker was faster."""
    held = backlog.lock(session, message_id)
    if held is None:
        return
    if isinstance(mail, ParsedMail):
        mail = plausible(mail, held.receive_time)
    # Anybody can write to postmaster, so that such a mail tells nothing of whom a colleague has written to.
    addresses = recipients(mail) if isinstance(mail, ParsedMail) and held.deposited else []
    known = look_up(session, addresses)
    decision = known.decide(mail) if held.deposited else Tray(TrayReason.POSTMASTER)
    state = FILED if isinstance(decision, File) else TRAY
    reason = decision.reason.value if isinstance(decision, Tray) else ""
    # A mail with the null sender is a notification, whatever its header says (RFC 5321 section 4.5.5).
    automatic = not held.sender or (isinstance(mail, ParsedMail) and not mail.automation.answerable)
    values = {"automatic": automatic} | (_values(mail) if isinstance(mail, ParsedMail) else {})
    version = held.version + 1
    key = copy_key(mail) if held.deposited else ""
    original_id = backlog.original(session, key, state, message_id) if key else message_id
    if original_id != message_id:
        backlog.settle(session, message_id, {**values, "version": version, "state": COPY, "original_id": original_id})
        backlog.move_depositors(session, message_id, original_id)
        session.audit(f"messages/{message_id}", "update", {"state": (RECEIVED, COPY), "original_id": (None, original_id)})
        return
    backlog.settle(session, message_id, {**values, "version": version, "state": state, "tray_reason": reason, "copy_key": key})
    unknown_addresses.remember(session, message_id, known.unknown(addresses))
    facts = Facts(message_id, version, held.depositor_user_id, held.receive_time, automatic, mail)
    if isinstance(decision, File):
        backlog.add_filings(session, message_id, decision.filings)
        filed_at = [f"persons/{filing.person_id}" for filing in decision.filings]
        session.audit(f"messages/{message_id}", "update", {"state": (RECEIVED, state), "subjects": (None, filed_at)})
        published.message_filed(session, facts, filed_at)
    else:
        session.audit(f"messages/{message_id}", "update", {"state": (RECEIVED, state), "tray_reason": (None, reason)})
        published.message_held(session, facts, reason)


def copy_key(mail: ParsedMail | Unreadable) -> str:
    """Equal for copies of one mail that came on different ways; empty where that cannot be told.

    The Message-ID alone would not do: programs that send serial mail give all of it the same one, and all but the first would be hidden.
    """
    if isinstance(mail, Unreadable) or not mail.message_id:
        return ""
    sender = mail.from_mailboxes[0].address if mail.from_mailboxes else ""
    moment = mail.send_time.isoformat() if mail.send_time else ""
    parts = [mail.message_id, normalise_address(sender) or sender, moment, " ".join(mail.subject.split()), *sorted(recipients(mail))]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def plausible(mail: ParsedMail, receive_time: datetime) -> ParsedMail:
    """The mail, without its Date where that cannot be: a mail from the year 9999 would head the history for ever."""
    if mail.send_time is None or _FIRST_MAIL <= mail.send_time <= receive_time + _CLOCKS_DIFFER:
        return mail
    return replace(mail, send_time=None)


@dataclass(frozen=True)
class Known:
    """Whose addresses among those of a mail are known."""

    persons: Mapping[str, Collection[str]]
    colleagues: Collection[str]
    own_addresses: Collection[str]

    def unknown(self, addresses: Collection[str]) -> set[str]:
        return set(addresses).difference(self.persons, self.colleagues, self.own_addresses)

    def decide(self, mail: ParsedMail | Unreadable) -> File | Tray:
        return decide_filing(mail, self.persons, colleagues=self.colleagues, own_addresses=self.own_addresses)


def look_up(session: ReadSession, addresses: Collection[str]) -> Known:
    return Known(persons.by_address(session, addresses), users.among(session, addresses), mail_addresses.among(session, addresses))


def _values(mail: ParsedMail) -> dict[str, Any]:
    values: dict[str, Any] = {
        "message_id": (mail.message_id or "")[:_MESSAGE_ID],
        "subject": mail.subject[:_SUBJECT],
        "from_mailbox": _mailbox(mail.from_mailboxes[0]) if mail.from_mailboxes else [],
        "to_mailboxes": [_mailbox(item) for item in mail.to_mailboxes],
        "cc_mailboxes": [_mailbox(item) for item in mail.cc_mailboxes],
        "attachments": [[item.filename or "", item.media_type, item.size] for item in mail.attachments],
        "text": mail.text,
    }
    return values | ({"send_time": mail.send_time} if mail.send_time else {})


def _mailbox(mailbox: Mailbox) -> list[str]:
    return [mailbox.name[:_NAME], mailbox.address[:_ADDRESS]]
