"""The rows of a custom field as a filter asks for them."""

from dataclasses import dataclass

import sqlalchemy as sa

from kontor_chassis.db.unwalked import unwalked
from kontor_chassis.filters.fields import Child, Condition, exists
from kontor_contacts.store.tables import CUSTOM_VALUES as V


@dataclass(frozen=True)
class ValueRows(Child):
    """Asked of one record, its few values are read. SQLite would take the index of the field for a range, and walk all of the range
    for every record."""

    account_id: str = ""
    field_id: str = ""

    def having(self, condition: Condition, *, singly: bool = False) -> Condition:
        whose = (V.c.account_id == self.account_id, V.c.record_id == self.outer, unwalked(V.c.field_id) == self.field_id)
        # All columns: SQLite would prefer an index that holds those which are asked for to the one that finds the record.
        return exists(sa.select(V).where(*whose, condition), singly=singly)


def value_rows(account_id: str, field_id: str, record: sa.Table) -> Child:
    where = (V.c.account_id == account_id, V.c.field_id == field_id)
    return ValueRows(V.c.record_id, where, record.c.id, account_id=account_id, field_id=field_id)
