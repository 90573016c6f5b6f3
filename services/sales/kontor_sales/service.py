"""The door of sales: pipelines, deals, the forecast and projects."""

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor_chassis.service import Service
from kontor_sales.clients import SCOPES
from kontor_sales.events import consumed
from kontor_sales.rpc import deals, documents, forecast, pipelines, projects
from kontor_sales.store.tables import METADATA

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
        contacts.PersonDeleted: consumed.contact_deleted,
        contacts.OrganisationDeleted: consumed.contact_deleted,
    },
)
