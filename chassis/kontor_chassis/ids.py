"""Identifiers: UUIDv7 (RFC 9562) as lower-case text, and resource names that point at records of any kind."""

import re

import uuid_utils

from kontor_chassis.errors import invalid

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id() -> str:
    """A new id; ids made later sort later (to the millisecond)."""
    return str(uuid_utils.uuid7())


def is_id(text: str) -> bool:
    """Whether `text` has the form of an id."""
    return _UUID.fullmatch(text) is not None


def parse_ref(ref: str, *, field: str, nouns: frozenset[str]) -> tuple[str, str]:
    """Split a resource name `persons/0193…` into noun and id.

    Raises InvalidArgument, naming `field`, where it has another form or another noun than `nouns`.
    """
    noun, slash, record_id = ref.partition("/")
    if not slash or noun not in nouns or not is_id(record_id):
        raise invalid(field, f"must be a resource name such as {sorted(nouns)[0]}/{{id}}, of {', '.join(sorted(nouns))}")
    return noun, record_id
