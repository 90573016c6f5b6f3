"""Whatever two records have, and whatever becomes of the one that they are: nothing is lost, and undoing gives each its own (B15)."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor_chassis.errors import InvalidArgument
from kontor_contacts.domain.assistants import Assistant
from kontor_contacts.domain.contact_points import ContactPoints, Email, Phone
from kontor_contacts.domain.dates import ImportantDate
from kontor_contacts.domain.merged_records import choosable, organisation_with, person_with, values_of
from kontor_contacts.domain.merging import BOTH, DUPLICATE, LISTS, SURVIVOR, check_choices
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.visibility import EVERYONE, Visibility
from services.contacts.tests.records_to_merge import FIELDS, PAIRS, Pair, choices, edited, made_one, made_two

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What the etag and the store are about, and what is merged by rules of its own.
NOT_MERGED = {"id", "version", "create_time", "update_time", "creator_user_id", "main_contact", "address_origin_id"}


@pytest.mark.parametrize("kind", [Person, Organisation])
def test_every_field_of_a_record_is_merged_or_has_a_rule_of_its_own(kind: type) -> None:
    """A new field must be thought of: what becomes of it when two records are one?"""
    grouped = {"points", "care", "custom", "positions", "photo_id"}
    record = kind(name="x") if kind is Organisation else kind(last_name="x")
    named = {field.name for field in fields(kind)}
    assert named - grouped - NOT_MERGED == {name for name in values_of(record) if name in named}


@EXAMPLES
@given(data=st.data(), pair=PAIRS)
def test_a_merge_that_is_undone_at_once_leaves_no_trace(data: st.DataObject, pair: Pair) -> None:
    after = made_one(pair, data.draw(choices(pair[0])))
    assert made_two(pair, after, after) == pair[0]


@EXAMPLES
@given(pair=PAIRS)
def test_the_survivor_has_all_that_either_has(pair: Pair) -> None:
    after = values_of(made_one(pair, {}))
    ours, theirs = (values_of(record) for record in pair)
    for name in after:
        for value in (ours.get(name), theirs.get(name)):
            if name in LISTS or isinstance(value, tuple):
                assert all(_is_among(name, item, after[name]) for item in value or ())
            elif name == "background":
                assert value in after[name]
        if name not in LISTS and name != "background" and not isinstance(after[name], tuple):
            assert after[name] == (
                ours[name]
                if ours.get(name) not in ("", 0, False, None) or (name.startswith("custom.") and name in ours)
                else theirs.get(name)
            )


LIMITS = st.sampled_from([EVERYONE, Visibility(("g",)), Visibility(("g",), ("u",)), Visibility((), ("u",))])


@EXAMPLES
@given(data=st.data(), pair=PAIRS, limits=st.tuples(LIMITS, LIMITS, LIMITS), edit=st.booleans())
def test_undoing_shows_nobody_what_they_could_not_see(data: st.DataObject, pair: Pair, limits: tuple[Visibility, ...], edit: bool) -> None:
    before, duplicate = (replace(record, visibility=limit) for record, limit in zip(pair, limits, strict=False))
    chosen = {"visibility": data.draw(st.sampled_from([SURVIVOR, DUPLICATE]))} if limits[0] != limits[1] else {}
    after = made_one((before, duplicate), chosen)
    now = data.draw(edited(after))
    now = replace(now, visibility=limits[2]) if edit else now
    again = made_two((before, duplicate), after, now)
    assert again.visibility in (before.visibility, now.visibility)
    if again.visibility.is_wider_than(now.visibility):
        had, has = values_of(before), values_of(again)
        for name in has.keys() - {"visibility"}:
            if name in LISTS or isinstance(has[name], tuple):
                assert all(_is_plainly(item, _plain_items(had.get(name) or ())) for item in has[name])
            else:
                assert has[name] in (had.get(name), "", None)


@pytest.mark.parametrize("duplicate", [Visibility(("h",)), Visibility(("g", "h")), Visibility((), ("g",))])
def test_whom_two_are_limited_to_is_not_guessed(duplicate: Visibility) -> None:
    ours, theirs = Person(last_name="A", visibility=Visibility(("g",))), Person(last_name="B", visibility=duplicate)
    with pytest.raises(InvalidArgument) as refused:
        made_one((ours, theirs), {})
    assert [violation.field for violation in refused.value.violations] == ["fields.visibility"]
    assert made_one((ours, theirs), {"visibility": DUPLICATE}).visibility == duplicate
    assert made_one((ours, ours), {}).visibility == ours.visibility
    assert made_one((ours, replace(theirs, visibility=EVERYONE)), {}).visibility == ours.visibility


@EXAMPLES
@given(pair=PAIRS)
def test_nothing_is_there_twice_that_each_had_once(pair: Pair) -> None:
    after = values_of(made_one(pair, {}))
    ours = values_of(pair[0])
    for name in LISTS.intersection(after):
        new = after[name] if name in ("tags", "relationships") else after[name][len(ours[name]) :]
        if name not in ("tags", "relationships"):
            assert after[name][: len(ours[name])] == ours[name]
            assert not any(_is_among(name, item, ours[name]) for item in new)
        primaries = [item for item in after[name] if getattr(item, "primary", False)]
        assert len(primaries) == (1 if after[name] and hasattr(after[name][0], "primary") else 0)


@EXAMPLES
@given(data=st.data(), pair=PAIRS)
def test_what_was_done_since_stays_with_the_survivor_and_what_was_not_goes_back(data: st.DataObject, pair: Pair) -> None:
    after = made_one(pair, data.draw(choices(pair[0])))
    now = data.draw(edited(after))
    again = made_two(pair, after, now)
    had, left, is_now, has = (values_of(record) for record in (pair[0], after, now, again))
    for name in {*had, *left, *is_now}:
        if is_now.get(name) == left.get(name):
            assert has.get(name) == had.get(name), name
        elif name in LISTS or any(isinstance(value, tuple) for value in (had.get(name), left.get(name), is_now.get(name))):
            _check_list(name, *(values.get(name) or () for values in (had, left, is_now, has)))
        elif name == "background":
            assert has[name] in (is_now[name], had[name]) or all(line in has[name] for line in ("Neu.", had[name]))
        elif _is_nothing(name, is_now.get(name)) and had.get(name) != left.get(name) and name != "parent_id":
            # What was cleared is not the survivor's own.
            assert has.get(name) == had.get(name) or _is_nothing(name, had.get(name)), name
        else:
            assert has.get(name) == is_now.get(name), name


def _is_nothing(name: str, value: Any) -> bool:
    return value is None if name.startswith("custom.") else not value


@EXAMPLES
@given(data=st.data(), pair=PAIRS)
def test_what_the_merge_replaced_comes_back_where_nobody_put_anything_in_its_place(data: st.DataObject, pair: Pair) -> None:
    names = choosable(pair[0], FIELDS) - {"visibility", "parent_id"}
    after = made_one(pair, dict.fromkeys(names, DUPLICATE))
    cleared = data.draw(st.sets(st.sampled_from(sorted(values_of(after).keys() - {"visibility", "parent_id"}))))
    content = {name: _nothing(name, value) if name in cleared else value for name, value in values_of(after).items()}
    now = person_with(after, content) if isinstance(after, Person) else organisation_with(after, content)
    had, left, has = values_of(pair[0]), values_of(after), values_of(made_two(pair, after, now))
    for name, own in had.items():
        if name == "dates":
            birthdays, left_birthdays, has_birthdays = (
                [item for item in values[name] if item.kind == "birthday"] for values in (had, left, has)
            )
            assert has_birthdays == ([] if name in cleared and birthdays == left_birthdays else birthdays)
        elif name in LISTS or isinstance(own, tuple):
            assert has.get(name, ()) == (() if name in cleared else own)
        elif name == "background" and name in cleared and own in left[name]:
            assert has[name] == ("" if left[name] else own)
        else:
            assert has.get(name) == (own if name not in cleared or own != left.get(name) else content[name]), name


def _nothing(name: str, value: Any) -> Any:
    return None if name.startswith("custom.") else type(value)()


@pytest.mark.parametrize("choice", [SURVIVOR, DUPLICATE])
def test_a_birthday_that_was_replaced_is_not_taken_away_with_the_other(choice: str) -> None:
    ours, theirs = (ImportantDate(1, day, year=1980, kind="birthday") for day in (1, 2))
    pair = (Person(last_name="x", dates=(ours,)), Person(last_name="x", dates=(theirs,)))
    after = made_one(pair, {"birthday": choice})
    assert made_two(pair, after, replace(after, dates=())).dates == ((ours,) if choice == DUPLICATE else ())
    other = ImportantDate(3, 3, kind="birthday")
    assert made_two(pair, after, replace(after, dates=(other,))).dates == (other,)


def test_lines_added_to_a_background_that_was_chosen_stay_below_the_survivors_own() -> None:
    pair = (Person(last_name="x", background="Mag Tee."), Person(last_name="x", background="Kennt Frau B."))
    after = made_one(pair, {"background": DUPLICATE})
    assert made_two(pair, after, replace(after, background="Kennt Frau B.\nNeu.")).background == "Mag Tee.\nNeu."
    assert made_two(pair, after, replace(after, background="")).background == "Mag Tee."
    assert made_two(pair, after, replace(after, background="Neu.")).background == "Neu."
    empty = (pair[0], replace(pair[1], background=""))
    after = made_one(empty, {"background": DUPLICATE})
    assert made_two(empty, after, replace(after, background="Neu.")).background == "Mag Tee.\n\nNeu."
    long = (replace(pair[0], background="a" * 60_000), pair[1])
    after = made_one(long, {"background": DUPLICATE})
    added = f"{after.background}\n{'b' * 60_000}"
    assert made_two(long, after, replace(after, background=added)).background == added


def _check_list(name: str, had: Any, left: Any, is_now: Any, has: Any) -> None:
    plain = _plain_items
    for item in is_now:
        # Added or changed since, or the survivor's own.
        if not _is_plainly(item, plain(left)) or _is_plainly(item, plain(had)):
            assert _is_plainly(item, plain(has)) or _is_among(name, item, has), (name, item)
    for item in has:
        assert _is_plainly(item, plain(is_now)) or _is_plainly(item, plain(had)), (name, item)
    for item in had:
        # Taken away since: stays away, unless the merge itself had replaced it.
        if _is_plainly(item, plain(left)) and not _is_among(name, item, is_now):
            assert not _is_plainly(item, plain(has)), (name, item)
    if has and hasattr(has[0], "primary"):
        assert sum(item.primary for item in has) == 1


def _plain_items(items: Any) -> list[Any]:
    return [replace(item, primary=False) if hasattr(item, "primary") else item for item in items]


def _is_plainly(item: Any, items: list[Any]) -> bool:
    return (replace(item, primary=False) if hasattr(item, "primary") else item) in items


KEYS: Mapping[str, Callable[[Any], Any]] = {
    "emails": lambda item: item.address.casefold(),
    "phones": lambda item: item.e164 or item.number.replace(" ", ""),
    "addresses": lambda item: item.city.casefold(),
    "webs": lambda item: item.url.rstrip("/"),
    "messengers": lambda item: item.handle.casefold(),
    "dates": lambda item: "birthday" if item.kind == "birthday" else (item.label.casefold(), item.iso),
    "assistants": lambda item: (item.name.casefold(), item.phone, item.email.casefold()),
    "tags": str.casefold,
}


def _is_among(name: str, item: Any, items: Any) -> bool:
    key = KEYS.get(name, lambda one: one)
    return key(item) in [key(other) for other in items]


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"emails": SURVIVOR}, "fields.emails"),
        ({"custom.themen": DUPLICATE}, "fields.custom.themen"),
        ({"custom.nix": DUPLICATE}, "fields.custom.nix"),
        ({"id": DUPLICATE}, "fields.id"),
        ({"": DUPLICATE}, "fields."),
        ({"title": BOTH}, "fields.title"),
        ({"title": ""}, "fields.title"),
        ({"x" * 1000: DUPLICATE}, "fields." + "x" * 60),
    ],
)
def test_a_choice_that_is_none_is_refused_by_name(chosen: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_choices(chosen, choosable(Person(last_name="x"), FIELDS))
    assert refused.value.violations[0].field == field


NUMBERED, OTHERS = (ContactPoints(phones=tuple(Phone(str(number)) for number in numbers)) for numbers in (range(30), range(29, 60)))


@pytest.mark.parametrize(
    ("field", "ours", "theirs"),
    [
        ("phones", {"points": NUMBERED}, {"points": OTHERS}),
        ("tags", {"tags": tuple(f"a{number}" for number in range(200))}, {"tags": ("b",)}),
        ("assistants", {"assistants": tuple(Assistant(f"a{number}") for number in range(10))}, {"assistants": (Assistant("b"),)}),
        ("dates", {"dates": tuple(ImportantDate(1, 1, label=str(number)) for number in range(20))}, {"dates": (ImportantDate(2, 2),)}),
        ("background", {"background": "a" * 60_000}, {"background": "b" * 60_000}),
    ],
)  # fmt: skip
def test_what_would_be_more_than_a_record_can_hold_is_refused_by_name(field: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        made_one((Person(last_name="x", **ours), Person(last_name="x", **theirs)), {})
    assert refused.value.violations[0].field == field


def test_a_background_that_is_too_long_together_can_be_chosen() -> None:
    pair = (Person(last_name="x", background="a" * 60_000), Person(last_name="x", background="b" * 60_000))
    assert made_one(pair, {"background": DUPLICATE}).background == "b" * 60_000
    assert made_one(pair, {"background": SURVIVOR}).background == "a" * 60_000


def test_lines_added_around_two_backgrounds_stay_with_the_survivor() -> None:
    pair = (Person(last_name="x", background="Mag Tee."), Person(last_name="x", background="Kennt Frau B."))
    after = made_one(pair, {})
    assert after.background == "Mag Tee.\n\nKennt Frau B."
    assert made_two(pair, after, replace(after, background=f"{after.background}\nNeu.")).background == "Mag Tee.\nNeu."
    assert made_two(pair, after, replace(after, background=f"Neu.\n{after.background}")).background == "Neu.\nMag Tee."
    rewritten = replace(after, background="Mag Tee, kennt Frau B.")
    assert made_two(pair, after, rewritten).background == "Mag Tee, kennt Frau B."


def test_the_primary_one_stays_the_survivors() -> None:
    ours, theirs = (Person(last_name="x", points=ContactPoints(emails=(Email(address, primary=True),))) for address in ("a@x.de", "b@x.de"))
    after = made_one((ours, theirs), {})
    assert [(email.address, email.primary) for email in after.points.emails] == [("a@x.de", True), ("b@x.de", False)]
    moved = replace(after, points=ContactPoints(emails=(Email("a@x.de"), Email("b@x.de", primary=True))))
    assert made_two((ours, theirs), after, moved) == ours
