"""Which endpoint serves a path: a tree of path segments.

A literal segment wins over a variable one, and is not reconsidered afterwards. A verb (`/v1/deals/{id}:move`) belongs to the
last segment. Segments are percent-decoded after the path was cut, so `%2F` and `%3A` can stand in a variable.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote

from kontor_chassis.errors import InvalidArgument

T = TypeVar("T")
# `{id}`, `{person.id}`: the whole of a segment.
VARIABLE = re.compile(r"\{([a-z0-9_.]+)\}")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Found(Generic[T]):
    """What stands at a path. `parameters` are the values of its variables, by the names they have in the template."""

    endpoint: T
    template: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class _Leaf(Generic[T]):
    endpoint: T
    template: str
    names: tuple[str, ...]


@dataclass
class _Node(Generic[T]):
    literals: "dict[str, _Node[T]]" = field(default_factory=dict)
    variable: "_Node[T] | None" = None
    # verb (empty for none) → HTTP method → leaf
    leaves: dict[str, dict[str, _Leaf[T]]] = field(default_factory=dict)


class Router(Generic[T]):
    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, method: str, template: str, endpoint: T) -> None:
        """Serve `method template` by `endpoint`. Raises ValueError where that is taken or the template is malformed."""
        *segments, last = template.removeprefix("/").split("/")
        last, _, verb = last.partition(":")
        node = self._root
        names: list[str] = []
        for segment in (*segments, last):
            variable = VARIABLE.fullmatch(segment)
            if variable:
                names.append(variable[1])
                if node.variable is None:
                    node.variable = _Node()
                node = node.variable
            elif "{" in segment or "*" in segment:
                raise ValueError(f"{template}: a variable is a whole segment")
            else:
                node = node.literals.setdefault(segment, _Node())
        leaves = node.leaves.setdefault(verb, {})
        if method in leaves:
            raise ValueError(f"{method} {template} is taken by {leaves[method].template}")
        leaves[method] = _Leaf(endpoint, template, tuple(names))

    def find(self, method: str, path: str) -> Found[T] | frozenset[str]:
        """What stands at the raw (still encoded) path; where it has no such method, the methods that it has; none: no such path.

        Raises InvalidArgument where the path is not percent-encoded UTF-8.
        """
        *segments, last = path.removeprefix("/").split("/")
        last, colon, verb = last.partition(":")
        if colon and not verb:
            return frozenset()
        node = self._root
        values: list[str] = []
        for raw in (*segments, last):
            segment = _decoded(raw) if "%" in raw else raw
            following = node.literals.get(segment)
            if following is None:
                following = node.variable
                values.append(segment)
            if following is None or not segment:
                return frozenset()
            node = following
        leaves = node.leaves.get(verb, {})
        leaf = leaves.get(method)
        if leaf is None:
            return frozenset(leaves)
        return Found(leaf.endpoint, leaf.template, dict(zip(leaf.names, values, strict=True)))


def _decoded(segment: str) -> str:
    try:
        if not _BAD_ESCAPE.search(segment):
            return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        pass
    raise InvalidArgument("The path is not percent-encoded UTF-8.", reason="MALFORMED_PATH")
