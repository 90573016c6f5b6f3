"""Hiding a column from SQLite's choice of an index."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class unwalked(FunctionElement[Any]):  # noqa: N801 - reads as the SQL that it is
    """A column that SQLite shall not pick an index by. Without statistics it takes every equality for equally rare and every range
    for rarer than the order of a list, and would visit all open deals to show fifty of them. PostgreSQL sees the plain column."""

    name = "unwalked"
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(unwalked)
def _plain(element: Any, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(unwalked, "sqlite")
def _unary_plus(element: Any, compiler: Any, **options: Any) -> str:
    # https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    return f"+{compiler.process(element.clauses, **options)}"
