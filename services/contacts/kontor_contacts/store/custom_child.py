"""The rows of a custom field as a filter asks for them."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from kontor_chassis.filters.fields import Child, Condition
from kontor_contacts.store.tables import CUSTOM_VALUES as V


class unindexed(FunctionElement[str]):  # noqa: N801 - reads as the SQL that it is
    """The column itself, by which SQLite does not choose an index (https://www.sqlite.org/optoverview.html, section 4.1)."""

    type = sa.Text()
    inherit_cache = True


@compiles(unindexed)
def _plain(element: Any, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(unindexed, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


@dataclass(frozen=True)
class ValueRows(Child):
    """Asked of one record, its few values are read. SQLite would take the index of the field for a range, and walk all of the range
    for every record."""

    account_id: str = ""
    field_id: str = ""

    def having(self, condition: Condition) -> Condition:
        whose = (V.c.account_id == self.account_id, V.c.record_id == self.outer, unindexed(V.c.field_id) == self.field_id)
        return sa.exists().where(*whose, condition)


def value_rows(account_id: str, field_id: str, record: sa.Table) -> Child:
    where = (V.c.account_id == account_id, V.c.field_id == field_id)
    return ValueRows(V.c.record_id, where, record.c.id, account_id=account_id, field_id=field_id)
