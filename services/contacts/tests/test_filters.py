"""Lists of people and organisations in the filter language (B8, B9, B10), on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as pb
from kontor.contacts.v1 import positions_pb2 as positions
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

CARER = new_id()


@pytest.fixture
async def company(contacts: Harness) -> dict[str, str]:
    """Ids of what is there, by first name or name."""
    ids: dict[str, str] = {}

    async def person(first: str, last: str, **fields: Any) -> None:
        made = await contacts.call(pb.CreatePersonRequest(person=pb.Person(first_name=first, last_name=last, **fields)))
        ids[first] = made.id

    async def organisation(name: str, **fields: Any) -> None:
        made = await contacts.call(organisations.CreateOrganisationRequest(organisation=organisations.Organisation(name=name, **fields)))
        ids[name] = made.id

    cologne = points.PostalAddress(street="Domstr. 1", postcode="50667", city="Köln", country="DE")
    vienna = points.PostalAddress(street="Ring 2", postcode="1010", city="Wien", country="AT")
    await person(
        "Anna", "Öztürk", tags=["A-Kunde", "VIP"], addresses=[cologne], vip=True, gender=pb.GENDER_FEMALE,
        emails=[points.Email(address="Anna@Müller.example")], phones=[points.Phone(number="0221 123456")],
        dates=[pb.ImportantDate(kind=pb.DATE_KIND_BIRTHDAY, date={"month": 2, "day": 29})],
    )  # fmt: skip
    await person("Bernd", "Müller", tags=["A-Kunde"], addresses=[vienna], responsible_user_id=CARER, gender=pb.GENDER_MALE)
    await person("Clara", "Adam", tags=["Presse"], key_accounter_user_id=CARER, language="en")
    await person("Dora", "Müller")
    await organisation(
        "Müller GmbH", size=50, relationships=[organisations.RELATIONSHIP_CUSTOMER, organisations.RELATIONSHIP_PARTNER], addresses=[cologne]
    )
    await organisation("Amt", kind=organisations.ORGANISATION_KIND_AUTHORITY, size=500, tags=["A-Kunde"])
    await organisation("Zeitung", relationships=[organisations.RELATIONSHIP_PRESS])
    for first, to in (("Anna", None), ("Bernd", {"year": 2020, "month": 1, "day": 31})):
        position = positions.Position(person_id=ids[first], organisation_id=ids["Müller GmbH"], to_date=to)
        await contacts.call(positions.CreatePositionRequest(position=position))
    return ids


async def found(contacts: Harness, text: str, **fields: Any) -> list[str]:
    response = await contacts.call(pb.ListPersonsRequest(filter=text, **fields))
    return [person.first_name for person in response.persons]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('tags:"A-Kunde"', ["Bernd", "Anna"]),
        ("tags:a-kunde AND tags:vip", ["Anna"]),
        ("tags:A-Kunde AND NOT tags:VIP", ["Bernd"]),
        ("tags:Presse OR tags:VIP", ["Clara", "Anna"]),
        ("NOT tags:*", ["Dora"]),
        ("tags:nobody", []),
        ("city = koeln", ["Anna"]),
        ('city = "Köln" OR country = at', ["Bernd", "Anna"]),
        ("postcode = 5*", ["Anna"]),
        ("NOT postcode:*", ["Clara", "Dora"]),
        ("emails = anna@müller.example", ["Anna"]),
        ("emails = anna@*", ["Anna"]),
        ('phones = "+49 221 123456"', ["Anna"]),
        ("vip = true", ["Anna"]),
        ("last_name = mueller", ["Bernd", "Dora"]),
        ("last_name = M* AND first_name = D*", ["Dora"]),
        ("gender = female OR gender = male", ["Bernd", "Anna"]),
        ("gender != male", ["Clara", "Dora", "Anna"]),
        ("language = en", ["Clara"]),
        ("birthday = 02-*", ["Anna"]),
        ("create_time = today", ["Clara", "Bernd", "Dora", "Anna"]),
        ("create_time < today", []),
        ("responsible:* OR key_accounter:*", ["Clara", "Bernd"]),
        ("creator = me", ["Clara", "Bernd", "Dora", "Anna"]),
        ("responsible = me", []),
    ],
)
async def test_people_are_filtered(contacts: Harness, company: dict[str, str], text: str, names: list[str]) -> None:
    assert await found(contacts, text) == names


async def test_people_are_filtered_by_where_they_work_and_worked(contacts: Harness, company: dict[str, str]) -> None:
    """B4."""
    firm = company["Müller GmbH"]
    assert await found(contacts, f"organisation = {firm}") == ["Anna"]
    assert await found(contacts, f"former_organisation = {firm}") == ["Bernd"]
    assert await found(contacts, f"responsible = {CARER}") == ["Bernd"]
    assert await found(contacts, "NOT organisation:*") == ["Clara", "Bernd", "Dora"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("relationship = customer", ["Müller GmbH"]),
        ("relationship = customer OR relationship = press", ["Müller GmbH", "Zeitung"]),
        ("NOT relationship:*", ["Amt"]),
        ("kind = authority", ["Amt"]),
        ("size > 49 AND size <= 50", ["Müller GmbH"]),
        ("NOT size:*", ["Zeitung"]),
        ("name = mueller*", ["Müller GmbH"]),
        ("city = köln AND relationship:partner", ["Müller GmbH"]),
    ],
)
async def test_organisations_are_filtered(contacts: Harness, company: dict[str, str], text: str, names: list[str]) -> None:
    response = await contacts.call(organisations.ListOrganisationsRequest(filter=text))
    assert [item.name for item in response.organisations] == names


async def test_a_filter_narrows_together_with_the_plain_parameters(contacts: Harness, company: dict[str, str]) -> None:
    assert await found(contacts, "country = AT", tag=["A-Kunde"]) == ["Bernd"]
    assert await found(contacts, "NOT tags:*", name="mül") == ["Dora"]
    assert await found(contacts, "tags:VIP", organisation_id=company["Müller GmbH"]) == ["Anna"]


@pytest.mark.parametrize(
    ("order_by", "names"),
    [
        ("", ["Clara", "Bernd", "Dora", "Anna"]),
        ("last_name desc", ["Anna", "Dora", "Bernd", "Clara"]),
        ("first_name", ["Anna", "Bernd", "Clara", "Dora"]),
        ("create_time desc", ["Dora", "Clara", "Bernd", "Anna"]),
        ("update_time asc", ["Anna", "Bernd", "Clara", "Dora"]),
    ],
)
@pytest.mark.parametrize("text", ["", "NOT last_name = nobody", "create_time = today"])
async def test_every_order_is_paged_without_loss(
    contacts: Harness, company: dict[str, str], order_by: str, names: list[str], text: str
) -> None:
    pages: list[str] = []
    token = ""
    while True:
        request = pb.ListPersonsRequest(filter=text, order_by=order_by, page_size=1, page_token=token)
        response = await contacts.call(request)
        pages += [person.first_name for person in response.persons]
        token = response.next_page_token
        if not token:
            break
    if "update" not in order_by:
        assert pages == names
    assert sorted(pages) == sorted(names)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"filter": "tags:x AND"}, "filter", "position 11"),
        ({"filter": "shoe = 42"}, "filter", "there is no field 'shoe'"),
        ({"filter": "gender = x"}, "filter", "diverse, female, male"),
        ({"filter": "tags:VIP*"}, "filter", "no beginning"),
        ({"order_by": "shoe"}, "order_by", "last_name"),
        ({"order_by": "last_name up"}, "order_by", "asc or desc"),
        ({"page_token": "x"}, "page_token", "not a token"),
    ],
)
async def test_what_cannot_be_listed_is_refused_by_name(contacts: Harness, fields: dict[str, str], field: str, said: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await contacts.call(pb.ListPersonsRequest(**fields))
    [violation] = refusal.value.violations
    assert violation.field == field
    assert said in violation.message


@pytest.mark.parametrize("request_type", [
    pb.ListPersonsRequest, pb.CountPersonTagsRequest, organisations.ListOrganisationsRequest, organisations.CountOrganisationTagsRequest,
])  # fmt: skip
async def test_a_blank_tag_is_refused_and_does_not_ask_for_records_without_any(contacts: Harness, request_type: Any) -> None:
    for fields, field in (
        ({"tag": [""]}, "tag[0]"),
        ({"tag": ["VIP", " "]}, "tag[1]"),
        ({"tag": [""], "filter": "vip = true"}, "tag[0]"),
        ({"tag": ["x" * 101]}, "tag[0]"),
    ):
        with pytest.raises(InvalidArgument) as refusal:
            await contacts.call(request_type(**fields))
        assert [violation.field for violation in refusal.value.violations] == [field]


async def test_a_token_belongs_to_its_filter_and_order(contacts: Harness, company: dict[str, str]) -> None:
    first = await contacts.call(pb.ListPersonsRequest(filter="NOT tags:nobody", page_size=1))
    for other in ({"filter": "NOT tags:x"}, {"filter": "NOT tags:nobody", "order_by": "first_name"}):
        with pytest.raises(InvalidArgument, match="other filters"):
            await contacts.call(pb.ListPersonsRequest(**other, page_token=first.next_page_token))


async def test_another_account_sees_nothing_through_a_filter(contacts: Harness, company: dict[str, str]) -> None:
    """S1."""
    stranger = replace(contacts.user, account_id=new_id())
    for text in ("NOT tags:nobody", "tags:A-Kunde", f"organisation = {company['Müller GmbH']}", "emails:*"):
        response = await contacts.call(pb.ListPersonsRequest(filter=text), user=stranger)
        assert not response.persons
