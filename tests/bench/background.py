"""Work in the background: how fast it goes, and what it does to those who write meanwhile."""

import time
from typing import Any

from tests.bench.measured import Measured
from tests.bench.measuring import Plan, measure_update
from tests.bench.results import Subject
from tests.bench.targets import Target
from tests.bench.world import World
from tests.suite_clients import Person

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 3600.0
# Carried by one person of ten.
_TAG = 4


def measure_scan(subject: Subject, target: Target) -> None:
    """All people and organisations compared with those that may be the same."""
    assert target.owner is not None
    began = time.perf_counter()
    ended = _ended(target.owner, target.owner.post("/v1/duplicates:scan", {}))
    subject.scan_seconds = time.perf_counter() - began
    subject.scan_found = int(ended["found"])
    print(f"  all compared in {subject.scan_seconds:.0f} s, {subject.scan_found} pairs", flush=True)


def measure_bulk(subject: Subject, target: Target, world: World, plan: Plan) -> None:
    """One person of ten is given a tag, while others are changed one after the other."""
    assert target.owner is not None
    subject.alone["update-idle"] = measure_update(target, world, plan)
    target.settle()
    began = time.perf_counter()
    begun = target.owner.post("/v1/persons:bulk", {"tag": [world.tags[_TAG]], "add_tags": ["Serienbrief"]})
    subject.alone["update-bulk"] = _while_running(target.owner, begun, target, world, plan)
    ended = _ended(target.owner, begun)
    subject.bulk_seconds, subject.bulk_records = time.perf_counter() - began, int(ended["changed"])
    idle, during = subject.alone["update-idle"].p95, subject.alone["update-bulk"].p95
    print(f"  {subject.bulk_records} tagged in {subject.bulk_seconds:.0f} s; single writes p95 {idle:.1f} → {during:.1f} ms", flush=True)


def _while_running(owner: Person, operation: dict[str, Any], target: Target, world: World, plan: Plan) -> Measured:
    found = measure_update(target, world, plan)
    if owner.get(f"/v1/operations/{operation['id']}")["state"] != "running":
        raise RuntimeError("the operation was over before the writes beside it were measured; take more people or fewer --seconds")
    return found


def _ended(owner: Person, operation: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while operation["state"] == "running":
        if time.monotonic() > deadline:
            raise TimeoutError(f"operation {operation['id']} did not end: {operation}")
        time.sleep(_POLL_SECONDS)
        operation = owner.get(f"/v1/operations/{operation['id']}")
    if operation["state"] != "done":
        raise RuntimeError(f"the operation ended otherwise: {operation}")
    return operation
