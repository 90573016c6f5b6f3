import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontor_chassis.errors import InvalidArgument
from kontor_chassis.filters.grammar import MAX_DEPTH, MAX_LENGTH, MAX_RESTRICTIONS, parse
from kontor_chassis.filters.tree import EVERYTHING, And, Node, Not, Or, Restriction, Value, restrictions


def test_a_filter_becomes_a_tree_that_keeps_what_was_typed_and_where() -> None:
    found = parse('tags:"A-Kunde" AND (city = Köln OR postcode = 50*) AND NOT emails:*')
    assert found == And(
        (
            Restriction("tags", ":", Value("A-Kunde", quoted=True), 1),
            Or((Restriction("city", "=", Value("Köln"), 21), Restriction("postcode", "=", Value("50", prefix=True), 36))),
            Not(Restriction("emails", ":", Value("", prefix=True), 60)),
        )
    )


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_filter_lets_everything_through(text: str) -> None:
    assert parse(text) == EVERYTHING


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("a=x", Value("x")),
        ("a=x*", Value("x", prefix=True)),
        ('a="x"*', Value("x", quoted=True, prefix=True)),
        ('a="x*"', Value("x", quoted=True, prefix=True)),
        (r'a="x\*"', Value("x*", quoted=True)),
        (r'a="say \"hi\" \\"', Value('say "hi" \\', quoted=True)),
        (r"a=x\*", Value("x*")),
        ("a=*", Value("", prefix=True)),
        ('a=""', Value("", quoted=True)),
        ("a=AND", Value("AND")),
        ("a!=-5.25", Value("-5.25")),
        ("a>=today-30d", Value("today-30d")),
        ('a="(b = 1) OR"', Value("(b = 1) OR", quoted=True)),
    ],
)
def test_values_stand_bare_or_in_quotes(typed: str, value: Value) -> None:
    [restriction] = restrictions(parse(typed))
    assert restriction.value == value


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("a=1 AND b=2 OR c=3", 13, "parentheses"),
        ("a=1 OR b=2 AND c=3", 12, "parentheses"),
        ("a=1 AND", 8, "missing"),
        ("a=", 3, "missing"),
        ("(a=1", 5, "missing"),
        ("AND a=1", 1, "missing before"),
        ("a=1 OR OR b=2", 8, "missing before"),
        ('a="x', 3, "quote"),
        ("a=1)", 4, "')'"),
        ("a=1 b=2", 5, "'b'"),
        ("Name=1", 1, "'Name'"),
        ("a ~ 1", 3, "'~'"),
        ("a='x'", 3, '"\'"'),
        ("(" * (MAX_DEPTH + 1) + "a=1" + ")" * (MAX_DEPTH + 1), MAX_DEPTH + 1, "deep"),
    ],
)
def test_a_wrong_filter_is_refused_with_the_position(text: str, position: int, said: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        parse(text)
    [violation] = refusal.value.violations
    assert violation.field == "filter"
    assert violation.message.startswith(f"position {position}: ")
    assert said in violation.message


def test_filters_have_a_size() -> None:
    assert len(restrictions(parse(" AND ".join(["a=1"] * MAX_RESTRICTIONS)))) == MAX_RESTRICTIONS
    with pytest.raises(InvalidArgument, match=str(MAX_RESTRICTIONS)):
        parse(" AND ".join(["a=1"] * (MAX_RESTRICTIONS + 1)))
    with pytest.raises(InvalidArgument, match=str(MAX_LENGTH)):
        parse("a=" + "x" * MAX_LENGTH)


_values = st.builds(Value, st.text(max_size=20), st.just(True), st.booleans())
_leaves = st.builds(
    Restriction, st.sampled_from(["a", "b_c", "custom.x"]), st.sampled_from(["=", "!=", ":", "<", "<=", ">", ">="]), _values, st.just(0)
)
_nodes: st.SearchStrategy[Node] = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda terms: And(tuple(terms)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda terms: Or(tuple(terms)), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)


def written(node: Node) -> str:
    match node:
        case Restriction(field, comparator, value, _):
            escaped = value.text.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")
            return f'{field}{comparator}"{escaped}"{"*" if value.prefix else ""}'
        case Not(term):
            return f"NOT ({written(term)})"
        case And(terms):
            return " AND ".join(f"({written(term)})" for term in terms)
        case Or(terms):
            return " OR ".join(f"({written(term)})" for term in terms)


def without_positions(node: Node) -> Node:
    match node:
        case Restriction(field, comparator, value, _):
            return Restriction(field, comparator, value, 0)
        case Not(term):
            return Not(without_positions(term))
        case And(terms):
            return And(tuple(without_positions(term) for term in terms))
        case Or(terms):
            return Or(tuple(without_positions(term) for term in terms))


@given(_nodes)
def test_what_is_written_is_read_back(node: Node) -> None:
    assert without_positions(parse(written(node))) == node


@given(st.text(alphabet='ab=<>!:"\\*()ANDORT _.1-ä\n', max_size=60))
def test_whatever_is_typed_is_a_filter_or_refused_by_name(text: str) -> None:
    fields = []
    try:
        parse(text)
    except InvalidArgument as refusal:
        fields = [violation.field for violation in refusal.violations]
    assert fields in ([], ["filter"])
