"""Optimistic concurrency: the etag of a resource is its row's version (AIP-154, RFC 9110 section 8.8)."""

from kontor_chassis.errors import Aborted


def etag_of(version: int) -> str:
    return str(version)


def check_etag(sent: str, version: int) -> None:
    """Raise Aborted, with the present etag, where the caller has seen another version. No etag or `*` matches all."""
    if sent not in ("", "*", etag_of(version)):
        raise Aborted("It was changed in the meantime; read it again.", detail={"etag": etag_of(version)})
