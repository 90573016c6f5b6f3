"""How the command line talks to the suite: over its socket or the network where it runs, else to the services in this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import click
from google.protobuf.message import Message

from kontor_chassis.clock import system_clock
from kontor_chassis.host import RunningService
from kontor_chassis.logs import configure_logs
from kontor_chassis.principal import EVERY_ACCOUNT, METADATA_KEY, Keyring, service_principal
from kontor_chassis.rpc.channel import Channel
from kontor_chassis.rpc.inprocess import InProcessChannel
from kontor_chassis.settings import Settings, load_settings
from kontor_suite.catalog import OPERATOR, SERVICES
from kontor_suite.profiles import check_private, make_blobs, make_bus, make_keyring, make_mail, operator_socket, remote_channels

R = TypeVar("R", bound=Message)
T = TypeVar("T")

_SECONDS = 30.0


class Operator:
    """Calls with the operator's principal."""

    def __init__(self, channels: Mapping[str, Channel], keyring: Keyring) -> None:
        self._channels = channels
        self._keyring = keyring

    async def call(
        self,
        service: str,
        method: str,
        request: Message,
        response_type: type[R],
        *,
        scopes: Iterable[str],
        account_id: str = EVERY_ACCOUNT,
        seconds: float = _SECONDS,
    ) -> R:
        """Call `kontor.<service>.v1.<method>`, such as `UserService/CreateUser`. Raises KontorError."""
        principal = service_principal(OPERATOR, account_id=account_id, scopes=scopes)
        metadata = {METADATA_KEY: self._keyring.sign(principal, issuer=OPERATOR)}
        path = f"/kontor.{service}.v1.{method}"
        return await self._channels[service].unary(path, request, response_type, metadata=metadata, timeout=seconds)


@asynccontextmanager
async def operator(settings: Settings, *services: str) -> AsyncIterator[Operator]:
    """An operator. Where the suite is not running they can call `services` (proto packages) only; none: it must be running."""
    keyring = make_keyring(settings, signers=[OPERATOR])
    if settings.bus_url:
        remote = remote_channels(settings)
    else:
        remote = remote_channels(settings.model_copy(update={"channel_url": f"unix:{operator_socket(settings)}", "channel_urls": {}}))
    try:
        socket = operator_socket(settings)
        if not settings.bus_url and socket.exists():
            check_private(socket.parent)
        if settings.bus_url or await remote["identity"].healthy():
            yield Operator(remote, keyring)
        else:
            if not services:
                raise click.ClickException("The suite is not running; start it with `kontor up`.")
            async with _offline(settings, keyring, services) as channels:
                yield Operator(channels, keyring)
    finally:
        for channel in remote.values():
            await channel.close()


@asynccontextmanager
async def _offline(settings: Settings, keyring: Keyring, services: Iterable[str]) -> AsyncIterator[dict[str, Channel]]:
    """The services' databases without anything around them. What they tell goes out when the suite starts."""
    channels: dict[str, Channel] = {}
    bus, blobs, mail = make_bus(settings), make_blobs(settings), make_mail(settings)
    running = [
        RunningService(service, settings, bus=bus, channels=channels, keyring=keyring, blobs=blobs, mail=mail, clock=system_clock)
        for service in SERVICES
        if service.package in services
    ]
    channels.update({item.service.package: InProcessChannel(item.dispatcher) for item in running})
    try:
        for item in running:
            await item.migrate()
            await item.open_rooms()
        yield channels
    finally:
        for item in running:
            await item.close_rooms()
            await item.stop()


def complete(work: Callable[[Settings], Awaitable[T]]) -> T:
    """Run a command's work."""

    async def do() -> T:
        settings = load_settings()
        # The default of structlog shows local variables with a traceback, passwords among them.
        configure_logs(settings.log_level, settings.log_format)
        return await work(settings)

    return asyncio.run(do())
