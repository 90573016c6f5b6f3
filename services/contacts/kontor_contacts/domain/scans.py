"""Where a scan for duplicates is: first the keys of all records are put right, then those with equal keys are compared, then pairs
that are none any more go; people first, then organisations."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, groupby
from operator import itemgetter

from kontor_contacts.domain.blocking import COMMON

_PHASES = tuple((noun, phase) for noun in ("persons", "organisations") for phase in ("keys", "pairs", "sweep"))
_LOWEST = -(2**63)


@dataclass(frozen=True)
class Position:
    """`after` is the last id or key that is done."""

    noun: str = "persons"
    phase: str = "keys"
    after: str = ""

    def __str__(self) -> str:
        return f"{self.noun}/{self.phase}/{self.after}"

    @property
    def key(self) -> int:
        """The last key that is done."""
        return int(self.after) if self.after else _LOWEST

    @property
    def progress(self) -> int:
        """Per cent. Keys are spread evenly, ids are not."""
        share = (self.key - _LOWEST) / 2**64 if self.phase == "pairs" else 0
        return int(100 * (_PHASES.index((self.noun, self.phase)) + share) / len(_PHASES))

    def reached(self, after: str | int) -> "Position":
        return replace(self, after=str(after))

    def next_phase(self) -> "Position | None":
        """None: that was the last one."""
        index = _PHASES.index((self.noun, self.phase)) + 1
        return Position(*_PHASES[index]) if index < len(_PHASES) else None


def read_position(text: str) -> Position:
    return Position(*text.split("/", 2)) if text else Position()


@dataclass(frozen=True)
class Blocks:
    """Pairs of ids to compare, the lower one first; how many keys were too common; and the last key that is done."""

    pairs: frozenset[tuple[str, str]]
    skipped: int
    last_key: int


def blocks(rows: Iterable[tuple[int, str]], *, whole: bool) -> Blocks:
    """Of rows (key, record id) by key. Where they are not the whole rest, the last key's rows may be cut off: it is left for the next
    time, unless it is alone and so too common anyway (there are more rows than COMMON)."""
    groups = [(key, [record_id for _, record_id in group]) for key, group in groupby(rows, key=itemgetter(0))]
    done = groups if whole or len(groups) == 1 else groups[:-1]
    few = [ids for _, ids in done if len(ids) <= COMMON]
    return Blocks(frozenset(_pairs(few)), len(done) - len(few), done[-1][0])


def _pairs(groups: Iterable[list[str]]) -> Iterator[tuple[str, str]]:
    for ids in groups:
        yield from combinations(sorted(ids), 2)
