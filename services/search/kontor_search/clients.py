"""What search asks of the owners: which accounts there are, and the documents of records."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC
from itertools import islice
from typing import TypeVar

from google.protobuf.message import Message

from kontor.identity.v1 import accounts_pb2
from kontor.type.v1 import document_pb2
from kontor_chassis.principal import EVERY_ACCOUNT, METADATA_KEY, Keyring, service_principal
from kontor_chassis.rpc.channel import Channel
from kontor_search.domain.documents import IndexDocument

SERVICE = "search"
# Who owns the records that a noun names.
OWNER_OF: Mapping[str, str] = {
    "persons": "contacts",
    "organisations": "contacts",
    "deals": "sales",
    "projects": "sales",
    "tasks": "tasks",
    "notes": "tasks",
    "messages": "mail",
}
_SECONDS = 10.0
# A hundred texts of the greatest length fit into one message.
_REFS_PER_CALL = 100
_SOURCE = "/kontor.type.v1.DocumentSource"

R = TypeVar("R", bound=Message)


class Owners:
    """Calls with search's own principal, which may read documents and accounts and nothing else. Raises errors of the one tree."""

    def __init__(self, channels: Mapping[str, Channel], keyring: Keyring, *, page_size: int = 100) -> None:
        self._channels = channels
        self._keyring = keyring
        self._page_size = page_size

    async def accounts(self) -> AsyncIterator[str]:
        """Ids of all accounts."""
        request = accounts_pb2.ListAccountsRequest(page_size=200)
        metadata = self._metadata(EVERY_ACCOUNT, "accounts.read")
        path = "/kontor.identity.v1.AccountService/ListAccounts"
        while True:
            page = await self._channels["identity"].unary(
                path, request, accounts_pb2.ListAccountsResponse, metadata=metadata, timeout=_SECONDS
            )
            for account in page.accounts:
                yield account.id
            if not page.next_page_token:
                return
            request = accounts_pb2.ListAccountsRequest(page_size=200, page_token=page.next_page_token)

    async def documents(self, account_id: str, refs: Iterable[str]) -> list[IndexDocument]:
        """The present documents of these records; what does not exist is left out."""
        by_owner: dict[str, list[str]] = {}
        for ref in refs:
            owner = OWNER_OF.get(ref.partition("/")[0])
            if owner is not None:
                by_owner.setdefault(owner, []).append(ref)
        found: list[IndexDocument] = []
        for owner, wanted in by_owner.items():
            for chunk in _chunks(wanted, _REFS_PER_CALL):
                request = document_pb2.BatchGetDocumentsRequest(refs=chunk)
                answer = await self._ask(owner, account_id, "BatchGetDocuments", request, document_pb2.BatchGetDocumentsResponse)
                found += [_document(account_id, item) for item in answer.documents]
        return found

    async def all_documents(self, account_id: str) -> AsyncIterator[list[IndexDocument]]:
        """Every document of the account, page by page."""
        for owner in sorted(set(OWNER_OF.values())):
            token = ""
            while True:
                request = document_pb2.ListDocumentsRequest(page_size=self._page_size, page_token=token)
                answer = await self._ask(owner, account_id, "ListDocuments", request, document_pb2.ListDocumentsResponse)
                yield [_document(account_id, item) for item in answer.documents]
                token = answer.next_page_token
                if not token:
                    break

    async def _ask(self, owner: str, account_id: str, method: str, request: Message, answer: type[R]) -> R:
        metadata = self._metadata(account_id, "documents.read")
        return await self._channels[owner].unary(f"{_SOURCE}/{method}", request, answer, metadata=metadata, timeout=_SECONDS)

    def _metadata(self, account_id: str, scope: str) -> dict[str, str]:
        principal = service_principal(SERVICE, account_id=account_id, scopes=[scope])
        return {METADATA_KEY: self._keyring.sign(principal, issuer=SERVICE)}


def _chunks(items: Sequence[str], size: int) -> Iterable[list[str]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _document(account_id: str, message: document_pb2.Document) -> IndexDocument:
    return IndexDocument(
        account_id=account_id,
        ref=message.ref,
        kind=message.kind,
        title=message.title,
        update_time=message.update_time.ToDatetime(tzinfo=UTC),
        sequence=message.sequence,
        keywords=tuple(message.keywords),
        text=message.text,
        tags=tuple(message.tags),
        emails=tuple(message.emails),
        phones=tuple(message.phones),
        subjects=tuple(message.subjects),
        owner_user_id=message.owner_user_id,
        visible_to=tuple(message.visible_to),
    )
