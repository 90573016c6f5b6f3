"""Filters against rows, each answer compared with what plain Python makes of the same words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from kontor_chassis.db.types import Instant
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.filters.conditions import Compiler
from kontor_chassis.filters.fields import Child, Field, Kind
from kontor_chassis.filters.grammar import parse
from kontor_chassis.text import fold

METADATA = sa.MetaData()
BIRDS = sa.Table(
    "birds",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name_key", sa.Text),
    sa.Column("colour", sa.Text),
    sa.Column("grams", sa.BigInteger),
    sa.Column("hatched", sa.Text),
    sa.Column("seen", Instant),
    sa.Column("rare", sa.Boolean),
)
RINGS = sa.Table("rings", METADATA, sa.Column("bird_id", sa.Integer), sa.Column("code", sa.Text))
TODAY = date(2026, 3, 15)
BERLIN = ZoneInfo("Europe/Berlin")


FIELDS = {
    "name": Field(Kind.TEXT, BIRDS.c.name_key),
    "colour": Field(Kind.KEY, BIRDS.c.colour, words={"red": "r", "blue": "b"}),
    "grams": Field(Kind.NUMBER, BIRDS.c.grams, absent=None, scale=2),
    "hatched": Field(Kind.DATE, BIRDS.c.hatched, absent=None),
    "seen": Field(Kind.TIME, BIRDS.c.seen, absent=None),
    "rare": Field(Kind.FLAG, BIRDS.c.rare, absent=None),
    "rings": Field(Kind.KEY, RINGS.c.code, Child(RINGS.c.bird_id, (), BIRDS.c.id)),
}


@dataclass(frozen=True)
class Bird:
    name: str
    colour: str = ""
    grams: int | None = None
    hatched: date | None = None
    seen: datetime | None = None
    rare: bool | None = None
    rings: tuple[str, ...] = ()


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = sa.create_engine("sqlite://")
    METADATA.create_all(made)
    yield made
    made.dispose()


def found(engine: sa.Engine, birds: list[Bird], text: str) -> list[str]:
    """Names of the birds that the filter lets through."""
    condition = Compiler(FIELDS.get, TODAY, BERLIN).condition(parse(text))
    with engine.begin() as connection:
        connection.execute(sa.delete(BIRDS))
        connection.execute(sa.delete(RINGS))
        for number, bird in enumerate(birds):
            connection.execute(
                sa.insert(BIRDS).values(
                    id=number, name_key=fold(bird.name), colour={"red": "r", "blue": "b", "": ""}[bird.colour], grams=bird.grams,
                    hatched=bird.hatched and bird.hatched.isoformat(), seen=bird.seen, rare=bird.rare,
                )
            )  # fmt: skip
            for code in bird.rings:
                connection.execute(sa.insert(RINGS).values(bird_id=number, code=code))
        rows = connection.execute(sa.select(BIRDS.c.id).where(condition).order_by(BIRDS.c.id))
        return [birds[row.id].name for row in rows]


NIGHT = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)
FLOCK = [
    Bird("Öztürk", "red", 1250, date(2026, 3, 1), NIGHT, True, ("DE-1", "DE-2")),
    Bird("Ozean", "blue", -5, date(2025, 12, 31), NIGHT - timedelta(hours=1), False, ("CH-1",)),
    Bird("Amsel"),
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["Öztürk", "Ozean", "Amsel"]),
        ("name = ÖZTÜRK", ["Öztürk"]),
        ("name = oz*", ["Öztürk", "Ozean"]),
        ('name != "öztürk"', ["Ozean", "Amsel"]),
        ("colour = red", ["Öztürk"]),
        ("colour != red", ["Ozean", "Amsel"]),
        ("colour:*", ["Öztürk", "Ozean"]),
        ('colour = ""', ["Amsel"]),
        ('colour != ""', ["Öztürk", "Ozean"]),
        ("grams >= 12.5", ["Öztürk"]),
        ("grams < 0", ["Ozean"]),
        ("grams != 12.5", ["Ozean", "Amsel"]),
        ("NOT grams > 0", ["Ozean", "Amsel"]),
        ("hatched = 2026-03-01", ["Öztürk"]),
        ("hatched >= today-2w AND hatched <= today", ["Öztürk"]),
        ("hatched < 2026-01-01", ["Ozean"]),
        # 23:30 in UTC is half past midnight in Berlin, so today already.
        ("seen = today", ["Öztürk"]),
        ("seen <= today-1d", ["Ozean"]),
        ("seen > today-1d", ["Öztürk"]),
        ("seen >= 2026-03-14T23:30:00Z", ["Öztürk"]),
        ("seen < 2026-03-15T00:30:00+01:00", ["Ozean"]),
        ("rare = true", ["Öztürk"]),
        ("rare = false", ["Ozean"]),
        ("rare != true", ["Ozean", "Amsel"]),
        ("rings:DE-1 AND rings:DE-2", ["Öztürk"]),
        ("rings:DE-*", ["Öztürk"]),
        ("rings != DE-1", ["Ozean", "Amsel"]),
        ("NOT rings:*", ["Amsel"]),
        ("rings:CH-1 OR name = amsel", ["Ozean", "Amsel"]),
        ("NOT (rings:CH-1 OR name = amsel)", ["Öztürk"]),
    ],
)
def test_a_filter_lets_through_what_it_says(engine: sa.Engine, text: str, names: list[str]) -> None:
    assert found(engine, FLOCK, text) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = x AND wings = 2", "position 14: there is no field 'wings'"),
        ("name > a", "cannot be compared by >"),
        ("colour = green", "one of blue, red"),
        ("colour = r*", "one of blue, red"),
        ("grams = heavy", "number with at most 2 decimal places"),
        ("grams = 1.234", "number with at most 2 decimal places"),
        ("grams = 1e99999999", "number with at most 2 decimal places"),
        ("grams = 99999999999999999999", "number"),
        ("grams = nan", "number"),
        ("grams = 1*", "no beginning"),
        ("grams > *", "> needs a value"),
        ('grams > ""', "> needs a value"),
        ("hatched = 2026-02-30", "compared with a day"),
        ("hatched > today-99999y", "compared with a day"),
        ("hatched > today-9999y", "compared with a day"),
        ("seen > 2026-03-14T23:30:00", "a day or a moment"),
        ("seen > 0001-01-01T00:00:00+14:00", "a day or a moment"),
        ("rare = maybe", "true or false"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_position(engine: sa.Engine, text: str, said: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        found(engine, FLOCK, text)
    assert "position" in refusal.value.violations[0].message
    assert said in refusal.value.violations[0].message


_days = st.sampled_from([date(2026, 3, 14), TODAY, date(2026, 3, 16)])
_birds = st.builds(
    Bird,
    name=st.sampled_from(["Amsel", "Öl", "Olm"]),
    colour=st.sampled_from(["", "red", "blue"]),
    grams=st.sampled_from([None, -100, 0, 150]),
    hatched=st.none() | _days,
    rare=st.none() | st.booleans(),
    rings=st.lists(st.sampled_from(["A", "B"]), max_size=2, unique=True).map(tuple),
)
# Each with what Python makes of it.
_SIMPLE = {
    "name = ol*": lambda bird: fold(bird.name).startswith("ol"),
    'name != "Öl"': lambda bird: fold(bird.name) != "ol",
    "colour = red": lambda bird: bird.colour == "red",
    "colour:*": lambda bird: bird.colour != "",
    "grams > 0": lambda bird: bird.grams is not None and bird.grams > 0,
    "grams <= 0": lambda bird: bird.grams is not None and bird.grams <= 0,
    "grams != 1.5": lambda bird: bird.grams != 150,
    "hatched <= today": lambda bird: bird.hatched is not None and bird.hatched <= TODAY,
    'hatched = ""': lambda bird: bird.hatched is None,
    "rare = true": lambda bird: bird.rare is True,
    "rare != true": lambda bird: bird.rare is not True,
    "rings:A": lambda bird: "A" in bird.rings,
    "rings != B": lambda bird: "B" not in bird.rings,
    "rings:*": lambda bird: bool(bird.rings),
}
_texts = st.recursive(
    st.sampled_from(sorted(_SIMPLE)).map(lambda text: (text, _SIMPLE[text])),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"NOT ({one[0]})", lambda bird, one=one: not one[1](bird))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) AND ({two[1][0]})", lambda b, two=two: two[0][1](b) and two[1][1](b))),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) OR ({two[1][0]})", lambda b, two=two: two[0][1](b) or two[1][1](b))),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(birds=st.lists(_birds, max_size=6), filtered=_texts)
def test_sql_agrees_with_plain_python(birds: list[Bird], filtered: tuple[str, object]) -> None:
    text, holds = filtered
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    assert found(engine, birds, text) == [bird.name for bird in birds if holds(bird)]  # type: ignore[operator]
    engine.dispose()
