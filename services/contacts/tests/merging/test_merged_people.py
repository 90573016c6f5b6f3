"""Two people are made one (B15), on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as facts
from kontor.contacts.v1 import contact_points_pb2 as points
from kontor.contacts.v1 import custom_fields_pb2 as custom_fields
from kontor.contacts.v1 import merges_pb2 as pb
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor.contacts.v1.record_kinds_pb2 import RECORD_KIND_PERSON
from kontor.type.v1 import custom_values_pb2 as values
from kontor_chassis.errors import Aborted, InvalidArgument, Moved, NotFound
from kontor_chassis.ids import new_id
from kontor_contacts.domain import merged_positions


def emails(*addresses: str) -> list[points.Email]:
    return [points.Email(address=address) for address in addresses]


async def test_the_survivor_has_what_both_had(crm: Any) -> None:
    firm = await crm.organisation("Müller")
    anna = await crm.person(
        "Öztürk",
        title="Dr.",
        emails=emails("anna@example.com"),
        phones=[points.Phone(number="0431 123456")],
        tags=["Kunde"],
        background="Mag Tee.",
    )
    again = await crm.person(
        "Oeztuerk",
        first_name="Anna",
        title="Prof.",
        emails=emails("ANNA@example.com", "anna@example.org"),
        phones=[points.Phone(number="+49 431 123456")],
        tags=["Presse", "kunde"],
        background="Kennt Frau B.",
        vip=True,
    )
    position = await crm.employ(again, firm, role="Einkauf")
    merged = await crm.merge(anna, again)
    assert (merged.id, merged.title, merged.first_name, merged.last_name, merged.vip) == (anna.id, "Dr.", "Anna", "Öztürk", True)
    assert [(email.address, email.primary) for email in merged.emails] == [("anna@example.com", True), ("anna@example.org", False)]
    assert len(merged.phones) == 1
    assert list(merged.tags) == ["Kunde", "Presse"]
    assert merged.background == "Mag Tee.\n\nKennt Frau B."
    assert [(item.id, item.person_id, item.primary) for item in merged.positions] == [(position.id, anna.id, True)]
    listed = (await crm.call(persons.ListPersonsRequest())).persons
    assert [item.id for item in listed] == [anna.id]
    assert [item.id for item in (await crm.call(persons.ListPersonsRequest(tag=["Presse"]))).persons] == [anna.id]
    assert await crm.get(anna) == persons.Person.FromString(_without(merged, "merge_id"))


def _without(record: Any, *names: str) -> bytes:
    plain = type(record)()
    plain.CopyFrom(record)
    for name in names:
        plain.ClearField(name)
    return bytes(plain.SerializeToString())


async def test_fields_are_chosen_one_by_one(crm: Any) -> None:
    anna = await crm.person("Öztürk", title="Dr.", salutation="Frau", background="Alt")
    again = await crm.person("Oeztuerk", title="Prof.", background="Neu")
    chosen = {"title": pb.MERGE_CHOICE_DUPLICATE, "salutation": pb.MERGE_CHOICE_DUPLICATE, "background": pb.MERGE_CHOICE_DUPLICATE}
    merged = await crm.merge(anna, again, fields={**chosen, "last_name": pb.MERGE_CHOICE_SURVIVOR})
    assert (merged.title, merged.salutation, merged.background, merged.last_name) == ("Prof.", "", "Neu", "Öztürk")


async def test_custom_fields_are_united_or_chosen_and_archived_ones_come_along(crm: Any) -> None:
    kinds = {"themen": custom_fields.CUSTOM_FIELD_TYPE_MULTI_CHOICE, "umsatz": custom_fields.CUSTOM_FIELD_TYPE_NUMBER}
    made = {}
    for key, kind in {**kinds, "alt": custom_fields.CUSTOM_FIELD_TYPE_TEXT}.items():
        choices = [custom_fields.Choice(key=word, label=word) for word in ("a", "b", "c")] if key == "themen" else []
        field = custom_fields.CustomField(record_kind=RECORD_KIND_PERSON, key=key, label=key, type=kind, choices=choices)
        made[key] = await crm.call(custom_fields.CreateCustomFieldRequest(custom_field=field))

    def custom(themen: list[str], umsatz: int, alt: str = "") -> values.CustomValues:
        chosen = values.CustomValue(key="themen", choices=values.ChoiceKeys(keys=themen))
        old = [values.CustomValue(key="alt", text=alt)] if alt else []
        return values.CustomValues(values=[chosen, values.CustomValue(key="umsatz", number=umsatz), *old])

    anna = await crm.person("A", custom=custom(themen=["c"], umsatz=1))
    again = await crm.person("B", custom=custom(themen=["a"], umsatz=2, alt="x"))
    archived = custom_fields.CustomField(id=made["alt"].id, archived=True)
    await crm.call(custom_fields.UpdateCustomFieldRequest(custom_field=archived, update_mask=["archived"]))
    merged = await crm.merge(anna, again, fields={"custom.umsatz": pb.MERGE_CHOICE_DUPLICATE})
    shown = {item.key: item for item in merged.custom.values}
    assert (list(shown["themen"].choices.keys), shown["umsatz"].number) == (["a", "c"], 2)
    archived.archived = False
    await crm.call(custom_fields.UpdateCustomFieldRequest(custom_field=archived, update_mask=["archived"]))
    assert {item.key: item.text for item in (await crm.get(anna)).custom.values}["alt"] == "x"
    # Undone, though a definition is another one meanwhile.
    textual = custom_fields.CustomField(id=made["umsatz"].id, type=custom_fields.CUSTOM_FIELD_TYPE_TEXT)
    await crm.call(custom_fields.UpdateCustomFieldRequest(custom_field=textual, update_mask=["type"]))
    archived.archived = True
    await crm.call(custom_fields.UpdateCustomFieldRequest(custom_field=archived, update_mask=["archived"]))
    await crm.call(custom_fields.DeleteCustomFieldRequest(id=made["alt"].id))
    await crm.undo(merged)
    for record, themen, umsatz in ((anna, ["c"], "1"), (again, ["a"], "2")):
        shown = {item.key: item for item in (await crm.get(record)).custom.values}
        assert (list(shown["themen"].choices.keys), shown["umsatz"].text) == (themen, umsatz)


async def test_organisations_show_the_survivor_as_their_main_contact(crm: Any) -> None:
    firm = await crm.organisation("Müller")
    anna, again = await crm.person("Öztürk", emails=emails("a@example.com")), await crm.person("Oeztuerk")
    await crm.employ(again, firm)
    await crm.edit(firm, main_contact_person_id=again.id)
    before = (await crm.get(firm)).etag
    await crm.merge(anna, again)
    shown = await crm.get(firm)
    assert (shown.main_contact_person_id, shown.main_contact.name, shown.main_contact.email) == (anna.id, "Öztürk", "a@example.com")
    assert int(shown.etag) == int(before) + 1


async def test_a_position_that_says_nothing_new_is_there_once(crm: Any) -> None:
    firm = await crm.organisation("Müller")
    anna, again = await crm.person("Öztürk"), await crm.person("Oeztuerk")
    kept = await crm.employ(anna, firm, role="Einkauf")
    await crm.employ(again, firm)
    former = await crm.employ(again, firm, to_date={"year": 2020, "month": 1, "day": 31})
    merged = await crm.merge(anna, again)
    assert {item.id for item in merged.positions} == {kept.id, former.id}
    assert [item.id for item in merged.positions if item.primary] == [kept.id]


async def test_it_is_told_and_audited_once(crm: Any) -> None:
    firm = await crm.organisation("Müller")
    anna, again = await crm.person("Öztürk"), await crm.person("Oeztuerk", tags=["Kunde"])
    position = await crm.employ(again, firm)
    await crm.edit(firm, main_contact_person_id=again.id)
    again = await crm.get(again)
    known, told = len(crm.audited()), len(await crm.harness.published(facts.PersonUpdated))
    merged = await crm.merge(anna, again)
    entries = [("persons/" + anna.id, "merge"), ("persons/" + again.id, "merge"), ("organisations/" + firm.id, "update")]
    assert sorted(crm.audited()[known:]) == sorted((subject, action, "merge") for subject, action in entries)
    updated = (await crm.harness.published(facts.PersonUpdated))[told:]
    assert [(fact.person.id, list(fact.person.tags), list(fact.changed_fields)) for fact in updated] == [
        (anna.id, ["Kunde"], ["positions", "tags"])
    ]
    assert [(fact.id, fact.survivor_id, fact.merge_id) for fact in await crm.harness.published(facts.PersonMerged)] == [
        (again.id, anna.id, merged.merge_id)
    ]
    envelope = next(item for item in crm.harness.bus.published if item.type.endswith("person.merged.v1"))
    assert (envelope.subject, envelope.sequence) == (f"persons/{again.id}", int(again.etag) + 1)
    moved = [fact.position for fact in await crm.harness.published(facts.PositionUpdated)]
    assert [(item.id, item.person_id) for item in moved] == [(position.id, anna.id)]
    assert await crm.harness.published(facts.PersonDeleted) == []


async def test_the_same_request_again_merges_once(crm: Any) -> None:
    anna, again = await crm.person("Öztürk"), await crm.person("Oeztuerk")
    request = pb.MergePersonsRequest(id=anna.id, duplicate_id=again.id, request_id="once")
    assert await crm.call(request) == await crm.call(request)
    assert len((await crm.call(pb.ListMergesRequest())).merges) == 1


async def test_what_cannot_be_merged_is_refused_by_name_and_nothing_is_done(crm: Any) -> None:
    anna, again = await crm.person("Öztürk", tags=["x"]), await crm.person("Oeztuerk")
    full = await crm.person("Voll", phones=[points.Phone(number=str(number)) for number in range(50)])
    other = await crm.person("Anders", phones=[points.Phone(number="77777")])
    firm = await crm.organisation("Müller")
    known = crm.audited()
    for survivor, duplicate, options, field in (
        (anna, anna, {}, "duplicate_id"),
        (anna, firm, {}, "duplicate_id"),
        (anna, persons.Person(id=new_id()), {}, "duplicate_id"),
        (anna, persons.Person(id="nix"), {}, "duplicate_id"),
        (anna, persons.Person(), {}, "duplicate_id"),
        (anna, again, {"fields": {"tags": pb.MERGE_CHOICE_DUPLICATE}}, "fields.tags"),
        (anna, again, {"fields": {"shoe": pb.MERGE_CHOICE_DUPLICATE}}, "fields.shoe"),
        (anna, again, {"fields": {"title": 77}}, "fields.title"),
        (full, other, {}, "phones"),
    ):
        request = pb.MergePersonsRequest(id=survivor.id, duplicate_id=duplicate.id, **options)
        with pytest.raises(InvalidArgument) as refused:
            await crm.call(request)
        assert refused.value.violations[0].field == field
    with pytest.raises(NotFound):
        await crm.merge(persons.Person(id=new_id()), again)
    assert crm.audited() == known
    assert len((await crm.call(persons.ListPersonsRequest())).persons) == 4


async def test_neither_may_have_changed_since_it_was_seen(crm: Any) -> None:
    anna, again = await crm.person("Öztürk"), await crm.person("Oeztuerk")
    await crm.edit(again, title="Dr.")
    for options in ({"etag": "9"}, {"etag": anna.etag, "duplicate_etag": again.etag}):
        with pytest.raises(Aborted) as refused:
            await crm.merge(anna, again, **options)
        assert refused.value.detail == {"etag": "1", "duplicate_etag": "2"}
    assert (await crm.merge(anna, again, etag="1", duplicate_etag="2")).title == "Dr."


async def test_an_id_that_was_merged_leads_to_the_survivor_through_any_number_of_merges(crm: Any) -> None:
    one, two, three = [await crm.person(name) for name in ("A", "B", "C")]
    firm = await crm.organisation("Müller")
    position = await crm.employ(one, firm)
    await crm.merge(two, one)
    await crm.merge(three, two)
    requests: list[Any] = [
        persons.GetPersonRequest(id=one.id),
        persons.UpdatePersonRequest(person=persons.Person(id=one.id, title="Dr."), update_mask=["title"]),
        persons.DeletePersonRequest(id=one.id),
        persons.ChangeEmployerRequest(id=one.id, organisation_id=firm.id),
        pb.MergePersonsRequest(id=one.id, duplicate_id=three.id),
    ]
    for request in requests:
        with pytest.raises(Moved) as moved:
            await crm.call(request)
        assert moved.value.detail == {"moved_from": f"persons/{one.id}", "moved_to": f"persons/{three.id}"}
    for refused, field in (
        (pb.MergePersonsRequest(id=three.id, duplicate_id=one.id), "duplicate_id"),
        (_with_main_contact(firm, one), "main_contact_person_id"),
    ):
        with pytest.raises(InvalidArgument, match=f"{field}: was merged into persons/{three.id}") as wrong:
            await crm.call(refused)
        assert wrong.value.detail["moved_to"] == f"persons/{three.id}"
    await crm.edit(firm, main_contact_person_id=three.id)
    assert (await crm.get(three)).positions[0].id == position.id
    stranger = replace(crm.harness.user, account_id=new_id())
    with pytest.raises(NotFound) as hidden:
        await crm.call(persons.GetPersonRequest(id=one.id), user=stranger)
    assert not isinstance(hidden.value, Moved)
    await crm.call(persons.DeletePersonRequest(id=three.id))
    with pytest.raises(NotFound) as gone:
        await crm.get(one)
    assert not isinstance(gone.value, Moved)


def _with_main_contact(firm: Any, person: Any) -> organisations.UpdateOrganisationRequest:
    wanted = organisations.Organisation(id=firm.id, main_contact_person_id=person.id)
    return organisations.UpdateOrganisationRequest(organisation=wanted, update_mask=["main_contact_person_id"])


async def test_merges_are_listed_newest_first_and_by_record(crm: Any) -> None:
    people = [await crm.person(name) for name in "ABCD"]
    made = []
    for duplicate in people[1:]:
        crm.harness.clock.advance(minutes=1)
        made.append((await crm.merge(people[0], duplicate)).merge_id)
    first = await crm.call(pb.ListMergesRequest(page_size=2))
    rest = await crm.call(pb.ListMergesRequest(page_size=2, page_token=first.next_page_token))
    assert [item.id for item in (*first.merges, *rest.merges)] == made[::-1]
    assert not rest.next_page_token
    for record, expected in ((people[0], made[::-1]), (people[2], [made[1]])):
        found = await crm.call(pb.ListMergesRequest(record=f"persons/{record.id}"))
        assert [item.id for item in found.merges] == expected
    shown = await crm.call(pb.GetMergeRequest(id=made[0]))
    assert (shown.survivor.ref, shown.survivor.name, shown.duplicate.name) == (f"persons/{people[0].id}", "A", "B")
    assert (shown.expire_time.ToDatetime() - shown.create_time.ToDatetime()).days == 30
    assert not shown.HasField("undo_time")
    for wrong in ("nix", "deals/1", f"persons/{'x' * 36}"):
        with pytest.raises(InvalidArgument, match="record"):
            await crm.call(pb.ListMergesRequest(record=wrong))
    stranger = replace(crm.harness.user, account_id=new_id())
    assert not (await crm.call(pb.ListMergesRequest(), user=stranger)).merges
    assert not (await crm.call(pb.ListMergesRequest(record=f"persons/{people[0].id}"), user=stranger)).merges
    for request in (pb.GetMergeRequest(id=made[0]), pb.UndoMergeRequest(id=made[0])):
        with pytest.raises(NotFound):
            await crm.call(request, user=stranger)
    foreign = await crm.call(persons.CreatePersonRequest(person=persons.Person(last_name="Fremd")), user=stranger)
    with pytest.raises(InvalidArgument, match="duplicate_id: there is no such person"):
        await crm.merge(people[0], foreign)


async def test_more_positions_than_a_person_can_have_are_refused_before_a_write(crm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merged_positions, "MAX_POSITIONS", 2)
    anna, again, firm = await crm.person("Öztürk"), await crm.person("Oeztuerk"), await crm.organisation("Müller")
    for role in ("Einkauf", "Leitung"):
        await crm.employ(anna, firm, role=role)
    # Says nothing new, so it does not count.
    await crm.employ(again, firm)
    new = await crm.employ(again, firm, role="Beirat")
    before = [await crm.get(item) for item in (anna, again)]
    with pytest.raises(InvalidArgument, match="at most 2 entries") as refusal:
        await crm.merge(anna, again)
    assert [violation.field for violation in refusal.value.violations] == ["positions"]
    assert [await crm.get(item) for item in (anna, again)] == before
    await crm.call(positions.DeletePositionRequest(person_id=again.id, id=new.id))
    merged = await crm.merge(anna, again)
    await crm.undo(merged)
    assert [len((await crm.get(item)).positions) for item in (anna, again)] == [2, 1]
