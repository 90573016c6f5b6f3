"""An installation of the whole suite, as real processes, in either profile. Tests start it, kill parts of it and bring them back.

embedded: one process, `kontor up`. split: processes with `kontor serve NAME…`, usually one per service and one for the gateway;
each service has a database and a role of its own, each process keys and a working folder, as on a machine of its own.
"""

import asyncio
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import psycopg
import sqlalchemy as sa
from psycopg import sql

from kontor.identity.v1 import accounts_pb2
from kontor_chassis.db.database import Database
from kontor_chassis.principal import EVERY_ACCOUNT
from kontor_chassis.settings import Settings
from kontor_suite.catalog import GATEWAY, SERVICES
from kontor_suite.operator import operator
from tests.backend_servers import Program, temporary_folder
from tests.backends import Meilisearch, Postgres

KONTOR = (sys.executable, "-c", "from kontor_suite.cli import main; main()")
OWNER_EMAIL = "owner@first.example"
PASSWORD = "correct horse battery"
_COMMAND_SECONDS = 120
# Below what Linux gives to outgoing connections, so that none of these takes the port while its process is down.
_PORTS = range(20_000, 32_000)
_taken: set[int] = set()


def choose_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on, and that this session has not given out before."""
    chosen: list[int] = []
    while len(chosen) < count:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            if port not in _taken and probe.connect_ex(("127.0.0.1", port)) != 0:
                _taken.add(port)
                chosen.append(port)
    return chosen


@dataclass
class Installation:
    profile: str
    folder: Path
    # What the command line and tests know; processes differ from it in what is their own.
    settings: Settings
    # By what they serve: `suite`, or the names of services and `gateway` with "+" between them.
    processes: Mapping[str, Program]
    http_url: str
    # Where the process tells its readiness that serves a name.
    health_urls: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def smtp_port(self) -> int:
        return self.settings.smtp_port

    def start(self, names: Iterable[str] = ()) -> None:
        """Start all processes, or those of these names, side by side; returns when each is ready and the gateway has found it."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: self.processes[name].start(), names or self.processes))
        self.process_of(GATEWAY).wait()

    def stop(self) -> None:
        """In order: the gateway first, then all others side by side."""
        others = [process for name, process in self.processes.items() if name != GATEWAY]
        if GATEWAY in self.processes:
            self.processes[GATEWAY].stop()
        with ThreadPoolExecutor() as pool:
            list(pool.map(Program.stop, others))

    def process_of(self, service: str) -> Program:
        """The one that serves a service, or the gateway."""
        [process] = [process for names, process in self.processes.items() if names == "suite" or service in names.split("+")]
        return process

    def log_of(self, service: str) -> str:
        return (self.process_of(service).folder / "output.log").read_text(errors="replace")

    def readiness(self, service: str) -> tuple[int, dict[str, str]]:
        """Status and checks of /readyz of the process that serves `service`."""
        response = httpx.get(f"{self.health_urls.get(service, self.http_url)}/readyz", timeout=10)
        return response.status_code, response.json()["checks"]

    def kontor(self, *arguments: str, status: int = 0) -> str:
        """Run the command line as an operator would; answers all that it prints. Fails where it ends with another status."""
        ran = subprocess.run(
            [*KONTOR, *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        printed = ran.stdout + ran.stderr
        assert ran.returncode == status, f"kontor {' '.join(arguments)}: {ran.returncode}\n{printed}"
        return printed

    def make_account(self, slug: str, *, owner_email: str) -> str:
        """Make an account whose owner has PASSWORD, as `kontor account create` does, without a process; answers its id."""
        request = accounts_pb2.CreateAccountRequest(
            account=accounts_pb2.Account(slug=slug, name=slug, locale="de", time_zone="Europe/Berlin", currency="EUR", country="DE"),
            owner_email=owner_email,
            owner_name=owner_email.partition("@")[0],
            owner_password=PASSWORD,
        )

        async def work() -> str:
            async with operator(self.settings, "identity") as us:
                answer = accounts_pb2.CreateAccountResponse
                made = await us.call("identity", "AccountService/CreateAccount", request, answer, scopes=["accounts.admin"])
                return made.account.id

        return asyncio.run(work())

    @contextmanager
    def database(self, service: str, *, account_id: str = EVERY_ACCOUNT) -> Iterator[sa.Connection]:
        """A look into a service's database, with its own role and as one account sees it."""
        database = Database(self.settings.database_url_of(service), name=service)
        try:
            with database.reading(account_id) as connection:
                yield connection
        finally:
            database.close()


def _environment(options: Mapping[str, Any]) -> dict[str, str]:
    """Settings as the variables that say them."""
    texts = {name: orjson.dumps(value).decode() if isinstance(value, dict) else str(value) for name, value in options.items()}
    # Stories fill in web forms faster than people do.
    fixed = {"KONTOR_ENV_FILE": "", "KONTOR_LOG_FORMAT": "json", "KONTOR_CONTACTS_FORM_LEAST_SECONDS": "0"}
    return fixed | {f"KONTOR_{name.upper()}": text for name, text in texts.items()}


def _answers(url: str) -> Callable[[], None]:
    def ask() -> None:
        httpx.get(f"{url}/readyz", timeout=5).raise_for_status()

    return ask


def embedded(folder: Path, *, data: Path | None = None) -> Installation:
    """An installation below `folder` that is not started; its data are in `data`, or there too."""
    http_port, smtp_port = choose_ports(2)
    options: dict[str, Any] = {
        "data_dir": data or folder / "data",
        "http_port": http_port,
        "smtp_port": smtp_port,
        "owner_email": OWNER_EMAIL,
        "owner_password": PASSWORD,
        "drain_seconds": 5,
        "audit_seal_seconds": 1,
    }
    url = f"http://127.0.0.1:{http_port}"
    environment = _environment(options)
    working = folder / "suite"
    working.mkdir(parents=True)
    process = Program(command=[*KONTOR, "up"], answers=_answers(url), folder=working, environment=environment)
    return Installation("embedded", folder, Settings(**options), {"suite": process}, url, {}, environment)


def split(
    folder: Path, *, postgres: Postgres, bus_url: str, search: Meilisearch | None = None, together: Sequence[Sequence[str]] = ()
) -> Installation:
    """An installation below `folder` on these backends, migrated and with keys, that is not started. `together` says which
    services share a process; unless told each has its own."""
    names = [service.name for service in SERVICES]
    groups = together or [[name] for name in names]
    http_port, smtp_port, *ports = choose_ports(2 + 2 * len(groups))
    grpc_ports = {name: port for group, port in zip(groups, ports[::2], strict=True) for name in group}
    health_ports = {name: port for group, port in zip(groups, ports[1::2], strict=True) for name in group}
    tag = secrets.token_hex(4)
    options: dict[str, Any] = {
        "data_dir": folder / "data",
        "keys_dir": folder / "keys",
        "blob_url": f"file://{folder / 'blobs'}",
        "database_url": _make_databases(postgres, tag, names),
        "bus_url": bus_url,
        "search_url": _search_url(search),
        "channel_urls": {name: f"127.0.0.1:{port}" for name, port in grpc_ports.items()},
        "grpc_host": "127.0.0.1",
        "http_port": http_port,
        "smtp_port": smtp_port,
        "owner_email": OWNER_EMAIL,
        "owner_password": PASSWORD,
        "drain_seconds": 5,
        "audit_seal_seconds": 1,
    }
    more = {"KONTOR_SEARCH_INDEX": f"kontor-{tag}"}
    environment = _environment(options) | more
    url = f"http://127.0.0.1:{http_port}"
    health_urls = {name: f"http://127.0.0.1:{port}" for name, port in health_ports.items()}
    processes: dict[str, Program] = {}
    installation = Installation("split", folder, Settings(**options), processes, url, health_urls, environment)
    folder.mkdir(parents=True, exist_ok=True)
    installation.kontor("keys")
    installation.kontor("migrate")
    for group in [*groups, [GATEWAY]]:
        name, first = "+".join(group), group[0]
        own: dict[str, Any] = {
            "data_dir": folder / name / "data",
            "keys_dir": _own_keys(group, folder / "keys", folder / name / "keys"),
            "grpc_port": grpc_ports.get(first, 0),
            "health_port": health_ports.get(first, 0),
        }
        processes[name] = Program(
            command=[*KONTOR, "serve", *group],
            answers=_answers(health_urls.get(first, url)),
            folder=folder / name,
            environment=_environment(options | own) | more,
        )
    return installation


def _search_url(search: Meilisearch | None) -> str:
    if search is None:
        return ""
    address = urlsplit(search.url)
    return f"{address.scheme}://:{search.key}@{address.netloc}"


def _own_keys(names: Iterable[str], every: Path, own: Path) -> Path:
    """A folder with what a process may have: the public keys of all, the private ones of what it serves."""
    own.mkdir(parents=True)
    for key in every.iterdir():
        if key.suffix == ".pub" or key.stem in names:
            shutil.copy(key, own)
    return own


def _make_databases(postgres: Postgres, tag: str, names: Iterable[str]) -> str:
    """A database per service, each of a role of its own that is bound by row-level security; answers the URL's pattern."""
    password = secrets.token_hex(16)
    with psycopg.connect(postgres.admin_url, autocommit=True) as connection:
        for name in names:
            own = sql.Identifier(f"kontor_{tag}_{name.replace('-', '_')}")
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}").format(own, sql.Literal(password)))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(own, own))
    address = urlsplit(postgres.admin_url)
    user = f"kontor_{tag}_{{service}}"
    return f"postgresql://{user}:{password}@{address.hostname}:{address.port or 5432}/{user}"


@contextmanager
def running(make: Callable[[Path], Installation]) -> Iterator[Installation]:
    """Make an installation in a temporary folder, start it, and end it whatever happens."""
    with temporary_folder() as folder:
        installation = make(folder)
        try:
            installation.start()
            yield installation
        finally:
            installation.stop()
