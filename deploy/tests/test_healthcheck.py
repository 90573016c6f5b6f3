"""The command behind HEALTHCHECK, run as the engine runs it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "healthcheck.py"


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A process that says this at /readyz; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def closed_port() -> int:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def check(health_port: int, http_port: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KONTOR_HEALTH_PORT": str(health_port), "KONTOR_HTTP_PORT": str(http_port)}
    return subprocess.run([sys.executable, "-I", str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize(
    ("health", "http", "good"),
    [
        (200, None, True),
        (None, 200, True),
        (200, 200, True),
        (503, None, False),
        (None, 503, False),
        (200, 503, False),
        (503, 200, False),
        (404, None, False),
        (None, None, False),
    ],
)
def test_every_port_that_listens_must_say_ready_and_one_must_listen(health: int | None, http: int | None, good: bool) -> None:
    with ExitStack() as stack:
        ports = [stack.enter_context(answering(status)) if status else closed_port() for status in (health, http)]
        assert (check(*ports).returncode == 0) is good


def test_it_says_what_was_answered() -> None:
    with answering(503) as port:
        assert check(port, closed_port()).stdout.startswith(f"{port}: 503")
