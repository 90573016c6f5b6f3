"""The one list of services. Their order is the order of starting: who is asked before who asks."""

from kontor_chassis.bus.port import Topology
from kontor_chassis.host import topology_of
from kontor_chassis.service import Service
from kontor_contacts.service import SERVICE as CONTACTS
from kontor_identity.service import SERVICE as IDENTITY
from kontor_mail_ingest.service import SERVICE as MAIL_INGEST
from kontor_notify.service import SERVICE as NOTIFY
from kontor_sales.service import SERVICE as SALES
from kontor_search.service import SERVICE as SEARCH
from kontor_tasks.service import SERVICE as TASKS

SERVICES: tuple[Service, ...] = (IDENTITY, CONTACTS, SALES, TASKS, MAIL_INGEST, SEARCH, NOTIFY)
GATEWAY = "gateway"
# Signs what an operator asks for on the command line; no service.
OPERATOR = "operator"
_OPERATOR_SCOPES = ("accounts.admin", "accounts.read", "identity.admin", "identity.read", "search.admin")


def service_scopes() -> dict[str, tuple[str, ...]]:
    """What each signer but identity may claim for itself."""
    return {service.name: service.service_scopes for service in SERVICES if service is not IDENTITY} | {OPERATOR: _OPERATOR_SCOPES}


def topology() -> Topology:
    """All queues of the suite; every process declares all of them."""
    return topology_of(SERVICES)


def by_name(name: str) -> Service:
    """Raises KeyError."""
    return {service.name: service for service in SERVICES}[name]
