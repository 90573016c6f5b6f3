"""The door of identity: accounts, users, and what proves who calls."""

from kontor_chassis.service import Service
from kontor_identity.parts import open_parts
from kontor_identity.rpc import accounts, api_keys, calendar_feeds, groups, sessions, users
from kontor_identity.settings import IdentitySettings
from kontor_identity.store.tables import METADATA
from kontor_identity.usecases.first_start import prepare

SERVICE = Service(
    name="identity",
    package="identity",
    rpc={
        "kontor.identity.v1.AccountService": accounts,
        "kontor.identity.v1.UserService": users,
        "kontor.identity.v1.GroupService": groups,
        "kontor.identity.v1.SessionService": sessions,
        "kontor.identity.v1.ApiKeyService": api_keys,
        "kontor.identity.v1.CalendarFeedService": calendar_feeds,
    },
    metadata=METADATA,
    migrations="kontor_identity.migrations",
    knobs=IdentitySettings,
    open=open_parts,
    prepare=prepare,
)
