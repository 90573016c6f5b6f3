"""Keeping the index in step: an event says only that a record changed; what it is now, its owner says."""

from collections.abc import Mapping, Sequence

from kontor_chassis.bus.port import Envelope
from kontor_search.clients import Owners
from kontor_search.index.live import Index


async def follow(index: Index, owners: Owners, envelopes: Sequence[Envelope]) -> None:
    """Bring the records that the events are about to their present state. Doing it again changes nothing.

    Asking the owner makes the order of events irrelevant: the state that is read is never older than any of them. A record that
    is gone is removed with the highest sequence that was told, so that a late document of before does not bring it back.
    """
    for account_id, told in _by_account(envelopes).items():
        documents = await owners.documents(account_id, told)
        present = {document.ref for document in documents}
        await index.upsert(documents)
        await index.delete(account_id, {ref: sequence for ref, sequence in told.items() if ref not in present})


def _by_account(envelopes: Sequence[Envelope]) -> Mapping[str, Mapping[str, int]]:
    """Account → ref → highest sequence."""
    accounts: dict[str, dict[str, int]] = {}
    for envelope in envelopes:
        told = accounts.setdefault(envelope.account_id, {})
        told[envelope.subject] = max(told.get(envelope.subject, 0), envelope.sequence)
    return accounts
