"""Whether the audit logs still are what was written, for operators: reads the databases directly, beside the running suite."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import sqlalchemy as sa

from kontor_chassis.db.database import Database
from kontor_chassis.db.plumbing import AUDIT, AUDIT_SEALS, AUDIT_UNSEALED
from kontor_chassis.db.types import from_micros
from kontor_chassis.errors import KontorError
from kontor_chassis.ids import is_id
from kontor_chassis.principal import EVERY_ACCOUNT
from kontor_chassis.seals import statements
from kontor_chassis.seals.keys import SealKeys, read_seal_keys
from kontor_chassis.seals.verification import Fault, Finding, find_uncovered, uncovered, verify_part
from kontor_chassis.settings import Settings, WrongSetting, load_settings
from kontor_suite.catalog import SERVICES
from kontor_suite.commands.accounts import account_id_of
from kontor_suite.operator import complete, operator

_ENTRIES_AT_ONCE = 20_000
# Of one log; there is nothing to be learned from more.
_MOST_FINDINGS = 100
_SERVICES = click.argument("services", nargs=-1, type=click.Choice([service.name for service in SERVICES]))

_TEXTS = {
    Fault.CHANGED: "entry {entry_id}{of} was changed after it was sealed (seal {seal})",
    Fault.MISSING: "entry {entry_id} was deleted (seal {seal})",
    Fault.UNCOVERED: "entry {entry_id}{of} was never announced to be sealed",
    Fault.LATE: "entry {entry_id}{of} turned up long after the time that it bears (seal {seal})",
    Fault.SEAL_CHANGED: "seal {seal} is not what was made; nothing is proven of its {count} entries",
    Fault.SEAL_MISSING: "{count} seals are gone, from number {seal} on",
    Fault.KEY_MISSING: "seal {seal} of {count} entries was made with a key that is not in the folder of keys",
}


@dataclass
class Report:
    """What one log of one account came to."""

    service: str
    account_id: str
    seals: int = 0
    entries: int = 0
    pruned_entries: int = 0
    unsealed: int = 0
    seal_time: int | None = None
    findings: list[Finding] = field(default_factory=list)


@click.group()
def audit() -> None:
    """Verify the audit logs."""


@audit.command()
@_SERVICES
@click.option("--account", default="", help="Slug or id of one account; default: all of them.")
@click.option("--heads", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What `kontor audit heads` wrote earlier.")
def verify(services: tuple[str, ...], account: str, heads: Path | None) -> None:
    """Compare the audit logs of SERVICES, or of all, with their seals. Status 1 where something is wrong, or could not be read."""
    settings = _settings()
    account_id = _account_id(account)
    known = _read_heads(heads) if heads else {}
    bad = False
    for name in _names(settings, services):
        with _reading(settings, name) as connection:
            keys = read_seal_keys(settings.keys_folder, name)
            if keys is None:
                bad = True
                click.echo(f"BAD  {name}: no key in {settings.keys_folder}")
                continue
            for one in [account_id] if account_id else _accounts(connection):
                report = _verified(connection, name, one, keys)
                bad = bad or bool(report.findings)
                _show(report)
            for lost in _lost(connection, name, account_id, known):
                bad = True
                click.echo(f"BAD  {lost}")
    sys.exit(1 if bad else 0)


@audit.command()
@_SERVICES
def heads(services: tuple[str, ...]) -> None:
    """Print the newest seal of each log, to be kept in another place: with it `verify --heads` finds seals that were cut off since."""
    settings = _settings()
    for name in _names(settings, services):
        with _reading(settings, name) as connection:
            for account_id in _accounts(connection):
                head = statements.head(connection, account_id)
                if head is not None:
                    click.echo(f"{name} {account_id} {head.number} {head.mac.hex()}")


def _verified(connection: sa.Connection, service: str, account_id: str, keys: SealKeys) -> Report:
    report = Report(service, account_id)
    after, missing, more = 0, 0, True
    while more:
        part = verify_part(connection, account_id, keys, service=service, after=after, entries=_ENTRIES_AT_ONCE)
        report.seals += part.seals
        report.entries += part.entries
        report.pruned_entries += part.pruned_entries
        report.seal_time = part.seal_time if part.seal_time is not None else report.seal_time
        report.findings += part.findings[: _MOST_FINDINGS - len(report.findings)]
        after, missing, more = part.last, missing + part.missing, part.more
    if uncovered(connection, account_id, missing=missing):
        report.findings += find_uncovered(connection, account_id, most=_MOST_FINDINGS)
    report.unsealed = statements.counts(connection, account_id)[2]
    return report


def _show(report: Report) -> None:
    until = f"until {from_micros(report.seal_time):%Y-%m-%d %H:%M:%S} UTC" if report.seal_time is not None else "never sealed"
    counted = f"{report.entries} entries in {report.seals} seals {until}"
    if report.pruned_entries:
        counted += f", {report.pruned_entries} deleted by rule"
    if report.unsealed:
        counted += f", {report.unsealed} not sealed yet"
    click.echo(f"{'BAD ' if report.findings else 'ok  '} {report.service} {report.account_id}: {counted}")
    for item in report.findings:
        of = f" of {item.subject}" if item.subject else ""
        click.echo(f"       {_TEXTS[item.fault].format(entry_id=item.entry_id, seal=item.seal, count=item.count, of=of)}")


def _read_heads(path: Path) -> dict[tuple[str, str], tuple[int, str]]:
    known: dict[tuple[str, str], tuple[int, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            service, account_id, number, mac = line.split()
            known[service, account_id] = (int(number), mac)
        except ValueError as error:
            raise click.ClickException(f"{path} is not what `kontor audit heads` writes: {line!r}") from error
    return known


def _lost(connection: sa.Connection, service: str, account_id: str, known: dict[tuple[str, str], tuple[int, str]]) -> Iterator[str]:
    """Heads of an earlier day that the chains do not hold any more."""
    for (of, one), (number, mac) in known.items():
        if of == service and account_id in ("", one):
            seal = statements.seal(connection, one, number)
            if seal is None or seal.mac.hex() != mac:
                yield f"{service} {one}: seal {number} is not the one that was kept; the log was cut off or made anew"


def _accounts(connection: sa.Connection) -> list[str]:
    found: set[str] = set()
    for table in (AUDIT, AUDIT_SEALS, AUDIT_UNSEALED):
        account_id = statements.next_account(connection, "", table=table)
        while account_id is not None:
            found.add(account_id)
            account_id = statements.next_account(connection, account_id, table=table)
    return sorted(found)


def _names(settings: Settings, wanted: tuple[str, ...]) -> list[str]:
    """Services that have a database."""
    names = [service.name for service in SERVICES if service.name in wanted or not wanted]
    return [name for name in names if settings.database_url or (settings.data_dir / f"{name}.db").exists()]


@contextmanager
def _reading(settings: Settings, name: str) -> Iterator[sa.Connection]:
    """A connection to a service's database that sees every account; what goes wrong with it becomes one line."""
    database = Database(settings.database_url_of(name), name=name)
    try:
        with database.reading(EVERY_ACCOUNT) as connection:
            yield connection
    except (KontorError, sa.exc.SQLAlchemyError, ValueError) as error:
        raise click.ClickException(f"{name}: {error}") from error
    finally:
        database.close()


def _account_id(account: str) -> str:
    """The id of an account that was named by its slug."""
    if not account or is_id(account):
        return account

    async def work(settings: Settings) -> str:
        async with operator(settings, "identity") as us:
            return await account_id_of(us, account)

    return complete(work)


def _settings() -> Settings:
    try:
        return load_settings()
    except WrongSetting as error:
        raise click.ClickException(str(error)) from error
