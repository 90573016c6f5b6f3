"""Reading who changed what (A6), on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
import sqlalchemy as sa

from kontor.contacts.v1 import organisations_pb2 as organisations
from kontor.contacts.v1 import persons_pb2 as persons
from kontor.type.v1 import audit_pb2 as pb
from kontor_chassis.errors import InvalidArgument, NotFound, PermissionDenied
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal
from kontor_chassis.testing import Harness


@pytest.fixture
def admin(contacts: Harness) -> Principal:
    return replace(contacts.user, user_id=new_id(), role="admin")


async def create(contacts: Harness, last_name: str, *, user: Principal | None = None) -> persons.Person:
    made: persons.Person = await contacts.call(persons.CreatePersonRequest(person=persons.Person(last_name=last_name)), user=user)
    return made


async def rename(contacts: Harness, person_id: str, last_name: str, *, user: Principal | None = None) -> None:
    person = persons.Person(id=person_id, last_name=last_name)
    await contacts.call(persons.UpdatePersonRequest(person=person, update_mask=["last_name"]), user=user)


async def entries(contacts: Harness, *, user: Principal | None = None, **fields: object) -> Sequence[pb.AuditEntry]:
    response = await contacts.call(pb.ListAuditEntriesRequest(**fields), user=user)  # type: ignore[arg-type]
    found: Sequence[pb.AuditEntry] = response.audit_entries
    return found


def changes(entry: pb.AuditEntry) -> dict[str, list[object]]:
    return {
        change.field: [
            orjson.loads(change.before.text) if change.HasField("before") else None,
            orjson.loads(change.after.text) if change.HasField("after") else None,
        ]
        for change in entry.changes
    }


async def test_a_record_tells_who_changed_what_and_when_newest_first(contacts: Harness, admin: Principal) -> None:
    made = await create(contacts, "Öztürk")
    contacts.clock.advance(hours=1)
    await rename(contacts, made.id, "Özdemir", user=admin)
    last, first = await entries(contacts, subject=f"persons/{made.id}")
    assert (last.action, last.actor_user_id, last.means) == ("update", admin.user_id, "user")
    assert changes(last) == {"last_name": ["Öztürk", "Özdemir"]}
    assert last.create_time.ToDatetime(tzinfo=UTC) == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    assert (first.action, first.actor_user_id) == ("create", contacts.user.user_id)
    assert changes(first) == {"last_name": [None, "Öztürk"]}


async def test_only_owners_and_admins_read_the_log_of_everything(contacts: Harness, admin: Principal) -> None:
    await create(contacts, "Öztürk")
    for role in ("member", "restricted", "reader"):
        with pytest.raises(PermissionDenied):
            await entries(contacts, user=replace(contacts.user, role=role))
    for role in ("admin", "owner"):
        assert len(await entries(contacts, user=replace(admin, role=role))) == 1


async def test_what_is_deleted_is_known_to_admins_only(contacts: Harness, admin: Principal) -> None:
    made = await create(contacts, "Öztürk")
    await contacts.call(persons.DeletePersonRequest(id=made.id))
    assert [entry.action for entry in await entries(contacts, user=admin, subject=f"persons/{made.id}")] == ["delete", "create"]
    with pytest.raises(NotFound):
        await entries(contacts, subject=f"persons/{made.id}")


async def test_whoever_may_not_read_a_record_may_not_read_its_log(contacts: Harness) -> None:
    made = await create(contacts, "Öztürk")
    with pytest.raises(NotFound):
        await entries(contacts, user=replace(contacts.user, scopes=frozenset({"audit.read"})), subject=f"persons/{made.id}")
    with pytest.raises(PermissionDenied):
        await entries(contacts, user=replace(contacts.user, scopes=frozenset({"contacts.read"})), subject=f"persons/{made.id}")


@pytest.mark.parametrize("subject", ["persons/", "deals/01890a5d-ac96-774b-bcce-b302099a8057", "persons", "x/y/z"])
async def test_a_record_that_is_none_has_no_log(contacts: Harness, subject: str) -> None:
    with pytest.raises(NotFound):
        await entries(contacts, subject=subject)


async def test_another_account_has_a_log_of_its_own(contacts: Harness, admin: Principal) -> None:
    """S1."""
    made = await create(contacts, "Öztürk")
    stranger = replace(admin, account_id=new_id())
    assert not await entries(contacts, user=stranger)
    assert not await entries(contacts, user=stranger, subject=f"persons/{made.id}")
    assert not await entries(contacts, user=stranger, filter=f'subject = "persons/{made.id}" OR actor = {contacts.user.user_id}')
    with pytest.raises(NotFound):
        await entries(contacts, user=replace(stranger, role="member"), subject=f"persons/{made.id}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("action = create", ["Zuse", "Öztürk"]),
        ("action != create", ["Özdemir"]),
        ("actor = me", ["Özdemir"]),
        ("NOT actor = me", ["Zuse", "Öztürk"]),
        ("means = user", ["Zuse", "Özdemir", "Öztürk"]),
        ("means = import", []),
        ("subject = persons/*", ["Zuse", "Özdemir", "Öztürk"]),
        ("subject = organisations/*", []),
        ("create_time = today", ["Zuse"]),
        ("create_time < today", ["Özdemir", "Öztürk"]),
        ("create_time > today-7d AND action = update AND actor = me", ["Özdemir"]),
        ("create_time >= 2026-03-02T10:00:00Z", ["Zuse", "Özdemir"]),
    ],
)
async def test_a_filter_narrows_the_log(contacts: Harness, admin: Principal, text: str, found: list[str]) -> None:
    made = await create(contacts, "Öztürk")
    contacts.clock.advance(hours=1)
    await rename(contacts, made.id, "Özdemir", user=admin)
    contacts.clock.advance(days=1)
    await create(contacts, "Zuse")
    assert [changes(entry)["last_name"][1] for entry in await entries(contacts, user=admin, filter=text)] == found


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"filter": "last_name = x"}, "filter"),
        ({"filter": "action ="}, "filter"),
        ({"page_token": "x"}, "page_token"),
        ({"page_size": -1}, "page_size"),
    ],
)
async def test_what_cannot_be_listed_is_refused_by_name(contacts: Harness, admin: Principal, fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await entries(contacts, user=admin, **fields)
    assert [violation.field for violation in refusal.value.violations] == [field]


async def test_the_log_is_paged_without_gaps_within_one_moment(contacts: Harness, admin: Principal) -> None:
    for number in range(7):
        await create(contacts, f"Person {number}")
        contacts.clock.advance(seconds=number % 2)
    seen: list[str] = []
    token = ""
    while True:
        response = await contacts.call(pb.ListAuditEntriesRequest(page_size=2, page_token=token, filter="action = create"), user=admin)
        seen += [str(changes(entry)["last_name"][1]) for entry in response.audit_entries]
        token = response.next_page_token
        if not token:
            break
    assert seen == [f"Person {number}" for number in reversed(range(7))]


async def test_a_page_of_long_values_ends_early(contacts: Harness, admin: Principal) -> None:
    """Else it would not fit into one message."""
    for number in range(12):
        organisation = organisations.Organisation(name=f"Firma {number}", background="ü" * 100_000)
        await contacts.call(organisations.CreateOrganisationRequest(organisation=organisation))
    first = await contacts.call(pb.ListAuditEntriesRequest(), user=admin)
    assert 0 < len(first.audit_entries) < 12
    assert first.next_page_token
    rest = await contacts.call(pb.ListAuditEntriesRequest(page_token=first.next_page_token), user=admin)
    assert first.audit_entries[-1].id != rest.audit_entries[0].id


async def sealed(contacts: Harness) -> None:
    sealer = contacts.running.sealer
    assert sealer is not None
    await sealer.settled()


async def verify(contacts: Harness, user: Principal, **fields: object) -> pb.VerifyAuditLogResponse:
    answer: pb.VerifyAuditLogResponse = await contacts.call(pb.VerifyAuditLogRequest(**fields), user=user)  # type: ignore[arg-type]
    return answer


def tamper(contacts: Harness, statement: str) -> None:
    with contacts.running.context.database.writing("*") as connection:
        assert connection.execute(sa.text(statement)).rowcount == 1


async def test_what_was_done_by_a_key_says_so_and_by_which(contacts: Harness, admin: Principal) -> None:
    key = replace(contacts.user, api_key_id=new_id(), api_key_name="Rechnungslauf")
    await create(contacts, "Zuse")
    await create(contacts, "Öztürk", user=key)
    by_key, by_hand = await entries(contacts, user=admin)
    assert (by_key.means, by_key.actor_user_id, by_key.api_key_id, by_key.api_key_name) == (
        "key",
        contacts.user.user_id,
        key.api_key_id,
        "Rechnungslauf",
    )
    assert (by_hand.means, by_hand.api_key_id, by_hand.api_key_name) == ("user", "", "")
    for text, found in ((f"api_key = {key.api_key_id}", [by_key]), ("means = key", [by_key]), (f"api_key != {key.api_key_id}", [by_hand])):
        assert list(await entries(contacts, user=admin, filter=text)) == found


async def test_an_owner_finds_what_was_changed_in_the_log(contacts: Harness, admin: Principal) -> None:
    """S12."""
    made = [await create(contacts, name) for name in ("Zuse", "Öztürk")]
    await sealed(contacts)
    first = await verify(contacts, admin)
    assert (first.intact, first.entries, list(first.findings), first.next_page_token) == (True, 2, [], "")
    assert first.seal_time.ToDatetime(tzinfo=UTC) == contacts.clock()
    tamper(contacts, f"UPDATE audit SET actor_user_id = 'x' WHERE subject = 'persons/{made[1].id}'")
    (finding,) = (await verify(contacts, admin)).findings
    assert (finding.fault, finding.subject, finding.seal) == (pb.AUDIT_FAULT_CHANGED, f"persons/{made[1].id}", 1)
    stranger = await verify(contacts, replace(admin, account_id=new_id()))
    assert (stranger.intact, stranger.seals, stranger.HasField("seal_time")) == (True, 0, False)


async def test_entries_that_no_seal_covers_are_counted(contacts: Harness, admin: Principal) -> None:
    for name in ("Zuse", "Öztürk"):
        await create(contacts, name)
    await sealed(contacts)
    tamper(contacts, "DELETE FROM audit_seals")
    answer = await verify(contacts, admin)
    assert [(item.fault, item.count) for item in answer.findings] == [(pb.AUDIT_FAULT_UNCOVERED, 2)]


async def test_a_long_log_is_verified_in_pages(contacts: Harness, admin: Principal) -> None:
    for number in range(5):
        await create(contacts, f"Person {number}")
        await sealed(contacts)
    compared, token = 0, ""
    for _ in range(10):
        answer = await verify(contacts, admin, page_size=2, page_token=token)
        assert answer.intact
        compared, token = compared + answer.entries, answer.next_page_token
        if not token:
            break
    assert compared == 5


async def test_only_owners_and_admins_verify_a_log(contacts: Harness) -> None:
    for role in ("member", "restricted", "reader"):
        with pytest.raises(PermissionDenied):
            await verify(contacts, replace(contacts.user, role=role))


@pytest.mark.parametrize(("fields", "field"), [({"page_size": -1}, "page_size"), ({"page_token": "x"}, "page_token")])
async def test_what_cannot_be_verified_is_refused_by_name(
    contacts: Harness, admin: Principal, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await verify(contacts, admin, **fields)
    assert [violation.field for violation in refusal.value.violations] == [field]
