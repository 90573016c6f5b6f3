"""What notify asks of other services: whether records exist that nobody watches yet."""

from collections.abc import Mapping

from kontor_chassis.references import Ask, documents_of

SCOPES = ("documents.read",)
OWNERS: Mapping[str, Ask] = {
    "persons": documents_of("contacts"),
    "organisations": documents_of("contacts"),
    "deals": documents_of("sales"),
    "projects": documents_of("sales"),
}
