"""What the index holds about one record, and the order of its versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

# Records that have a name of their own; of two equally good hits they come before notes, mails and tasks.
NAMED_KINDS = frozenset({"person", "organisation", "deal", "project"})


@dataclass(frozen=True)
class IndexDocument:
    """One searchable record, as `kontor.type.v1.Document` tells it, with the account that it belongs to."""

    account_id: str
    # Resource name: `persons/0193…`
    ref: str
    kind: str
    title: str
    update_time: datetime
    # The record's version.
    sequence: int
    # Further names and short facts: role, organisation, assistant.
    keywords: tuple[str, ...] = ()
    text: str = ""
    tags: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    # Records that this one hangs on.
    subjects: tuple[str, ...] = ()
    owner_user_id: str = ""
    # Resource names of the groups and users that may find it; none: everyone.
    visible_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """A new state of one record: its document, or None where the record is gone."""

    account_id: str
    ref: str
    sequence: int
    document: IndexDocument | None = None

    @property
    def key(self) -> str:
        """Identifies the record among all accounts'."""
        return f"{self.account_id} {self.ref}"

    @property
    def version(self) -> int:
        """Orders the states of one record: by sequence, and at the same sequence a deletion is the last word."""
        return self.sequence * 2 + (self.document is None)


def latest(changes: Iterable[Change]) -> Mapping[str, Change]:
    """Per key the change that counts; of equal versions the one that came last."""
    kept: dict[str, Change] = {}
    for change in changes:
        known = kept.get(change.key)
        if known is None or change.version >= known.version:
            kept[change.key] = change
    return kept
