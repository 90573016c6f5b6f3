"""The two profiles, and the only place that knows which is which.

embedded: every service and the gateway in one process; SQLite, local queues, in-process calls, local files.
split: the named services in this process; PostgreSQL, RabbitMQ, gRPC. A process may serve one of them or several.
"""

import asyncio
import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from kontor_chassis.blobs.disk import DiskBlobs
from kontor_chassis.blobs.port import Blobs
from kontor_chassis.bus.local import LocalBus
from kontor_chassis.bus.port import Bus
from kontor_chassis.clock import Clock, system_clock
from kontor_chassis.disk_space import folder_state
from kontor_chassis.health import health_app
from kontor_chassis.host import Host, RunningService
from kontor_chassis.outgoing_mail.files import FileMail
from kontor_chassis.outgoing_mail.port import OutgoingMail
from kontor_chassis.outgoing_mail.smtp import SmtpMail, relay_of
from kontor_chassis.principal import Keyring, write_keys
from kontor_chassis.rpc.channel import Channel
from kontor_chassis.rpc.dispatch import methods_of
from kontor_chassis.rpc.grpc_channel import READINESS, GrpcChannel, safe_methods
from kontor_chassis.rpc.grpc_server import GrpcServer
from kontor_chassis.rpc.inprocess import InProcessChannel
from kontor_chassis.seals.keys import write_seal_keys
from kontor_chassis.service import Service
from kontor_chassis.settings import Settings, WrongSetting, read_settings
from kontor_gateway.app import create_app
from kontor_gateway.settings import GatewaySettings
from kontor_suite.catalog import GATEWAY, OPERATOR, SERVICES, by_name, service_scopes, topology
from kontor_suite.http import HttpServer

# How often a process of the split profile tells whether it is ready.
_READINESS_SECONDS = 1.0


class AlreadyRunning(OSError):
    """Another process runs on this data folder."""


class MissingKeys(WrongSetting):
    """Keys without which callers cannot be told apart."""


def make_bus(settings: Settings, clock: Clock = system_clock) -> Bus:
    if settings.bus_url:
        # The embedded suite need not pay for the client of a broker that it has not got.
        from kontor_chassis.bus.rabbitmq import RabbitBus  # noqa: PLC0415

        return RabbitBus(settings.bus_url, topology(), clock=clock)
    return LocalBus(_local_queues(settings), topology(), clock=clock)


def has_queues(settings: Settings) -> bool:
    """Whether there is a bus to ask; asking must not make an installation where there is none."""
    return bool(settings.bus_url) or _local_queues(settings).exists()


def _local_queues(settings: Settings) -> Path:
    return settings.data_dir / "bus.db"


def make_blobs(settings: Settings) -> Blobs:
    """Raises WrongSetting for an address that is none."""
    url = settings.blob_url
    if not url or url.startswith("file:///"):
        folder = Path(url.removeprefix("file://")) if url else settings.data_dir / "blobs"
        return DiskBlobs(folder, least_free=settings.least_free_bytes)
    if not url.startswith("s3://"):
        raise WrongSetting("KONTOR_BLOB_URL: begins with file:/// (a folder) or s3:// (a bucket)")
    # Who keeps files on a disk need not pay for the client of an object store.
    from kontor_chassis.blobs.s3 import S3Blobs  # noqa: PLC0415
    from kontor_chassis.blobs.s3_address import parse_address  # noqa: PLC0415

    try:
        return S3Blobs(parse_address(url))
    except ValueError as error:
        raise WrongSetting(f"KONTOR_BLOB_URL: {error}") from error


def make_mail(settings: Settings) -> OutgoingMail:
    """Raises WrongSetting for a relay's address of a kind that is not supported."""
    if not settings.smtp_relay_url:
        return FileMail(settings.data_dir / "outgoing-mail")
    try:
        return SmtpMail(relay_of(settings.smtp_relay_url))
    except ValueError as error:
        raise WrongSetting(f"KONTOR_SMTP_RELAY_URL: {error}") from error


