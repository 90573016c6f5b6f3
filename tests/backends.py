"""Real backends for tests and benches: PostgreSQL, RabbitMQ, Meilisearch, an object store. Nothing here is a fake, but for the last
resort where no object store is to be had.

Each context manager takes, in this order: the server named by an environment URL; the program on this machine, started on a free
loopback port with its data in a temporary folder; a container, where Docker answers. Else it raises BackendMissing, which
`tests/backend_fixtures.py` turns into a loud skip (or a failure, see KONTOR_REQUIRE_BACKENDS there). Durability stays on, fsync is
what bad days are about; only the server that service tests share, of which nobody wants anything after a power cut, does without.
Programs die with the process that started them, also when that one is killed.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
from psycopg import sql

from tests.backend_servers import Container, Program, Server, docker_answers, free_port, running, temporary_folder


class BackendMissing(Exception):
    """This machine has no such backend; the message says what would provide one."""


def _missing(name: str, program: str, variable: str) -> BackendMissing:
    return BackendMissing(f"{name} is missing: no {variable}, no program {program} on this machine, and Docker does not answer")


# RabbitMQ ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rabbit:
    """A broker to use. `server` is None where it was named by the environment: then nobody may stop it."""

    url: str
    server: Server | None


def _amqp_answers(port: int) -> None:
    """The broker opens its port last, but the kernel may accept before: only its first frame says that it is there."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        if not connection.recv(1):
            raise ConnectionError("closed before its first frame")


@contextlib.contextmanager
def rabbitmq() -> Iterator[Rabbit]:
    """KONTOR_TEST_BUS_URL, else a node of its own with its own name, port mapper and cookie, else `rabbitmq:4`."""
    port = free_port()
    url = f"amqp://guest:guest@127.0.0.1:{port}/"
    # Debian's wrapper on the PATH changes user and reads /etc; the scripts beside the release do neither.
    script = next((path for path in (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),) if path.exists()), None)
    program = script or shutil.which("rabbitmq-server")
    if given := os.environ.get("KONTOR_TEST_BUS_URL"):
        yield Rabbit(url=given, server=None)
    elif program and shutil.which("epmd"):
        with temporary_folder() as folder, _port_mapper() as mapper_port:
            server = _rabbit_program(Path(program), folder=folder, port=port, mapper_port=mapper_port)
            with running(server, end=server.kill):
                yield Rabbit(url=url, server=server)
    elif docker_answers():
        container = Container("rabbitmq:4", port, 5672, lambda: _amqp_answers(port), {})
        with running(container, end=container.remove):
            yield Rabbit(url=url, server=container)
    else:
        raise _missing("RabbitMQ", "rabbitmq-server", "KONTOR_TEST_BUS_URL")


@contextlib.contextmanager
def _port_mapper() -> Iterator[int]:
    """Erlang's port mapper, in the foreground and on a port of its own; a node would else start one that outlives it."""
    port = free_port()
    with temporary_folder() as folder:
        program = Program(
            command=["epmd", "-port", str(port), "-address", "127.0.0.1"],
            answers=lambda: socket.create_connection(("127.0.0.1", port), timeout=1).close(),
            folder=folder,
        )
        with running(program, end=program.kill):
            yield port


