"""The SQL of contacts and tasks as plain text, so that the baseline asks the very same of the database.

The services' store functions are called with a session that notes down the statement instead of running it. Values that change from
call to call are marked, and become named parameters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from kontor_chassis.db.types import micros
from kontor_chassis.principal import Principal
from kontor_contacts.domain.tag_bits import tag_bits
from kontor_contacts.store import persons, tags
from kontor_contacts.store import tables as contacts
from kontor_tasks.store import entries
from kontor_tasks.store import tables as tasks

# Marks that stand for what a call brings.
_PERSON, _SUBJECT, _FIRST_TAG, _SECOND_TAG, _ENTRY = "⟨person⟩", "⟨subject⟩", "⟨first⟩", "⟨second⟩", "⟨entry⟩"
_MOMENT = datetime(1999, 9, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Statement:
    sql: str
    # Parameter → its value, or the mark whose value it takes.
    parameters: Mapping[str, Any]
    marks: Mapping[str, str]

    def values(self, **given: Any) -> dict[str, Any]:
        values = dict(self.parameters)
        for parameter, name in self.marks.items():
            values[parameter] = given[name]
        return values


class _Captured(Exception):
    def __init__(self, statement: sa.ClauseElement, parameters: Mapping[str, Any]) -> None:
        self.statement = statement
        self.parameters = parameters


class _NotingSession:
    """As far as the store functions need a session."""

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id
        # Who sees everything: the baseline knows of no rights.
        self.principal = Principal(account_id, role="owner")

    def execute(self, statement: sa.ClauseElement, parameters: Any = None) -> Any:
        raise _Captured(statement, parameters or {})


class Statements:
    """All that the baseline asks, in the dialect of one database."""

    def __init__(self, dialect: str, account_id: str) -> None:
        self._dialect: sa.Dialect = postgresql.dialect() if dialect == "postgresql" else sqlite.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
        self._named = "%({})s" if dialect == "postgresql" else ":{}"
        session: Any = _NotingSession(account_id)
        self.person = self._capture(lambda: persons.get(session, _PERSON), person_id=_PERSON)
        self.tag_ids = self._capture(
            lambda: tags.rarest_first(session, persons.NOUN, [_FIRST_TAG, _SECOND_TAG]), first=_FIRST_TAG, second=_SECOND_TAG
        )
        self.persons = self._capture(
            lambda: persons.page(session, tag_ids=[_FIRST_TAG, _SECOND_TAG], organisation_id="", name="", after=None, limit=51),
            first=_FIRST_TAG,
            second=_SECOND_TAG,
            bits=tag_bits([_FIRST_TAG, _SECOND_TAG]),
        )
        self.timeline = self._capture(lambda: entries.page(session, _SUBJECT, kinds=[], after=None, limit=51), subject=_SUBJECT)
        after = (_MOMENT, _ENTRY)
        self.timeline_after = self._capture(
            lambda: entries.page(session, _SUBJECT, kinds=[], after=after, limit=51), subject=_SUBJECT, entry_id=_ENTRY, moment=_MOMENT
        )
        self.insert_person = self._insert(contacts.PERSONS)
        self.insert_point = self._insert(contacts.CONTACT_POINTS)
        self.insert_tagging = self._insert(contacts.TAGGINGS)
        self.insert_entry = self._insert(tasks.ENTRIES)
        self.insert_link = self._insert(tasks.LINKS)
        account, person = self._named.format("account_id"), self._named.format("id")
        self.update_person = (
            f"UPDATE persons SET background = {self._named.format('background')}, update_time = {self._named.format('update_time')},"
            f" version = version + 1 WHERE account_id = {account} AND id = {person}"
        )

    def _capture(self, call: Callable[[], Any], **marks: Any) -> Statement:
        try:
            call()
        except _Captured as captured:
            compiled: Any = captured.statement.compile(dialect=self._dialect)
            expanded = compiled.construct_expanded_state(captured.parameters)
        names = {_plain(mark): name for name, mark in marks.items()}
        values = {parameter: _plain(value) for parameter, value in expanded.parameters.items()}
        marked = {parameter: names[value] for parameter, value in values.items() if isinstance(value, str | int) and value in names}
        return Statement(expanded.statement, values, marked)

    def _insert(self, table: sa.Table) -> str:
        columns = [column.name for column in table.columns]
        places = ", ".join(self._named.format(name) for name in columns)
        return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({places})"


def _plain(value: Any) -> Any:
    return micros(value) if isinstance(value, datetime) else value
