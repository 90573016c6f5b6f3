"""What one case gave."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.processes import busy_seconds, processor_seconds


@dataclass(frozen=True)
class Measured:
    requests: int
    per_second: float
    p50: float
    p95: float
    p99: float
    # Bytes of an answer, on average: a list that came back empty is seen here.
    answer_bytes: float
    # Milliseconds of processor per request, by process.
    processor: dict[str, float]
    # What the load generator itself took per request.
    client: float
    # How many processors were busy with something else meanwhile: where that is not next to nothing, only `processor` is comparable.
    elsewhere: float
    # Status → count of every answer that is not 2xx; 0: the connection broke.
    errors: dict[str, int]


@dataclass(frozen=True)
class Meter:
    """What the clocks say at one moment."""

    time: float
    own: float
    busy: float
    watched: Mapping[str, float]


def read_meter(watch: Mapping[str, int]) -> Meter:
    return Meter(time.perf_counter(), time.process_time(), busy_seconds(), processor_seconds(watch))


def measured(latencies: Sequence[float], statuses: Counter[int], *, size: int, before: Meter, after: Meter) -> Measured:
    count = len(latencies)
    seconds, own = after.time - before.time, after.own - before.own
    processor = {name: used - before.watched[name] for name, used in after.watched.items()}
    ordered = sorted(latencies)
    return Measured(
        requests=count,
        per_second=count / seconds,
        p50=quantile(ordered, 0.50) * 1000,
        p95=quantile(ordered, 0.95) * 1000,
        p99=quantile(ordered, 0.99) * 1000,
        answer_bytes=size / max(1, count),
        processor={name: used * 1000 / max(1, count) for name, used in processor.items()},
        client=own * 1000 / max(1, count),
        elsewhere=max(0.0, after.busy - before.busy - own - sum(processor.values())) / seconds,
        errors={str(status): number for status, number in sorted(statuses.items()) if not 200 <= status < 300},
    )


def quantile(ordered: Sequence[float], part: float) -> float:
    """Of ascending values; 0 of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
