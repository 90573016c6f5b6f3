"""Server processes that tests start, stop, kill and freeze: programs of this machine, and containers."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

START_TIMEOUT = 90.0


def free_port() -> int:
    """A loopback port that nobody listens on now; somebody else may still take it before its user does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server(Protocol):
    """A backend that a test may take away and bring back on the same port with the same data."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """In order, as an operator would."""

    def kill(self) -> None:
        """At once, as a power cut would; what the operating system has not written yet survives, though."""

    def freeze(self) -> None:
        """Make it deaf without closing its connections, as a machine does that hangs."""

    def thaw(self) -> None: ...


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


# "Parent" is the thread that forked, not its process (prctl(2)); a test's worker thread would end too soon.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="backend-spawner")


@dataclass
class Program:
    """A server program on this machine. `answers` raises as long as the server is not ready."""

    command: Sequence[str]
    answers: Callable[[], None]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        account = pwd.getpwnam(self.user) if self.user else None
        with (self.folder / "output.log").open("ab") as output:
            self._process = _spawner.submit(
                subprocess.Popen,
                self.command,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                preexec_fn=_die_with_parent,
                start_new_session=True,
            ).result()
        self.wait()

    def wait(self) -> None:
        """Return when it answers; raises RuntimeError where it has ended instead."""
        _wait_until(
            self.answers, running=lambda: self._process is not None and self._process.poll() is None, log=self.folder / "output.log"
        )

    def stop(self) -> None:
        self._end(self.stop_signal)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return self._process.pid if self._process is not None else None

    def _signal(self, which: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(which)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _wait_until(answers: Callable[[], None], *, running: Callable[[], bool], log: Path | None = None) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            answers()
            return
        except Exception as error:  # each server's client has errors of its own for "not yet"
            if not running() or time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-2000:] if log else ""
                raise RuntimeError(f"the backend did not start: {error}\n{tail}") from error
            time.sleep(0.05)


@dataclass
class Container:
    """A server in a container, its port published on a fixed port, so that a restart keeps the address."""

    image: str
    port: int
    inner_port: int
    answers: Callable[[], None]
    environment: Mapping[str, str]

    def start(self) -> None:
        from testcontainers.core.container import DockerContainer

        if not hasattr(self, "_container"):
            self._container = DockerContainer(self.image).with_bind_ports(self.inner_port, self.port)
            for name, value in self.environment.items():
                self._container.with_env(name, value)
            self._container.start()
        else:
            self._container.get_wrapped_container().start()
        _wait_until(self.answers, running=lambda: True)

    def stop(self) -> None:
        self._container.get_wrapped_container().stop()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def freeze(self) -> None:
        self._container.get_wrapped_container().pause()

    def thaw(self) -> None:
        self._container.get_wrapped_container().unpause()

    def remove(self) -> None:
        if hasattr(self, "_container"):
            self._container.stop()


def docker_answers() -> bool:
    if not shutil.which("docker"):
        return False
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=10, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@contextlib.contextmanager
def temporary_folder(owner: str | None = None) -> Iterator[Path]:
    """A temporary folder for a server's data; `owner` is the user that the server runs as."""
    path = Path(tempfile.mkdtemp(prefix="kontor-backend-"))
    if owner:
        shutil.chown(path, owner)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(server: Server, *, end: Callable[[], None]) -> Iterator[None]:
    """Start it, and end it whatever happens."""
    try:
        server.start()
        yield
    finally:
        end()
