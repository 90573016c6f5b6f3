"""Fills an account with the sample company through the doors that everybody uses: REST, and SMTP for the mails.

It may be broken off at any point and run again within a day, as long as idempotency keys are remembered: what was made then is
answered again instead of made again. So a run must send exactly what the one before it sent, and the day to which all dates relate is
the day on which the first record was made.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from kontor_suite.demo import smtp
from kontor_suite.demo.records import Deal, Mail, Note, Person, Project, Ref, Sample, Task
from kontor_suite.demo.rest import Caller, Json, RestError
from kontor_suite.demo.sample import organisations, sample
from kontor_suite.demo.work import rfc3339

T = TypeVar("T")

COLLEAGUE_NAME, COLLEAGUE_EMAIL = "Jana Petersen", "jana.petersen@muster.example"
# Idempotency keys are remembered for a day; beyond this a run would make everything again.
_REMEMBERED = timedelta(hours=23)
_FILING_SECONDS = 60.0
_POLL_SECONDS = 0.25


class Progress(Protocol):
    """Gives the items on, one by one, and shows how far it is."""

    def __call__(self, noun: str, items: Sequence[T], /) -> Iterable[T]: ...


class AlreadyFilled(Exception):
    """The account holds the sample company, made longer ago than a run can be continued."""


@dataclass(frozen=True)
class Filled:
    """What there is now: noun → how many; mails by state."""

    counts: dict[str, int]
    mails: dict[str, int]


def fill(
    owner: Caller,
    sign_in: Callable[[str, str, str], Caller],
    mailer: smtp.Mailer,
    *,
    progress: Progress,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Filled:
    """Make everything. `sign_in` opens a session by e-mail, password and slug, for the colleague.

    Raises RestError, SmtpError, and AlreadyFilled.
    """
    me, account = owner.get("/v1/me"), owner.get("/v1/account")
    zone = ZoneInfo(account["time_zone"])
    _refuse_second(owner, now())
    writing = _Writing(owner, account["id"])
    first = writing.make(Ref("organisations", 0), organisations()[0].body)
    today = _moment(first["create_time"]).astimezone(zone).date()
    company = sample(today, zone=zone, currency=account["currency"], sender=me["name"])
    colleague_id = _colleague(owner, account["id"])
    colleague = _sign_in_colleague(owner, sign_in, colleague_id, account["slug"])
    users = _Users(me["id"], colleague_id)

    for number, organisation in enumerate(progress("organisations", company.organisations)):
        writing.make(Ref("organisations", number), organisation.body)
    for number, person in enumerate(progress("people", company.persons)):
        _make_person(writing, number, person)
    stages = _stages(owner)
    for number, deal in enumerate(progress("deals", company.deals)):
        _make_deal(writing, number, deal, users, stages=stages)
    for number, project in enumerate(progress("projects", company.projects)):
        _make_project(writing, number, project)
    by_colleague = _Writing(colleague, account["id"], writing.ids)
    for subject in progress("watches", company.watches):
        body = {"subject": writing.path(subject)}
        by_colleague.post(f"watch-{subject.collection}-{subject.number}", "/v1/watches", body)
    for number, task in enumerate(progress("tasks", company.tasks)):
        _make_task(writing, number, task, users)
    for number, note in enumerate(progress("notes", company.notes)):
        _make_note(by_colleague if note.by_colleague else writing, number, note)
    sender = smtp.Sender(me["name"], me["email"])
    _send_mails(owner, mailer, company.mails, sender=sender, account_id=account["id"], progress=progress)
    return Filled(_counts(company), _settled_mails(owner))


class _Writing:
    """One user's writes; remembers the ids of what was made."""

    def __init__(self, caller: Caller, account_id: str, ids: dict[Ref, str] | None = None) -> None:
        self._caller = caller
        self._account_id = account_id
        self.ids: dict[Ref, str] = {} if ids is None else ids

    def make(self, ref: Ref, body: Any) -> Json:
        made = self.post(f"{ref.collection}-{ref.number}", f"/v1/{ref.collection}", body)
        self.ids[ref] = made["id"]
        return made

    def post(self, name: str, path: str, body: Any) -> Json:
        """`name` says which of all the sample's writes this is."""
        return self._caller.post(path, body, key=f"demo-{self._account_id}-{name}")

    def path(self, ref: Ref) -> str:
        """The resource name, such as `persons/0193…`."""
        return f"{ref.collection}/{self.ids[ref]}"

    def id(self, collection: str, number: int) -> str:
        return self.ids[Ref(collection, number)]


@dataclass(frozen=True)
class _Users:
    owner_id: str
    colleague_id: str

    def responsible(self, colleague: bool) -> str:
        return self.colleague_id if colleague else self.owner_id


def _refuse_second(owner: Caller, now: datetime) -> None:
    name = organisations()[0].body["name"]
    for found in owner.get("/v1/organisations", name=name)["organisations"]:
        if found["name"] == name and _moment(found["create_time"]) < now - _REMEMBERED:
            raise AlreadyFilled(f"This account was filled on {found['create_time'][:10]}; without --email a fresh account is made.")


