"""Bulk actions (B12): what becomes of people and organisations."""

from typing import Any

import pytest

from kontor.contacts.events.v1 import events_pb2 as events
from kontor.contacts.v1 import bulk_pb2 as pb
from kontor.contacts.v1 import custom_fields_pb2 as fields
from kontor.contacts.v1 import operations_pb2 as operations
from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.contacts.v1 import positions_pb2 as positions
from kontor.contacts.v1 import record_kinds_pb2 as kinds
from kontor.contacts.v1 import segments_pb2 as segments
from kontor.type.v1 import custom_values_pb2 as values
from kontor_chassis.errors import NotFound
from kontor_chassis.ids import new_id
from kontor_chassis.testing import Harness

DONE = operations.OPERATION_STATE_DONE


async def test_tags_are_put_on_and_taken_off_all_that_a_filter_lets_through(bulk: Any, contacts: Harness) -> None:
    anna = await bulk.person("Öztürk", vip=True, tags=["Alt"], emails=[{"address": "anna@example.com"}])
    bernd = await bulk.person("Weber", vip=True, tags=["Neu"])
    clara = await bulk.person("Adam", tags=["Alt"])
    done = await bulk.done(filter="vip = true", add_tags=["neu", "Gut"], remove_tags=["alt"])
    assert (done.state, done.progress, done.kind) == (DONE, 100, "bulk_persons")
    assert (done.total, done.changed, done.unchanged, done.failed, done.gone) == (2, 2, 0, 0, 0)
    assert [list((await bulk.read(person)).tags) for person in (anna, bernd, clara)] == [["Gut", "Neu"], ["Gut", "Neu"], ["Alt"]]
    told = [body for body in await contacts.published(events.PersonUpdated) if body.person.id == anna.id]
    assert [list(body.changed_fields) for body in told] == [["tags"]]
    assert (list(told[0].person.tags), list(told[0].person.email_addresses)) == (["Gut", "Neu"], ["anna@example.com"])
    # The lists by these tags show them, by name.
    listed = await contacts.call(persons.ListPersonsRequest(tag=["Gut"]))
    assert [person.last_name for person in listed.persons] == ["Öztürk", "Weber"]


async def test_versions_rise_and_every_change_is_audited_once_by_bulk(bulk: Any) -> None:
    anna = await bulk.person("Öztürk")
    done = await bulk.done(ids=[anna.id], set=pb.BulkPersonValues(vip=True, language="de"), add_tags=["Gut"])
    assert done.changed == 1
    now = await bulk.read(anna)
    assert (now.vip, now.language, list(now.tags), now.etag) == (True, "de", ["Gut"], str(int(anna.etag) + 1))
    created, changed = bulk.audited(f"persons/{anna.id}")
    assert created[1] == "create"
    assert changed == ("bulk", "update", {"language": ["", "de"], "tags": [[], ["Gut"]], "vip": [False, True]})


async def test_what_is_so_already_is_not_written(bulk: Any, contacts: Harness) -> None:
    anna = await bulk.person("Öztürk", vip=True, tags=["Gut"])
    done = await bulk.done(ids=[anna.id], set=pb.BulkPersonValues(vip=True), add_tags=["gut"])
    assert (done.changed, done.unchanged, await bulk.outcomes(done)) == (0, 1, ["unchanged"])
    assert (await bulk.read(anna)).etag == anna.etag
    assert len(bulk.audited(f"persons/{anna.id}")) == 1
    assert await contacts.published(events.PersonUpdated) == []


async def test_an_absent_value_stays_and_an_empty_one_clears(bulk: Any) -> None:
    user = new_id()
    anna = await bulk.person("Öztürk", vip=True, language="de", responsible_user_id=user, key_accounter_user_id=user)
    await bulk.done(ids=[anna.id], set=pb.BulkPersonValues(vip=False, responsible_user_id="", salutation="Frau"))
    now = await bulk.read(anna)
    assert (now.vip, now.language, now.responsible_user_id) == (False, "de", "")
    assert (now.key_accounter_user_id, now.salutation) == (user, "Frau")


