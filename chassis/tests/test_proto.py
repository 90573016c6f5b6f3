"""Between protos and plain values."""

import pytest

from kontor.contacts.v1 import contact_points_pb2, organisations_pb2
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.proto import Words

KINDS = Words(contact_points_pb2.ContactKind, default="work")


def test_words_are_lower_case_without_what_all_of_them_begin_with() -> None:
    names = ["company", "household", "authority", "association", "department", "holding", "other"]
    words = Words(organisations_pb2.OrganisationKind)
    assert [words.word(number, field="kind") for number in range(1, 8)] == names
    assert [words.number(name) for name in names] == list(range(1, 8))
    assert len(words) == 7


def test_the_unspecified_value_is_the_default() -> None:
    assert KINDS.word(0, field="kind") == "work"
    assert Words(contact_points_pb2.ContactKind).word(0, field="kind") == ""
    assert Words(contact_points_pb2.ContactKind).number("") == contact_points_pb2.CONTACT_KIND_UNSPECIFIED


def test_where_nothing_is_no_choice_the_unspecified_value_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"kind\[0\]"):
        Words(contact_points_pb2.ContactKind, default=None).word(0, field="kind[0]")


@pytest.mark.parametrize("number", [99, -1, 2**31 - 1])
def test_a_number_that_this_release_does_not_know_is_refused_naming_the_field(number: int) -> None:
    with pytest.raises(InvalidArgument) as caught:
        KINDS.word(number, field="emails[0].kind")
    violation = caught.value.violations[0]
    assert (violation.field, violation.message) == ("emails[0].kind", "must be one of work, private, mobile, fax, other")


def test_a_word_of_ours_that_the_enum_has_not_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        KINDS.number("home")
