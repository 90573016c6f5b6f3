"""The door of notify: who watches what, and what they are told."""

from kontor.contacts.events.v1 import events_pb2 as contacts
from kontor.identity.events.v1 import events_pb2 as identity
from kontor.mail.events.v1 import events_pb2 as mail
from kontor.sales.events.v1 import events_pb2 as sales
from kontor.tasks.events.v1 import events_pb2 as tasks
from kontor_chassis.service import Service
from kontor_notify.clients import SCOPES
from kontor_notify.events import consumed
from kontor_notify.rpc import notifications, watches
from kontor_notify.store.tables import METADATA

SERVICE = Service(
    name="notify",
    package="notify",
    rpc={
        "kontor.notify.v1.WatchService": watches,
        "kontor.notify.v1.NotificationService": notifications,
    },
    metadata=METADATA,
    migrations="kontor_notify.migrations",
    service_scopes=SCOPES,
    consumes={
        contacts.PersonCreated: consumed.contact_created,
        contacts.OrganisationCreated: consumed.contact_created,
        contacts.PersonDeleted: consumed.record_deleted,
        contacts.OrganisationDeleted: consumed.record_deleted,
        contacts.PersonMerged: consumed.record_merged,
        contacts.OrganisationMerged: consumed.record_merged,
        contacts.PersonUnmerged: consumed.record_unmerged,
        contacts.OrganisationUnmerged: consumed.record_unmerged,
        contacts.FormSubmitted: consumed.form_submitted,
        sales.DealCreated: consumed.deal_created,
        sales.ProjectCreated: consumed.project_created,
        sales.DealMoved: consumed.deal_changed,
        sales.DealWon: consumed.deal_changed,
        sales.DealLost: consumed.deal_changed,
        sales.DealDeleted: consumed.record_deleted,
        sales.ProjectDeleted: consumed.record_deleted,
        tasks.NoteCreated: consumed.note_created,
        tasks.TaskCreated: consumed.task_created,
        mail.MessageFiled: consumed.message_filed,
        mail.BundleFiled: consumed.bundle_filed,
        identity.UserUpdated: consumed.user_updated,
    },
)
