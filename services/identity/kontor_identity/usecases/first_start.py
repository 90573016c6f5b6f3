"""The first account. An installation that has none gets one when it starts, with an owner who can sign in."""

import secrets
import sys

import structlog

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import invalid
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal, service_principal
from kontor_chassis.service import Context
from kontor_chassis.settings import Settings
from kontor_identity.domain.accounts import DEFAULT_SLUG, Account, slug_from_domain
from kontor_identity.domain.passwords import checked_password
from kontor_identity.domain.users import User
from kontor_identity.hashing import hasher_of
from kontor_identity.store import accounts, passwords
from kontor_identity.usecases.accounts import NewAccount, create

log = structlog.get_logger()

# Without those that look alike; 20 of them are 99 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def prepare(context: Context) -> None:
    """Make the first account where there is none. May run at every start, and in several processes at once: the slug is unique,
    so that one of them wins and the others find it done."""
    everywhere = service_principal("identity")
    settings: Settings = context.settings
    with context.sessions.read(everywhere) as session:
        if accounts.page(session, after="", limit=1):
            _warn(session, settings)
            return
    email = settings.owner_email or f"owner@{settings.mail_domain}"
    password = settings.owner_password or _new_password()
    slug = slug_from_domain(email.rpartition("@")[2]) if settings.owner_email else DEFAULT_SLUG
    wanted = NewAccount(
        account=Account(name="Kontor", slug=slug),
        owner=User(email=_checked_email(email)),
        password_hash=hasher_of(context.knobs).hash(_checked_password(password)),
    )
    # Serialised with those of other processes; whoever comes second sees the first one's account.
    with context.sessions.write_many(means="first_start") as enter:
        session = enter(everywhere)
        accounts.lock_all(session)
        if accounts.page(session, after="", limit=1):
            return
        create(enter(Principal(account_id=new_id(), service="identity")), wanted)
        # Before the commit: a process that dies here starts anew with other ones, instead of leaving an account nobody can open.
        if not (settings.owner_email and settings.owner_password):
            _show(email, "" if settings.owner_password else password)


def _warn(session: ReadSession, settings: Settings) -> None:
    """Settings of an owner change nothing any more; somebody who does not know it would wonder why they cannot sign in."""
    email_key = normalise_email(settings.owner_email)
    if settings.owner_email and not (email_key and passwords.candidates(session, email_key, slug="")):
        log.warning(
            "owner_settings_ignored", email=settings.owner_email, reason="there is an account already; `kontor user create` adds users"
        )


def _show(email: str, generated_password: str) -> None:
    """The one place of the project that prints a secret: to standard output, once, never to the log."""
    password = [f"  password  {generated_password}"] if generated_password else []
    lines = ["", "Kontor has made its first account. Its owner, shown this once:", f"  e-mail    {email}", *password]
    sys.stdout.write("\n".join([*lines, "", ""]))
    sys.stdout.flush()


def _new_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def _checked_email(email: str) -> str:
    if not normalise_email(email):
        raise invalid("KONTOR_OWNER_EMAIL", "is not an e-mail address")
    return email


def _checked_password(password: str) -> str:
    return checked_password(password, field="KONTOR_OWNER_PASSWORD")
