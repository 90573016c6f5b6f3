"""kontor.type.v1.Money as {"amount": "1250.00", "currency": "EUR"}.

Written with as many decimals as the currency has. Read as a string or as a JSON number; a number is taken as the shortest
decimal that means it, and refused where it has more digits than a 64-bit float can carry (15).
"""

import re
from decimal import Decimal
from typing import Any

from kontor.type.v1.money_pb2 import Money
from kontor_chassis.currencies import DECIMALS
from kontor_gateway.codec_faults import Refused, shortened

_AMOUNT = re.compile(r"-?[0-9]{1,19}(?:\.([0-9]{1,18}))?")
_FLOAT_DIGITS = 15
_LARGEST = 2**63 - 1


def write_money(value: Money) -> dict[str, str]:
    decimals = DECIMALS.get(value.currency, 2)
    units = value.minor_units
    digits = str(abs(units)).rjust(decimals + 1, "0")
    amount = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return {"amount": "-" + amount if units < 0 else amount, "currency": value.currency}


def read_money(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Refused('must be an object such as {"amount": "1250.00", "currency": "EUR"}')
    faults = [(shortened(key), "is not a known field") for key in value if key not in ("amount", "currency")][:1]
    faults += [(key, "is missing") for key in ("amount", "currency") if value.get(key) is None]
    if faults:
        raise Refused("is not an amount of money", faults=faults)
    currency = value["currency"]
    if type(currency) is not str or currency not in DECIMALS:
        raise Refused("", faults=[("currency", "must be a currency code of ISO 4217 such as EUR")])
    try:
        return {"minor_units": _minor_units(value["amount"], currency), "currency": currency}
    except Refused as refused:
        raise Refused(str(refused), faults=refused.below("amount")) from None


def _minor_units(amount: Any, currency: str) -> int:
    decimals = DECIMALS[currency]
    scaled = _decimal(amount, decimals, currency).scaleb(decimals)
    units = int(scaled)
    if units != scaled:
        raise Refused(_too_precise(currency, decimals))
    if not -_LARGEST <= units <= _LARGEST:
        raise Refused("is too large")
    return units


def _decimal(amount: Any, decimals: int, currency: str) -> Decimal:
    if type(amount) is int:
        return Decimal(amount)
    if type(amount) is float:
        number = Decimal(repr(amount))
        if len(number.as_tuple().digits) > _FLOAT_DIGITS:
            raise Refused("has too many digits for a JSON number; write it as a string")
        return number
    match = _AMOUNT.fullmatch(amount) if type(amount) is str else None
    if match is None:
        raise Refused('must be an amount such as "1250.00"')
    if len(match[1] or "") > decimals:
        raise Refused(_too_precise(currency, decimals))
    return Decimal(amount)


def _too_precise(currency: str, decimals: int) -> str:
    return f"must have at most {decimals} decimals in {currency}" if decimals else f"must have no decimals in {currency}"
