"""JSON text to Python values, strictly (RFC 8259, and RFC 7493 section 2.3: no key twice)."""

import json
from typing import Any

import orjson

from kontor_chassis.errors import FieldViolation, InvalidArgument, invalid
from kontor_gateway.codec_faults import shortened


def parse(body: bytes) -> Any:
    """The value that `body` says. Raises InvalidArgument for what is no JSON: that includes NaN, infinite numbers, lone
    surrogates, bytes that are no UTF-8, and nesting deeper than 1,024."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise malformed(f"is not JSON: {error}") from None


def refuse_duplicates(body: bytes, value: Any) -> None:
    """Raise InvalidArgument where an object in `body` has a key twice, of which the parser kept the last only.

    `value` is what `parse` made of it, and must have passed a reader (its depth is not limited here). Three looks, the cheap
    ones first: a body that is written again byte for byte has lost nothing; every key is followed by a colon, so with as many
    colons as keys all is well; else the text is read again by a slower parser that sees every pair.
    """
    if orjson.dumps(value) == body or body.count(b":") == count_keys(value):
        return
    try:
        json.loads(body, object_pairs_hook=_unique, parse_int=str, parse_float=str)
    except RecursionError:
        raise malformed("is nested too deeply") from None


def count_keys(value: Any) -> int:
    """How many keys the objects in `value` have together."""
    if type(value) is dict:
        return len(value) + sum([count_keys(item) for item in value.values() if type(item) is dict or type(item) is list])
    if type(value) is list:
        return sum([count_keys(item) for item in value if type(item) is dict or type(item) is list])
    return 0


def _unique(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise invalid(shortened(key), "stands there twice")
        seen.add(key)


def malformed(message: str) -> InvalidArgument:
    """The body as a whole is wrong."""
    return InvalidArgument(f"The body {message}.", reason="MALFORMED_BODY", violations=[FieldViolation("body", message)])
