"""The door of contacts: people, organisations, what joins them, and their tags."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kontor.identity.events.v1 import events_pb2 as identity
from kontor_chassis.service import Context, Service
from kontor_contacts.events import consumed
from kontor_contacts.rpc import (
    audit_log,
    bulk,
    custom_fields,
    documents,
    duplicates,
    form_submissions,
    merges,
    operations,
    organisations,
    persons,
    photos,
    positions,
    public_forms,
    segments,
    tags,
    web_forms,
)
from kontor_contacts.settings import ContactsSettings
from kontor_contacts.store.tables import METADATA
from kontor_contacts.usecases import merge_pruning, operation_pruning
from kontor_contacts.usecases.form_mailing import FormMailer
from kontor_contacts.usecases.operation_worker import OperationWorker
from kontor_contacts.usecases.photo_sweep import open_sweep


@dataclass(frozen=True)
class Parts:
    """What runs beside the database."""

    operations: OperationWorker
    # Held while a picture is read.
    reading: asyncio.Semaphore
    form_mailer: FormMailer


@asynccontextmanager
async def open_parts(context: Context) -> AsyncIterator[Parts]:
    """Go on with what is under way in the background."""
    operations = OperationWorker(context)
    form_mailer = FormMailer(context)
    context.checks.update(operations=lambda: operations.running, form_mailer=lambda: form_mailer.running)
    operations.start()
    form_mailer.start()
    try:
        async with open_sweep(context) as reading, operation_pruning.open_pruning(context), merge_pruning.open_pruning(context):
            yield Parts(operations, reading, form_mailer)
    finally:
        await form_mailer.stop()
        await operations.stop()


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
        "kontor.contacts.v1.DuplicateService": duplicates,
        "kontor.contacts.v1.MergeService": merges,
        "kontor.contacts.v1.OperationService": operations,
        "kontor.contacts.v1.BulkService": bulk,
        "kontor.contacts.v1.WebFormService": web_forms,
        "kontor.contacts.v1.FormSubmissionService": form_submissions,
        "kontor.contacts.v1.PublicFormService": public_forms,
        "kontor.type.v1.DocumentSource": documents,
        "kontor.type.v1.AuditLog": audit_log,
    },
    metadata=METADATA,
    migrations="kontor_contacts.migrations",
    knobs=ContactsSettings,
    consumes={
        identity.AccountCreated: consumed.account_changed,
        identity.AccountUpdated: consumed.account_changed,
        identity.UserUpdated: consumed.user_changed,
        identity.GroupUpdated: consumed.group_changed,
        identity.GroupDeleted: consumed.group_deleted,
        identity.ApiKeyDeleted: consumed.api_key_deleted,
    },
    open=open_parts,
)
