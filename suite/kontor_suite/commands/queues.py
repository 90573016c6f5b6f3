"""The queues: how much waits, what could not be handled, and handling that again."""

import click

from kontor_chassis.bus.port import Bus, DeadLetter, QueueState
from kontor_chassis.settings import Settings
from kontor_suite.catalog import topology
from kontor_suite.operator import complete
from kontor_suite.profiles import has_queues, make_bus


@click.group(invoke_without_command=True)
@click.pass_context
def queues(context: click.Context) -> None:
    """Show how many events wait, wait for another try, or are parked as dead letters, per queue."""
    if context.invoked_subcommand is not None:
        return

    async def work(settings: Settings) -> list[QueueState]:
        bus = await _connect(settings)
        try:
            return await bus.queues()
        finally:
            await bus.stop()

    click.echo(f"{'queue':<14} {'ready':>8} {'waiting':>8} {'dead':>8}")
    for state in complete(work):
        click.echo(f"{state.name:<14} {state.ready:>8} {state.waiting:>8} {state.dead:>8}")


@queues.command("dead")
@click.argument("queue", type=click.Choice(sorted(topology().queues)))
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
def dead(queue: str, limit: int) -> None:
    """Show the dead letters of QUEUE, with the error of their last try."""

    async def work(settings: Settings) -> list[DeadLetter]:
        bus = await _connect(settings)
        try:
            return await bus.dead_letters(queue, limit=limit)
        finally:
            await bus.stop()

    for letter in complete(work):
        item = letter.envelope
        click.echo(f"{letter.parked_at:%Y-%m-%d %H:%M:%S}  {item.type}  {item.subject}")
        click.echo(f"    event {item.id}  account {item.account_id}\n    {letter.error}")


@queues.command("replay")
@click.argument("queue", type=click.Choice(sorted(topology().queues)))
def replay(queue: str) -> None:
    """Put the dead letters of QUEUE back into it, to be tried again from the first try."""

    async def work(settings: Settings) -> int:
        bus = await _connect(settings)
        try:
            return await bus.replay(queue)
        finally:
            await bus.stop()

    click.echo(f"{complete(work)} events go back to {queue}")


async def _connect(settings: Settings) -> Bus:
    if not has_queues(settings):
        raise click.ClickException(
            f"There are no queues in {settings.data_dir.resolve()} yet; the first start makes them (KONTOR_DATA_DIR)."
        )
    bus = make_bus(settings)
    await bus.start()
    return bus
