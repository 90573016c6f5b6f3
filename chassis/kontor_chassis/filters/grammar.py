"""The filter language of every list, a part of AIP-160:

    tags:"A-Kunde" AND (city = "Köln" OR postcode = 50*) AND NOT emails:* AND custom.umsatz >= 10000 AND update_time > today-30d

Comparators are `=`, `!=`, `<`, `<=`, `>`, `>=` and `:` (has). A value stands in quotes where it holds anything but letters, digits
and `+-._@/:*`; a backslash keeps the following `"`, `\\` or `*` as it is. `*` at its end means "begins with", and alone
"anything". AND and OR are mixed with parentheses only: AIP-160 lets OR bind tighter, most people expect the opposite.
"""

import re
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

from kontor_chassis.errors import InvalidArgument, invalid
from kontor_chassis.filters.tree import EVERYTHING, And, Node, Not, Or, Restriction, Value

MAX_LENGTH = 4000
MAX_RESTRICTIONS = 50
MAX_DEPTH = 20

_GRAMMAR = r"""
?start: conjunction | disjunction | term
conjunction: term ("AND" term)+
disjunction: term ("OR" term)+
?term: "NOT" factor -> negation
     | factor
?factor: restriction
       | "(" start ")"
restriction: FIELD COMPARATOR (QUOTED | WORD)

FIELD.1: /[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)*/
COMPARATOR: "<=" | ">=" | "!=" | "=" | "<" | ">" | ":"
QUOTED: /"(\\.|[^"\\])*"\*?/s
WORD: /[\w+\-.@\/*\\][\w+\-.@\/*\\:]*/
%import common.WS
%ignore WS
"""
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MIXED = "AND and OR can be mixed with parentheses only"


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True)


def parse(text: str, *, field: str = "filter") -> Node:
    """The tree of a filter; an empty one lets everything through.

    Raises InvalidArgument naming `field` and the position (characters from 1) at which it stops making sense.
    """
    if len(text) > MAX_LENGTH:
        raise invalid(field, f"must have at most {MAX_LENGTH} characters")
    if not text.strip():
        return EVERYTHING
    _check_depth(text, field)
    try:
        node: Node = _Maker().transform(_parser().parse(text))
    except UnexpectedInput as error:
        raise _fault(text, error, field) from None
    except VisitError as error:
        if isinstance(error.orig_exc, _TooMany):
            raise invalid(field, f"must have at most {MAX_RESTRICTIONS} conditions") from None
        raise
    return node


def at_position(position: int, message: str, *, field: str = "filter") -> InvalidArgument:
    """What to raise where something at `position` of a filter is wrong."""
    return invalid(field, f"position {position}: {message}")


def _check_depth(text: str, field: str) -> None:
    depth = 0
    for found in re.finditer(r'"(?:\\.|[^"\\])*"|[()]', text, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth > MAX_DEPTH:
            raise at_position(found.start() + 1, f"parentheses can be nested {MAX_DEPTH} deep", field=field)


def _fault(text: str, error: UnexpectedInput, field: str) -> InvalidArgument:
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        return at_position(len(text) + 1, "something is missing here", field=field)
    position = (error.pos_in_stream or 0) + 1
    if isinstance(error, UnexpectedToken):
        if error.token.type in ("AND", "OR"):
            wanted = error.accepts or error.expected
            return at_position(position, _MIXED if {"AND", "OR"} & set(wanted) else "a condition is missing before this", field=field)
        return at_position(position, f"{str(error.token)[:40]!r} is not expected here", field=field)
    if isinstance(error, UnexpectedCharacters) and text[position - 1] == '"':
        return at_position(position, "the closing quote is missing, or the quotes are not expected here", field=field)
    return at_position(position, f"{text[position - 1]!r} is not expected here", field=field)


class _TooMany(Exception):
    pass


class _Maker(Transformer[Token, Node]):
    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    @v_args(inline=True)
    def restriction(self, field: Token, comparator: Token, value: Token) -> Restriction:
        self._count += 1
        if self._count > MAX_RESTRICTIONS:
            raise _TooMany
        return Restriction(str(field), str(comparator), _value(value), (field.start_pos or 0) + 1)

    def negation(self, children: list[Any]) -> Not:
        return Not(children[0])

    def conjunction(self, children: list[Any]) -> And:
        return And(tuple(children))

    def disjunction(self, children: list[Any]) -> Or:
        return Or(tuple(children))


def _value(token: Token) -> Value:
    text = str(token)
    quoted = token.type == "QUOTED"
    prefix = text.endswith("*") and not (not quoted and _odd_backslashes(text[:-1]))
    text = text[:-1] if prefix else text
    if quoted:
        text = text[1:-1]
        # The star may also stand inside the quotes.
        if not prefix and text.endswith("*") and not _odd_backslashes(text[:-1]):
            prefix, text = True, text[:-1]
    return Value(_ESCAPED.sub(r"\1", text), quoted, prefix)


def _odd_backslashes(text: str) -> bool:
    """Whether what follows is kept as it is."""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1
