"""The door of sales: pipelines, deals, the forecast and projects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor_chassis.service import Context, Service
from kontor_sales.clients import SCOPES
from kontor_sales.events import consumed
from kontor_sales.rpc import deals, documents, forecast, pipelines, projects
from kontor_sales.store.tables import METADATA
from kontor_sales.usecases.following import Following


@asynccontextmanager
async def open_parts(context: Context) -> AsyncIterator[Following]:
    following = Following(context)
    context.checks.update(following=lambda: following.running)
    following.start()
    try:
        yield following
    finally:
        await following.stop()


SERVICE = Service(
    name="sales",
    package="sales",
    rpc={
        "kontor.sales.v1.PipelineService": pipelines,
        "kontor.sales.v1.DealService": deals,
        "kontor.sales.v1.ForecastService": forecast,
        "kontor.sales.v1.ProjectService": projects,
        "kontor.type.v1.DocumentSource": documents,
    },
    metadata=METADATA,
    migrations="kontor_sales.migrations",
    service_scopes=SCOPES,
    consumes={
        identity.AccountCreated: consumed.account_changed,
        identity.AccountUpdated: consumed.account_changed,
        identity.UserCreated: consumed.user_changed,
        identity.UserUpdated: consumed.user_changed,
        contacts.PersonCreated: consumed.person_changed,
        contacts.PersonUpdated: consumed.person_changed,
        contacts.PersonDeleted: consumed.contact_deleted,
        contacts.PersonMerged: consumed.person_merged,
        contacts.PersonUnmerged: consumed.person_unmerged,
        contacts.OrganisationCreated: consumed.organisation_changed,
        contacts.OrganisationUpdated: consumed.organisation_changed,
        contacts.OrganisationDeleted: consumed.contact_deleted,
        contacts.OrganisationMerged: consumed.organisation_merged,
        contacts.OrganisationUnmerged: consumed.organisation_unmerged,
    },
    open=open_parts,
)
