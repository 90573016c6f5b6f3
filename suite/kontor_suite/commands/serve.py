"""Starting: the whole suite in one process, or some of its services."""

import sys
from typing import Any

import click

from kontor_chassis.db.database import Database
from kontor_chassis.db.migrations import upgrade
from kontor_chassis.logs import configure_logs
from kontor_chassis.settings import Settings, load_settings
from kontor_chassis.telemetry import configure_telemetry
from kontor_suite import profiles
from kontor_suite.catalog import GATEWAY, SERVICES, by_name
from kontor_suite.run import run

_NAMES = [*(service.name for service in SERVICES), GATEWAY]


@click.command()
def up() -> None:
    """Run the whole suite in this process, with nothing else installed."""
    settings = _prepare("suite")
    if settings.bus_url:
        raise click.ClickException("KONTOR_BUS_URL is set: that is the split profile, run `kontor serve NAME…` instead.")

    async def started(profile: Any) -> None:
        host = settings.http_host if settings.http_host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
        click.echo(f"Kontor is ready:  http://{host}:{profile.http.port}  (docs: /docs)   SMTP {settings.smtp_host}:{settings.smtp_port}")

    sys.exit(run(lambda: profiles.Embedded(settings), started=started))


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(_NAMES))
def serve(names: tuple[str, ...]) -> None:
    """Run the named services (or the gateway) of the split profile in this process."""
    settings = _prepare("+".join(names))
    if set(names) != {GATEWAY} and not (settings.bus_url and settings.database_url):
        raise click.ClickException("The split profile needs KONTOR_BUS_URL and KONTOR_DATABASE_URL; `kontor up` runs without them.")

    async def started(profile: Any) -> None:
        click.echo(f"serving {', '.join(names)}")

    sys.exit(run(lambda: profiles.Split(settings, names), started=started))


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([name for name in _NAMES if name != GATEWAY]))
def migrate(names: tuple[str, ...]) -> None:
    """Bring the databases of the named services, or of all, up to date."""
    settings = _prepare("migrate")
    for service in [by_name(name) for name in names] or list(SERVICES):
        database = Database(settings.database_url_of(service.name), name=service.name)
        upgrade(database, service.migrations)
        database.close()
        click.echo(f"{service.name}: up to date")


@click.command()
def keys() -> None:
    """Make the keys of all services that are missing in the keys folder (split profile, once)."""
    folder = load_settings().keys_folder
    profiles.write_all_keys(folder)
    click.echo(f"keys are in {folder}")


def _prepare(service: str) -> Settings:
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    configure_telemetry(service, settings.otlp_endpoint)
    return settings
