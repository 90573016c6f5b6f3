"""The addresses that count for a person or an organisation: their own, or those of the nearest organisation that lends its own."""

from dataclasses import dataclass

from kontor_contacts.domain.contact_points import PostalAddress
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person


@dataclass(frozen=True)
class EffectiveAddresses:
    # Whose they are: `persons/…` or `organisations/…`.
    origin: str
    origin_name: str
    addresses: tuple[PostalAddress, ...]


def own_addresses(record: Person | Organisation) -> EffectiveAddresses | None:
    """None where the record has none and may inherit."""
    if not record.points.addresses:
        return None
    if isinstance(record, Person):
        return EffectiveAddresses(f"persons/{record.id}", record.display_name, record.points.addresses)
    return EffectiveAddresses(f"organisations/{record.id}", record.name, record.points.addresses)


def origin_of(record: Person | Organisation) -> str:
    """Id of the organisation whose addresses are the record's where it has none of its own; empty: nobody's. For a person they are
    those that count at the organisation of the primary position, if that has no last day."""
    if isinstance(record, Organisation):
        return record.address_origin_id
    present = (position for position in record.positions if position.primary and position.to_date is None and not position.hidden)
    return next((position.address_origin_id for position in present), "")
