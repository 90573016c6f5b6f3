"""Whatever two records have, and whatever becomes of the one that they are: nothing is lost, and undoing gives each its own (B15)."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor_chassis.errors import InvalidArgument
from kontor_contacts.domain.assistants import Assistant
from kontor_contacts.domain.care import Care
from kontor_contacts.domain.contact_points import ContactPoints, Email, Messenger, Phone, PostalAddress, Web, checked
from kontor_contacts.domain.custom_fields import Choice, CustomField
from kontor_contacts.domain.dates import ImportantDate
from kontor_contacts.domain.merged_records import choosable, in_order, organisation_with, person_with, values_of
from kontor_contacts.domain.merging import BOTH, DUPLICATE, LISTS, SURVIVOR, check_choices, merged, parted
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.tags import tag_names
from kontor_contacts.domain.visibility import EVERYONE, Visibility

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIELDS = {
    "themen": CustomField("persons", "themen", "Themen", "multi_choice", choices=tuple(Choice(key, key) for key in "abcd")),
    "umsatz": CustomField("persons", "umsatz", "Umsatz", "number"),
    "anteil": CustomField("persons", "anteil", "Anteil", "decimal"),
    "vertrag": CustomField("persons", "vertrag", "Vertrag", "date"),
    "ok": CustomField("persons", "ok", "OK", "yes_no"),
}
# What the etag and the store are about, and what is merged by rules of its own.
NOT_MERGED = {"id", "version", "create_time", "update_time", "creator_user_id", "main_contact", "address_origin_id"}
WORDS = st.sampled_from(["", "a", "b", "A", "c"])


def listed(item: st.SearchStrategy[Any], most: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(item, max_size=most).map(tuple)


@st.composite
def points(draw: st.DrawFn) -> ContactPoints:
    kinds = st.sampled_from(["work", "private"])
    emails = {
        email.address.casefold(): email for email in draw(listed(st.builds(Email, st.sampled_from(["a@x.de", "A@x.de", "b@x.de"]), kinds)))
    }
    drawn = ContactPoints(
        tuple(emails.values()),
        draw(listed(st.builds(Phone, st.sampled_from(["0431 1", "0431 123456", "+49 431 123456", "x"]), kinds))),
        draw(listed(st.builds(PostalAddress, city=st.sampled_from(["Kiel", "KIEL", "Wien"]), kind=kinds))),
        draw(listed(st.builds(Web, st.sampled_from(["https://a.de", "https://a.de/", "https://b.de"])))),
        draw(listed(st.builds(Messenger, st.just("matrix"), st.sampled_from(["a", "A", "b"])))),
    )
    return checked(drawn, country="DE")


@st.composite
def dates(draw: st.DrawFn) -> tuple[ImportantDate, ...]:
    kept = draw(listed(st.builds(ImportantDate, st.integers(1, 2), st.just(9), label=WORDS), 3))
    birthday = draw(st.none() | st.builds(ImportantDate, st.integers(1, 12), st.just(1), kind=st.just("birthday")))
    place = draw(st.integers(0, len(kept)))
    return (*kept[:place], birthday, *kept[place:]) if birthday else kept


@st.composite
def customs(draw: st.DrawFn) -> Mapping[str, Any]:
    return draw(
        st.fixed_dictionaries(
            {},
            optional={
                "themen": st.sets(st.sampled_from("abcd"), min_size=1).map(lambda keys: tuple(sorted(keys))),
                "umsatz": st.integers(0, 2),
                "anteil": st.sampled_from([Decimal("0"), Decimal("0.5")]),
                "vertrag": st.just(date(2026, 1, 31)),
                "ok": st.booleans(),
            },
        )
    )


BACKGROUNDS = st.sampled_from(["", "Kennt Frau B.", "Mag Tee.\n\nKein Kaffee.", "Mag Tee."])
CARES = st.builds(Care, st.booleans(), WORDS, WORDS)
TAGS = listed(st.sampled_from(["Kunde", "kunde", "VIP", "Presse"])).map(lambda names: tuple(sorted(tag_names(names), key=str.casefold)))
PERSONS = st.builds(
    Person,
    last_name=st.sampled_from(["Öztürk", "Oeztuerk"]),
    first_name=WORDS,
    salutation=WORDS,
    title=WORDS,
    gender=WORDS,
    background=BACKGROUNDS,
    language=WORDS,
    points=points(),
    dates=dates(),
    assistants=listed(st.builds(Assistant, st.sampled_from(["Eva", "eva", "Uwe"]), WORDS, WORDS), 3),
    care=CARES,
    tags=TAGS,
    custom=customs(),
    photo_id=WORDS,
)
ORGANISATIONS = st.builds(
    Organisation,
    name=st.sampled_from(["Müller", "Mueller GmbH"]),
    kind=st.sampled_from(["company", "holding"]),
    background=BACKGROUNDS,
    industry=WORDS,
    size=st.integers(0, 2),
    website=WORDS,
    relationships=st.sets(st.sampled_from(["customer", "partner"])).map(lambda words: tuple(sorted(words))),
    points=points(),
    care=CARES,
    tags=TAGS,
    custom=customs(),
    parent_id=WORDS,
    main_contact_person_id=WORDS,
)
Pair = tuple[Person, Person] | tuple[Organisation, Organisation]
PAIRS: st.SearchStrategy[Pair] = st.tuples(PERSONS, PERSONS) | st.tuples(ORGANISATIONS, ORGANISATIONS)


@st.composite
def choices(draw: st.DrawFn, record: Person | Organisation) -> dict[str, str]:
    names = draw(st.sets(st.sampled_from(sorted(choosable(record, FIELDS))), max_size=6))
    return {name: draw(st.sampled_from([SURVIVOR, DUPLICATE] + ([BOTH] if name == "background" else []))) for name in names}


def made_one(pair: Pair, chosen: Mapping[str, str]) -> Any:
    survivor, duplicate = pair
    content = in_order(merged(values_of(survivor), values_of(duplicate), chosen), FIELDS)
    return person_with(survivor, content) if isinstance(survivor, Person) else organisation_with(survivor, content)


def made_two(pair: Pair, after: Any, now: Any) -> Any:
    survivor, duplicate = pair
    content = in_order(parted(values_of(survivor), values_of(duplicate), values_of(after), values_of(now)), FIELDS)
    return person_with(now, content) if isinstance(now, Person) else organisation_with(now, content)


# A record after somebody has worked with it: some of its fields are of another one, lists have lost and gained.
@st.composite
def edited(draw: st.DrawFn, record: Any) -> Any:
    content = dict(values_of(record))
    other = values_of(draw(PERSONS if isinstance(record, Person) else ORGANISATIONS))
    for name in draw(st.sets(st.sampled_from(sorted({*content, *other})), max_size=6)):
        if name in LISTS or isinstance(content.get(name), tuple):
            old, new = content.get(name) or (), other.get(name) or ()
            kept = tuple(item for item in old if draw(st.booleans()))
            gained = tuple(item for item in new if not any(_same(name, item, mine) for mine in kept))
            content[name] = _one_primary(name, (*kept, *gained))
        elif name == "background":
            content[name] = draw(
                st.sampled_from([f"{content[name]}\nNeu.".strip(), f"Neu.\n{content[name]}".strip(), other[name] or "Anders."])
            )
        else:
            content[name] = other.get(name)
    content = in_order(content, FIELDS)
    return person_with(record, content) if isinstance(record, Person) else organisation_with(record, content)


def _same(name: str, one: Any, other: Any) -> bool:
    if name == "emails":
        return bool(one.address.casefold() == other.address.casefold())
    if name == "dates":
        return one == other or one.kind == other.kind == "birthday"
    return bool(one.casefold() == other.casefold()) if name == "tags" else bool(one == other)


def _one_primary(name: str, items: tuple[Any, ...]) -> tuple[Any, ...]:
    if name in ("tags", "relationships"):
        return tuple(sorted(items, key=str.casefold))
    if not items or not hasattr(items[0], "primary"):
        return items
    first = next((place for place, item in enumerate(items) if item.primary), 0)
    return tuple(replace(item, primary=place == first) for place, item in enumerate(items))


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
            assert has[name] == is_now[name] or all(line in has[name] for line in ("Neu.", had[name]))
        else:
            assert has.get(name) == is_now.get(name), name


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
