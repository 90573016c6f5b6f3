"""Kinds of records between proto and domain, which speaks of the nouns of resource names."""

from typing import Any

from kontor.contacts.v1 import record_kinds_pb2 as pb
from kontor_chassis.proto import Words

_KINDS = Words(pb.RecordKind)
_NOUNS = {"person": "persons", "organisation": "organisations", "": ""}
_WORDS = {noun: word for word, noun in _NOUNS.items()}


def noun_of(number: int) -> str:
    """`persons` or `organisations`; empty where it is not said. Raises InvalidArgument naming record_kind."""
    return _NOUNS[_KINDS.word(number, field="record_kind")]


def kind_of(noun: str) -> Any:
    return _KINDS.number(_WORDS[noun])
