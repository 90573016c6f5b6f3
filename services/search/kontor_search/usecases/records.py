"""What became of the records that hits name: a hit never names one that is gone, and of merged ones the one that is there.

The documents in the index keep the references with which their owners told them. So a merge changes nothing there, however many notes,
mails and deals name the record, and neither does its undo; a rebuild needs no merges to be told again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog
from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.sales.events.v1 import events_pb2 as sales
from kontor_chassis.bus.port import Envelope
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.errors import Unavailable
from kontor_chassis.events import Event, event_type
from kontor_chassis.inbox import open_envelope
from kontor_chassis.principal import Principal
from kontor_chassis.service import Context
from kontor_search.index.port import Hit
from kontor_search.store import records

log = structlog.get_logger()

_MERGED: tuple[type[Message], ...] = (contacts.PersonMerged, contacts.OrganisationMerged)
_UNMERGED: tuple[type[Message], ...] = (contacts.PersonUnmerged, contacts.OrganisationUnmerged)
_DELETED: tuple[type[Message], ...] = (contacts.PersonDeleted, contacts.OrganisationDeleted, sales.DealDeleted, sales.ProjectDeleted)
_BODIES: Mapping[str, type[Message]] = {event_type(body): body for body in (*_MERGED, *_UNMERGED, *_DELETED)}


async def remember(context: Context, envelopes: Sequence[Envelope]) -> None:
    """Keep what these events say about records that others hang on. Doing it again changes nothing. Raises Unavailable,
    google.protobuf.message.DecodeError."""
    told = [(open_envelope(envelope, _BODIES[envelope.type]), envelope.account_id) for envelope in envelopes if envelope.type in _BODIES]

    def write() -> None:
        with context.sessions.write_many(means="event") as enter:
            for event, account_id in told:
                _keep(enter(Principal(account_id=account_id, service=context.service.name)), event)

    if told:
        await context.database.write(write)


async def in_present_terms(context: Context, account_id: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, naming the records that are there. Where our database is away they name what the index says: searching needs
    the index only."""
    named = {subject for hit in hits for subject in hit.subjects}
    if not named:
        return list(hits)

    def read() -> dict[str, str]:
        with context.sessions.read(Principal(account_id=account_id, service=context.service.name)) as session:
            return records.standing(session, named)

    try:
        standing = await context.database.read(read)
    except Unavailable as error:
        log.warning("search_subjects_unchecked", error=str(error))
        return list(hits)
    return [replace(hit, subjects=_present(hit, standing)) for hit in hits]


def _present(hit: Hit, standing: Mapping[str, str]) -> tuple[str, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys(standing[subject] for subject in hit.subjects if subject in standing))


def _keep(session: WriteSession, event: Event[Message]) -> None:
    body = event.body
    if isinstance(body, _DELETED):
        records.keep_gone(session, event.subject)
    elif isinstance(body, _UNMERGED):
        records.keep_merge(session, event.subject, survivor=event.subject, sequence=event.sequence)
    elif isinstance(body, contacts.PersonMerged | contacts.OrganisationMerged) and body.survivor_id:
        survivor = f"{event.subject.partition('/')[0]}/{body.survivor_id}"
        records.keep_merge(session, event.subject, survivor=survivor, sequence=event.sequence)
