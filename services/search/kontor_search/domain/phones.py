"""Phone numbers in any notation: what to index of a number, and what to look for when somebody types one.

A number is found from any digit of it on, hence the parts are its endings. Markers tell beginnings apart: `0` stands before a
national number, `?` before one whose country is not known (so that +43 221 … does not find +49 221 …, but finds 0221 …).
"""

import re
from dataclasses import dataclass

# Fewer digits are no phone number, neither written nor searched.
MIN_DIGITS = 4
# ITU-T E.164 allows 15; some write more (extensions).
MAX_DIGITS = 20

_NOT_DIGITS = re.compile(r"[^0-9]")
# The trunk zero that many write into international numbers: +49 (0)221 …
_TRUNK = re.compile(r"\(\s*0\s*\)")
# ITU-T E.164 assignments: zones 1 and 7 have one digit, country codes that begin like this three, all others two.
_THREE_DIGITS = re.compile("2[1-689]|3[578]|42|5[09]|6[789]|8[035789]|9[679]")


@dataclass(frozen=True)
class Number:
    """`country` is empty where the text does not tell it; `national` has neither it nor a trunk zero."""

    country: str
    national: str
    # Whether it began with a trunk zero, so that `national` is its true beginning.
    trunk: bool = False


def parse(text: str) -> Number:
    """The number in `text`; its digits may be few or none."""
    international = text.strip().startswith("+")
    digits = _NOT_DIGITS.sub("", _TRUNK.sub("", text) if international or text.strip().startswith("00") else text)[: MAX_DIGITS + 2]
    if not international and digits.startswith("00"):
        international, digits = True, digits[2:]
    if international:
        length = 1 if digits[:1] in ("1", "7") else 3 if _THREE_DIGITS.match(digits) else 2
        return Number(digits[:length], digits[length:])
    return Number("", digits[1:], trunk=True) if digits.startswith("0") else Number("", digits)


def parts(text: str) -> list[str]:
    """What a record with this number is to be found by: each of these, or its beginning."""
    number = parse(text)
    digits = number.country + number.national
    if len(digits) < MIN_DIGITS:
        return []
    ends = [digits[start:] for start in range(len(digits) - MIN_DIGITS + 1)]
    return [*ends, "0" + number.national, *([] if number.country else ["?" + number.national])]


def beginnings(text: str) -> list[str]:
    """What to look for at the beginning of parts when `text` was typed; one of them suffices. Empty if it is no number."""
    number = parse(text)
    digits = number.country + number.national
    if len(digits) + number.trunk < MIN_DIGITS:
        return []
    if number.country:
        return [digits, "?" + number.national] if number.national else [digits]
    # Without its zero a number is also found where it was written without one, but few digits would find too much.
    return ["0" + digits, *([digits] if len(digits) > MIN_DIGITS else [])] if number.trunk else [digits]
