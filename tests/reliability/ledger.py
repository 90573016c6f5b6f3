"""Load with a ledger: what was acknowledged stands on the disk before the next request is made, and is compared with what is there."""

import json
import os
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import httpx

from tests.reliability.figures import Figures
from tests.suite_clients import Person, Team, eventually, knows_address, mail

# Every record of the load has this word in it.
WORD = "Zeppelin"
# With it the load is at most some 50 writes a second, which two slow cores can bear beside a process that starts.
_PAUSE_SECONDS = 0.08
_GIVE_UP_SECONDS = 120.0


@dataclass
class Ledger:
    """Acknowledged writes: kind → name → id."""

    path: Path
    acknowledged: dict[str, dict[str, str]] = field(default_factory=dict)
    # Names that were sent, acknowledged or not.
    attempted: dict[str, list[str]] = field(default_factory=dict)
    # Tries that were answered with anything but success, or not at all.
    failures: int = 0
    # Kind and name of what had such a try.
    failed: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attempt(self, kind: str, name: str) -> None:
        with self._lock:
            self.attempted.setdefault(kind, []).append(name)

    def fail(self, kind: str, name: str) -> None:
        with self._lock:
            self.failures += 1
            self.failed.add((kind, name))

    def acknowledge(self, kind: str, name: str, record_id: str = "") -> None:
        with self._lock:
            with self.path.open("a") as file:
                file.write(json.dumps([kind, name, record_id]) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self.acknowledged.setdefault(kind, {})[name] = record_id

    def count(self) -> int:
        with self._lock:
            return sum(len(names) for names in self.acknowledged.values())

    def recovered(self) -> int:
        with self._lock:
            return sum(name in self.acknowledged.get(kind, {}) for kind, name in self.failed)


class Load(AbstractContextManager["Load"]):
    """Writers that go on whatever happens, from `with` to its end. They fail the test where something is refused for good."""

    def __init__(self, team: Team, folder: Path) -> None:
        self.team = team
        self.ledger = Ledger(folder / f"{team.slug}.ledger")
        self.berta = team.colleague("berta")
        self.contents: dict[str, bytes] = {}
        self._address = f"ali@{team.slug}.example"
        anna = team.owner
        self.person = str(anna.post("/v1/persons", {"last_name": "Öztürk", "emails": [{"address": self._address}]})["id"])
        self.berta.post("/v1/watches", {"subject": f"persons/{self.person}"})
        self._dropbox = anna.dropbox()
        eventually(lambda: knows_address(team.installation, self._address))
        self._stopping = threading.Event()
        self._errors: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=(write,)) for write in (self._keyed, self._once, self._mail, self._update)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        if error is None and self._errors:
            raise self._errors[0]

    def progresses(self) -> None:
        """Return when more was acknowledged of what began now than could have been under way."""
        before = self.ledger.count()
        eventually(lambda: self.ledger.count() > before + 5 * len(self._threads))
        assert not self._errors, self._errors

    def _run(self, write: Callable[[Person, int], None]) -> None:
        person = Person(self.team.installation, self.team.owner.token, email=self.team.owner.email, user_id=self.team.owner.user_id)
        number = 0
        try:
            while not self._stopping.is_set():
                write(person, number)
                number += 1
                self._stopping.wait(_PAUSE_SECONDS)
        except BaseException as error:
            self._errors.append(error)

    def _keyed(self, person: Person, number: int) -> None:
        """Sent again with its key until it is answered: exists exactly once."""
        name = f"{WORD} keyed {number}"
        self.ledger.attempt("keyed", name)
        response = self._insist(
            "keyed",
            name,
            lambda: person.send("POST", "/v1/persons", {"last_name": name}, headers={"Idempotency-Key": name.replace(" ", "-")}),
        )
        self.ledger.acknowledge("keyed", name, response.json()["id"])

    def _once(self, person: Person, number: int) -> None:
        """Sent once: exists where it was acknowledged, and may exist where it was not."""
        name = f"{WORD} once {number}"
        self.ledger.attempt("once", name)
        try:
            response = person.send("POST", "/v1/persons", {"last_name": name})
        except httpx.TransportError:
            self.ledger.fail("once", name)
            time.sleep(0.2)
            return
        if response.status_code == 201:
            self.ledger.acknowledge("once", name, response.json()["id"])
        else:
            assert response.status_code >= 500, response.text
            self.ledger.fail("once", name)

    def _update(self, person: Person, number: int) -> None:
        """One record over and over."""
        self.ledger.attempt("update", str(number))
        response = self._insist(
            "update", str(number), lambda: person.send("PATCH", f"/v1/persons/{self.person}", {"background": f"{number}"})
        )
        self.ledger.acknowledge("update", str(number), response.json()["etag"])

    def _mail(self, person: Person, number: int) -> None:
        """Sent again until it is taken: stored exactly once, to the byte."""
        name = f"{WORD} mail {number}"
        message = mail(person.email, self._address, name, f"Nummer {number}")
        content = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
        self.contents[name] = content
        self.ledger.attempt("mail", name)
        deadline = time.monotonic() + _GIVE_UP_SECONDS
        while True:
            try:
                person.deposit(content, at=self._dropbox)
            except (OSError, smtplib.SMTPException) as error:
                self.ledger.fail("mail", name)
                if _is_final(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                self.ledger.acknowledge("mail", name)
                return

    def _insist(self, kind: str, name: str, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Send until it is done; nothing but "not now" may be said to it meanwhile."""
        deadline = time.monotonic() + _GIVE_UP_SECONDS
        said = ""
        while time.monotonic() < deadline:
            try:
                response = send()
            except httpx.TransportError as error:
                said = repr(error)
            else:
                if response.is_success:
                    return response
                said = f"{response.status_code} {response.text}"
                assert response.status_code in (503, 504), said
            self.ledger.fail(kind, name)
            time.sleep(0.1)
        raise AssertionError(f"gave up after {_GIVE_UP_SECONDS} s: {said}")


def _is_final(error: OSError | smtplib.SMTPException) -> bool:
    """Whether the address was refused for ever, which no disturbance may lead to (RFC 5321 section 4.2.1)."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and any(code >= 500 for code, _ in error.recipients.values())


def compare(load: Load) -> Figures:
    """Assert that nothing acknowledged is lost and nothing is there twice, in every place where it shows; answers the figures."""
    ledger, anna, berta = load.ledger, load.team.owner, load.berta
    persons = anna.all_of("/v1/persons", "persons", page_size=200)
    present = Counter(person["last_name"] for person in persons)
    ids = {person["id"] for person in persons}
    keyed, once, mails = (ledger.acknowledged.get(kind, {}) for kind in ("keyed", "once", "mail"))
    lost = [name for name, record_id in {**keyed, **once}.items() if record_id not in ids]
    doubled = [name for name, count in present.items() if count > 1]
    unknown = [name for name in present if name not in {*ledger.attempted["keyed"], *ledger.attempted["once"], "Öztürk"}]
    assert (lost, doubled, unknown) == ([], [], [])

    last = int(anna.get(f"/v1/persons/{load.person}")["background"])
    assert last >= max(int(number) for number in ledger.acknowledged["update"]), "an acknowledged change is lost"

    messages = eventually(
        lambda: anna.all_of("/v1/messages", "messages", page_size=200), lambda items: all(item["state"] != "received" for item in items)
    )
    stored = Counter(item["subject"] for item in messages)
    assert [name for name in mails if stored[name] != 1] == []
    for item in messages[:50]:
        assert anna.send("GET", f"/v1/messages/{item['id']}/raw").content == load.contents[item["subject"]]

    refs = {f"messages/{item['id']}" for item in messages}
    entries = eventually(
        lambda: [entry["ref"] for entry in anna.timeline(f"persons/{load.person}") if entry["kind"] == "email"],
        lambda found: set(found) == refs,
    )
    assert len(entries) == len(refs)
    told = eventually(lambda: [item["ref"] for item in berta.notifications()], lambda found: set(found) == refs)
    assert len(told) == len(refs)

    def counted() -> dict[str, int]:
        return {item["kind"]: item["count"] for item in anna.get("/v1/search", q=WORD).get("kind_counts", [])}

    wanted = {"person": sum(count for name, count in present.items() if name.startswith(WORD)), "email": len(refs)}
    eventually(counted, lambda found: found == wanted)
    attempts = sum(len(names) for names in ledger.attempted.values())
    return Figures(attempts, ledger.count(), lost=len(lost), duplicated=len(doubled), recovered=ledger.recovered())
