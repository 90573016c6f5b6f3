"""An audit log on each database, with a sealer, and a way to do what nobody should."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import METADATA
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.principal import EVERY_ACCOUNT, Principal
from kontor_chassis.seals.keys import SealKeys, read_seal_keys, write_seal_keys
from kontor_chassis.seals.sealer import Sealer
from kontor_chassis.seals.verification import Finding, Part, find_uncovered, uncovered, verify_part
from kontor_chassis.testing import ManualClock


@dataclass
class Log:
    """The audit log of a service, as `chassis` in the keys folder."""

    database: Database
    keys: SealKeys
    clock: ManualClock

    def write(self, *subjects: str, account_id: str = "a") -> None:
        """An entry for each subject, in one transaction."""
        with Sessions(self.database, self.clock).write(Principal(account_id=account_id, user_id="u")) as session:
            for subject in subjects:
                session.audit(subject, "update", {"name": (f"old of {subject}", f"new of {subject}")})

    def sealer(self) -> Sealer:
        return Sealer(self.database, self.clock, self.keys, seconds=10)

    def seal(self, sealer: Sealer | None = None, *, account_id: str = "a") -> bool:
        """One batch; whether there was one, and it was sealed here."""
        sealer = sealer or self.sealer()
        batch = sealer.pick(account_id)
        return batch is not None and sealer.seal(batch)

    def batches(self, *batches: list[str]) -> None:
        """A seal for each list of subjects, a minute apart."""
        for subjects in batches:
            self.write(*subjects)
            assert self.seal()
            self.clock.advance(minutes=1)

    def tamper(self, statement: str, **values: object) -> None:
        """What somebody does who can write in the database, and has no key."""
        with self.database.writing(EVERY_ACCOUNT) as connection:
            assert connection.execute(sa.text(statement), values).rowcount > 0

    def entry(self, subject: str) -> str:
        """The id of the entry about a subject."""
        with self.database.reading(EVERY_ACCOUNT) as connection:
            found: str = connection.execute(sa.text("SELECT id FROM audit WHERE subject = :subject"), {"subject": subject}).scalar_one()
        return found

    def part(self, *, keys: SealKeys | None = None, after: int = 0, entries: int = 100, account_id: str = "a") -> Part:
        with self.database.reading(EVERY_ACCOUNT) as connection:
            return verify_part(connection, account_id, keys or self.keys, service=self.database.name, after=after, entries=entries)

    def findings(self) -> list[Finding]:
        """Everything that is wrong with account `a`."""
        part = self.part()
        assert not part.more
        with self.database.reading(EVERY_ACCOUNT) as connection:
            more = find_uncovered(connection, "a", most=10) if uncovered(connection, "a", missing=part.missing) else []
        return part.findings + more


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'chassis.db'}"
    drop: Callable[[], None] = lambda: None  # noqa: E731
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres")
        url = postgres.create_database("seals")
        drop = lambda: postgres.drop_database(url)  # noqa: E731
    made = Database(url, name="chassis")
    METADATA.create_all(made.engine)
    yield made
    made.close()
    drop()


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    write_seal_keys(tmp_path / "keys", ["chassis"])
    keys = read_seal_keys(tmp_path / "keys", "chassis")
    assert keys is not None
    return Log(database, keys, ManualClock())
