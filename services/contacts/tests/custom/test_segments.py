"""Segments (B11): filters kept under a name, evaluated when they are used, on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from kontor.contacts.v1 import custom_fields_pb2 as fields
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import record_kinds_pb2 as kinds
from kontor.contacts.v1 import segments_pb2 as pb
from kontor_chassis.errors import Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from kontor_chassis.ids import new_id

PERSON, ORGANISATION = kinds.RECORD_KIND_PERSON, kinds.RECORD_KIND_ORGANISATION


async def keep(custom: Any, name: str = "Gute Kunden", **segment: Any) -> pb.Segment:
    wanted = pb.Segment(**{"name": name, "record_kind": PERSON, **segment})
    made: pb.Segment = await custom.contacts.call(pb.CreateSegmentRequest(segment=wanted))
    return made


async def change(custom: Any, segment: pb.Segment, etag: str = "", **changes: Any) -> pb.Segment:
    request = pb.UpdateSegmentRequest(segment=pb.Segment(id=segment.id, **changes), update_mask=list(changes), etag=etag)
    made: pb.Segment = await custom.contacts.call(request)
    return made


async def found(custom: Any, segment: pb.Segment, **request: Any) -> list[str]:
    response = await custom.contacts.call(persons.ListPersonsRequest(segment=segment.id, **request))
    return [person.last_name for person in response.persons]


@pytest.fixture
async def umsatz(custom: Any) -> fields.CustomField:
    """A field, and three people who have it."""
    field: fields.CustomField = await custom.define("umsatz", "number")
    for name, value, tags in (("Adam", 10, ["x"]), ("Berg", 30, ["x"]), ("Clasen", 20, [])):
        made = await custom.person(last_name=name, umsatz=value)
        await custom.contacts.call(persons.UpdatePersonRequest(person=persons.Person(id=made.id, tags=tags), update_mask=["tags"]))
    return field


async def test_a_segment_is_read_as_it_was_made(custom: Any, umsatz: Any) -> None:
    made = await keep(custom, filter=" custom.umsatz >= 20 ", order_by="custom.umsatz  desc")
    assert (made.filter, made.order_by, made.etag, made.broken, made.broken_reason) == (
        "custom.umsatz >= 20", "custom.umsatz desc", "1", False, "",
    )  # fmt: skip
    assert made.creator_user_id == custom.contacts.user.user_id
    assert await custom.contacts.call(pb.GetSegmentRequest(id=made.id)) == made


async def test_a_segment_shows_whoever_fulfils_it_at_that_moment(custom: Any, umsatz: Any) -> None:
    good = await keep(custom, filter="custom.umsatz >= 20", order_by="custom.umsatz desc")
    assert await found(custom, good) == ["Berg", "Clasen"]
    await custom.person(last_name="Dorn", umsatz=25)
    assert await found(custom, good) == ["Berg", "Dorn", "Clasen"]


async def test_a_segment_combines_with_the_other_parameters(custom: Any, umsatz: Any) -> None:
    either = await keep(custom, filter="custom.umsatz >= 20 OR tags:x", order_by="custom.umsatz")
    assert await found(custom, either) == ["Adam", "Clasen", "Berg"]
    assert await found(custom, either, order_by="last_name") == ["Adam", "Berg", "Clasen"]
    assert await found(custom, either, tag=["x"]) == ["Adam", "Berg"]
    assert await found(custom, either, filter="custom.umsatz > 10 AND NOT tags:x") == ["Clasen"]
    assert await found(custom, either, name="ber") == ["Berg"]
    counts = await custom.contacts.call(persons.CountPersonTagsRequest(segment=either.id, filter="custom.umsatz = 30"))
    assert [(tag.name, tag.count) for tag in counts.tags] == [("x", 1)]
    everybody = await keep(custom, "Alle")
    assert await found(custom, everybody) == ["Adam", "Berg", "Clasen"]


async def test_a_page_token_belongs_to_the_segment_as_it_was(custom: Any, umsatz: Any) -> None:
    good = await keep(custom, filter="custom.umsatz >= 10", order_by="custom.umsatz")
    request = persons.ListPersonsRequest(segment=good.id, page_size=2)
    first = await custom.contacts.call(request)
    request.page_token = first.next_page_token
    rest = await custom.contacts.call(request)
    assert [item.last_name for item in (*first.persons, *rest.persons)] == ["Adam", "Clasen", "Berg"]
    await change(custom, good, order_by="custom.umsatz desc")
    with pytest.raises(InvalidArgument, match="other filters"):
        await custom.contacts.call(request)


async def test_organisations_have_segments_of_their_own(custom: Any) -> None:
    await custom.organisation("Müller GmbH")
    large = await keep(custom, "Alle Firmen", record_kind=ORGANISATION, filter="name = mueller*")
    response = await custom.contacts.call(organisations.ListOrganisationsRequest(segment=large.id))
    assert [item.name for item in response.organisations] == ["Müller GmbH"]
    with pytest.raises(InvalidArgument, match="segment: is a segment of organisations"):
        await found(custom, large)


@pytest.mark.parametrize(
    ("segment", "field", "said"),
    [
        ({"name": " "}, "name", "must not be empty"),
        ({"name": "x" * 101}, "name", "at most 100"),
        ({"record_kind": 0}, "record_kind", "person"),
        ({"filter": "custom.umsatz >="}, "filter", "position 17"),
        ({"filter": "vip = true AND custom.nichts = 1"}, "filter", "position 16"),
        ({"filter": "x" * 4001}, "filter", "at most 4000"),
        ({"filter": "size > 5"}, "filter", "position 1: there is no field 'size'"),
        ({"order_by": "shoe"}, "order_by", "last_name"),
        ({"order_by": "custom.nichts"}, "order_by", "custom.nichts"),
    ],
)
async def test_what_cannot_be_used_is_refused_when_it_is_saved(
    custom: Any, umsatz: Any, segment: dict[str, Any], field: str, said: str
) -> None:
    for attempt in (keep(custom, **segment), change(custom, await keep(custom, "Anderes"), **segment)):
        if "record_kind" in segment and attempt.__name__ == "change":
            attempt.close()
            continue
        with pytest.raises(InvalidArgument) as refusal:
            await attempt
        [violation] = refusal.value.violations
        assert violation.field == field
        assert said in violation.message


async def test_a_segment_that_names_something_deleted_says_so_until_it_is_mended(custom: Any, umsatz: fields.CustomField) -> None:
    good = await keep(custom, filter="vip = false AND custom.umsatz >= 20")
    sorted_by = await keep(custom, "Nach Umsatz", order_by="custom.umsatz")
    await custom.change(umsatz, archived=True)
    with pytest.raises(FailedPrecondition, match=r'The segment "Gute Kunden" .* position 17: custom\.umsatz is archived') as refusal:
        await found(custom, good)
    assert (refusal.value.reason, refusal.value.detail["segment"]) == ("SEGMENT_BROKEN", good.id)
    await custom.contacts.call(fields.DeleteCustomFieldRequest(id=umsatz.id))
    with pytest.raises(FailedPrecondition, match=r"there is no custom\.umsatz here"):
        await found(custom, good)
    listed = (await custom.contacts.call(pb.ListSegmentsRequest())).segments
    assert [(item.name, item.broken) for item in listed] == [("Gute Kunden", True), ("Nach Umsatz", True)]
    assert "position 17: there is no custom.umsatz" in listed[0].broken_reason
    assert "order_by" in listed[1].broken_reason
    assert (await change(custom, good, name="Alte Kunden")).broken
    assert not (await change(custom, good, filter="vip = false")).broken
    assert not (await change(custom, sorted_by, order_by="")).broken
    assert await found(custom, good) == ["Adam", "Berg", "Clasen"]


async def test_names_are_unique_without_regard_to_case(custom: Any) -> None:
    await keep(custom, "Kunden")
    other = await keep(custom, "Andere", record_kind=ORGANISATION)
    with pytest.raises(AlreadyExists):
        await keep(custom, "KUNDEN", record_kind=ORGANISATION)
    with pytest.raises(AlreadyExists):
        await change(custom, other, name="kunden")
    assert (await change(custom, other, name="ANDERE")).name == "ANDERE"


async def test_segments_are_listed_by_name_and_kind_and_deleted(custom: Any) -> None:
    made = [await keep(custom, name) for name in ("c", "a", "B")]
    await keep(custom, "d", record_kind=ORGANISATION)
    first = await custom.contacts.call(pb.ListSegmentsRequest(record_kind=PERSON, page_size=2))
    rest = await custom.contacts.call(pb.ListSegmentsRequest(record_kind=PERSON, page_size=2, page_token=first.next_page_token))
    assert [item.name for item in (*first.segments, *rest.segments)] == ["a", "B", "c"]
    with pytest.raises(Aborted):
        await custom.contacts.call(pb.DeleteSegmentRequest(id=made[0].id, etag="9"))
    await custom.contacts.call(pb.DeleteSegmentRequest(id=made[0].id, etag="1"))
    with pytest.raises(InvalidArgument, match="no such segment"):
        await found(custom, made[0])


async def test_a_change_needs_the_present_etag_and_one_that_changes_nothing_does_nothing(custom: Any) -> None:
    made = await keep(custom, filter="vip = true")
    with pytest.raises(Aborted):
        await change(custom, made, etag="9", name="Neu")
    with pytest.raises(InvalidArgument, match="cannot be changed"):
        await change(custom, made, record_kind=ORGANISATION)
    assert await change(custom, made, filter="vip = true", record_kind=PERSON) == made
    assert (await change(custom, made, etag="1", name="Neu")).etag == "2"


async def test_another_account_has_no_such_segment(custom: Any) -> None:
    """S1."""
    made = await keep(custom)
    stranger = replace(custom.contacts.user, account_id=new_id())
    for request, error in (
        (pb.GetSegmentRequest(id=made.id), NotFound),
        (pb.UpdateSegmentRequest(segment=pb.Segment(id=made.id, name="X"), update_mask=["name"]), NotFound),
        (pb.DeleteSegmentRequest(id=made.id), NotFound),
        (persons.ListPersonsRequest(segment=made.id), InvalidArgument),
        (persons.CountPersonTagsRequest(segment=made.id), InvalidArgument),
    ):
        with pytest.raises(error):
            await custom.contacts.call(request, user=stranger)
    assert not (await custom.contacts.call(pb.ListSegmentsRequest(), user=stranger)).segments