def _rabbit_program(script: Path, *, folder: Path, port: int, mapper_port: int) -> Program:
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\nlog.console = true\nlog.console.level = warning\nlog.file = false\n"
        "disk_free_limit.absolute = 50MB\nvm_memory_high_watermark.absolute = 1GB\n"
    )
    (folder / "enabled_plugins").write_text("[].\n")
    (folder / "environment.conf").touch()
    environment = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(mapper_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"kontor-{port}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "config"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "environment.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        # Makes the script become the node instead of standing beside it: one process, one pid to stop.
        "RABBITMQ_ALLOW_INPUT": "1",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    return Program(command=[str(script), "-noinput"], answers=lambda: _amqp_answers(port), folder=folder, environment=environment)


# PostgreSQL -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Postgres:
    """A database server to use; `admin_url` is a superuser's. `server` is None where it was named by the environment."""

    admin_url: str
    server: Server | None
    # By name: the address of a database that was brought up to date once and is copied from then on.
    _migrated: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def create_database(self, name: str) -> str:
        """A fresh database owned by a fresh role that is no superuser and cannot bypass row-level security; answers that role's URL.
        Both carry a random ending, so the same name may be asked for twice. Owners still need FORCE ROW LEVEL SECURITY to be bound."""
        name = f"{name}_{secrets.token_hex(4)}"
        password = secrets.token_hex(16)
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}").format(sql.Identifier(name), sql.Literal(password))
            )
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(sql.Identifier(name), sql.Identifier(name)))
        address = urlsplit(self.admin_url)
        return urlunsplit(address._replace(netloc=f"{name}:{password}@{address.hostname}:{address.port or 5432}", path=f"/{name}"))

    def create_migrated(self, name: str, migrations: str) -> str:
        """A fresh database with a service's tables, `migrations` being its package of them; all of one name have the same role. Copying is
        several times as fast as migrating, which a test of the migrations does."""
        if name not in self._migrated:
            # Most tests need none of it.
            from kontor_chassis.db.database import Database
            from kontor_chassis.db.migrations import upgrade

            made = self.create_database(f"{name}_first")
            database = Database(made, name=name)
            upgrade(database, migrations)
            database.close()
            self._migrated[name] = made
        first = urlsplit(self._migrated[name])
        copy = f"{name}_{secrets.token_hex(4)}"
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        names = (sql.Identifier(item) for item in (copy, str(first.username), first.path.lstrip("/")))
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(statement.format(*names))
        return urlunsplit(first._replace(path=f"/{copy}"))

    def drop_database(self, url: str) -> None:
        """Remove what create_database made, also while connections to it are open."""
        name = urlsplit(url).path.lstrip("/")
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def _postgres_program(name: str) -> str | None:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]), reverse=True)
    return str(versions[0]) if versions else shutil.which(name)


