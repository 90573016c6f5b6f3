"""Others' facts: everything whose subject can be searched."""

from collections.abc import Sequence

from google.protobuf.message import Message

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.events.v1 import events_pb2 as tasks
from kontor_chassis.bus.port import BatchHandler, Envelope
from kontor_chassis.service import Context
from kontor_search.parts import parts
from kontor_search.usecases.follow import follow
from kontor_search.usecases.records import remember

EVENTS: tuple[type[Message], ...] = (
    contacts.PersonCreated,
    contacts.PersonUpdated,
    contacts.PersonDeleted,
    contacts.PersonMerged,
    contacts.PersonUnmerged,
    contacts.OrganisationCreated,
    contacts.OrganisationUpdated,
    contacts.OrganisationDeleted,
    contacts.OrganisationMerged,
    contacts.OrganisationUnmerged,
    sales.DealCreated,
    sales.DealUpdated,
    sales.DealMoved,
    sales.DealWon,
    sales.DealLost,
    sales.DealReopened,
    sales.DealDeleted,
    sales.ProjectCreated,
    sales.ProjectUpdated,
    sales.ProjectDeleted,
    tasks.TaskCreated,
    tasks.TaskUpdated,
    tasks.TaskCompleted,
    tasks.TaskReopened,
    tasks.TaskDeleted,
    tasks.NoteCreated,
    tasks.NoteUpdated,
    tasks.NoteDeleted,
    mail.MessageFiled,
    mail.MessageUpdated,
)


def batch_handler(context: Context) -> BatchHandler:
    """A batch is asked for and committed together. What it raises the bus takes for an answer to each: where somebody is away all are tried
    again later, in their order; else one by one."""

    async def handle(envelopes: Sequence[Envelope]) -> Sequence[Exception | None]:
        await remember(context, envelopes)
        await follow(parts(context).index, parts(context).owners, envelopes)
        return [None] * len(envelopes)

    return handle
