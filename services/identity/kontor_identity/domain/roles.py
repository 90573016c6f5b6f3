"""What each role may do: one table, the only place that says so.

Roles contain each other: whoever has a higher one may do all that a lower one may. `restricted` further means no confidential
entries; the service that owns them reads that off the principal's role.
"""

from collections.abc import Iterable, Mapping

READER = "reader"
RESTRICTED = "restricted"
MEMBER = "member"
ADMIN = "admin"
# Exactly one per account; may do what an admin may, and cannot be taken away.
OWNER = "owner"
# From the least to the most.
ROLES = (READER, RESTRICTED, MEMBER, ADMIN, OWNER)

# Scope → the lowest role that has it. Every scope that a method for users asks for in its proto stands here.
LOWEST: Mapping[str, str] = {
    # The log of a record that one can see; admins read all of it.
    "audit.read": READER,
    "calendar.read": READER,
    "contacts.read": READER,
    "contacts.write": RESTRICTED,
    "contacts.delete": MEMBER,
    # Doors that are open to strangers: web forms.
    "contacts.admin": ADMIN,
    "identity.read": READER,
    # What concerns only oneself: sessions, keys, feeds, password.
    "identity.self": READER,
    "identity.admin": ADMIN,
    "mail.read": READER,
    "mail.write": RESTRICTED,
    "notify.read": READER,
    # One's own watches and notifications.
    "notify.write": READER,
    "sales.read": READER,
    "sales.write": RESTRICTED,
    "sales.delete": MEMBER,
    "search.read": READER,
    "tasks.read": READER,
    "tasks.write": RESTRICTED,
    "tasks.delete": MEMBER,
}

# Making and ending one's own sessions, keys and feeds.
SELF = "identity.self"

_SCOPES = {role: frozenset(scope for scope, lowest in LOWEST.items() if ROLES.index(role) >= ROLES.index(lowest)) for role in ROLES}


def scopes_of(role: str) -> frozenset[str]:
    """Everything that a role may do; nothing for a role that this release does not know."""
    return _SCOPES.get(role, frozenset())


def narrowed(role: str, scopes: Iterable[str]) -> frozenset[str]:
    """What a key with these scopes may do while its user has this role; no scopes stand for all of the role's.

    Never what only the user themselves may do: a key that could make keys would outlive its own end.
    """
    return scopes_of(role).intersection(scopes or LOWEST) - {SELF}
