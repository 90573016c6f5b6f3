"""Lists of people and organisations under merges: the rules without a database."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kontor_sales.domain.given import Named, as_given, as_named, newly_named

PEOPLE = [f"persons/{letter}" for letter in "abcdef"]
LISTS = st.lists(st.sampled_from(PEOPLE), unique=True).map(lambda refs: [Named(ref, f"role of {ref}") for ref in refs])
ROOTS = st.fixed_dictionaries({ref: st.sampled_from(PEOPLE[index:]) for index, ref in enumerate(PEOPLE)}).map(
    lambda survivors: {ref: _end(survivors, ref) for ref in survivors}
)
THEMSELVES = {ref: ref for ref in PEOPLE}


def _end(survivors: dict[str, str], ref: str) -> str:
    return ref if survivors[ref] == ref else _end(survivors, survivors[ref])


@settings(max_examples=300, deadline=None)
@given(LISTS, st.lists(ROOTS))
def test_whatever_was_merged_in_between_the_list_as_it_was_given_can_be_read(whole: list[Named], history: list[dict[str, str]]) -> None:
    named, kept = whole, []
    for roots in history:
        named, kept = as_named(as_given(named, kept), roots)
        assert {item.ref for item in named} == {roots[item.ref] for item in whole}
        assert len({item.ref for item in named}) == len(named)
    named, kept = as_named(as_given(named, kept), THEMSELVES)
    assert (sorted(named, key=lambda item: item.ref), kept) == (sorted(whole, key=lambda item: item.ref), [])


@settings(max_examples=300, deadline=None)
@given(LISTS, ROOTS)
def test_one_merge_and_its_undo_give_back_the_very_order(whole: list[Named], roots: dict[str, str]) -> None:
    assert as_given(*as_named(whole, roots)) == whole


def test_the_survivors_own_role_is_kept_and_else_the_first_ones() -> None:
    roots = {"persons/a": "persons/c", "persons/b": "persons/c", "persons/c": "persons/c"}
    first, second, third = (Named(f"persons/{letter}", letter) for letter in "abc")
    assert as_named([first, second, third], roots)[0] == [third]
    assert as_named([second, first], roots)[0] == [Named("persons/c", "b")]


def test_a_new_role_is_that_of_the_one_who_is_shown() -> None:
    roots = {"persons/a": "persons/b", "persons/b": "persons/b"}
    _, kept = as_named([Named("persons/a", "x"), Named("persons/b", "y")], roots)
    assert as_given([Named("persons/b", "z")], kept) == [Named("persons/a", "x"), Named("persons/b", "z")]
    assert as_given([], kept) == []


def test_only_who_is_newly_named_is_taken_for_who_answers() -> None:
    roots = {"persons/a": "persons/b", "persons/c": "persons/b"}
    assert newly_named([Named("persons/a")], [Named("persons/a"), Named("persons/c", "x")], roots) == [
        Named("persons/a"),
        Named("persons/b", "x"),
    ]
    assert newly_named([], [Named("persons/a", "x"), Named("persons/c", "y")], roots) == [Named("persons/b", "x")]