def make_keyring(settings: Settings, *, signers: Iterable[str] = ()) -> Keyring:
    """In the embedded profile missing keys are made; in the split one `kontor keys` does that once for all processes.

    `signers` are those that this process must be able to sign as. Raises MissingKeys: without them no call could be answered.
    """
    everybody = [*(service.name for service in SERVICES), OPERATOR]
    if not settings.bus_url:
        write_all_keys(settings.keys_folder)
    wanted = [*(f"{name}.pem" for name in signers), *(f"{name}.pub" for name in everybody)]
    missing = [name for name in wanted if not (settings.keys_folder / name).is_file()]
    if missing:
        raise MissingKeys(
            f"{settings.keys_folder.resolve()} lacks {', '.join(missing)}; `kontor keys` makes what is missing (KONTOR_KEYS_DIR)"
        )
    return Keyring(settings.keys_folder, service_scopes=service_scopes())


def write_all_keys(folder: Path) -> None:
    """Make the keys that are missing: of principals, and of audit logs."""
    write_keys(folder, [*(service.name for service in SERVICES), OPERATOR])
    write_seal_keys(folder, [service.name for service in SERVICES])


def operator_socket(settings: Settings) -> Path:
    """Where the embedded suite answers the command line. In the system's temporary folder, because the name of a socket
    must not be longer than about 100 characters."""
    digest = hashlib.sha256(str(settings.data_dir.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"kontor-{digest}" / "operator.sock"


def remote_channels(settings: Settings) -> dict[str, GrpcChannel]:
    """A channel to every service over gRPC, keyed by proto package."""
    return {service.package: _remote(settings.channel_url_of(service.name), service) for service in SERVICES}


def _remote(url: str, service: Service) -> GrpcChannel:
    reads = [name for proto, module in service.rpc.items() for name in safe_methods(methods_of(proto, module))]
    return GrpcChannel(url, service=service.name, reads=reads)


def check_private(folder: Path) -> None:
    """Raise OSError where a folder in a place that others may write to is not ours alone: somebody may have made it first."""
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o077:
        raise OSError(f"{folder} is not a folder of ours alone; remove it and start again")


class Embedded:
    """All services and the gateway in this process."""

    def __init__(self, settings: Settings, *, clock: Clock = system_clock) -> None:
        self.settings = settings
        self._lock = _lock(settings.data_dir)
        keyring = make_keyring(settings)
        self.bus = make_bus(settings, clock)
        self._blobs, mail = make_blobs(settings), make_mail(settings)
        ports: Any = {"bus": self.bus, "keyring": keyring, "blobs": self._blobs, "mail": mail, "clock": clock}
        channels: dict[str, Channel] = {}
        running = [RunningService(service, settings, channels=channels, **ports) for service in SERVICES]
        channels.update({item.service.package: InProcessChannel(item.dispatcher) for item in running})
        self.host = Host(running, self.bus)
        self._operator = _operator_server(running, operator_socket(settings))
        app = create_app(channels, read_settings(GatewaySettings), readiness=self.readiness)
        self.http = HttpServer(app, settings.http_host, settings.http_port, "KONTOR_HTTP_PORT")

    async def readiness(self) -> dict[str, str]:
        """Everything that serving needs: the services, and room for what they write."""
        data = asyncio.to_thread(folder_state, self.settings.data_dir, least_free=self.settings.least_free_bytes)
        services, data_state, files_state = await asyncio.gather(self.host.readiness(), data, asyncio.to_thread(self._blobs.state))
        return {**services, "disk.data": data_state, "files": files_state}

    @property
    def failed(self) -> asyncio.Future[None]:
        return self.host.failed

    async def start(self) -> None:
        await self.host.start(migrate=True)
        await self._operator.start()
        await self.http.start()

    async def stop(self) -> None:
        """Requests and mails that were accepted are finished, then facts and connections are left in order."""
        await self.http.stop(self.settings.drain_seconds)
        await self.host.close_rooms()
        await self._operator.stop(1.0)
        await self.host.stop()
        self._lock.close()


class Split:
    """The named services in this process, each reachable over gRPC; `gateway` among them serves HTTP."""

    def __init__(self, settings: Settings, names: Iterable[str]) -> None:
        self.settings = settings
        names = list(names)
        self.services = [by_name(name) for name in names if name != GATEWAY]
        self._channels = remote_channels(settings)
        self.bus = make_bus(settings)
        self._blobs = make_blobs(settings)
        running = self._running() if self.services else []
        self.host = Host(running, self.bus)
        self._grpc = GrpcServer([item.dispatcher for item in running], f"{settings.grpc_host}:{settings.grpc_port}") if running else None
        self.http: HttpServer | None = None
        if GATEWAY in names:
            app = create_app(self._channels, read_settings(GatewaySettings), readiness=self._gateway_readiness)
            self.http = HttpServer(app, settings.http_host, settings.http_port, "KONTOR_HTTP_PORT")
        self._health = (
            HttpServer(health_app(self.readiness), settings.grpc_host, settings.health_port, "KONTOR_HEALTH_PORT") if running else None
        )
        self._telling: asyncio.Task[None] | None = None

    def _running(self) -> list[RunningService]:
        settings = self.settings
        keyring = make_keyring(settings, signers=[service.name for service in self.services])
        ports: Any = {"bus": self.bus, "channels": self._channels, "keyring": keyring, "blobs": self._blobs, "mail": make_mail(settings)}
        return [RunningService(service, settings, **ports, clock=system_clock) for service in self.services]

    @property
    def failed(self) -> asyncio.Future[None]:
        return self.host.failed

    async def start(self) -> None:
        """Databases must be migrated (`kontor migrate`); a process that finds an older one fails at its first statement."""
        if self._health is not None:
            await self._health.start()
        if self.services:
            await self.host.start(migrate=False)
        if self._grpc is not None:
            await self._grpc.start()
            await self._grpc.set_serving(True)
            self._telling = asyncio.create_task(self._tell_readiness(self._grpc))
        if self.http is not None:
            await self.http.start()

    async def readiness(self) -> dict[str, str]:
        """What the services of this process need, and the store of files where it was told of one."""
        files = {"files": await asyncio.to_thread(self._blobs.state)} if self.settings.blob_url else {}
        return {**await self.host.readiness(), **files}

    async def _tell_readiness(self, server: GrpcServer) -> None:
        """Let the gateway see what `/readyz` of this process says."""
        while True:
            checks = await self.readiness()
            await server.set_ready(all(state == "ok" for state in checks.values()))
            await asyncio.sleep(_READINESS_SECONDS)

    async def stop(self) -> None:
        """Also after a start that failed half-way."""
        if self._telling is not None:
            self._telling.cancel()
        if self._grpc is not None:
            await self._grpc.set_serving(False)
        if self.http is not None:
            await self.http.stop(self.settings.drain_seconds)
        await self.host.close_rooms()
        if self._grpc is not None:
            await self._grpc.stop(self.settings.drain_seconds)
        if self.services:
            await self.host.stop()
        for channel in self._channels.values():
            await channel.close()
        if self._health is not None:
            await self._health.stop(1.0)

    async def _gateway_readiness(self) -> Mapping[str, str]:
        """Every service says that it is ready: its database, its bus and what else it needs answer."""
        names = [service.package for service in SERVICES]
        answers = await asyncio.gather(*(self._channels[name].healthy(READINESS) for name in names))
        return {name: "ok" if answer else "failing" for name, answer in zip(names, answers, strict=True)}


def _operator_server(running: Iterable[RunningService], socket: Path) -> GrpcServer:
    socket.parent.mkdir(mode=0o700, exist_ok=True)
    check_private(socket.parent)
    socket.unlink(missing_ok=True)
    return GrpcServer([item.dispatcher for item in running], f"unix:{socket}")


def _lock(folder: Path) -> IO[str]:
    """Hold the data folder; the lock ends with the process, however it ends. Raises AlreadyRunning."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise AlreadyRunning(f"Kontor runs already on {folder.resolve()}") from error
    return file
