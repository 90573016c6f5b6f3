"""Amounts of money: whole minor units (cents) of an ISO 4217 currency, whatever its number of decimals."""

from dataclasses import dataclass

from kontor_chassis.currencies import DECIMALS
from kontor_chassis.errors import invalid

# A million million of a currency with two decimals. Ninety thousand of them still add up within 64 bits.
MAX_MINOR_UNITS = 10**14
# No currency has more decimals; amounts of all of them compare as whole numbers of such parts.
COMPARED_DECIMALS = 4
# In their place where there is no amount.
NO_VALUE = -1


@dataclass(frozen=True)
class Money:
    minor_units: int
    # ISO 4217 code.
    currency: str = ""


def checked_money(money: Money, *, default_currency: str, field: str) -> Money:
    """The amount with its currency filled in. Raises InvalidArgument naming the part: `value.amount`."""
    currency = money.currency or default_currency
    if currency not in DECIMALS:
        raise invalid(f"{field}.currency", "must be a currency code of ISO 4217 such as EUR")
    if money.minor_units < 0:
        raise invalid(f"{field}.amount", "must not be negative")
    if money.minor_units > MAX_MINOR_UNITS:
        raise invalid(f"{field}.amount", "is too large")
    return Money(money.minor_units, currency)


def comparable(money: Money) -> int:
    """The amount in ten-thousandths, so that 10 yen and 10 euros are the same number."""
    return money.minor_units * int(10 ** (COMPARED_DECIMALS - DECIMALS[money.currency]))
