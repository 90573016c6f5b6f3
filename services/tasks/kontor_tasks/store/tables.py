"""The tables of tasks. `account_id` leads every key and index."""

import sqlalchemy as sa

from kontor_chassis.db.types import Instant, Json, Key
from kontor_chassis.merges import Merges

METADATA = sa.MetaData()

# Lists walk one index per filter in order of `due_key`. State stands before it, because done tasks stay for ever and would
# else be walked over; a list of both states merges two walks.
TASKS = sa.Table(
    "tasks",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("id", Key, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("kind", Key, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    # Folded, for sorting and comparing.
    sa.Column("title_key", Key, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    # As it was given; who answers for it now say the merges. Empty: about nothing.
    sa.Column("subject", Key, nullable=False),
    sa.Column("assignee_user_id", Key, nullable=False),
    sa.Column("creator_user_id", Key, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    # ISO 8601 day.
    sa.Column("due_date", sa.Text),
    sa.Column("due_time", Instant),
    # The due time, or the beginning of the due day in the account's time zone, or the end of time.
    sa.Column("due_key", Instant, nullable=False),
    sa.Column("state", Key, nullable=False),
    sa.Column("complete_time", Instant),
    sa.Column("completer_user_id", sa.Text, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Index("tasks_by_state", "account_id", "state", "due_key", "id"),
    sa.Index("tasks_by_assignee", "account_id", "assignee_user_id", "state", "due_key", "id"),
    sa.Index("tasks_by_creator", "account_id", "creator_user_id", "state", "due_key", "id"),
    sa.Index("tasks_by_subject", "account_id", "subject", "state", "due_key", "id"),
    sa.Index("tasks_by_kind", "account_id", "kind", "state", "due_key", "id"),
    # For filtered lists of both states, and in other orders.
    sa.Index("tasks_by_due", "account_id", "due_key", "id"),
    sa.Index("tasks_by_title", "account_id", "title_key", "id"),
    sa.Index("tasks_by_create_time", "account_id", "create_time", "id"),
    sa.Index("tasks_by_update_time", "account_id", "update_time", "id"),
)

# What timelines show. A note lives here and nowhere else; a mail, a done task and a milestone are copies for reading.
ENTRIES = sa.Table(
    "entries",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    # That of the note, task or message shown; for a milestone made from the deal and its version.
    sa.Column("id", Key, primary_key=True),
    sa.Column("kind", Key, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("occur_time", Instant, nullable=False),
    sa.Column("author_user_id", sa.Text, nullable=False),
    sa.Column("facts", Json, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Index("entries_by_kind", "account_id", "kind", "id"),
)

# Where each entry shows: once per subject, directly (`via` empty) or because of another record (`via`). Written with the
# entry, so that any page of any timeline is one walk of an index; kind and time are the entry's, repeated for that walk.
# Subjects are named as they were given: the timeline of a record is read at all that were merged into it.
LINKS = sa.Table(
    "links",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("entry_id", Key, primary_key=True),
    sa.Column("subject", Key, primary_key=True),
    sa.Column("occur_time", Instant, nullable=False),
    sa.Column("kind", Key, nullable=False),
    sa.Column("via", Key, nullable=False),
    sa.Index("links_by_time", "account_id", "subject", "occur_time", "entry_id"),
    sa.Index("links_by_kind", "account_id", "subject", "kind", "occur_time", "entry_id"),
)

# What was heard last of a record of another service: how new it was, and whether it is gone (of a user: deactivated). Rows of gone
# records stay, so that a late older event cannot revive them.
RECORDS = sa.Table(
    "records",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    # `positions/…`, `deals/…`, `projects/…`, `users/…`; `persons/…` and `organisations/…` when their owner has confirmed them, with
    # sequence 0, or when they are gone.
    sa.Column("ref", Key, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
)

# Replica of positions, deals and projects as far as it matters here: what hangs on `subject` shows at `target`.
TIES = sa.Table(
    "ties",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    # The record that ties: `positions/…`, `deals/…`, `projects/…`.
    sa.Column("source", Key, primary_key=True),
    sa.Column("target", Key, primary_key=True),
    sa.Column("subject", Key, nullable=False),
    # Who answers for the subject now: what hangs on anyone for whom the same one answers shows at the target.
    sa.Column("root", Key, nullable=False),
    # ISO 8601 days, both included; NULL: open.
    sa.Column("from_day", sa.Text),
    sa.Column("to_day", sa.Text),
    # The same as moments in the account's time zone: from the first one, until before the second one.
    sa.Column("from_time", Instant, nullable=False),
    sa.Column("until_time", Instant, nullable=False),
    sa.Index("ties_by_root", "account_id", "root", "target"),
    sa.Index("ties_by_subject", "account_id", "subject"),
    sa.Index("ties_by_target", "account_id", "target"),
)

# Replica of identity's accounts: what a day is, and which language is spoken.
ACCOUNTS = sa.Table(
    "accounts",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

# Subjects with more entries than are brought in step at once when their ties or merges change: up to where that is done, newest first.
ROLL_UPS = sa.Table(
    "roll_ups",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("subject", Key, primary_key=True),
    sa.Column("occur_time", Instant, nullable=False),
    sa.Column("entry_id", Key, nullable=False),
    # Not before then, because it has failed.
    sa.Column("due_time", Instant, nullable=False),
)

# Who may see the people who were ever limited, as was heard last: resource names of groups and users, NULL for everyone again.
LIMITS = sa.Table(
    "limits",
    METADATA,
    sa.Column("account_id", Key, primary_key=True),
    sa.Column("ref", Key, primary_key=True),
    sa.Column("visible_to", Json),
    # The person's version; 0 where only what they sent has told it.
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

# Which people and organisations were found to be one.
MERGES = Merges(METADATA)
