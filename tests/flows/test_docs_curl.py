"""What docs/ shows to be pasted into a shell, pasted there after the beginning of the README's tour, which signs in."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.flows.test_readme_tour import tour
from tests.suite_clients import Team, open_team
from tests.suite_processes import Installation

_DOCS = Path(__file__).parents[2] / "docs"
_PAGES = ("audit", "bulk", "contacts", "custom-fields", "duplicates", "filters", "timeline", "visibility", "web-forms")
_PROGRAMS = ("bash", "curl", "python3")
# An answer of 400 and above ends the shell; what was answered stands in its output.
_STRICT = 'curl() { command curl --fail-with-body --show-error "$@"; }\n'


def beginning(team: Team) -> str:
    """The lines of the tour up to the one that signs in; they set `$K`, `$J`, `field` and `$A`."""
    before, signs_in, _ = re.split(r"^(A=.*\n)", tour(team), maxsplit=1, flags=re.MULTILINE)
    return before + signs_in


def pasted(team: Team, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The blocks of a page, one after the other in one shell."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert blocks
    return subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", _STRICT + beginning(team) + "\n".join(blocks)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture
def fresh(embedded: Installation) -> Team:
    """An account of its own, where nothing is yet."""
    if missing := [name for name in _PROGRAMS if shutil.which(name) is None]:
        pytest.skip(f"backend missing: {', '.join(missing)}")
    return open_team(embedded, "docs")


@pytest.mark.parametrize("page", _PAGES)
def test_what_a_page_shows_works_when_it_is_pasted(fresh: Team, page: str, tmp_path: Path) -> None:
    Image.new("RGB", (300, 400)).save(tmp_path / "anna.jpg")
    ran = pasted(fresh, (_DOCS / f"{page}.md").read_text(), tmp_path)
    assert ran.returncode == 0, f"{ran.stderr}\n{ran.stdout}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('curl -s $K/v1/persons -H "$A" -H "$J" -d \'{"lastname": "x"}\'', "400"),
        ('curl -s $K/v1/persons/unknown -H "$A" | field id', "404"),
        ('ID=$(curl -s $K/v1/persons -H "$J" -d "{}" | field id); echo', "401"),
        ('curl -s $K/v1/persons/$NOBODY -H "$A"', "NOBODY: unbound variable"),
    ],
)
def test_what_does_not_work_is_noticed(fresh: Team, line: str, told: str, tmp_path: Path) -> None:
    ran = pasted(fresh, f"```sh\n{line}\necho after\n```\n", tmp_path)
    assert ran.returncode != 0
    assert told in ran.stderr
    assert "after" not in ran.stdout
