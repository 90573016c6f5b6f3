"""Where an account is at home: what its people leave unsaid."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Home:
    """The defaults hold until the account's own event has arrived."""

    # ISO 3166-1 alpha-2.
    country: str = "DE"
    # BCP 47.
    locale: str = "de"
    # IANA name.
    time_zone: str = "Europe/Berlin"
