"""Page tokens: bound to their filters, checked before they reach a database."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from kontor.contacts.v1 import persons_pb2 as pb
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.paging import MAX_SIZE, open_page, open_time_page, time_position


def token(*position: object, filters: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([filters, *position]).encode()).decode().rstrip("=")


def test_a_token_continues_behind_the_last_row() -> None:
    first = open_page(pb.ListPersonsRequest(page_size=2), position=(str, int))
    kept, next_token = first.cut([("a", 1), ("b", 2), ("c", 3)], lambda row: row)
    assert (list(kept), first.after) == ([("a", 1), ("b", 2)], None)
    second = open_page(pb.ListPersonsRequest(page_size=2, page_token=next_token), position=(str, int))
    assert second.after == ("b", 2)
    assert second.cut([("c", 3)], lambda row: row) == ([("c", 3)], "")


def test_sizes_have_bounds() -> None:
    assert open_page(pb.ListPersonsRequest(), position=(str,)).size == 50
    assert open_page(pb.ListPersonsRequest(page_size=9999), position=(str,)).size == MAX_SIZE
    with pytest.raises(InvalidArgument, match="page_size"):
        open_page(pb.ListPersonsRequest(page_size=-1), position=(str,))


def test_crafted_tokens_are_refused() -> None:
    filters = open_page(pb.ListPersonsRequest(), position=(str, int)).filter_hash
    assert open_page(pb.ListPersonsRequest(page_token=token("a", 1, filters=filters)), position=(str, int)).after == ("a", 1)
    for bad in (
        token("a", filters=filters),
        token("a", "1", filters=filters),
        token("a", True, filters=filters),
        token("a\x00", 1, filters=filters),
        token("a", 2**63, filters=filters),
        token("a", 1, filters="other"),
        token(None, 1, filters=filters),
        "%%%",
        "e30",
        "ÄÖ",
    ):
        with pytest.raises(InvalidArgument) as caught:
            open_page(pb.ListPersonsRequest(page_token=bad), position=(str, int))
        assert caught.value.violations[0].field == "page_token"


def test_a_list_by_time_continues_at_the_exact_moment() -> None:
    moments = [datetime(2026, 5, 1, 9, 30, 0, 123_456, tzinfo=UTC) + timedelta(microseconds=number) for number in range(3)]
    first, after = open_time_page(pb.ListPersonsRequest(page_size=2))
    assert after is None
    _, next_token = first.cut([(moment, "id") for moment in moments], lambda row: time_position(*row))
    assert open_time_page(pb.ListPersonsRequest(page_token=next_token))[1] == (moments[1], "id")


@pytest.mark.parametrize("moment", [2**63 - 1, -(2**63)])
def test_moments_that_no_calendar_has_are_refused(moment: int) -> None:
    filters = open_page(pb.ListPersonsRequest(), position=(int, str)).filter_hash
    with pytest.raises(InvalidArgument) as caught:
        open_time_page(pb.ListPersonsRequest(page_token=token(moment, "id", filters=filters)))
    assert caught.value.violations[0].field == "page_token"
