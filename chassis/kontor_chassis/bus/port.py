"""The bus port: facts in, facts out, at least once. Adapters: `local` (SQLite file), `rabbitmq`; one contract suite.

Guarantees that every adapter gives and `tests/contract/test_bus.py` proves:

- `publish` returns only when every message is safe in every queue that wants its type; where it raises, none, some or all
  of them are safe, and publishing again is harmless to consumers (they keep an inbox).
- A message is delivered until its handler returned without an error for it; then never again, except after a crash or a
  lost connection.
- A failing message is tried `max_attempts` times with growing pauses, then parked in the queue's dead letters with the
  text of the last error. It delays no other message meanwhile.
- An error that is Unavailable tells of the consumer, not of the message: nothing is counted, the queue rests for up to some
  seconds and goes on with the same message. So an outage of a database, however long, parks nothing. The trap: a handler
  that faces one peer of many (a webhook's endpoint) must not answer Unavailable for it, or it stops the whole queue.
- A consumer that dies mid-way loses nothing: its messages come again.
- Order is kept per queue as long as nothing fails; consumers compare sequences and drop what is older.
- One consumer per queue gets messages at a time; a second one on the same queue is refused or waits as a stand-by.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Envelope:
    """One event on the wire; names are those of CloudEvents 1.0 (its `source` is the service that owns the subject)."""

    id: str
    # `kontor.contacts.person.created.v1`, also the routing key.
    type: str
    # The service that tells: `contacts`.
    source: str
    # Resource name: `persons/0193…`.
    subject: str
    account_id: str
    # Version of the subject's row.
    sequence: int
    time: datetime
    # Serialised protobuf message that belongs to `type`.
    data: bytes
    # Who did it; empty for the system itself.
    actor_user_id: str = ""
    # W3C trace context of the change.
    traceparent: str = ""
    # How often the handler has failed for it so far; publish ignores it.
    attempts: int = 0


@dataclass(frozen=True)
class Topology:
    """Which queues exist and which event types each wants. Every process declares all of it, so that no order of starts
    can lose an event (an event published before its consumer's queue exists would be gone)."""

    queues: Mapping[str, frozenset[str]]

    def queues_for(self, event_type: str) -> list[str]:
        return [queue for queue, types in self.queues.items() if event_type in types]


# Handles a batch; answers, per message and in the same order, None or the error because of which it is to be tried again.
# One that raises instead is asked again for each message alone, so that one bad message does not fail its neighbours.
BatchHandler = Callable[[Sequence[Envelope]], Awaitable[Sequence[Exception | None]]]


@dataclass(frozen=True)
class QueueState:
    """What `kontor queues` shows."""

    name: str
    # Not yet handled; a broker does not count those that it has handed to a consumer already.
    ready: int
    # Failed and waiting for their next try.
    waiting: int
    dead: int


@dataclass(frozen=True)
class DeadLetter:
    envelope: Envelope
    error: str
    parked_at: datetime


@dataclass(frozen=True)
class RetryPolicy:
    """Pauses before each further try, in seconds; there are len(pauses) + 1 tries in all."""

    pauses: Sequence[float] = field(default=(0.2, 1.0, 5.0, 20.0))

    @property
    def max_attempts(self) -> int:
        return len(self.pauses) + 1

    def pause_after(self, failures: int) -> float | None:
        """How long a message rests that has failed so often; None when it is to be parked."""
        return self.pauses[failures - 1] if failures <= len(self.pauses) else None


class Bus(Protocol):
    async def start(self) -> None:
        """Connect and declare the topology; raises Unavailable when the backend cannot be reached within its time-out.
        May be called again then."""

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Hand over in this order; see the guarantees above. Types that no queue wants are passed over. Raises Unavailable."""

    async def consume(self, queue: str, handler: BatchHandler, *, batch_size: int = 100) -> None:
        """Begin delivering `queue` to `handler` in the background, batches in sequence. Survives a lost connection.
        Raises NotFound for a queue outside the topology, FailedPrecondition where this queue has its consumer already."""

    async def stop(self) -> None:
        """Let running handlers finish, then disconnect. What was not acknowledged comes again after the next start."""

    async def queues(self) -> list[QueueState]:
        """Every queue of the topology, in its order. Raises Unavailable, as the next two do."""

    async def dead_letters(self, queue: str, *, limit: int = 100) -> list[DeadLetter]:
        """The oldest dead letters first; they stay where they are."""

    async def replay(self, queue: str) -> int:
        """Put the queue's dead letters back to its end with no attempts counted; answers how many. Those that are parked
        while it runs stay parked."""

    def ready(self) -> bool:
        """Whether publishing would work now, as far as is known without asking."""

    async def idle(self) -> bool:
        """Whether nothing is queued or waiting for its next try in the whole topology (dead letters do not count) and
        nothing is being published or handled here. What another process has in hand, only that process knows."""

    def activity(self) -> int:
        """Grows with everything that this object publishes or hands to a handler; see `kontor_chassis.bus.drain`."""
