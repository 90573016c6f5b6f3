"""Child rows of a record in the record's own statement: one round trip instead of one per child table."""

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class _Rows(TypeDecorator[list[list[Any]]]):
    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> list[list[Any]]:
        return orjson.loads(value) if value else []


class json_rows(FunctionElement[list[list[Any]]]):  # noqa: N801 - reads as the SQL function that it is
    """Aggregate: the given columns of all rows as a list of lists, in no particular order (sort what needs order)."""

    name = "json_rows"
    type = _Rows()
    inherit_cache = True


@compiles(json_rows, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(json_rows, "postgresql")
def _postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **options)})) AS text)"


def children(*columns: sa.ColumnElement[Any], where: sa.ColumnElement[bool], join: Any = None) -> sa.ScalarSelect[list[list[Any]]]:
    """A column for a SELECT: the rows that `where` ties to the outer record. `join` replaces the FROM where columns of
    further tables are wanted."""
    statement = sa.select(json_rows(*columns)).where(where)
    if join is not None:
        statement = statement.select_from(join)
    return statement.scalar_subquery()
