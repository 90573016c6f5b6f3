"""Whether a record that says in a JSON array whom it is limited to names the caller, in SQL (docs/decisions/0019)."""

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from kontor_chassis.visibility import Viewer


class names_any(FunctionElement[bool]):  # noqa: N801 - reads as the SQL function that it is
    """Whether two JSON arrays of texts have something in common."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(names_any, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    named, viewer = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(EXISTS (SELECT 1 FROM json_each({named}) AS named WHERE named.value IN (SELECT value FROM json_each({viewer}))))"  # noqa: S608 - compiled parts


@compiles(names_any, "postgresql")
def _postgresql(element: Any, compiler: Any, **options: Any) -> str:
    named, viewer = (compiler.process(clause, **options) for clause in element.clauses)
    return f"jsonb_exists_any(CAST({named} AS jsonb), ARRAY(SELECT jsonb_array_elements_text(CAST({viewer} AS jsonb))))"


def told(seen_by: Viewer) -> str | None:
    """The viewer as `names_any` takes it; None: sees everything."""
    return None if seen_by is None else orjson.dumps(sorted(seen_by)).decode()
