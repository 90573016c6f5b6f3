"""Where a mail belongs (FEATURES E4), decided without doing anything: a value goes in, a decision comes out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kontor_mail_ingest.domain.addresses import normalise_address
from kontor_mail_ingest.domain.messages import Mailbox, ParsedMail, Unreadable


class FilingReason(StrEnum):
    """By which field a person was found."""

    TO = "to"
    CC = "cc"


class TrayReason(StrEnum):
    """Why a mail waits for a person's decision."""

    UNKNOWN_ADDRESSES = "unknown_addresses"
    UNREADABLE = "unreadable"
    # For postmaster, that is for whoever runs the mail service (RFC 5321 section 4.5.1).
    POSTMASTER = "postmaster"


@dataclass(frozen=True)
class Filing:
    """One person at whose page the mail is filed. `address` is the one that matched, as the mail writes it."""

    person_id: str
    reason: FilingReason
    address: str


@dataclass(frozen=True)
class File:
    """File it there; each person once, in the order of the mail's addresses."""

    filings: tuple[Filing, ...]


@dataclass(frozen=True)
class Tray:
    """Let it wait."""

    reason: TrayReason


def recipients(mail: ParsedMail) -> list[str]:
    """The normalised addresses that have to be looked up in the address book before `decide_filing`, each once."""
    addresses = (normalise_address(mailbox.address) for mailbox in (*mail.to_mailboxes, *mail.cc_mailboxes))
    return list(dict.fromkeys(address for address in addresses if address is not None))


def decide_filing(
    mail: ParsedMail | Unreadable,
    persons_by_address: Mapping[str, Collection[str]],
    *,
    colleagues: Collection[str],
    own_addresses: Collection[str],
) -> File | Tray:
    """File an outgoing mail at every To and Cc person.

    `persons_by_address` maps normalised addresses to ids of people; `colleagues` (addresses of the account's users) and
    `own_addresses` (its dropboxes and other addresses of ours) may be given in any spelling. A colleague or a dropbox is
    never filed to, even where somebody has entered that address with a person.
    """
    if isinstance(mail, Unreadable) or _says_nothing(mail):
        return Tray(TrayReason.UNREADABLE)
    excluded = {normalise_address(address) for address in (*colleagues, *own_addresses)}
    filings: dict[str, Filing] = {}
    fields: tuple[tuple[FilingReason, tuple[Mailbox, ...]], ...] = (
        (FilingReason.TO, mail.to_mailboxes),
        (FilingReason.CC, mail.cc_mailboxes),
    )
    for reason, mailboxes in fields:
        for mailbox in mailboxes:
            address = normalise_address(mailbox.address)
            if address is None or address in excluded:
                continue
            for person_id in persons_by_address.get(address, ()):
                filings.setdefault(person_id, Filing(person_id, reason, mailbox.address))
    return File(tuple(filings.values())) if filings else Tray(TrayReason.UNKNOWN_ADDRESSES)


def _says_nothing(mail: ParsedMail) -> bool:
    """Whether no header field of it could be made out: it is empty, or something else than a mail."""
    mailboxes = (*mail.from_mailboxes, *mail.to_mailboxes, *mail.cc_mailboxes)
    return not (mailboxes or mail.subject or mail.message_id or mail.send_time)
