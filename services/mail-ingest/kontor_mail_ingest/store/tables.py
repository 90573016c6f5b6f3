"""The tables of mail-ingest. `account_id` leads every key and index, but for the two that are asked before an account is known:
which account an address belongs to, and which mail is to be read next. `learned_addresses` is read over all accounts too, but nearly
always empty."""

import sqlalchemy as sa

from kontor_chassis.db.types import Instant, Json, Key
from kontor_chassis.merges import Merges

METADATA = sa.MetaData()

MAIL_ADDRESSES = sa.Table(
    "mail_addresses",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("user_id", Key, nullable=False),
    # `dropbox`
    sa.Column("purpose", Key, nullable=False),
    # Normalised; its local part is the secret.
    sa.Column("address", Key, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    # Two first requests at once make one dropbox.
    sa.Index("mail_addresses_by_user", "account_id", "user_id", "purpose", unique=True),
    sa.Index("mail_addresses_by_address", "address", unique=True),
)

MESSAGES = sa.Table(
    "messages",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    # `received`, `filed`, `tray`, or `copy` of the message `original_id`.
    sa.Column("state", Key, nullable=False),
    sa.Column("tray_reason", sa.Text, nullable=False),
    sa.Column("original_id", Key, nullable=False),
    # Who sent it to their dropbox first; all of them are in `deposits`.
    sa.Column("depositor_user_id", Key, nullable=False),
    # What was received: key of the bytes, their number and hash, and the envelope.
    sa.Column("raw_key", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", Key, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("client_address", sa.Text, nullable=False),
    sa.Column("client_name", sa.Text, nullable=False),
    sa.Column("receive_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    # How often it was begun to be read, how often that failed, and when it is due (again). Only while `received`.
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("due_time", Instant, nullable=False),
    # Which worker has taken it up; the next claim writes its own.
    sa.Column("holder", sa.Text),
    # What it says; empty until it was read. Mailboxes are `[name, address]`, attachments `[filename, media_type, size]`.
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("send_time", Instant, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("from_mailbox", Json, nullable=False),
    sa.Column("to_mailboxes", Json, nullable=False),
    sa.Column("cc_mailboxes", Json, nullable=False),
    sa.Column("attachments", Json, nullable=False),
    sa.Column("automatic", sa.Boolean, nullable=False),
    # Last, so that SQLite need not walk through it for the others.
    sa.Column("text", sa.Text, nullable=False),
    # Of which originals row it is (see there); empty where copies of it cannot be told.
    sa.Column("copy_key", Key, nullable=False, server_default=""),
    # The same bytes are one message.
    sa.Index("messages_by_sha256", "account_id", "sha256", unique=True),
    sa.Index("messages_by_time", "account_id", "receive_time", "id"),
    sa.Index("messages_by_state", "account_id", "state", "receive_time", "id"),
    # Holds only what waits, over all accounts.
    sa.Index("messages_due", "due_time", sqlite_where=sa.text("state = 'received'"), postgresql_where=sa.text("state = 'received'")),
    sa.Index(
        "messages_copies", "account_id", "original_id", sqlite_where=sa.text("state = 'copy'"), postgresql_where=sa.text("state = 'copy'")
    ),
)

# Who deposited a message, and at which of their addresses.
DEPOSITS = sa.Table(
    "deposits",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("message_id", Key, primary_key=True),
    sa.Column("user_id", Key, primary_key=True),
    sa.Column("mail_address_id", Key, nullable=False),
    sa.Column("receive_time", Instant, nullable=False),
)

# Which message stands for a mail of which there may be several copies. Its key is unique, so that of two copies that are
# read at the same moment one comes first.
ORIGINALS = sa.Table(
    "originals",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("copy_key", Key, primary_key=True),
    # `filed` or `tray`: a copy in the tray does not keep a later one from being filed.
    sa.Column("state", Key, primary_key=True),
    sa.Column("message_id", Key, nullable=False),
)

FILINGS = sa.Table(
    "filings",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("message_id", Key, primary_key=True),
    sa.Column("person_id", Key, primary_key=True),
    # Place among the filings of the message, from 0.
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Index("filings_by_person", "account_id", "person_id", "message_id"),
)

# Normalised To and Cc addresses of messages, filed ones too, that were nobody's when the message was looked at last.
UNKNOWN_ADDRESSES = sa.Table(
    "unknown_addresses",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("address", Key, primary_key=True),
    sa.Column("message_id", Key, primary_key=True),
    sa.Index("unknown_addresses_by_message", "account_id", "message_id"),
)

# Those of them that have become somebody's since, while their messages are being looked at again.
LEARNED_ADDRESSES = sa.Table(
    "learned_addresses",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("address", Key, primary_key=True),
    # The last message that was looked at.
    sa.Column("after", Key, nullable=False),
    sa.Column("due_time", Instant, nullable=False),
    # Who made it known; empty where the system did.
    sa.Column("teacher_user_id", Key, nullable=False, server_default=""),
    # At whom mails were filed because of it so far: id of the person → how many, and the id of the last one.
    sa.Column("filed", Json, nullable=False, server_default="{}"),
)

# People who are gone, or there again, while what is filed at them is told of.
RESTATED_PERSONS = sa.Table(
    "restated_persons",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("person_id", Key, primary_key=True),
    # The last message that was told of.
    sa.Column("after", Key, nullable=False),
    sa.Column("due_time", Instant, nullable=False),
)

# Replica of contacts' people: of which version, and of when, their addresses below are. Deleted people keep their row.
PERSONS = sa.Table(
    "persons",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("facts_time", Instant, nullable=False, server_default="0"),
    # When they were last merged into another one.
    sa.Column("merge_time", Instant, nullable=False, server_default="0"),
)

# People that were merged, by their ids.
MERGES = Merges(METADATA)

# The address book: normalised addresses and whose they are.
PERSON_ADDRESSES = sa.Table(
    "person_addresses",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("address", Key, primary_key=True),
    sa.Column("person_id", Key, primary_key=True),
    sa.Index("person_addresses_by_person", "account_id", "person_id"),
)

# Replica of identity's users: who is a colleague, and who may deposit.
USERS = sa.Table(
    "users",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    # Normalised.
    sa.Column("email", Key, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    # `owner`, …, `reader`; empty where it is not known.
    sa.Column("role", sa.Text, nullable=False, server_default=""),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Index("users_by_email", "account_id", "email"),
)
