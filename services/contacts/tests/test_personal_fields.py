"""What is known of people and organisations besides their names (B1, B2, B3, B8, B18), read as it was written, on both databases."""

from typing import Any

import pytest
from google.type.date_pb2 import Date

from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as pb
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.identity.v1 import accounts_pb2 as accounts
from kontor_chassis.errors import InvalidArgument
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

CARER, KEEPER = new_id(), new_id()


async def create(contacts: Harness, **fields: Any) -> pb.Person:
    made: pb.Person = await contacts.call(pb.CreatePersonRequest(person=pb.Person(**{"last_name": "Öztürk", **fields})))
    return made


async def test_everything_about_a_person_is_read_as_it_was_written(contacts: Harness) -> None:
    made = await create(
        contacts,
        salutation="Frau", title="Dr.", first_name="Anna", gender=pb.GENDER_FEMALE, language="de",
        dates=[
            pb.ImportantDate(kind=pb.DATE_KIND_BIRTHDAY, date=Date(month=2, day=29)),
            pb.ImportantDate(kind=pb.DATE_KIND_OTHER, date=Date(year=2020, month=5, day=1), label="Vertrag"),
        ],
        assistants=[pb.Assistant(name="Kim Roth", phone="0221 1", email="kim@example.com")],
        messengers=[points.Messenger(service="Signal", handle="+49 221 123456")],
        vip=True, key_accounter_user_id=KEEPER, responsible_user_id=CARER,
    )  # fmt: skip
    read = await contacts.call(pb.GetPersonRequest(id=made.id))
    assert read == made
    days = [(item.date.year, item.date.month, item.date.day, item.label) for item in read.dates]
    assert days == [
        (0, 2, 29, ""),
        (2020, 5, 1, "Vertrag"),
    ]
    assert (read.messengers[0].service, read.messengers[0].primary) == ("signal", True)
    assert read.assistants[0].name == "Kim Roth"
    assert (read.salutation, read.gender, read.vip) == ("Frau", pb.GENDER_FEMALE, True)
    assert (read.key_accounter_user_id, read.responsible_user_id) == (KEEPER, CARER)
    assert read.letter_salutation == pb.LetterSalutation(formal="Sehr geehrte Frau Dr. Öztürk", informal="Liebe Anna")


async def test_each_field_changes_alone(contacts: Harness) -> None:
    made = await create(contacts, first_name="Anna", vip=True, responsible_user_id=CARER, gender=pb.GENDER_FEMALE)
    changes: list[tuple[str, Any]] = [
        ("vip", False),
        ("responsible_user_id", ""),
        ("key_accounter_user_id", KEEPER),
        ("gender", pb.GENDER_DIVERSE),
        ("dates", [pb.ImportantDate(kind=pb.DATE_KIND_RENEWAL, date=Date(year=2027, month=1, day=1))]),
        ("dates", []),
        ("assistants", [pb.Assistant(name="Kim")]),
        ("messengers", [points.Messenger(service="matrix", handle="@a:b.example", kind=points.CONTACT_KIND_PRIVATE, primary=True)]),
    ]
    before = made
    for name, value in changes:
        wanted = pb.Person(id=made.id, **{name: value})
        after = await contacts.call(pb.UpdatePersonRequest(person=wanted, update_mask=[name]))
        expected = pb.Person()
        expected.CopyFrom(before)
        expected.ClearField(name)  # type: ignore[arg-type]
        expected.MergeFrom(pb.Person(**{name: value}))
        expected.etag = after.etag
        expected.update_time.CopyFrom(after.update_time)
        expected.letter_salutation.CopyFrom(after.letter_salutation)
        assert after == expected, name
        assert after.etag != before.etag
        before = after


async def test_letters_and_addresses_are_written_as_at_home(contacts: Harness) -> None:
    """B3, B18."""
    address = points.PostalAddress(street="Ring 2", postcode="1010", city="Wien", country="AT")
    made = await create(contacts, first_name="Anna", gender=pb.GENDER_FEMALE, addresses=[address])
    assert made.letter_salutation.formal == "Sehr geehrte Frau Öztürk"
    assert made.addresses[0].formatted == "Ring 2\n1010 Wien\nÖSTERREICH"
    account = accounts.Account(id=contacts.user.account_id, country="AT", locale="en", time_zone="Europe/Vienna")
    await contacts.deliver(identity.AccountUpdated(account=account), subject=f"accounts/{account.id}", sequence=2)
    read = await contacts.call(pb.GetPersonRequest(id=made.id))
    assert read.letter_salutation.formal == "Dear Ms Öztürk"
    assert read.addresses[0].formatted == "Ring 2\n1010 Wien"


async def test_everything_about_an_organisation_is_read_as_it_was_written(contacts: Harness) -> None:
    wanted = organisations.Organisation(
        name="Müller GmbH", size=50, website="mueller.example", vip=True, responsible_user_id=CARER, industry="Maschinenbau",
        relationships=[organisations.RELATIONSHIP_PARTNER, organisations.RELATIONSHIP_CUSTOMER, organisations.RELATIONSHIP_PARTNER],
        messengers=[points.Messenger(service="linkedin", handle="mueller")],
    )  # fmt: skip
    made = await contacts.call(organisations.CreateOrganisationRequest(organisation=wanted))
    assert made == await contacts.call(organisations.GetOrganisationRequest(id=made.id))
    assert (made.size, made.website, made.vip, made.responsible_user_id) == (50, "https://mueller.example", True, CARER)
    assert list(made.relationships) == [organisations.RELATIONSHIP_CUSTOMER, organisations.RELATIONSHIP_PARTNER]
    update = organisations.Organisation(id=made.id, relationships=[organisations.RELATIONSHIP_SUPPLIER])
    request = organisations.UpdateOrganisationRequest(organisation=update, update_mask=["relationships", "size"])
    changed = await contacts.call(request)
    assert (list(changed.relationships), changed.size, changed.name) == ([organisations.RELATIONSHIP_SUPPLIER], 0, "Müller GmbH")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"dates": [pb.ImportantDate(kind=pb.DATE_KIND_BIRTHDAY)]}, "dates[0].date"),
        ({"dates": [pb.ImportantDate(date=Date(year=2023, month=2, day=29))]}, "dates[0].date"),
        ({"dates": [pb.ImportantDate(kind=99, date=Date(month=1, day=1))]}, "dates[0].kind"),
        ({"assistants": [pb.Assistant(name="Kim", email="no")]}, "assistants[0].email"),
        ({"messengers": [points.Messenger(service="my chat", handle="x")]}, "messengers[0].service"),
        ({"messengers": [points.Messenger(service="signal")]}, "messengers[0].handle"),
        ({"gender": 77}, "gender"),
        ({"responsible_user_id": "me"}, "responsible_user_id"),
        ({"key_accounter_user_id": "x' OR 1=1"}, "key_accounter_user_id"),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_name(contacts: Harness, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await create(contacts, **fields)
    assert refusal.value.violations[0].field == field
