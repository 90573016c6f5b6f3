"""What an operator can put right is said in one line that names the setting; nothing is made on the way, and nothing for others to read."""

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.suite_processes import KONTOR

_SECONDS = 120
_SPLIT = {"KONTOR_BUS_URL": "amqp://127.0.0.1:1", "KONTOR_DATABASE_URL": "postgresql://kontor@127.0.0.1:1/{service}"}


def kontor(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    own = {"KONTOR_ENV_FILE": "", "KONTOR_DATA_DIR": str(folder / "data"), **settings}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KONTOR_")}
    return subprocess.run(
        [*KONTOR, *arguments],
        cwd=folder,
        env={**environment, **own},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        umask=0o022,
    )


@pytest.mark.parametrize(
    ("command", "settings", "named"),
    [
        ("keys", {"KONTOR_HTTP_PORT": "abc"}, "KONTOR_HTTP_PORT"),
        ("doctor", {"KONTOR_HTTP_PORT": "abc"}, "KONTOR_HTTP_PORT"),
        ("up", {"KONTOR_DATABASE_URL": "mysql://x/y"}, "KONTOR_DATABASE_URL"),
        ("up", {"KONTOR_DATABASE_URL": "garbage"}, "KONTOR_DATABASE_URL"),
        ("queues", {"KONTOR_BUS_URL": "http://x"}, "KONTOR_BUS_URL"),
        ("up", {"KONTOR_SEARCH_URL": "redis://x"}, "KONTOR_SEARCH_URL"),
        ("migrate", {"KONTOR_DATA_DIR": "/proc/nowhere"}, "/proc/nowhere"),
        ("serve sales", _SPLIT, "KONTOR_KEYS_DIR"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path: Path, command: str, settings: Mapping[str, str], named: str) -> None:
    ran = kontor(tmp_path, *command.split(), **settings)
    assert ran.returncode == 1
    assert named in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("setting", ["KONTOR_HTTP_PORT", "KONTOR_SMTP_PORT"])
def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path: Path, setting: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"KONTOR_HTTP_PORT": "0", "KONTOR_SMTP_PORT": "0", setting: str(taken.getsockname()[1])}
        ran = kontor(tmp_path, "up", **ports)
    assert ran.returncode == 1
    assert setting in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_looking_at_an_installation_makes_none(tmp_path: Path) -> None:
    kontor(tmp_path, "doctor")
    ran = kontor(tmp_path, "queues")
    assert "KONTOR_DATA_DIR" in ran.stderr
    assert not (tmp_path / "data").exists()


def test_what_a_command_makes_is_for_its_user_alone(tmp_path: Path) -> None:
    made = kontor(tmp_path, "account", "create", "firma", "--owner-email", "anna@firma.example", "--password", "correct horse battery")
    assert made.returncode == 0, made.stderr
    loose = [path for path in (tmp_path / "data").rglob("*") if path.stat().st_mode & 0o077]
    assert loose == []
    assert not (tmp_path / "data").stat().st_mode & 0o077