async def test_custom_fields_are_set_and_cleared_and_others_stay(bulk: Any, contacts: Harness) -> None:
    for key, kind in (("umsatz", "DECIMAL"), ("ort", "TEXT"), ("gut", "YES_NO"), ("seit", "DATE")):
        field = fields.CustomField(
            record_kind=kinds.RECORD_KIND_PERSON, key=key, label=key, type=fields.CustomFieldType.Value(f"CUSTOM_FIELD_TYPE_{kind}")
        )
        await contacts.call(fields.CreateCustomFieldRequest(custom_field=field))
    choices = [fields.Choice(key=key, label=key) for key in ("rot", "blau")]
    field = fields.CustomField(
        record_kind=kinds.RECORD_KIND_PERSON, key="farben", label="Farben", type=fields.CUSTOM_FIELD_TYPE_MULTI_CHOICE, choices=choices
    )
    await contacts.call(fields.CreateCustomFieldRequest(custom_field=field))
    ort, gut = values.CustomValue(key="ort", text="Köln"), values.CustomValue(key="gut", yes_no=True)
    anna = await bulk.person("Öztürk", custom=values.CustomValues(values=[ort, gut]))
    bernd = await bulk.person("Weber")
    given = [
        values.CustomValue(key="umsatz", decimal="12.50"),
        values.CustomValue(key="gut"),
        values.CustomValue(key="seit", text="2026-01-31"),
        values.CustomValue(key="farben", choices=values.ChoiceKeys(keys=["blau", "rot"])),
    ]
    done = await bulk.done(all=True, set=pb.BulkPersonValues(custom=values.CustomValues(values=given)))
    assert done.changed == 2
    kept = {item.key: item for item in (await bulk.read(anna)).custom.values}
    assert set(kept) == {"umsatz", "ort", "seit", "farben"}
    assert (kept["umsatz"].decimal, kept["ort"].text, kept["seit"].text) == ("12.5", "Köln", "2026-01-31")
    assert list(kept["farben"].choices.keys) == ["rot", "blau"]
    assert {item.key for item in (await bulk.read(bernd)).custom.values} == {"umsatz", "seit", "farben"}
    found = await contacts.call(persons.ListPersonsRequest(filter="custom.umsatz = 12.5 AND custom.farben:rot"))
    assert len(found.persons) == 2
    assert (await bulk.done(all=True, set=pb.BulkPersonValues(custom=values.CustomValues(values=given)))).unchanged == 2


async def test_deleting_takes_positions_and_tells_it(bulk: Any, contacts: Harness) -> None:
    werft = await bulk.organisation("Werft")
    anna, bernd = await bulk.person("Öztürk"), await bulk.person("Weber")
    position = positions.Position(person_id=anna.id, organisation_id=werft.id)
    await contacts.call(positions.CreatePositionRequest(position=position))
    main = organisations.Organisation(id=werft.id, main_contact_person_id=anna.id)
    await contacts.call(organisations.UpdateOrganisationRequest(organisation=main, update_mask=["main_contact_person_id"]))
    done = await bulk.done(organisation_id=werft.id, delete=True)
    assert (done.total, done.changed) == (1, 1)
    with pytest.raises(NotFound):
        await bulk.read(anna)
    assert (await bulk.read(bernd)).id == bernd.id
    assert [body.id for body in await contacts.published(events.PersonDeleted)] == [anna.id]
    assert len(await contacts.published(events.PositionDeleted)) == 1
    now = await contacts.call(organisations.GetOrganisationRequest(id=werft.id))
    assert now.main_contact_person_id == ""
    assert bulk.audited(f"persons/{anna.id}")[-1][:2] == ("bulk", "delete")


