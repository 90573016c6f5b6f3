"""A filter's tree as a condition in SQL. Values only ever travel as parameters."""

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.unwalked import unwalked
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.filters.fields import Condition, Field, FieldOf, Kind
from kontor_chassis.filters.grammar import at_position
from kontor_chassis.filters.moments import day_bounds, read_day, read_moment
from kontor_chassis.filters.tree import And, Node, Not, Or, Restriction
from kontor_chassis.text import fold, prefix_end

_LARGEST = 2**63
_ORDERED = frozenset({Kind.NUMBER, Kind.DATE, Kind.TIME})
_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_FLAGS = {"true": True, "false": False}


def _nothing(_field: Field, _restriction: Restriction) -> bool:
    return False


@dataclass(frozen=True)
class Compiler:
    """`today` and `zone` are those of the person who asks: days begin there. `parameter` is named in what is raised. `hides` says
    which comparisons the database shall not begin with (see kontor_chassis/db/unwalked.py); `singly`, that it walks records that mostly
    fulfil the conditions, and shall ask each of them."""

    field_of: FieldOf
    today: date
    zone: tzinfo
    parameter: str = "filter"
    hides: Callable[[Field, Restriction], bool] = _nothing
    singly: bool = False

    def condition(self, node: Node) -> Condition:
        """Raises InvalidArgument naming the parameter and the position of what cannot be said."""
        match node:
            case Restriction():
                return self.restriction(node)
            case Not(term):
                return sa.not_(self.condition(term))
            case And(terms):
                return sa.and_(sa.true(), *(self.condition(term) for term in terms))
            case Or(terms):
                return sa.or_(*(self.condition(term) for term in terms))

    def restriction(self, restriction: Restriction) -> Condition:
        field = self.field_of(restriction.field)
        if field is None:
            raise self._wrong(restriction, f"there is no field {restriction.field!r} here")
        value, comparator = restriction.value, restriction.comparator
        nothing = not value.text and not value.prefix
        if (value.anything or nothing) and comparator not in (":", "=", "!="):
            raise self._wrong(restriction, f"{comparator} needs a value")
        if value.anything or nothing:
            condition = self._within(field, _present(field))
            return condition if nothing == (comparator == "!=") else sa.not_(condition)
        condition = self._within(field, self.comparison(field, restriction))
        return sa.not_(condition) if comparator == "!=" else condition

    def comparison(self, field: Field, restriction: Restriction) -> Condition:
        """The condition on the row that holds the value, `!=` as if it were `=`. Without a value it is false, not unknown, so
        that it can be turned around."""
        if self.hides(field, restriction):
            field = replace(field, column=unwalked(field.column))
        return sa.and_(_present(field), self._compared(field, restriction))

    def _compared(self, field: Field, restriction: Restriction) -> Condition:
        value, comparator = restriction.value, restriction.comparator
        if comparator in ("<", "<=", ">", ">=") and field.kind not in _ORDERED:
            raise self._wrong(restriction, f"{restriction.field} cannot be compared by {comparator}")
        if value.prefix and field.kind not in (Kind.TEXT, Kind.KEY):
            raise self._wrong(restriction, f"{restriction.field} has no beginning; leave the * away")
        match field.kind:
            case Kind.TEXT | Kind.KEY | Kind.REFERENCE:
                return self._text(field, restriction)
            case Kind.NUMBER:
                return _compared(field.column, comparator, self._number(field, restriction))
            case Kind.DATE:
                return self._date(field, restriction)
            case Kind.TIME:
                return self._time(field, restriction)
            case Kind.FLAG:
                if value.text not in _FLAGS:
                    raise self._wrong(restriction, f"{restriction.field} is true or false")
                return _compared(field.column, "=", sa.true() if _FLAGS[value.text] else sa.false())

    def _text(self, field: Field, restriction: Restriction) -> Condition:
        value = restriction.value
        text = field.normalise(fold(value.text) if field.kind is Kind.TEXT else value.text)
        if field.words is not None:
            if text not in field.words or value.prefix:
                raise self._wrong(restriction, f"{restriction.field} is one of {', '.join(sorted(field.words))}")
            return _compared(field.column, "=", field.words[text])
        if field.among is not None and not (value.prefix and field.kind is Kind.KEY):
            return field.column.in_(field.among(text))
        if value.prefix:
            return sa.and_(field.column >= text, field.column < prefix_end(text))
        return _compared(field.column, "=", text)

    def _number(self, field: Field, restriction: Restriction) -> int:
        try:
            number = Decimal(restriction.value.text).scaleb(field.scale)
            if number.is_finite() and number == number.to_integral_value() and abs(number) < _LARGEST:
                return int(number)
        except (ArithmeticError, ValueError):
            pass
        places = f" with at most {field.scale} decimal places" if field.scale else ", without decimal places"
        raise self._wrong(restriction, f"{restriction.field} is compared with a number{places}")

    def _date(self, field: Field, restriction: Restriction) -> Condition:
        day = read_day(restriction.value.text, self.today)
        if day is None:
            raise self._wrong(restriction, f"{restriction.field} is compared with a day: 2026-03-01, today, today-30d, today+2w")
        return _compared(field.column, restriction.comparator, day.isoformat())

    def _time(self, field: Field, restriction: Restriction) -> Condition:
        text, comparator, column = restriction.value.text, restriction.comparator, field.column
        moment = read_moment(text) if "T" in text else None
        if moment is not None:
            return _compared(column, comparator, moment)
        day = read_day(text, self.today)
        bounds = day_bounds(day, self.zone) if day is not None else None
        if bounds is None:
            said = "2026-03-01, today, today-30d, 2026-03-01T09:00:00Z"
            raise self._wrong(restriction, f"{restriction.field} is compared with a day or a moment: {said}")
        begin, end = bounds
        match comparator:
            case "<":
                return column < begin
            case "<=":
                return column < end
            case ">":
                return column >= end
            case ">=":
                return column >= begin
            case _:
                return sa.and_(column >= begin, column < end)

    def _within(self, field: Field, condition: Condition) -> Condition:
        return condition if field.child is None else field.child.having(condition, singly=self.singly)

    def _wrong(self, restriction: Restriction, message: str) -> InvalidArgument:
        return at_position(restriction.position, message, field=self.parameter)


def _present(field: Field) -> Condition:
    return field.column.is_not(None) if field.absent is None else field.column != field.absent


def _compared(column: sa.ColumnElement[Any], comparator: str, value: Any) -> Condition:
    compare: Callable[[Any, Any], Condition] = _COMPARE.get(comparator, operator.eq)
    return compare(column, value)
