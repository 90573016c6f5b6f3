"""The door of search: one box that finds everything."""

from kontor_chassis.service import Service
from kontor_search.events import consumed
from kontor_search.parts import open_parts
from kontor_search.rpc import search
from kontor_search.settings import SearchSettings
from kontor_search.store.tables import METADATA

SERVICE = Service(
    name="search",
    package="search",
    rpc={"kontor.search.v1.SearchService": search},
    metadata=METADATA,
    migrations="kontor_search.migrations",
    knobs=SearchSettings,
    consumes_in_batches=consumed.EVENTS,
    batch_handler=consumed.batch_handler,
    open=open_parts,
    service_scopes=("accounts.read", "documents.read"),
)
