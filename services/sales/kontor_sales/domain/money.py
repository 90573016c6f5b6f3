"""Amounts of money: whole minor units (cents) of an ISO 4217 currency, whatever its number of decimals."""

from dataclasses import dataclass

from kontor_chassis.errors import invalid

# List one of ISO 4217 without test codes and metals, and codes withdrawn since 2018 that old deals have.
_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF
CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF
IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST
XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL
"""
CURRENCIES = frozenset(_CODES.split())
# A million million of a currency with two decimals. Ninety thousand of them still add up within 64 bits.
MAX_MINOR_UNITS = 10**14


@dataclass(frozen=True)
class Money:
    minor_units: int
    # ISO 4217 code.
    currency: str = ""


def checked_money(money: Money, *, default_currency: str, field: str) -> Money:
    """The amount with its currency filled in. Raises InvalidArgument naming the part: `value.amount`."""
    currency = money.currency or default_currency
    if currency not in CURRENCIES:
        raise invalid(f"{field}.currency", "must be a currency code of ISO 4217 such as EUR")
    if money.minor_units < 0:
        raise invalid(f"{field}.amount", "must not be negative")
    if money.minor_units > MAX_MINOR_UNITS:
        raise invalid(f"{field}.amount", "is too large")
    return Money(money.minor_units, currency)
