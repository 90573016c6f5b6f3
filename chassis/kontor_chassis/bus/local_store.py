"""The queue file of the local bus: its one table and every statement on it. All functions run inside a write transaction.

A row is one message in one queue. `due` is its state: 0 ready, greater than 0 waiting for its next try until then
(microseconds since 1970), NULL parked among the dead letters. `position` only grows, also when rows are gone.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kontor_chassis.bus.port import DeadLetter, Envelope, QueueState

SCHEMA = """
CREATE TABLE IF NOT EXISTS delivery (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    event_id TEXT NOT NULL,
    due INTEGER DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    parked_at TEXT,
    type TEXT NOT NULL,
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    account_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    time TEXT NOT NULL,
    data BLOB NOT NULL,
    actor_user_id TEXT NOT NULL,
    traceparent TEXT NOT NULL,
    UNIQUE (queue, event_id)
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (queue, due, position);
"""

# Only this constant is ever formatted into a statement.
_ENVELOPE = "event_id, type, source, subject, account_id, sequence, time, data, actor_user_id, traceparent, attempts"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Delivery:
    position: int
    envelope: Envelope


@dataclass(frozen=True)
class Failure:
    """A message that failed once more; `due` is None where that was its last try."""

    position: int
    error: str
    due: datetime | None


@dataclass(frozen=True)
class Settlement:
    """What has become of a batch. Messages that it does not name stay as they were."""

    done: Sequence[int] = ()
    failed: Sequence[Failure] = ()


@dataclass(frozen=True)
class Batch:
    deliveries: Sequence[Delivery]
    # When the next waiting message comes due; None where none waits.
    next_due: datetime | None


def insert(connection: sqlite3.Connection, entries: Sequence[tuple[str, Envelope]]) -> None:
    """Append (queue, envelope) pairs; one that the queue holds already, in whatever state, is left alone."""
    connection.executemany(
        f"INSERT INTO delivery (queue, {_ENVELOPE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (queue, event_id) DO NOTHING",  # noqa: S608
        [(queue, *_values(envelope)) for queue, envelope in entries],
    )


def settle(connection: sqlite3.Connection, settlement: Settlement, *, now: datetime) -> None:
    connection.executemany("DELETE FROM delivery WHERE position = ?", [(position,) for position in settlement.done])
    connection.executemany(
        "UPDATE delivery SET attempts = attempts + 1, error = ?, due = ?, parked_at = ? WHERE position = ?",
        [
            (
                failure.error,
                None if failure.due is None else _micros(failure.due),
                now.isoformat() if failure.due is None else None,
                failure.position,
            )
            for failure in settlement.failed
        ],
    )


def take(connection: sqlite3.Connection, queue: str, *, limit: int, now: datetime, longest_pause: float) -> Batch:
    """The next messages to handle, those that waited out their pause first; they stay in the file until settled.

    A message that would have to wait for longer than any pause is due as well: the clock was set back since.
    """
    columns = f"position, {_ENVELOPE}"
    late = _micros(now + timedelta(seconds=longest_pause))
    rows = connection.execute(
        f"SELECT {columns} FROM delivery WHERE queue = ? AND due > 0 AND (due <= ? OR due > ?) ORDER BY due, position LIMIT ?",  # noqa: S608
        (queue, _micros(now), late, limit),
    ).fetchall()
    rows += connection.execute(
        f"SELECT {columns} FROM delivery WHERE queue = ? AND due = 0 ORDER BY position LIMIT ?",  # noqa: S608
        (queue, limit - len(rows)),
    ).fetchall()
    (next_due,) = connection.execute("SELECT min(due) FROM delivery WHERE queue = ? AND due > 0", (queue,)).fetchone()
    return Batch(
        deliveries=[Delivery(position=row[0], envelope=_envelope(row[1:])) for row in rows],
        next_due=None if next_due is None else _EPOCH + timedelta(microseconds=next_due),
    )


def states(connection: sqlite3.Connection, queues: Sequence[str]) -> list[QueueState]:
    counted = {
        name: QueueState(name=name, ready=ready, waiting=waiting, dead=dead)
        for name, ready, waiting, dead in connection.execute(
            "SELECT queue, count(*) FILTER (WHERE due = 0), count(*) FILTER (WHERE due > 0), count(*) FILTER (WHERE due IS NULL)"
            " FROM delivery GROUP BY queue"
        )
    }
    return [counted.get(name, QueueState(name=name, ready=0, waiting=0, dead=0)) for name in queues]


def has_work(connection: sqlite3.Connection, queues: Sequence[str]) -> bool:
    """Whether any of the queues holds a message that is not parked."""
    return any(
        connection.execute("SELECT 1 FROM delivery WHERE queue = ? AND due >= 0 LIMIT 1", (queue,)).fetchone() is not None
        for queue in queues
    )


def dead_letters(connection: sqlite3.Connection, queue: str, *, limit: int) -> list[DeadLetter]:
    rows = connection.execute(
        f"SELECT error, parked_at, {_ENVELOPE} FROM delivery WHERE queue = ? AND due IS NULL ORDER BY parked_at, position LIMIT ?",  # noqa: S608
        (queue, limit),
    )
    return [DeadLetter(error=row[0], parked_at=datetime.fromisoformat(row[1]), envelope=_envelope(row[2:])) for row in rows]


def replay(connection: sqlite3.Connection, queue: str) -> int:
    letters = dead_letters(connection, queue, limit=-1)
    # Anew, so that they get positions at the end.
    connection.execute("DELETE FROM delivery WHERE queue = ? AND due IS NULL", (queue,))
    insert(connection, [(queue, replace(letter.envelope, attempts=0)) for letter in letters])
    return len(letters)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _values(envelope: Envelope) -> tuple[str | int | bytes, ...]:
    """The columns of _ENVELOPE but the last."""
    return (
        envelope.id,
        envelope.type,
        envelope.source,
        envelope.subject,
        envelope.account_id,
        envelope.sequence,
        envelope.time.isoformat(),
        envelope.data,
        envelope.actor_user_id,
        envelope.traceparent,
    )


def _envelope(row: Sequence[Any]) -> Envelope:
    event_id, type_, source, subject, account_id, sequence, time, data, actor_user_id, traceparent, attempts = row
    return Envelope(
        id=event_id,
        type=type_,
        source=source,
        subject=subject,
        account_id=account_id,
        sequence=sequence,
        time=datetime.fromisoformat(time),
        data=data,
        actor_user_id=actor_user_id,
        traceparent=traceparent,
        attempts=attempts,
    )
