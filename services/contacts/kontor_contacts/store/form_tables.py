"""The tables of web forms, beside those of the records that they make."""

import sqlalchemy as sa

from kontor_chassis.db.types import Instant, Json, Key
from kontor_contacts.store.tables import METADATA

WEB_FORMS = sa.Table(
    "web_forms",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # Without case; unique.
    sa.Column("name_key", Key, nullable=False),
    # Stands in the public address.
    sa.Column("public_key", Key, nullable=False),
    # Signs the form's pages.
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    # Everything else, which is only ever read as a whole.
    sa.Column("definition", Json, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Column("creator_user_id", sa.Text, nullable=False),
    sa.Index("web_forms_by_name", "account_id", "name_key", unique=True),
    # Strangers name no account.
    sa.Index("web_forms_by_public_key", "public_key", unique=True),
)

# What was sent by web forms, as it was sent.
FORM_SUBMISSIONS = sa.Table(
    "form_submissions",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("form_id", Key, nullable=False),
    sa.Column("form_name", sa.Text, nullable=False),
    sa.Column("form_version", sa.BigInteger, nullable=False),
    # `pending`, `confirmed` or `rejected`; and why it was rejected.
    sa.Column("state", Key, nullable=False),
    sa.Column("rejection", Key, nullable=False),
    # Key, label and values of each entry.
    sa.Column("entries", Json, nullable=False),
    sa.Column("consent_text", sa.Text, nullable=False),
    sa.Column("consent_given", sa.Boolean, nullable=False),
    sa.Column("language", Key, nullable=False),
    # Shortened.
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    # Of the page that it was sent from.
    sa.Column("page_id", Key, nullable=False),
    # Empty as long as nobody was made or found.
    sa.Column("person_id", Key, nullable=False),
    sa.Column("person_created", sa.Boolean, nullable=False),
    sa.Column("campaign", sa.Text, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("confirm_time", Instant),
    sa.Column("expire_time", Instant),
    sa.Index("form_submissions_by_form", "account_id", "form_id", "create_time", "id"),
    sa.Index("form_submissions_by_state", "account_id", "form_id", "state", "create_time", "id"),
    sa.Index("form_submissions_by_page", "account_id", "page_id"),
    sa.Index("form_submissions_by_person", "account_id", "person_id"),
    # For the sweep, over all accounts.
    sa.Index("form_submissions_by_expire_time", "expire_time"),
)

# How much was sent by whom (kontor_chassis.throttling). Of the account `*`: mails to one address from all forms.
FORM_THROTTLES = sa.Table(
    "form_throttles",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("key", Key, primary_key=True),
    sa.Column("empty_time", Instant, nullable=False),
    # For the sweep, over all accounts.
    sa.Index("form_throttles_by_time", "empty_time"),
)

# Mails that wait to be sent, one per submission that waits to be confirmed.
FORM_MAILS = sa.Table(
    "form_mails",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("submission_id", Key, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    # When it is to be tried next; while a worker holds it, until when that is believed to be alive.
    sa.Column("due_time", Instant, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "submission_id"], ["form_submissions.account_id", "form_submissions.id"], ondelete="CASCADE"),
    sa.Index("form_mails_by_due_time", "due_time"),
)

# Hashes of the tokens in mails; one per attempt to send, because a mail whose attempt seemed to fail may have arrived.
FORM_CONFIRMATIONS = sa.Table(
    "form_confirmations",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("hash", Key, primary_key=True),
    sa.Column("submission_id", Key, nullable=False),
    sa.ForeignKeyConstraint(["account_id", "submission_id"], ["form_submissions.account_id", "form_submissions.id"], ondelete="CASCADE"),
    sa.Index("form_confirmations_by_submission", "account_id", "submission_id"),
)
