"""`kontor demo` against a suite that runs as users run it (H8). Everything is a process of its own here."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kontor_suite.commands.demo import demo

_SECONDS = 120
_KONTOR = [sys.executable, "-c", "from kontor_suite.cli import main; main()"]


@dataclass(frozen=True)
class Suite:
    environment: Mapping[str, str]
    url: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*_KONTOR, "demo", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL
        )

    def get(self, path: str, token: str) -> Any:
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def sign_in(self, email: str, password: str) -> str:
        body = json.dumps({"email": email, "password": password}).encode()
        request = urllib.request.Request(f"{self.url}/v1/sessions", data=body, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.load(answer)["token"])


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def environment_of(folder: Path) -> tuple[dict[str, str], int]:
    http, smtp = free_ports(2)
    settings = {"KONTOR_DATA_DIR": str(folder), "KONTOR_HTTP_PORT": str(http), "KONTOR_SMTP_PORT": str(smtp)}
    # Whatever the caller's environment says about an installation of their own does not count here.
    return {name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")} | settings, http


@contextmanager
def running(environment: Mapping[str, str]) -> Iterator[None]:
    with subprocess.Popen([*_KONTOR, "up"], env=environment, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert any("Kontor is ready" in line for line in process.stdout), "the suite did not start"
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_SECONDS)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    environment, port = environment_of(tmp_path_factory.mktemp("suite"))
    with running(environment):
        yield Suite(environment, f"http://127.0.0.1:{port}")


def test_a_run_that_is_killed_and_continued_makes_everything_once(suite: Suite) -> None:
    with subprocess.Popen([*_KONTOR, "demo"], env=suite.environment, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL) as broken:
        assert broken.stdout is not None
        said = ""
        for line in broken.stdout:
            said += line
            if line.startswith("people"):
                break
        broken.kill()
    email, password = re.findall(r"(?:e-mail|password)  +(\S+)", said)

    continued = suite.run("--email", email, "--password", password)

    assert continued.returncode == 0, continued.stderr
    assert "200 people" in continued.stdout
    assert "mails: 68 filed, 12 tray" in continued.stdout
    assert password not in continued.stdout
    token = suite.sign_in(email, password)
    counts = {noun: len(suite.get(f"/v1/{noun}?page_size=200", token)[noun]) for noun in ("organisations", "persons", "deals", "projects")}
    assert counts == {"organisations": 60, "persons": 200, "deals": 40, "projects": 12}
    assert suite.get("/v1/account", token)["slug"] == "muster"
    assert len(suite.get("/v1/tasks?page_size=200&state=open", token)["tasks"]) == 46
    assert len(suite.get("/v1/tray?page_size=200", token)["messages"]) == 12
    assert suite.get("/v1/notifications", token)["notifications"]


def test_a_wrong_password_is_said_so(suite: Suite) -> None:
    refused = suite.run("--email", "nobody@muster.example", "--password", "not the password")
    assert (refused.returncode, refused.stderr) == (1, "Error: E-mail and password do not fit: nobody@muster.example\n")


def test_a_password_belongs_to_an_address() -> None:
    refused = CliRunner().invoke(demo, ["--password", "secret"])
    assert refused.exit_code == 2
    assert "--password and --account belong to --email" in refused.output


@pytest.mark.parametrize("address", ["localhost", "localhost:", ":2525", "localhost:smtp"])
def test_an_smtp_address_has_host_and_port(address: str) -> None:
    refused = CliRunner().invoke(demo, ["--smtp", address])
    assert refused.exit_code == 2
    assert "--smtp must be HOST:PORT" in refused.output


def test_without_a_suite_it_says_how_to_start_one_and_makes_none(tmp_path: Path) -> None:
    environment, port = environment_of(tmp_path / "data")
    refused = CliRunner(env=environment).invoke(demo, [])
    assert refused.exit_code == 1
    assert f"Nobody answers at http://127.0.0.1:{port}" in refused.output
    assert "make run" in refused.output
    assert not (tmp_path / "data").exists()
