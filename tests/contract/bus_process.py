"""A process that the bus contract may kill: `python bus_process.py adapter storage topology task`, topology as JSON.

`consume QUEUE FILE` handles one message: it writes the message's id to FILE, the effect, and dies before it can acknowledge.
`publish` reads event ids and types from standard input, publishes, says "published" and waits to be killed.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from kontor_chassis.bus.port import Bus, Envelope, RetryPolicy, Topology
from tests.contract.bus_harness import build


async def main(adapter: str, storage: str, topology: str, task: str, *arguments: str) -> None:
    queues = {name: frozenset(types) for name, types in json.loads(topology).items()}
    bus = build(adapter, storage, Topology(queues), retry=RetryPolicy(pauses=(0.02, 0.05)))
    await bus.start()
    if task == "consume":
        await consume(bus, *arguments)
    else:
        await publish(bus)
    await asyncio.Event().wait()


async def consume(bus: Bus, queue: str, effects: str) -> None:
    async def handler(batch: Sequence[Envelope]) -> list[Exception | None]:
        Path(effects).write_text("\n".join(envelope.id for envelope in batch))  # noqa: ASYNC240
        os.kill(os.getpid(), signal.SIGKILL)
        return []

    await bus.consume(queue, handler, batch_size=1)


async def publish(bus: Bus) -> None:
    for line in sys.stdin:
        event_id, event_type = line.split()
        await bus.publish([Envelope(event_id, event_type, "contacts", "things/1", "account", 1, datetime.now(UTC), b"data")])
    print("published", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
