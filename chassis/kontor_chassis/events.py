"""Names of events. `kontor.contacts.events.v1.PersonCreated` travels as `kontor.contacts.person.created.v1`."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Generic, TypeVar

from google.protobuf.message import Message

_WORD = re.compile(r"[A-Z][a-z0-9]*")


def event_type(body: type[Message]) -> str:
    """Routing key of an event message: the last word of its name is the verb, what stands before is the noun.

    Raises ValueError where the message does not stand in a package `kontor.<service>.events.v<n>`.
    """
    return _type_of(body.DESCRIPTOR.full_name)


@cache
def _type_of(full_name: str) -> str:
    package, _, name = full_name.rpartition(".")
    parts = package.split(".")
    words = _WORD.findall(name)
    if len(parts) != 4 or parts[0] != "kontor" or parts[2] != "events" or len(words) < 2:
        raise ValueError(f"{full_name} is not an event")
    noun = "_".join(word.lower() for word in words[:-1])
    return f"kontor.{parts[1]}.{noun}.{words[-1].lower()}.{parts[3]}"


M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Event(Generic[M]):
    """A fact that another service told, as a handler gets it."""

    id: str
    type: str
    source: str
    # Resource name of what it is about.
    subject: str
    account_id: str
    # Version of the subject; a projection drops what is older than what it holds.
    sequence: int
    time: datetime
    actor_user_id: str
    body: M
