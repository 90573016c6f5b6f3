"""Writing values of custom fields with the record that has them."""

from collections.abc import Mapping, Sequence

from kontor_chassis.db.sessions import WriteSession
from kontor_contacts.domain import custom_values as rules
from kontor_contacts.domain.custom_values import NO_VALUES, Change, Given, Value
from kontor_contacts.store import custom_fields


def hold_definitions(session: WriteSession, noun: str) -> None:
    """Before the record's own row is locked: a definition that changes touches records, in the same order."""
    custom_fields.keep_as_they_are(session, noun)


def of_new(session: WriteSession, noun: str, given: Given) -> Sequence[Change]:
    """Raises InvalidArgument naming `custom.<key>`."""
    if not given:
        return ()
    hold_definitions(session, noun)
    return changes(session, noun, NO_VALUES, given)


def changes(session: WriteSession, noun: str, before: Mapping[str, Value], given: Given) -> Sequence[Change]:
    """What is to be written; the caller holds definitions and record. Raises InvalidArgument naming `custom.<key>`."""
    return rules.changes(before, given, custom_fields.by_key(session, noun))
