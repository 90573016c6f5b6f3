"""Lists and fan-out read by index, whatever the number of rows."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness
from kontor_notify.domain.happenings import at_each
from kontor_notify.store import notifications, watches


def _recipients(session: ReadSession) -> Any:
    [happening] = at_each([f"persons/{new_id()}"], kind="", ref="", title="", doers=("x",), time=session.now, sequence=1)
    return watches.recipients(session, happening, [happening.subject], among=None, after_user_id="", limit=500)


READS: dict[str, tuple[Callable[[ReadSession], Any], str]] = {
    "all": (lambda s: notifications.page(s, unseen=False, after=(s.now, ""), limit=50), "notifications_by_user"),
    "unseen": (lambda s: notifications.page(s, unseen=True, after=(s.now, ""), limit=50), "notifications_unseen"),
    "watches": (lambda s: watches.page(s, among=[], after=(s.now, ""), limit=50), "watches_by_user"),
    "recipients": (_recipients, "watches_by_subject"),
    "automatic": (lambda s: watches.has_automatic(s, "persons/x"), "watches_by_subject"),
}


@pytest.mark.parametrize("notify", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", READS)
async def test_a_read_walks_its_index_and_sorts_nothing(notify: Harness, name: str) -> None:
    read, index = READS[name]
    context = notify.running.context
    plans: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        plans.extend(row[3] for row in connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    with context.sessions.read(notify.user) as session:
        sa.event.listen(session.connection, "before_cursor_execute", explain)
        read(session)
    assert any(f"INDEX {index}" in step for step in plans), plans
    # Arrays in columns and parameters are read as virtual tables.
    scans = [step for step in plans if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
    assert not [*scans, *(step for step in plans if "TEMP B-TREE" in step)], plans
