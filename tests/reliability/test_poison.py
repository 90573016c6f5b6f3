"""R12: an event that cannot be handled is parked after its tries, delays nobody, and is handled when the fault is mended."""

from tests.reliability.figures import Figures, Tell
from tests.suite_clients import Team, eventually, knows_address
from tests.suite_processes import Installation

# The fault: mail-ingest's own table refuses one address, as a bug of ours would.
_BREAK = {
    "sqlite": "CREATE TRIGGER poison BEFORE INSERT ON person_addresses WHEN NEW.address = '{address}' BEGIN SELECT RAISE(ABORT, 'no'); END",
    "postgresql": "ALTER TABLE person_addresses ADD CONSTRAINT poison CHECK (address <> '{address}') NOT VALID",
}
_MEND = {"sqlite": "DROP TRIGGER poison", "postgresql": "ALTER TABLE person_addresses DROP CONSTRAINT poison"}


def execute(installation: Installation, statements: dict[str, str], **values: str) -> None:
    with installation.database("mail-ingest") as connection:
        connection.exec_driver_sql(statements[connection.dialect.name].format(**values))


def dead(installation: Installation) -> int:
    """How many dead letters mail-ingest's queue has, as operators see it."""
    [line] = [line for line in installation.kontor("queues").splitlines() if line.split()[:1] == ["mail-ingest"]]
    return int(line.split()[3])


def test_poison_is_parked_others_pass_and_a_replay_handles_it_when_the_fault_is_mended(
    installation: Installation, team: Team, tell: Tell
) -> None:
    anna, addresses = team.owner, [f"p{number}@{team.slug}.example" for number in range(20)]
    poison = f"poison@{team.slug}.example"
    execute(installation, _BREAK, address=poison)
    try:
        for number, address in enumerate([*addresses[:10], poison, *addresses[10:]]):
            anna.post("/v1/persons", {"last_name": f"Öztürk {number}", "emails": [{"address": address}]})
        for address in addresses:
            eventually(lambda address=address: knows_address(installation, address))  # type: ignore[misc]
        assert not knows_address(installation, poison)
        eventually(lambda: dead(installation), lambda count: count == 1, seconds=120)
        shown = installation.kontor("queues", "dead", "mail-ingest")
        assert "kontor.contacts.person.created.v1" in shown
        assert team.account_id in shown
        assert "BAD" in installation.kontor("doctor", status=1)
    finally:
        execute(installation, _MEND)

    assert "1 events" in installation.kontor("queues", "replay", "mail-ingest")
    eventually(lambda: knows_address(installation, poison))
    assert dead(installation) == 0
    tell(Figures(len(addresses) + 1, len(addresses) + 1, lost=0, duplicated=0, recovered=1))
