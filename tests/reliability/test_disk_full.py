"""R5: a full disk is said to be one, by SMTP and by HTTP; when there is room again all goes on without a restart."""

import contextlib
import os
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import suite_processes
from tests.backend_servers import temporary_folder
from tests.reliability.figures import Figures, Tell
from tests.reliability.ledger import WORD
from tests.suite_clients import Person, Team, eventually, knows_address, mail, open_team
from tests.suite_processes import Installation

# More than the room that readiness asks for.
_SIZE = "160m"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder that holds little."""
    if os.geteuid() != 0:
        pytest.skip("backend missing: a small disk, which only root can mount")
    with temporary_folder() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)], capture_output=True, check=False)
        if mounted.returncode != 0:
            pytest.skip(f"backend missing: a small disk: {mounted.stderr.decode().strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """Not a byte is left."""
    filler = folder / "filler"
    with filler.open("wb") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), b"x" * 65536)
    with filler.open("ab") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), b"x")
    try:
        yield
    finally:
        filler.unlink()


def reply(person: Person, content: bytes, dropbox: str) -> int:
    """What SMTP says to a mail."""
    try:
        person.deposit(content, at=dropbox)
    except smtplib.SMTPDataError as error:
        return error.smtp_code
    except smtplib.SMTPRecipientsRefused as error:
        [(code, _)] = error.recipients.values()
        return code
    except smtplib.SMTPSenderRefused as error:
        return error.smtp_code
    return 250


@pytest.mark.parametrize("log_is_there_too", [False, True], ids=["data", "data and log"])
def test_a_full_disk_is_452_and_503_and_when_there_is_room_all_goes_on(
    small_disk: Path, tmp_path: Path, tell: Tell, *, log_is_there_too: bool
) -> None:
    installation = suite_processes.embedded(small_disk if log_is_there_too else tmp_path, data=small_disk)
    installation.start()
    try:
        tell(_story(installation, small_disk))
    finally:
        installation.stop()


def test_a_full_disk_keeps_the_suite_from_writing_but_not_from_starting(small_disk: Path, tmp_path: Path) -> None:
    installation = suite_processes.embedded(tmp_path, data=small_disk)
    installation.start()
    process = installation.processes["suite"]
    try:
        anna = open_team(installation).owner
        person = anna.post("/v1/persons", {"last_name": "Öztürk"})["id"]
        eventually(lambda: anna.found("öztürk", kind="person"), lambda refs: refs == [f"persons/{person}"])
        ready, process.answers = process.answers, lambda: httpx.get(f"{installation.http_url}/healthz", timeout=5).raise_for_status()
        with full(small_disk):
            process.kill()
            process.start()
            assert anna.get(f"/v1/persons/{person}")["last_name"] == "Öztürk"
            # The index that was there serves; it is not taken for damaged because the disk is full.
            assert anna.found("öztürk", kind="person") == [f"persons/{person}"]
            assert installation.readiness("search")[0] == 503
        process.answers = ready
        process.wait()
        assert "search_index_damaged" not in installation.log_of("search")
        made = eventually(
            lambda: anna.send("POST", "/v1/persons", {"last_name": "Nachher"}), lambda answer: answer.status_code == 201
        ).json()
        eventually(lambda: anna.found("nachher", kind="person"), lambda refs: refs == [f"persons/{made['id']}"])
    finally:
        installation.stop()


def _story(installation: Installation, disk: Path) -> Figures:
    team: Team = open_team(installation)
    anna, address = team.owner, f"ali@{team.slug}.example"
    person = anna.post("/v1/persons", {"last_name": "Öztürk", "emails": [{"address": address}]})["id"]
    eventually(lambda: knows_address(installation, address))
    dropbox, pid = anna.dropbox(), installation.processes["suite"].pid
    kept: dict[str, bytes] = {}
    acknowledged: set[str] = set()
    attempts = 0

    with full(disk):
        statuses = set()
        # The first ones may still fit into pages that the databases have.
        for number in range(200):
            answer = anna.send("POST", "/v1/persons", {"last_name": f"{WORD} {number}", "background": "x" * 50_000})
            statuses.add(answer.status_code)
            attempts += 1
            if answer.status_code == 201:
                acknowledged.add(answer.json()["id"])
            if answer.status_code == 503:
                break
        assert statuses <= {201, 503}
        assert 503 in statuses
        codes = set()
        for number in range(20):
            subject = f"Voll {number}"
            content = _mail(anna, address, subject)
            code = reply(anna, content, dropbox)
            codes.add(code)
            attempts += 1
            if code == 250:
                kept[subject] = content
        assert 452 in codes
        assert codes <= {250, 452, 451}
        # Reading goes on.
        assert anna.get(f"/v1/persons/{person}")["last_name"] == "Öztürk"
        assert anna.send("GET", "/healthz").status_code == 200
        # And no new traffic is asked for, with the reason.
        assert "MB left" in anna.send("GET", "/readyz").json()["checks"]["disk.data"]

    made = eventually(lambda: anna.send("POST", "/v1/persons", {"last_name": "Nachher"}), lambda answer: answer.status_code == 201).json()
    content = _mail(anna, address, "Nachher")
    eventually(lambda: reply(anna, content, dropbox), lambda code: code == 250)
    kept["Nachher"] = content
    eventually(lambda: anna.found("nachher", kind="person"), lambda refs: refs == [f"persons/{made['id']}"])
    ids = {item["id"] for item in anna.all_of("/v1/persons", "persons", page_size=200)}
    assert acknowledged <= ids
    subjects = eventually(lambda: [entry["title"] for entry in anna.timeline(f"persons/{person}")], lambda titles: set(titles) >= set(kept))
    assert len(subjects) == len(set(subjects))
    eventually(lambda: installation.readiness("contacts")[0], lambda status: status == 200)
    assert installation.processes["suite"].pid == pid
    lost = len(acknowledged - ids) + len(set(kept) - set(subjects))
    return Figures(attempts + 2, len(acknowledged) + 1 + len(kept), lost=lost, duplicated=len(subjects) - len(set(subjects)), recovered=2)


def _mail(anna: Person, address: str, subject: str) -> bytes:
    message = mail(anna.email, address, subject, "x" * 20_000)
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
