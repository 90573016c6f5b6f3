"""Which addresses count for people and organisations, as they are shown."""

from collections.abc import Sequence

from kontor_chassis.db.sessions import ReadSession
from kontor_contacts.domain.effective_addresses import EffectiveAddresses, lender_of, own_addresses
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person
from kontor_contacts.store import address_origins


def of(session: ReadSession, records: Sequence[Person] | Sequence[Organisation]) -> dict[str, EffectiveAddresses]:
    """By the records' ids, those for which none count left out; at most one statement, however many there are."""
    effective = {record.id: own for record in records if (own := own_addresses(record))}
    lenders = {record.id: lender for record in records if record.id not in effective and (lender := lender_of(record))}
    lent = address_origins.lent(session, sorted(set(lenders.values())))
    return effective | {record_id: lent[lender] for record_id, lender in lenders.items() if lender in lent}
