"""What sales knows of an account: its language, its time zone, its currency."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kontor_chassis.currencies import DECIMALS


@dataclass(frozen=True)
class Account:
    """The defaults hold until the account's own event has arrived."""

    locale: str = "de"
    # IANA name.
    time_zone: str = "Europe/Berlin"
    # ISO 4217 code.
    currency: str = "EUR"

    def today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.time_zone)).date()


def usable_account(*, locale: str, time_zone: str, currency: str) -> Account:
    """An account of which another service told; what this release cannot use gives way to the default."""
    known = Account()
    return Account(
        locale=locale or known.locale,
        time_zone=time_zone if _is_zone(time_zone) else known.time_zone,
        currency=currency if currency in DECIMALS else known.currency,
    )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: names such as `Europe` are folders of the time zone database.
        return False
    return True