@contextlib.contextmanager
def postgres(*, durable: bool = True) -> Iterator[Postgres]:
    """KONTOR_TEST_DATABASE_URL (of a superuser), else a fresh cluster, else `postgres:17`."""
    port = free_port()
    url = f"postgresql://postgres:postgres@127.0.0.1:{port}/postgres"

    def answers() -> None:
        psycopg.connect(url, connect_timeout=5).close()

    initdb, program = _postgres_program("initdb"), _postgres_program("postgres")
    if given := os.environ.get("KONTOR_TEST_DATABASE_URL"):
        yield Postgres(admin_url=given, server=None)
    elif initdb and program:
        # The server refuses to run as root; Debian's package made this user for it.
        user = "postgres" if os.geteuid() == 0 else None
        with temporary_folder(owner=user) as folder:
            account = pwd.getpwnam(user) if user else None
            subprocess.run(
                [initdb, "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
                check=True,
                capture_output=True,
                cwd=folder,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
            settings = {
                "port": str(port),
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": "",
                "max_connections": "200",
                "shared_buffers": "128MB",
                "max_wal_size": "1GB",
                "fsync": "on" if durable else "off",
                "synchronous_commit": "on",
            }
            command = [
                program,
                "-D",
                str(folder / "data"),
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ]
            # SIGINT is a "fast shutdown": open connections are ended, all is written.
            server = Program(command=command, answers=answers, folder=folder, user=user, stop_signal=signal.SIGINT)
            with running(server, end=server.stop):
                yield Postgres(admin_url=url, server=server)
    elif docker_answers():
        container = Container("postgres:17", port, 5432, answers, {"POSTGRES_PASSWORD": "postgres"})
        with running(container, end=container.remove):
            yield Postgres(admin_url=url, server=container)
    else:
        raise _missing("PostgreSQL", "postgres", "KONTOR_TEST_DATABASE_URL")


# Meilisearch ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meilisearch:
    """A search server to use, with its master key. `server` is None where it was named by the environment."""

    url: str
    key: str
    server: Server | None


@contextlib.contextmanager
def meilisearch() -> Iterator[Meilisearch]:
    """KONTOR_TEST_SEARCH_URL (with KONTOR_TEST_SEARCH_KEY), else the program on the PATH, else its container."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    key = secrets.token_hex(16)

    def answers() -> None:
        httpx.get(f"{url}/health", timeout=5).raise_for_status()

    program = shutil.which("meilisearch")
    if given := os.environ.get("KONTOR_TEST_SEARCH_URL"):
        yield Meilisearch(url=given, key=os.environ.get("KONTOR_TEST_SEARCH_KEY", ""), server=None)
    elif program:
        with temporary_folder() as folder:
            command = [
                program,
                "--http-addr",
                f"127.0.0.1:{port}",
                "--master-key",
                key,
                "--db-path",
                str(folder / "data"),
                "--no-analytics",
                # Enough for tests; by default it plans with two thirds of the machine, and plans long.
                "--max-indexing-memory",
                "400MB",
            ]
            server = Program(command=command, answers=answers, folder=folder)
            with running(server, end=server.kill):
                yield Meilisearch(url=url, key=key, server=server)
    elif docker_answers():
        environment = {"MEILI_MASTER_KEY": key, "MEILI_NO_ANALYTICS": "true"}
        container = Container("getmeili/meilisearch:v1.50.0", port, 7700, answers, environment)
        with running(container, end=container.remove):
            yield Meilisearch(url=url, key=key, server=container)
    else:
        raise _missing("Meilisearch", "meilisearch", "KONTOR_TEST_SEARCH_URL")


# Object store -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ObjectStore:
    """A bucket to use; `url` is what KONTOR_BLOB_URL says, `environment` who we are there. `server` is None where it was named by the
    environment. `keeps` is whether what it said to be kept survives the end of its process."""

    url: str
    server: Server | None
    environment: Mapping[str, str] = field(default_factory=dict)
    keeps: bool = True


@contextlib.contextmanager
def object_store() -> Iterator[ObjectStore]:
    """KONTOR_TEST_S3_URL (a bucket, with the usual AWS variables), else versitygw on the PATH, else its container, else moto, which
    keeps everything in memory and believes everybody."""
    port = free_port()
    user = {"AWS_ACCESS_KEY_ID": "kontor", "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16)}
    root = {"ROOT_ACCESS_KEY_ID": user["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_ACCESS_KEY": user["AWS_SECRET_ACCESS_KEY"]}
    url = f"s3://kontor-test?endpoint=http://127.0.0.1:{port}"

    def answers() -> None:
        _make_bucket("kontor-test", f"http://127.0.0.1:{port}", user)

    if given := os.environ.get("KONTOR_TEST_S3_URL"):
        yield ObjectStore(url=given, server=None)
    elif program := shutil.which("versitygw"):
        with temporary_folder() as folder:
            (folder / "data").mkdir()
            # Not in the folder of the buckets: the log would be one.
            command = [program, "--port", f"127.0.0.1:{port}", "--quiet", "posix", str(folder / "data")]
            server = Program(command=command, answers=answers, folder=folder, environment=root)
            with running(server, end=server.kill):
                yield ObjectStore(url=url, server=server, environment=user)
    elif docker_answers():
        environment = {**root, "VGW_BACKEND": "posix", "VGW_BACKEND_ARG": "/srv"}
        container = Container("versity/versitygw:v1.8.0", port, 7070, answers, environment)
        with running(container, end=container.remove):
            yield ObjectStore(url=url, server=container, environment=user)
    elif importlib.util.find_spec("moto") and importlib.util.find_spec("flask_cors"):
        with temporary_folder() as folder:
            server = Program([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], answers, folder)
            with running(server, end=server.kill):
                yield ObjectStore(url=url, server=server, environment=user, keeps=False)
    else:
        raise _missing("An object store", "versitygw", "KONTOR_TEST_S3_URL")


def _make_bucket(name: str, endpoint: str, user: Mapping[str, str]) -> None:
    """Raises as long as the store does not answer. A bucket that is there stays as it is."""
    # Only the tests of object stores need to pay for it.
    import botocore.session
    from botocore.exceptions import ClientError

    session = botocore.session.get_session()
    session.set_credentials(user["AWS_ACCESS_KEY_ID"], user["AWS_SECRET_ACCESS_KEY"])
    client = session.create_client("s3", region_name="us-east-1", endpoint_url=endpoint)
    try:
        client.create_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
