"""The door of tasks: what is to be done, what has happened, and calendar feeds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor_chassis.service import Context, Service
from kontor_tasks.clients import SCOPES
from kontor_tasks.events import consumed
from kontor_tasks.rpc import calendars, documents, notes, tasks, timeline
from kontor_tasks.store.tables import METADATA
from kontor_tasks.usecases.rolling_up import RollingUp


@asynccontextmanager
async def open_parts(context: Context) -> AsyncIterator[RollingUp]:
    rolling_up = RollingUp(context)
    context.checks.update(rolling_up=lambda: rolling_up.running)
    rolling_up.start()
    try:
        yield rolling_up
    finally:
        await rolling_up.stop()


SERVICE = Service(
    name="tasks",
    package="tasks",
    rpc={
        "kontor.tasks.v1.TaskService": tasks,
        "kontor.tasks.v1.NoteService": notes,
        "kontor.tasks.v1.TimelineService": timeline,
        "kontor.tasks.v1.CalendarService": calendars,
        "kontor.type.v1.DocumentSource": documents,
    },
    metadata=METADATA,
    migrations="kontor_tasks.migrations",
    service_scopes=SCOPES,
    consumes={
        identity.AccountCreated: consumed.account_changed,
        identity.AccountUpdated: consumed.account_changed,
        identity.UserCreated: consumed.user_changed,
        identity.UserUpdated: consumed.user_changed,
        contacts.PositionCreated: consumed.position_changed,
        contacts.PositionUpdated: consumed.position_changed,
        contacts.PositionDeleted: consumed.position_deleted,
        contacts.PersonEmployerChanged: consumed.person_employer_changed,
        contacts.PersonCreated: consumed.person_visible,
        contacts.PersonUpdated: consumed.person_visible,
        contacts.PersonDeleted: consumed.person_deleted,
        contacts.PersonMerged: consumed.person_merged,
        contacts.PersonUnmerged: consumed.person_unmerged,
        contacts.OrganisationDeleted: consumed.organisation_deleted,
        contacts.OrganisationMerged: consumed.organisation_merged,
        contacts.OrganisationUnmerged: consumed.organisation_unmerged,
        contacts.FormSubmitted: consumed.form_submitted,
        sales.DealCreated: consumed.deal_changed,
        sales.DealUpdated: consumed.deal_changed,
        sales.DealMoved: consumed.deal_moved,
        sales.DealWon: consumed.deal_won,
        sales.DealLost: consumed.deal_lost,
        sales.DealReopened: consumed.deal_reopened,
        sales.DealDeleted: consumed.deal_deleted,
        sales.ProjectCreated: consumed.project_created,
        sales.ProjectUpdated: consumed.project_changed,
        sales.ProjectDeleted: consumed.project_deleted,
        mail.MessageFiled: consumed.message_filed,
    },
    open=open_parts,
)
