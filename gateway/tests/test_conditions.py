"""Entity tags (RFC 9110)."""

import pytest

from kontor_chassis.errors import Aborted, InvalidArgument
from kontor_gateway.conditions import expected_etag, is_known, none_match_tags


def test_if_match_is_one_tag_or_any() -> None:
    assert expected_etag('"3"') == "3"
    assert expected_etag("*") == ""


@pytest.mark.parametrize("header", ["", "3", '"3', '"3", "4"', 'w/"3"', '"a"b"', '"a b"'])
def test_if_match_that_is_no_single_tag_is_refused(header: str) -> None:
    with pytest.raises(InvalidArgument, match="If-Match"):
        expected_etag(header)


@pytest.mark.parametrize("header", ['W/"3"', '""'])
def test_a_weak_or_empty_tag_never_matches(header: str) -> None:
    with pytest.raises(Aborted):
        expected_etag(header)


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ('"3"', ["3"]),
        ('W/"3"', ["3"]),
        ('"1", W/"2" ,"3"', ["1", "2", "3"]),
        ("*", ["*"]),
        ("3", []),
        ("", []),
        ('"3', []),
        ('"3" "4"', []),
        ('"3",,"4"', []),
    ],
)
def test_if_none_match_is_a_list_and_ignored_where_malformed(header: str, tags: list[str]) -> None:
    assert none_match_tags(header) == tags


def test_a_version_is_known_when_its_tag_is_among_those_sent() -> None:
    assert is_known("3", '"2", W/"3"')
    assert is_known("3", "*")
    assert not is_known("3", '"2"')
    assert not is_known("3", None)
    assert not is_known("", "*")
