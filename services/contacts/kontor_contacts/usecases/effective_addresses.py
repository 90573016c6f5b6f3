"""Which addresses count for people and organisations, as they are shown."""

from collections.abc import Sequence

from kontor_chassis.db.sessions import ReadSession
from kontor_contacts.domain.effective_addresses import EffectiveAddresses, origin_of, own_addresses
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.store import address_origins


def of(session: ReadSession, records: Sequence[Person] | Sequence[Organisation]) -> dict[str, EffectiveAddresses]:
    """By the records' ids, those for which none count left out; at most one statement, however many there are."""
    effective = {record.id: own for record in records if (own := own_addresses(record))}
    origins = {record.id: origin for record in records if record.id not in effective and (origin := origin_of(record))}
    lent = address_origins.lent(session, sorted(set(origins.values())))
    return effective | {record_id: lent[origin] for record_id, origin in origins.items() if origin in lent}
