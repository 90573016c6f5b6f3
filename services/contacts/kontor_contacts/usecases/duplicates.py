"""Records that may be one: told when one is made, listed, and dismissed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import AlreadyExists, NotFound
from kontor_contacts.domain.blocking import keys_of
from kontor_contacts.domain.duplicates import POSSIBLE, Likely, Match, match
from kontor_contacts.domain.likely import of_organisation, of_person
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.store import duplicate_keys, duplicates, likely
from kontor_contacts.store.duplicates import After, Found, Pair
from kontor_contacts.usecases import organisations, persons

WARN, REFUSE, ALLOW = "warn", "refuse", "allow"
_MOST_CANDIDATES = 10


@dataclass(frozen=True)
class Candidate:
    # Of the pair; empty where it is not kept, because nothing was made.
    id: str
    ref: str
    name: str
    match: Match


def create_person(session: WriteSession, wanted: Person, *, on_duplicate: str) -> tuple[Person, list[Candidate]]:
    """Raises InvalidArgument, and AlreadyExists where that is asked for; the caller's transaction then undoes what was made."""
    person = persons.create(session, wanted)
    return person, _candidates(session, "persons", person.id, of_person(person), on_duplicate)


def create_organisation(session: WriteSession, wanted: Organisation, *, on_duplicate: str) -> tuple[Organisation, list[Candidate]]:
    """As `create_person`."""
    organisation = organisations.create(session, wanted)
    return organisation, _candidates(session, "organisations", organisation.id, of_organisation(organisation), on_duplicate)


def _candidates(session: WriteSession, noun: str, record_id: str, record: Likely, on_duplicate: str) -> list[Candidate]:
    if on_duplicate == ALLOW:
        return []
    # Looked for after the record was made: what is compared is what is kept.
    found = _found(session, noun, record_id, record)
    if not found:
        return []
    names = likely.names(session, noun, [other for other, _ in found])
    candidates = [Candidate("", f"{noun}/{other}", names[other], scored) for other, scored in found]
    if on_duplicate == REFUSE:
        raise _refusal(candidates)
    duplicates.keep(session, noun, [Found(record_id, other, scored) for other, scored in found])
    ids = duplicates.of_record(session, record_id, list(names))
    return [replace(candidate, id=ids[candidate.ref.partition("/")[2]]) for candidate in candidates]


def _found(session: ReadSession, noun: str, record_id: str, record: Likely) -> list[tuple[str, Match]]:
    ids = duplicate_keys.sharers(session, noun, keys_of(record)) - {record_id}
    if not ids:
        return []
    scored = [(other, match(record, theirs)) for other, theirs in likely.by_ids(session, noun, sorted(ids)).items()]
    possible = [item for item in scored if item[1].score >= POSSIBLE]
    return sorted(possible, key=lambda item: (-item[1].score, item[0]))[:_MOST_CANDIDATES]


def _refusal(candidates: Sequence[Candidate]) -> AlreadyExists:
    told = [{"ref": item.ref, "name": item.name, "score": item.match.score, "reasons": item.match.reasons} for item in candidates]
    return AlreadyExists(
        f"This may exist already: {candidates[0].name}.", reason="DUPLICATE_FOUND", detail={"duplicates_json": orjson.dumps(told).decode()}
    )


def find(session: ReadSession, noun: str, *, after: After | None, limit: int) -> tuple[list[Pair], dict[str, str]]:
    """Pairs, the likeliest first, and the names of their records by id."""
    pairs = duplicates.page(session, noun, after=after, limit=limit)
    return pairs, names_of(session, noun, pairs)


def names_of(session: ReadSession, noun: str, pairs: Sequence[Pair]) -> dict[str, str]:
    ids = {record_id for pair in pairs for record_id in (pair.left_id, pair.right_id)}
    return likely.names(session, noun, sorted(ids)) if ids else {}


def dismiss(session: WriteSession, pair_id: str) -> Pair:
    """The two are not one, for ever. Raises NotFound."""
    pair = duplicates.lock(session, pair_id)
    if pair is None:
        raise NotFound("The pair does not exist.")
    if pair.dismissed:
        return pair
    duplicates.dismiss(session, pair_id)
    records = [f"{pair.noun}/{pair.left_id}", f"{pair.noun}/{pair.right_id}"]
    session.audit(f"duplicates/{pair_id}", "dismiss", {"records": (records, records), "dismissed": (False, True)})
    return replace(pair, dismissed=True)