async def test_organisations_are_changed_and_deleted_likewise(bulk: Any, contacts: Harness) -> None:
    top = await bulk.organisation("Holding", kind="ORGANISATION_KIND_HOLDING")
    below = await bulk.organisation("Werft", parent_id=top.id, addresses=[{"street": "Kai 1", "city": "Kiel", "country": "DE"}])
    other = await bulk.organisation("Amt", tags=["Bleibt"])
    wanted = pb.BulkOrganisationValues(industry="Schiffbau", kind=organisations.ORGANISATION_KIND_DEPARTMENT, vip=True)
    begun = await contacts.call(pb.BulkChangeOrganisationsRequest(parent_id=top.id, set=wanted, add_tags=["Hafen"]))
    await bulk.worker.settled()
    done = await bulk.get(begun)
    assert (done.kind, done.total, done.changed) == ("bulk_organisations", 1, 1)
    now = await contacts.call(organisations.GetOrganisationRequest(id=below.id))
    assert (now.industry, now.kind, now.vip) == ("Schiffbau", organisations.ORGANISATION_KIND_DEPARTMENT, True)
    assert (list(now.tags), now.addresses[0].city) == (["Hafen"], "Kiel")
    assert (await bulk.results(done))[0][0] == f"organisations/{below.id}"
    begun = await contacts.call(pb.BulkChangeOrganisationsRequest(filter='NOT tags:"Bleibt"', delete=True))
    await bulk.worker.settled()
    done = await bulk.get(begun)
    assert (done.total, done.changed) == (2, 2)
    left = await contacts.call(organisations.ListOrganisationsRequest())
    assert [item.id for item in left.organisations] == [other.id]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"all": True}, {"Adam", "Öztürk", "Weber"}),
        ({"tag": ["Alt"]}, {"Adam", "Öztürk"}),
        ({"tag": ["Alt"], "filter": "vip = true"}, {"Öztürk"}),
        ({"name": "oez"}, {"Öztürk"}),
        ({"filter": "last_name = w*"}, {"Weber"}),
        ({"tag": ["Unbekannt"]}, set()),
    ],
)
async def test_it_is_about_those_whom_the_list_shows(bulk: Any, asked: dict[str, Any], names: set[str]) -> None:
    await bulk.person("Öztürk", vip=True, tags=["Alt"])
    await bulk.person("Weber")
    await bulk.person("Adam", tags=["Alt"])
    looked = await bulk.begin(**asked, add_tags=["Neu"], validate_only=True)
    assert (looked.id, looked.total) == ("", len(names))
    done = await bulk.done(**asked, add_tags=["Neu"])
    assert done.total == len(names)
    assert done.state == DONE
    listed = await bulk.contacts.call(persons.ListPersonsRequest(tag=["Neu"]))
    assert {person.last_name for person in listed.persons} == names


async def test_a_segment_is_taken_as_its_filter_is(bulk: Any, contacts: Harness) -> None:
    await bulk.person("Öztürk", vip=True)
    await bulk.person("Weber")
    segment = segments.Segment(name="Gute", record_kind=kinds.RECORD_KIND_PERSON, filter="vip = true")
    made = await contacts.call(segments.CreateSegmentRequest(segment=segment))
    assert (await bulk.done(segment=made.id, add_tags=["Neu"])).total == 1
    assert (await bulk.done(segment=made.id, filter="last_name = Weber", add_tags=["Neu"])).total == 0


async def test_a_caller_is_me_in_a_filter(bulk: Any) -> None:
    await bulk.person("Öztürk", responsible_user_id=bulk.contacts.user.user_id)
    await bulk.person("Weber", responsible_user_id=new_id())
    assert (await bulk.done(filter="responsible = me", add_tags=["Meine"])).changed == 1


async def test_ids_are_treated_once_each_and_unknown_ones_are_gone(bulk: Any) -> None:
    anna, unknown = await bulk.person("Öztürk", first_name="Anna"), new_id()
    done = await bulk.done(ids=[anna.id, unknown, anna.id], add_tags=["Neu"])
    assert (done.total, done.changed, done.gone) == (2, 1, 1)
    assert await bulk.results(done) == [(f"persons/{anna.id}", "changed", ""), (f"persons/{unknown}", "gone", "")]


async def test_an_action_that_moves_records_out_of_its_own_filter_misses_none(bulk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from kontor_contacts.usecases import bulk_steps

    monkeypatch.setattr(bulk_steps, "_GATHERED", 2)
    monkeypatch.setattr(bulk_steps, "_TREATED", 2)
    await bulk.people(7, tags=["Alt"])
    done = await bulk.done(tag=["Alt"], remove_tags=["Alt"], add_tags=["Neu"])
    assert (done.total, done.changed) == (7, 7)
    assert (await bulk.done(tag=["Alt"], add_tags=["Neu"])).total == 0


async def test_who_has_too_many_tags_fails_and_the_others_do_not(bulk: Any) -> None:
    full = await bulk.person("Öztürk", tags=[f"Tag {number}" for number in range(200)])
    other = await bulk.person("Weber")
    done = await bulk.done(all=True, add_tags=["Noch einer"])
    assert (done.state, done.changed, done.failed) == (DONE, 1, 1)
    failed = await bulk.results(done, outcome=operations.OPERATION_OUTCOME_FAILED)
    assert failed == [(f"persons/{full.id}", "failed", "tags: must have at most 200 entries")]
    assert list((await bulk.read(other)).tags) == ["Noch einer"]
