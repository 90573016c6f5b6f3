"""The load generator, a process of its own: `python -m tests.bench.http_load`, a Job as JSON on standard input, a Measured on output.

A closed loop: each connection sends its next request when the answer to the last one is complete. Answers are not looked into
beyond status and length; a general HTTP client would cost more than what is measured.
"""

import asyncio
import json
import random
import sys
import time
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop

from tests.bench.cases import BY_NAME, Client
from tests.bench.measured import Measured, measured, read_meter
from tests.bench.world import load_world


@dataclass(frozen=True)
class Job:
    case: str
    host: str
    port: int
    token: str
    world: str
    connections: int
    warm_up: float
    seconds: float
    # Processes whose processor time is counted, with their children, by name.
    watch: Mapping[str, int]


class _Load:
    def __init__(self, requests: Iterator[bytes]) -> None:
        self.requests = requests
        self.latencies = array("d")
        self.statuses: Counter[int] = Counter()
        self.bytes = 0
        self.stopped = False

    def restart(self) -> None:
        self.latencies = array("d")
        self.statuses = Counter()
        self.bytes = 0


class _Connection(asyncio.Protocol):
    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = b""
        self._missing = 0
        self._status = 0
        self._sent = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        if self._load.stopped:
            self._transport.close()
            return
        request = next(self._load.requests)
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            self._status = int(head[9:12])
            begin = head.find(b"\r\ncontent-length: ")
            length = int(head[begin + 18 :].split(b"\r\n", 1)[0]) if begin >= 0 else 0
            self._load.bytes += length
            self._missing = length - (len(self._buffer) - end - 4)
            self._buffer = b""
        if self._missing == 0:
            self._load.latencies.append(time.perf_counter() - self._sent)
            self._load.statuses[self._status] += 1
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._load.stopped:
            self._load.statuses[0] += 1
        self.closed.set_result(None)


async def run(job: Job) -> Measured:
    client = Client(f"{job.host}:{job.port}", job.token)
    load = _Load(BY_NAME[job.case].requests(load_world(Path(job.world)), client, random.Random(job.connections)))
    loop = asyncio.get_running_loop()
    connections = [(await loop.create_connection(lambda: _Connection(load), job.host, job.port))[1] for _ in range(job.connections)]
    await asyncio.sleep(job.warm_up)
    load.restart()
    before = read_meter(job.watch)
    await asyncio.sleep(job.seconds)
    after = read_meter(job.watch)
    latencies, statuses, size = load.latencies[:], Counter(load.statuses), load.bytes
    load.stopped = True
    await asyncio.wait([connection.closed for connection in connections], timeout=30)
    return measured(latencies, statuses, size=size, before=before, after=after)


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(run(Job(**json.load(sys.stdin)))))))
