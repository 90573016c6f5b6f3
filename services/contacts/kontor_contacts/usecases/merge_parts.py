"""What merging people and merging organisations have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic

from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import Aborted
from kontor_chassis.etags import etag_of
from kontor_chassis.ids import new_id
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.custom_values import Change, Value
from kontor_contacts.domain.merges import Merge
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.tags import tag_key
from kontor_contacts.settings import ContactsSettings
from kontor_contacts.store import accounts, duplicates, likely, merge_snapshots, merges, persons, photos, tags
from kontor_contacts.store.duplicates import Pair
from kontor_contacts.store.merge_snapshots import R, Snapshot
from kontor_contacts.usecases import colleagues, kept_values
from kontor_contacts.usecases.kept_values import Leftovers

# How a change came about that merging, or undoing it, has made.
MEANS = "merge"


@dataclass(frozen=True)
class Present(Generic[R]):
    """What a merge has kept, and of custom fields what has no place any more."""

    kept: Snapshot[R]
    left_of_survivor: Leftovers
    left_of_duplicate: Leftovers


def check_etags(sent: tuple[str, str], versions: tuple[int, int]) -> None:
    """Of survivor and duplicate. Raises Aborted with the present ones."""
    present = (etag_of(versions[0]), etag_of(versions[1]))
    if any(said not in ("", "*", is_now) for said, is_now in zip(sent, present, strict=True)):
        detail = {"etag": present[0], "duplicate_etag": present[1]}
        raise Aborted("One of the two was changed in the meantime; read them again.", detail=detail)


def made(session: WriteSession, noun: str, both: tuple[R, R], names: tuple[str, str]) -> Merge:
    """The merge, still not kept; `both` are survivor and duplicate as they were, `names` what they were called."""
    survivor, duplicate = both
    knobs: ContactsSettings = session.context.knobs
    return Merge(
        id=new_id(),
        noun=noun,
        survivor_id=survivor.id,
        duplicate_id=duplicate.id,
        survivor_name=names[0],
        duplicate_name=names[1],
        survivor_version=survivor.version + 1,
        survivor_visible_to=survivor.visibility.refs or None,
        duplicate_visible_to=duplicate.visibility.refs or None,
        create_time=session.now,
        expire_time=session.now + timedelta(days=knobs.merge_undo_days),
        creator_user_id=session.user_id,
    )


def tag_ids(session: WriteSession, *records: Person | Organisation) -> dict[str, str]:
    return tags.ids_of(session, sorted({name for record in records for name in record.tags}))


def custom_changes(before: Mapping[str, Value], after: Mapping[str, Value], fields: Mapping[str, CustomField]) -> list[Change]:
    """What is to be written, of archived fields too."""
    keys = [key for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key)]
    return [Change(fields[key], after.get(key)) for key in keys]


def present_snapshot(session: WriteSession, merge: Merge, kind: type[R], fields: Mapping[str, CustomField]) -> Present[R]:
    """What was kept, in the words of today: tags by their present names, and values of custom fields as of their present types."""
    kept = merge_snapshots.load(merges.snapshot(session, merge.id), kind)
    renamed = {tag_key(kept.tags[tag_id]): name for tag_id, name in tags.names_of(session, list(kept.tags)).items()}
    home = accounts.home(session)

    def now(record: R) -> R:
        # A tag that was deleted since is made again, under the name that it had.
        carried = {tag_key(name): name for name in (renamed.get(tag_key(name), name) for name in record.tags)}
        custom = kept_values.present(kept, record.custom, fields, home)
        return replace(record, tags=tuple(sorted(carried.values(), key=str.casefold)), custom=custom)

    return Present(
        kept=replace(kept, before=now(kept.before), duplicate=now(kept.duplicate), after=now(kept.after)),
        left_of_survivor=kept_values.leftovers_of_survivor(kept, fields, home),
        left_of_duplicate=kept_values.leftovers_of_duplicate(kept, fields, home),
    )


# Pairs of likely duplicates ---------------------------------------------------------------------------------------------------


def inherit_pairs(session: WriteSession, merge: Merge, before: Sequence[Pair], duplicate: Sequence[Pair]) -> None:
    """Who may be the duplicate may be the survivor, and who is not the one is not the other. The duplicate's pairs are gone already."""
    mine = {_other(pair, merge.survivor_id): pair for pair in before}
    for pair in duplicate:
        other = _other(pair, merge.duplicate_id)
        if other == merge.survivor_id:
            continue
        if other not in mine:
            left, right = sorted((merge.survivor_id, other))
            duplicates.put(session, replace(pair, id=new_id(), left_id=left, right_id=right, create_time=session.now))
        elif pair.dismissed and not mine[other].dismissed:
            duplicates.mark(session, [mine[other].id], dismissed=True)


def restore_pairs(session: WriteSession, merge: Merge, kept: Snapshot[Any]) -> None:
    """As they were, as far as the others are there; what was dismissed since stays so."""
    mine = {_other(pair, merge.survivor_id): pair for pair in kept.pairs_before}
    theirs = {_other(pair, merge.duplicate_id): pair for pair in kept.pairs_duplicate}
    present = {_other(pair, merge.survivor_id): pair for pair in duplicates.all_of(session, merge.survivor_id)}
    inherited = [pair for other, pair in present.items() if other in theirs and other not in mine]
    duplicates.delete(session, [pair.id for pair in inherited if pair.dismissed == theirs[_other(pair, merge.survivor_id)].dismissed])
    both = [other for other in present if other in theirs and other in mine]
    undone = [present[other].id for other in both if theirs[other].dismissed and not mine[other].dismissed]
    duplicates.mark(session, undone, dismissed=False)
    there = likely.names(session, merge.noun, list(theirs))
    for other in sorted(there):
        duplicates.put(session, theirs[other])
    if merge.noun == persons.NOUN:
        # Where they work may have been limited meanwhile.
        colleagues.forget(session, [merge.duplicate_id])


def _other(pair: Pair, record_id: str) -> str:
    return pair.left_id if pair.right_id == record_id else pair.right_id


# The end of what is kept ------------------------------------------------------------------------------------------------------


def erase(session: WriteSession, noun: str, survivor_id: str) -> None:
    """A record is deleted, which the caller holds: nothing is kept of those that were merged into it, directly or by others."""
    waiting = [survivor_id]
    while waiting:
        gone = merges.of_survivor(session, noun, waiting.pop())
        merges.erase(session, [merge.id for merge in gone])
        for merge in gone:
            photos.let_go(session, merge.id)
        waiting += [merge.duplicate_id for merge in gone]
