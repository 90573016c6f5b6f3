"""Which records may be one (B15): names by typing errors and sound, addresses, numbers, workplaces."""

from typing import Any

import pytest

from kontor_chassis.text import fold
from kontor_contacts.domain.blocking import keys_of
from kontor_contacts.domain.duplicates import POSSIBLE, Likely, match
from kontor_contacts.domain.likely import core_name


def person(name: str, **fields: Any) -> Likely:
    first, _, last = name.rpartition(" ")
    return Likely(last=fold(last), first=fold(first), **fields)


def organisation(name: str, **fields: Any) -> Likely:
    return Likely(last=core_name(fold(name)), is_person=False, **fields)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("Anna Öztürk", "anna Oeztuerk", "same_name"),
        ("Andreas Köhler", "Andreas Kohler", "same_name"),
        ("Anna Öztürk", "Anna Ötzürk", "similar_name"),
        ("Anna Müller", "Anna Mülelr", "similar_name"),
        ("Ulrike Wagner", "Ulirke Wagner", "similar_name"),
        ("Bernd Fischer", "Bernd Fisher", "similar_name"),
        ("Bernd Hohenstein", "Bernd Hohenstien", "similar_name"),
        ("Katrin Weber", "Kathrin Weber", "similar_name"),
        ("Peter Meier", "Peter Mayr", "sounding_name"),
        ("Stefan Schmidt", "Stephan Schmitt", "sounding_name"),
        ("Bernd Bauer", "Bernd Buaer", "sounding_name"),
        ("Müller Anna", "Anna Müller", "swapped_name"),
        ("Oeztürk Anna", "Anna Öztürk", "swapped_name"),
    ],
)
def test_a_name_is_recognised_and_a_key_brings_both_together(one: str, other: str, reason: str) -> None:
    found = match(person(one), person(other))
    assert found.reasons == (reason,)
    assert found.score >= POSSIBLE
    assert found == match(person(other), person(one))
    assert keys_of(person(one)) & keys_of(person(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hans Müller", "Johannes Müller"),
        ("Bob Klein", "Robert Klein"),
        ("Jan Müller", "Jana Müller"),
        ("Andrea Weber", "Andreas Weber"),
        ("Christian Weber", "Christina Weber"),
        ("Otto Ott", "Otto Utt"),
        ("Anna Müller", "Bernd Müller"),
        ("李 王", "李 张"),
        ("A. Weber", "Anna Weber"),
        ("Weber", "Anna Weber"),
    ],
)
def test_other_names_nicknames_and_parts_of_names_are_not_enough(one: str, other: str) -> None:
    assert match(person(one), person(other)).score < POSSIBLE


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("Müller Maschinenbau GmbH", "Maschinenbau Mueller", "same_name"),
        ("Schulze AG", "Schulze G.m.b.H. & Co. KG", "same_name"),
        ("Siemens AG", "Simens AG", "similar_name"),
        ("Bäckerei Schmidt e. K.", "Bäckerei Schmitt", "similar_name"),
    ],
)
def test_an_organisation_is_recognised_without_its_legal_form(one: str, other: str, reason: str) -> None:
    assert match(organisation(one), organisation(other)).reasons == (reason,)
    assert keys_of(organisation(one)) & keys_of(organisation(other))


@pytest.mark.parametrize(("one", "other"), [("Stadtwerke Köln", "Stadtwerke Bonn"), ("Filiale 1", "Filiale 2"), ("GmbH", "AG")])
def test_other_organisations_are_others(one: str, other: str) -> None:
    assert match(organisation(one), organisation(other)).score < POSSIBLE


MAIL, PHONE, WORK = frozenset({"a@example.com"}), frozenset({"+49221123456"}), frozenset({"01890a5d-ac96-774b-bcce-b302099a8057"})


@pytest.mark.parametrize(
    ("one", "other", "score", "reasons"),
    [
        (person("Anna Öztürk", emails=MAIL), person("A. Öztürk", emails=MAIL), 80, ("same_email", "partial_name")),
        (person("Anna Öztürk", emails=MAIL), person("Anna Weber", emails=MAIL), 50, ("same_email",)),
        (person("Anna Öztürk", phones=PHONE), person("Bernd Weber", phones=PHONE), 30, ("same_phone",)),
        (
            person("Anna Öztürk", emails=MAIL, phones=PHONE, organisations=WORK),
            person("Bernd Weber", emails=MAIL, phones=PHONE, organisations=WORK),
            55,
            ("same_email", "same_phone", "same_organisation"),
        ),
        (person("Anna Öztürk", organisations=WORK), person("Anna Öztürk", organisations=WORK), 75, ("same_name", "same_organisation")),
        (person("Anna Öztürk", birthday="1980-05-01"), person("Anna Öztürk", birthday="1980-05-01"), 80, ("same_name", "same_birthday")),
        (person("Peter Weber", birthday="1980-05-01"), person("Peter Weber", birthday="1950-05-01"), 20, ("same_name",)),
        (person("Kim Weber", gender="female"), person("Kim Weber", gender="male"), 0, ()),
        (person("Kim Weber", gender="female"), person("Kim Weber"), 60, ("same_name",)),
        (
            person("Anna Öztürk", emails=MAIL, phones=PHONE, organisations=WORK),
            person("Anna Öztürk", emails=MAIL, phones=PHONE, organisations=WORK),
            100,
            ("same_name", "same_email", "same_phone", "same_organisation"),
        ),
    ],
)
def test_reasons_add_up_and_without_a_name_a_pair_is_possible_at_most(
    one: Likely, other: Likely, score: int, reasons: tuple[str, ...]
) -> None:
    found = match(one, other)
    assert (found.score, found.reasons) == (score, reasons)


def test_a_record_has_few_keys_whatever_it_holds() -> None:
    many = frozenset(f"a{number}@example.com" for number in range(50))
    assert len(keys_of(person("Anna Öztürk", emails=many, phones=many, organisations=many))) <= 20
    assert keys_of(Likely(last=""))
