"""Our facts, written to the outbox of the session in which they become true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kontor.mail.events.v1 import events_pb2 as pb
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.proto import to_timestamp
from kontor_chassis.text import TEXT
from kontor_mail_ingest.domain.messages import ParsedMail, Unreadable

_SUBJECT = 1000


@dataclass(frozen=True)
class Facts:
    """A message about which something is told."""

    id: str
    version: int
    depositor_user_id: str
    receive_time: datetime
    automatic: bool
    mail: ParsedMail | Unreadable


def message_filed(session: WriteSession, facts: Facts, subjects: Sequence[str], *, waited: bool = False) -> None:
    """`waited` where its watchers are told by `bundle_filed`."""
    body = pb.MessageFiled(message=_message(facts), subjects=subjects, waited=waited)
    session.publish(body, subject=f"messages/{facts.id}", sequence=facts.version)


def message_updated(session: WriteSession, facts: Facts, subjects: Sequence[str]) -> None:
    body = pb.MessageUpdated(message=_message(facts), subjects=subjects)
    session.publish(body, subject=f"messages/{facts.id}", sequence=facts.version)


def bundle_filed(session: WriteSession, last: Facts, subject: str, *, count: int) -> None:
    """So many mails that had waited were filed there, the last of them this one."""
    body = pb.BundleFiled(message=_message(last), subject=subject, count=count)
    session.publish(body, subject=f"messages/{last.id}", sequence=last.version)


def message_held(session: WriteSession, facts: Facts, reason: str) -> None:
    session.publish(pb.MessageHeld(message=_message(facts), reason=reason), subject=f"messages/{facts.id}", sequence=facts.version)


def _message(facts: Facts) -> pb.MessageFacts:
    mail = facts.mail if isinstance(facts.mail, ParsedMail) else ParsedMail()
    return pb.MessageFacts(
        id=facts.id,
        depositor_user_id=facts.depositor_user_id,
        subject=mail.subject[:_SUBJECT],
        from_address=mail.from_mailboxes[0].address if mail.from_mailboxes else "",
        to_addresses=[mailbox.address for mailbox in mail.to_mailboxes],
        cc_addresses=[mailbox.address for mailbox in mail.cc_mailboxes],
        message_id=mail.message_id or "",
        send_time=to_timestamp(mail.send_time or facts.receive_time),
        text=mail.text[:TEXT],
        automatic=facts.automatic,
    )
