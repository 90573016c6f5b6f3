"""The records of the sample company before they have ids. A body is what REST is sent; references to other records are numbers,
which become ids while the records are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kontor_suite.demo.data.companies import Company
from kontor_suite.demo.data.places import Town

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Ref:
    """The `number`-th record of a collection (`persons`, `deals` …)."""

    collection: str
    number: int


@dataclass(frozen=True)
class Organisation:
    body: Body
    company: Company
    town: Town


@dataclass(frozen=True)
class Position:
    organisation: int
    body: Body
    # Whether the person works there today.
    present: bool = True


@dataclass(frozen=True)
class Person:
    body: Body
    woman: bool
    positions: tuple[Position, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.body['first_name']} {self.body['last_name']}"

    @property
    def addressed(self) -> str:
        """As one speaks of them: Frau Dr. Öztürk."""
        return " ".join(part for part in ("Frau" if self.woman else "Herr", self.body["title"], self.body["last_name"]) if part)

    @property
    def salutation(self) -> str:
        return f"{'Sehr geehrte' if self.woman else 'Sehr geehrter'} {self.addressed},"

    @property
    def email(self) -> str:
        address: str = self.body["emails"][0]["address"]
        return address


@dataclass(frozen=True)
class Deal:
    body: Body
    organisation: int
    # Number and role.
    persons: tuple[tuple[int, str], ...]
    # How far it came, 0 for the first stage to 1 for the last.
    progress: float
    # `open`, `won` or `lost`.
    state: str = "open"
    closed_date: date | None = None
    lost_reason: str = ""
    of_colleague: bool = False


@dataclass(frozen=True)
class Project:
    body: Body
    organisations: tuple[int, ...]
    persons: tuple[int, ...]
    deal: int | None = None


@dataclass(frozen=True)
class Task:
    body: Body
    subject: Ref | None = None
    done: bool = False
    for_colleague: bool = False


@dataclass(frozen=True)
class Note:
    subject: Ref
    text: str
    occur_time: datetime
    by_colleague: bool = False


@dataclass(frozen=True)
class Mail:
    # Name and address.
    to: tuple[tuple[str, str], ...]
    cc: tuple[tuple[str, str], ...]
    subject: str
    text: str
    send_time: datetime
    # Number of the mail that it continues.
    continues: int | None = None
    attachment: bool = False


@dataclass(frozen=True)
class Sample:
    organisations: tuple[Organisation, ...]
    persons: tuple[Person, ...]
    deals: tuple[Deal, ...]
    projects: tuple[Project, ...]
    tasks: tuple[Task, ...]
    notes: tuple[Note, ...]
    # What the colleague watches.
    watches: tuple[Ref, ...]
    mails: tuple[Mail, ...]
