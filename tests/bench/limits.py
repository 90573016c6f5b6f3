"""What to compare with: other CRM programs, measured once on a machine with two cores, and the goals that follow from that.

The peers ran with 20,000 people and 16 connections on PostgreSQL 15 with fsync on, client and servers sharing the cores.
Requests per second.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.measured import Measured


@dataclass(frozen=True)
class Peer:
    name: str
    per_second: float


BEST_PEER: Mapping[str, Peer] = {
    "read": Peer("Odoo 18", 188),
    "list": Peer("Odoo 18", 79),
    "search": Peer("Odoo 18", 54),
    "update": Peer("Tryton 8.2", 88),
    "create": Peer("Odoo 18", 54),
    "note": Peer("Tryton 8.2", 96),
}


@dataclass(frozen=True)
class Goal:
    """At least so many times the best peer, at most so much processor of our own processes, at most so long for 95 of 100."""

    times_peer: float
    processor: float | None = None
    alone_p95: float | None = None


GOALS: Mapping[tuple[str, str], Goal] = {
    ("read", "embedded"): Goal(10, processor=0.6),
    ("read", "split"): Goal(4, processor=2.0),
    ("list", "embedded"): Goal(8),
    ("list", "split"): Goal(4),
    ("search", "embedded"): Goal(20, alone_p95=10.0),
    ("search", "split"): Goal(8),
    ("update", "embedded"): Goal(6),
    ("update", "split"): Goal(3),
    ("create", "embedded"): Goal(8),
    ("create", "split"): Goal(4),
    ("note", "embedded"): Goal(6),
    ("note", "split"): Goal(3),
}
MAIL_ON_TIMELINE_P95 = {"embedded": 0.3, "split": 0.5}
FOUND_P95 = {"embedded": 0.5, "split": 1.0}
START_SECONDS = 3.0
IDLE_BYTES = {"embedded": 200e6, "split": 90e6}
# How much longer 95 of 100 may take with a hundred times as many people.
GROWTH = 1.5
# How much longer 95 of 100 single changes may take while a bulk action runs.
DURING_BULK = 2.0
# Processes that are not ours.
BACKENDS = frozenset({"PostgreSQL", "RabbitMQ", "Meilisearch"})


def own_processor(measured: Measured) -> float:
    """Milliseconds per request in our own processes."""
    return sum(used for name, used in measured.processor.items() if name not in BACKENDS)


def verdicts(case: str, profile: str, measured: Measured, alone: Measured | None) -> list[tuple[str, bool]]:
    """The goals of a case, in words, and whether each is reached."""
    goal, peer = GOALS.get((case, profile)), BEST_PEER.get(case)
    if goal is None or peer is None:
        return []
    found = [(f"≥ {goal.times_peer:g}× peer", measured.per_second >= goal.times_peer * peer.per_second)]
    if goal.processor is not None:
        found.append((f"≤ {goal.processor:g} ms own processor", own_processor(measured) <= goal.processor))
    if goal.alone_p95 is not None and alone is not None:
        found.append((f"p95 alone ≤ {goal.alone_p95:g} ms", alone.p95 <= goal.alone_p95))
    return found
