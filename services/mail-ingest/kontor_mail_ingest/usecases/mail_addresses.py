"""What can happen to an address to which mail can be sent."""

import secrets

import structlog

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_mail_ingest.domain.addresses import normalise_address
from kontor_mail_ingest.settings import MailSettings
from kontor_mail_ingest.store import mail_addresses, users
from kontor_mail_ingest.store.mail_addresses import POSTMASTER, MailAddress, Recipient
from kontor_mail_ingest.store.users import READER

log = structlog.get_logger()

DROPBOX = "dropbox"
# Those of base32 in lower case (RFC 4648 section 6); 20 of them are 100 bits, so that nobody meets an address by trying.
_CHARACTERS = "abcdefghijklmnopqrstuvwxyz234567"
_LENGTH = 20


def find(session: ReadSession, *, after: str, limit: int) -> list[MailAddress]:
    """The caller's; a reader has none, or none that leads anywhere."""
    if session.principal.role == READER:
        return []
    return mail_addresses.page(session, session.user_id, after=after, limit=limit)


def find_recipient(session: ReadSession, address: str) -> Recipient | None:
    """Whose address this is, in whatever spelling; the session is one for every account."""
    normalised = normalise_address(address)
    if address.lower() == POSTMASTER or normalised == normalise_address(f"{POSTMASTER}@{session.context.settings.mail_domain}"):
        return _postmaster(session)
    return mail_addresses.recipient(session, normalised) if normalised else None


def _postmaster(session: ReadSession) -> Recipient | None:
    knobs: MailSettings = session.context.knobs
    owner = users.owner(session, knobs.postmaster)
    if owner is None:
        log.warning("postmaster_refused", account_id=knobs.postmaster)
        return None
    account_id, user_id = owner
    return Recipient(account_id, user_id, POSTMASTER, active=True)


def make_dropbox(session: WriteSession, user_id: str) -> None:
    """Give the user a dropbox, unless they have one. May happen several times at once."""
    address = new_address(session)
    made = MailAddress(id=new_id(), user_id=user_id, purpose=DROPBOX, address=address, create_time=session.now)
    if mail_addresses.insert(session, made):
        session.audit(f"mail-addresses/{made.id}", "create", {"user_id": (None, user_id), "purpose": (None, DROPBOX)})


def rotate(session: WriteSession, mail_address_id: str) -> MailAddress:
    """Give one of the caller's addresses a new secret; the old one leads nowhere from then on. Raises NotFound, and
    PermissionDenied for readers."""
    if session.principal.role == READER:
        raise PermissionDenied("Readers have no mail addresses.")
    before = mail_addresses.lock(session, mail_address_id)
    if before is None or before.user_id != session.user_id:
        raise NotFound("The mail address does not exist.")
    address = new_address(session)
    mail_addresses.change(session, before.id, address)
    # The address is its own secret, so the audit says only that it was changed.
    session.audit(f"mail-addresses/{before.id}", "rotate")
    return MailAddress(id=before.id, user_id=before.user_id, purpose=before.purpose, address=address, create_time=before.create_time)


def new_address(session: ReadSession) -> str:
    """A dropbox address that nobody knows. Raises ValueError where the mail domain of the settings is none."""
    secret = "".join(secrets.choice(_CHARACTERS) for _ in range(_LENGTH))
    domain: str = session.context.settings.mail_domain
    address = normalise_address(f"drop-{secret}@{domain}")
    if address is None:
        raise ValueError(f"KONTOR_MAIL_DOMAIN: {domain!r} is no domain")
    return address
