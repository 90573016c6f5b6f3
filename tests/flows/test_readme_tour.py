"""The tour of the README, pasted into a shell as it stands there, in both profiles; only ports and credentials are others."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.suite_clients import Team, eventually
from tests.suite_processes import PASSWORD

_README = Path(__file__).parents[2] / "README.md"
_PROGRAMS = ("bash", "curl", "swaks", "python3")


def tour(team: Team) -> str:
    """The shell block that signs in. Owner, password, HTTP and SMTP stand in it once each or oftener."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", _README.read_text(), flags=re.MULTILINE | re.DOTALL)
    [block] = [block for block in blocks if "/v1/sessions" in block]
    for written, ours in (
        ("owner@example.com", team.owner.email),
        ("kontor-kontor", PASSWORD),
        ("http://127.0.0.1:8080", f"http://{urlsplit(team.installation.http_url).netloc}"),
        ("127.0.0.1:2525", f"127.0.0.1:{team.installation.smtp_port}"),
    ):
        assert written in block, f"the tour does not name {written}"
        block = block.replace(written, ours)
    return block


def test_the_tour_works_when_it_is_pasted(team: Team, tmp_path: Path) -> None:
    if missing := [name for name in _PROGRAMS if shutil.which(name) is None]:
        pytest.skip(f"backend missing: {', '.join(missing)}")
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", tour(team)],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "<-  250 " in ran.stdout
    answers = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    [wrong] = [answer for answer in answers if answer.get("status", 0) != 0 and "errors" in answer]
    # The last request is wrong on purpose.
    assert answers[-1] == wrong
    assert [error["field"] for error in wrong["errors"]] == ["emails[0].adress"]
    assert "BEGIN:VCALENDAR" in ran.stdout
    [forecast] = [answer for answer in answers if "months" in answer]
    assert "7500" in json.dumps(forecast)

    anna = team.owner
    [person] = anna.get("/v1/persons", tag="A-Kunde")["persons"]
    organisation = person["positions"][0]["organisation_id"]
    # The tour waits for a second; what it shows then is there at the latest now.
    for subject in (f"persons/{person['id']}", f"organisations/{organisation}"):
        eventually(lambda subject=subject: "Unser Angebot" in [entry["title"] for entry in anna.timeline(subject)])  # type: ignore[misc]
    eventually(lambda: bool(anna.found("wartung", kind="email")))
