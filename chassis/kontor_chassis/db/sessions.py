"""Read and write sessions: what a use case gets. A session belongs to one account and never shows another one's rows.

A write session gathers the facts and audit entries of its change and writes them in the same transaction, so that state,
outbox, audit and idempotency rows commit together or not at all. Use cases never commit; the edge that opened the session does.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import Message

from kontor_chassis.clock import Clock
from kontor_chassis.db.database import PLANNED_ANEW, Database
from kontor_chassis.db.plumbing import AUDIT, AUDIT_UNSEALED, OUTBOX
from kontor_chassis.events import event_type
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.telemetry import current_traceparent

# Built once, as all statements on hot paths are.
_INSERT_OUTBOX = sa.insert(OUTBOX)
_INSERT_AUDIT = sa.insert(AUDIT)
_INSERT_UNSEALED = sa.insert(AUDIT_UNSEALED)


class ReadSession:
    """Statements in autocommit, one snapshot each."""

    def __init__(self, connection: sa.Connection, principal: Principal, *, context: Any, now: datetime) -> None:
        self.connection = connection
        self.principal = principal
        # The service's Context (service.py): settings and what its `open` made.
        self.context = context
        # One moment for the whole session.
        self.now = now

    @property
    def account_id(self) -> str:
        return self.principal.account_id

    @property
    def user_id(self) -> str:
        return self.principal.user_id

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        return self.connection.execute(statement, parameters)

    def execute_planned_anew(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        """For statements whose best plan depends on their values: PostgreSQL would make one for all values after some executions."""
        return self.connection.execute(statement, parameters, execution_options=PLANNED_ANEW)


@dataclass
class Pending:
    """Rows that a write session adds at its end."""

    outbox: list[dict[str, Any]] = field(default_factory=list)
    audit: list[dict[str, Any]] = field(default_factory=list)


class WriteSession(ReadSession):
    """Statements in one transaction, with the facts that they make."""

    def __init__(
        self, connection: sa.Connection, principal: Principal, *, context: Any, now: datetime, means: str, pending: Pending
    ) -> None:
        super().__init__(connection, principal, context=context, now=now)
        # How the changes come about, for the audit; a use case that knows it better (`merge`) says so here.
        self.means = means
        self._pending = pending

    def hold(self, statement: sa.Select[Any], parameters: Any = None) -> None:
        """Lock the rows of a `SELECT … FOR UPDATE` until the end of the session. Read them afterwards, by a statement of its own:
        while waiting for the lock, one that joins or nests would keep an older view of the other tables. In SQLite nothing is
        asked, because nobody else writes meanwhile."""
        if self.connection.dialect.name != "sqlite":
            self.connection.execute(statement, parameters)

    def publish(self, body: Message, *, subject: str, sequence: int) -> None:
        """Tell a fact about `subject`, whose row now has version `sequence`. Delivered at least once after the commit."""
        self._pending.outbox.append(
            {
                "id": new_id(),
                "account_id": self.account_id,
                "type": event_type(type(body)),
                "subject": subject,
                "sequence": sequence,
                "time": self.now,
                "actor_user_id": self.user_id,
                "traceparent": current_traceparent(),
                "data": body.SerializeToString(),
            }
        )

    def audit(self, subject: str, action: str, changes: Mapping[str, tuple[Any, Any]] | None = None) -> None:
        """Keep who changed what: per field the value before and after. Values must be JSON; secrets never belong here."""
        self._pending.audit.append(
            {
                "account_id": self.account_id,
                "id": new_id(),
                "subject": subject,
                "action": action,
                "changes": {name: list(pair) for name, pair in (changes or {}).items()},
                "actor_user_id": self.user_id,
                "means": self.means,
                "create_time": self.now,
                "api_key_id": self.principal.api_key_id or None,
                "api_key_name": self.principal.api_key_name or None,
            }
        )


class Sessions:
    """Opens the sessions of one service."""

    def __init__(self, database: Database, clock: Clock, wake_relay: Callable[[], None] = lambda: None) -> None:
        self.database = database
        self.clock = clock
        # Called after a commit that left facts in the outbox, from a worker thread.
        self.wake_relay = wake_relay
        self._context: Any = None

    def bind(self, context: Any) -> None:
        """Let handlers find the service's Context at their session."""
        self._context = context

    @contextmanager
    def read(self, principal: Principal) -> Iterator[ReadSession]:
        with self.database.reading(principal.account_id) as connection:
            yield ReadSession(connection, principal, context=self._context, now=self.clock())

    @contextmanager
    def write(self, principal: Principal, *, means: str = "") -> Iterator[WriteSession]:
        """A transaction that commits at the end of the block. `means` says in the audit how the change came about; unless told
        it is what the principal says."""
        pending = Pending()
        with self.database.writing(principal.account_id) as connection:
            yield WriteSession(
                connection, principal, context=self._context, now=self.clock(), means=means or principal.means, pending=pending
            )
            flush(connection, pending)
        if pending.outbox:
            self.wake_relay()

    @contextmanager
    def write_many(self, *, means: str) -> Iterator[Callable[[Principal], WriteSession]]:
        """One transaction for work of several accounts, such as a batch of events: a session for each principal in turn."""
        pending = Pending()
        now = self.clock()
        with self.database.writing("*") as connection:

            def enter(principal: Principal) -> WriteSession:
                self.database.enter_account(connection, principal.account_id)
                return WriteSession(connection, principal, context=self._context, now=now, means=means, pending=pending)

            yield enter
            self.database.enter_account(connection, "*")
            flush(connection, pending)
        if pending.outbox:
            self.wake_relay()


def flush(connection: sa.Connection, pending: Pending) -> None:
    """Write the pending rows; after the state, so that facts about one record stand in the order of its versions."""
    if pending.outbox:
        connection.execute(_INSERT_OUTBOX, pending.outbox)
    if pending.audit:
        connection.execute(_INSERT_AUDIT, pending.audit)
        connection.execute(_INSERT_UNSEALED, [{"account_id": item["account_id"], "entry_id": item["id"]} for item in pending.audit])
