"""The door of contacts: people, organisations, what joins them, and their tags."""

from kontor.identity.events.v1 import events_pb2 as identity
from kontor_chassis.service import Service
from kontor_contacts.events import consumed
from kontor_contacts.rpc import audit_log, custom_fields, documents, organisations, persons, photos, positions, segments, tags
from kontor_contacts.store.tables import METADATA
from kontor_contacts.usecases.photo_sweep import open_sweep

SERVICE = Service(
    name="contacts",
    package="contacts",
    rpc={
        "kontor.contacts.v1.PersonService": persons,
        "kontor.contacts.v1.OrganisationService": organisations,
        "kontor.contacts.v1.PositionService": positions,
        "kontor.contacts.v1.TagService": tags,
        "kontor.contacts.v1.CustomFieldService": custom_fields,
        "kontor.contacts.v1.SegmentService": segments,
        "kontor.contacts.v1.PhotoService": photos,
        "kontor.type.v1.DocumentSource": documents,
        "kontor.type.v1.AuditLog": audit_log,
    },
    metadata=METADATA,
    migrations="kontor_contacts.migrations",
    consumes={
        identity.AccountCreated: consumed.account_changed,
        identity.AccountUpdated: consumed.account_changed,
    },
    open=open_sweep,
)
