"""A mail comes in: it is durable before anybody says so (FEATURES E2)."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.service import Context
from kontor_mail_ingest.store import arrivals
from kontor_mail_ingest.store.group_commit import GroupCommit
from kontor_mail_ingest.store.mail_addresses import POSTMASTER, Recipient


@dataclass(frozen=True, kw_only=True)
class IncomingMail:
    content: bytes = field(repr=False)
    # MAIL FROM; empty for the null sender.
    sender: str
    client_address: str
    client_name: str
    # At least one.
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True)
class _Part:
    """What one account gets of a mail."""

    account_id: str
    recipients: tuple[Recipient, ...]
    raw_key: str


@dataclass(frozen=True)
class _Hashed:
    mail: IncomingMail
    sha256: str
    parts: tuple[_Part, ...]


class Deposits:
    """Keeps mails.

    - The bytes are put first, under a key that is made of their hash; then one row per account, and who deposited them.
      Whoever dies in between leaves bytes to which nothing points, and the client, not answered, sends the mail again.
    - The same bytes are one message of an account, however often they come and at however many of its dropboxes.
    """

    def __init__(self, context: Context, *, stored: Callable[[], None], most_per_commit: int) -> None:
        """`stored` is called after each mail that may have to be read."""
        self._context = context
        self._stored = stored
        self._commits = GroupCommit(context.database, self._insert, most=most_per_commit)

    async def keep(self, mail: IncomingMail) -> str:
        """The id of the message (of the first account's, where there are several), once all of it is durable.

        Raises Unavailable where it cannot be kept; then no account has it, or the client's next try finds it there.
        """
        hashed = await asyncio.to_thread(self._put, mail)
        message_id = await self._commits.add(hashed)
        self._stored()
        return message_id

    async def close(self) -> None:
        await self._commits.close()

    def _put(self, mail: IncomingMail) -> _Hashed:
        sha256 = hashlib.sha256(mail.content).hexdigest()
        by_account: dict[str, list[Recipient]] = {}
        for recipient in mail.recipients:
            by_account.setdefault(recipient.account_id, []).append(recipient)
        parts = tuple(_Part(account_id, tuple(members), f"raw/{account_id}/{sha256}") for account_id, members in by_account.items())
        for part in parts:
            self._context.blobs.put(part.raw_key, mail.content)
        return _Hashed(mail, sha256, parts)

    def _insert(self, mails: Sequence[_Hashed]) -> list[str]:
        with self._context.sessions.write_many(means="smtp") as enter:
            return [self._insert_one(enter, hashed) for hashed in mails]

    def _insert_one(self, enter: Callable[[Principal], WriteSession], hashed: _Hashed) -> str:
        ids = []
        for part in hashed.parts:
            principal = Principal(account_id=part.account_id, user_id=part.recipients[0].user_id, service=self._context.service.name)
            ids.append(_deposit(enter(principal), hashed, part))
        return ids[0]


def _deposit(session: WriteSession, hashed: _Hashed, part: _Part) -> str:
    mail = hashed.mail
    arrival = arrivals.Arrival(
        id=new_id(),
        depositor_user_id=part.recipients[0].user_id,
        raw_key=part.raw_key,
        size=len(mail.content),
        sha256=hashed.sha256,
        sender=mail.sender,
        client_address=mail.client_address,
        client_name=mail.client_name,
    )
    if arrivals.insert(session, arrival):
        message_id = arrival.id
        session.audit(f"messages/{message_id}", "create", {"size": (None, arrival.size), "sha256": (None, arrival.sha256)})
    else:
        message_id = arrivals.known(session, hashed.sha256)
    # The first entry of a user counts, and a dropbox more than postmaster.
    for recipient in sorted(part.recipients, key=lambda recipient: recipient.mail_address_id == POSTMASTER):
        arrivals.add_depositor(session, message_id, recipient.user_id, recipient.mail_address_id)
    return message_id
