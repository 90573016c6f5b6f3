"""Looks at an installation and says what is wrong with it."""

import shutil
import sqlite3
import sys
from collections.abc import Iterator

import click
import sqlalchemy as sa

from kontor_chassis.blobs.port import OK
from kontor_chassis.db.database import Database
from kontor_chassis.db.migrations import is_current
from kontor_chassis.errors import KontorError
from kontor_chassis.seals.keys import SUFFIX
from kontor_chassis.settings import Settings, WrongSetting, load_settings
from kontor_suite.catalog import OPERATOR, SERVICES
from kontor_suite.operator import complete
from kontor_suite.profiles import has_queues, make_blobs, make_bus

_MIN_FREE_BYTES = 1 << 30
# RETURNING, ON CONFLICT and JSON functions.
_MIN_SQLITE = (3, 35)

Finding = tuple[bool, str]


@click.command()
def doctor() -> None:
    """Check settings, disk, files, keys, databases, migrations and queues. Status 1 where something is wrong."""
    try:
        settings = load_settings()
    except WrongSetting as error:
        for line in str(error).splitlines():
            click.echo(f"BAD  {line}")
        sys.exit(1)
    findings = [*_machine(settings), *_files(settings), *_keys(settings), *_databases(settings), *complete(_queues)]
    for good, text in findings:
        click.echo(f"{'ok  ' if good else 'BAD '} {text}")
    sys.exit(0 if all(good for good, _ in findings) else 1)


def _machine(settings: Settings) -> Iterator[Finding]:
    yield sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}"
    yield sqlite3.sqlite_version_info >= _MIN_SQLITE, f"SQLite {sqlite3.sqlite_version}"
    folder = settings.data_dir
    if folder.exists():
        free = shutil.disk_usage(folder).free
        yield free >= _MIN_FREE_BYTES, f"{free >> 20} MiB free at {folder.resolve()}"
    else:
        yield True, f"{folder.resolve()} does not exist yet; the first start makes it"
    yield (
        not settings.mail_domain.endswith((".localhost", ".invalid")),
        f"mail domain {settings.mail_domain}"
        + (" (only for trying: set KONTOR_MAIL_DOMAIN)" if settings.mail_domain.endswith((".localhost", ".invalid")) else ""),
    )


def _files(settings: Settings) -> Iterator[Finding]:
    """Below the data folder they need no look of their own."""
    if settings.blob_url:
        try:
            state = make_blobs(settings).state()
        except WrongSetting as error:
            yield False, str(error)
        else:
            yield state == OK, f"files: {state}"


def _keys(settings: Settings) -> Iterator[Finding]:
    folder = settings.keys_folder
    if not folder.exists():
        yield not settings.bus_url, f"no keys in {folder} yet"
        return
    wanted = [f"{name}.pub" for name in (*(service.name for service in SERVICES), OPERATOR)]
    wanted += [f"{service.name}{SUFFIX}" for service in SERVICES]
    missing = [name for name in wanted if not (folder / name).exists()]
    yield not missing, f"keys in {folder}" + (f": missing {', '.join(missing)}" if missing else "")
    secret = (*folder.glob("*.pem"), *folder.glob(f"*{SUFFIX}"))
    loose = [path.name for path in secret if path.stat().st_mode & 0o077]
    yield not loose, "private keys are private" if not loose else f"readable by others: {', '.join(loose)}"


def _databases(settings: Settings) -> Iterator[Finding]:
    for service in SERVICES:
        if not settings.database_url and not (settings.data_dir / f"{service.name}.db").exists():
            yield True, f"{service.name}: no database yet"
            continue
        database = Database(settings.database_url_of(service.name), name=service.name)
        try:
            current = is_current(database, service.migrations)
            yield current, f"{service.name}: database " + ("is up to date" if current else "is behind, run `kontor migrate`")
        except (KontorError, sa.exc.SQLAlchemyError) as error:
            yield False, f"{service.name}: {error}"
        finally:
            database.close()


async def _queues(settings: Settings) -> list[Finding]:
    if not has_queues(settings):
        return [(True, "no queues yet")]
    bus = make_bus(settings)
    try:
        await bus.start()
        states = await bus.queues()
        return [(item.dead == 0, f"queue {item.name}: {item.ready} ready, {item.waiting} waiting, {item.dead} dead") for item in states]
    except KontorError as error:
        return [(False, f"bus: {error}")]
    finally:
        await bus.stop()
