"""What a filter says, as values: the shape that the parser makes and the compiler reads."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """The right side of a restriction as it was typed: `prefix` where it ended with `*`, `quoted` where it stood in quotes."""

    text: str
    quoted: bool = False
    prefix: bool = False

    @property
    def anything(self) -> bool:
        """A lone `*`: any value at all."""
        return self.prefix and not self.text and not self.quoted


@dataclass(frozen=True)
class Restriction:
    """`custom.umsatz >= 1000`; `position` counts characters of the filter from 1."""

    field: str
    comparator: str
    value: Value
    position: int

    @property
    def asks_for_value(self) -> bool:
        """Only what has a value, and this one or one in a range, fulfils it."""
        return self.comparator != "!=" and bool(self.value.text)


@dataclass(frozen=True)
class Not:
    term: "Node"


@dataclass(frozen=True)
class And:
    terms: tuple["Node", ...]


@dataclass(frozen=True)
class Or:
    terms: tuple["Node", ...]


Node = Restriction | Not | And | Or
EVERYTHING = And(())


def restrictions(node: Node) -> list[Restriction]:
    """All restrictions below a node, in the order in which they were typed."""
    match node:
        case Restriction():
            return [node]
        case Not(term):
            return restrictions(term)
        case And(terms) | Or(terms):
            return [found for term in terms for found in restrictions(term)]


def required(node: Node) -> tuple[Node, ...]:
    """All that every record must fulfil, in whatever parentheses it stands."""
    return tuple(term for each in node.terms for term in required(each)) if isinstance(node, And) else (node,)


def narrowed(node: Node, field: str, values: Sequence[str]) -> Node:
    """What the node lets through and has all of these values, as a list's plain parameters ask. An empty value asks for records that have
    none, so callers refuse it, or leave it out."""
    return And((*required(node), *(Restriction(field, ":", Value(value, quoted=True), 0) for value in values)))
