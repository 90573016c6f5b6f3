"""The channel port: one call to another service. Adapters: `inprocess`, `grpc_channel`; one contract suite."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from google.protobuf.message import Message

R = TypeVar("R", bound=Message)


class Channel(Protocol):
    async def unary(self, path: str, request: Message, response_type: type[R], *, metadata: Mapping[str, str], timeout: float) -> R:
        """Call the method at `path` (`/kontor.contacts.v1.PersonService/GetPerson`) and wait at most `timeout` seconds.

        Raises errors of the one tree only: those of the service as it raised them, Unavailable where it cannot be
        reached, DeadlineExceeded when the time is over (the call may then have happened or not).
        """