def _colleague(owner: Caller, account_id: str) -> str:
    """The id of the second user, who may be there from an earlier run."""
    try:
        body = {"email": COLLEAGUE_EMAIL, "name": COLLEAGUE_NAME, "role": "member"}
        colleague_id: str = owner.post("/v1/users", body, key=f"demo-{account_id}-colleague")["id"]
        return colleague_id
    except RestError as error:
        if error.reason != "EMAIL_TAKEN":
            raise
        return next(str(user["id"]) for user in owner.every("/v1/users", "users") if user["email"] == COLLEAGUE_EMAIL)


def _sign_in_colleague(owner: Caller, sign_in: Callable[[str, str, str], Caller], user_id: str, slug: str) -> Caller:
    """With a password that nobody keeps: who wants to sign in as the colleague sets another one."""
    password = secrets.token_urlsafe(16)
    owner.post_again(f"/v1/users/{user_id}:setPassword", {"password": password})
    return sign_in(COLLEAGUE_EMAIL, password, slug)


def _make_person(writing: _Writing, number: int, person: Person) -> None:
    writing.make(Ref("persons", number), person.body)
    person_id = writing.id("persons", number)
    for place, position in enumerate(person.positions):
        body = {**position.body, "organisation_id": writing.id("organisations", position.organisation)}
        writing.post(f"position-{number}-{place}", f"/v1/persons/{person_id}/positions", body)


def _stages(owner: Caller) -> list[str]:
    """Ids of the stages of the default pipeline, in their order."""
    return [stage["id"] for stage in owner.get("/v1/pipelines")["pipelines"][0]["stages"]]


def _make_deal(writing: _Writing, number: int, deal: Deal, users: _Users, *, stages: Sequence[str]) -> None:
    body = {
        **deal.body,
        "organisation_id": writing.id("organisations", deal.organisation),
        "persons": [{"person_id": writing.id("persons", person), "role": role} for person, role in deal.persons],
        "responsible_user_id": users.responsible(deal.of_colleague),
        "stage_id": stages[0],
    }
    path = f"/v1/deals/{writing.make(Ref('deals', number), body)['id']}"
    stage = stages[round(deal.progress * (len(stages) - 1))]
    if stage != stages[0]:
        writing.post(f"deal-{number}-move", f"{path}:move", {"stage_id": stage})
    closed = {"closed_date": deal.closed_date.isoformat()} if deal.closed_date else {}
    if deal.state == "won":
        writing.post(f"deal-{number}-win", f"{path}:win", closed)
    elif deal.state == "lost":
        writing.post(f"deal-{number}-lose", f"{path}:lose", {"lost_reason": deal.lost_reason, **closed})


def _make_project(writing: _Writing, number: int, project: Project) -> None:
    body = {
        **project.body,
        "organisation_ids": [writing.id("organisations", organisation) for organisation in project.organisations],
        "person_ids": [writing.id("persons", person) for person in project.persons],
        **({"deal_id": writing.id("deals", project.deal)} if project.deal is not None else {}),
    }
    writing.make(Ref("projects", number), body)


def _make_task(writing: _Writing, number: int, task: Task, users: _Users) -> None:
    body = {**task.body, "assignee_user_id": users.responsible(task.for_colleague)}
    if task.subject is not None:
        body["subject"] = writing.path(task.subject)
    made = writing.make(Ref("tasks", number), body)
    if task.done:
        writing.post(f"task-{number}-complete", f"/v1/tasks/{made['id']}:complete", {})


def _make_note(writing: _Writing, number: int, note: Note) -> None:
    body = {"subject": writing.path(note.subject), "text": note.text, "occur_time": rfc3339(note.occur_time)}
    writing.make(Ref("notes", number), body)


def _send_mails(
    owner: Caller, mailer: smtp.Mailer, mails: Sequence[Mail], *, sender: smtp.Sender, account_id: str, progress: Progress
) -> None:
    addresses = owner.get("/v1/mail-addresses")["mail_addresses"]
    dropbox = next(item["address"] for item in addresses if item["purpose"] == "dropbox")
    arrived = [message["message_id"] or "" for message in owner.every("/v1/messages", "messages")]
    left = list(smtp.not_yet_there(mails, arrived, account_id=account_id))
    for number, mail in progress("mails", left):
        mailer.send(smtp.message(mail, number, sender=sender, account_id=account_id), sender=sender.email, recipient=dropbox)


def _settled_mails(owner: Caller) -> dict[str, int]:
    """How many mails are in which state, once all have been looked at or after a minute."""
    deadline = time.monotonic() + _FILING_SECONDS
    while True:
        counts: dict[str, int] = {}
        for message in owner.every("/v1/messages", "messages"):
            counts[message["state"]] = counts.get(message["state"], 0) + 1
        if not counts.get("received") or time.monotonic() > deadline:
            return counts
        time.sleep(_POLL_SECONDS)


def _counts(company: Sample) -> dict[str, int]:
    return {
        "organisations": len(company.organisations),
        "people": len(company.persons),
        "positions": sum(len(person.positions) for person in company.persons),
        "deals": len(company.deals),
        "projects": len(company.projects),
        "tasks": len(company.tasks),
        "notes": len(company.notes),
        "watches": len(company.watches),
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
