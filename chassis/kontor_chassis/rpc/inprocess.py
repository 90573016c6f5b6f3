"""The channel of the embedded profile: hands messages to the dispatcher of the service in the same process.

The same middleware as over gRPC runs; only the wire is missing. Messages are shared, so handlers must not change requests.
"""

import asyncio
from collections.abc import Mapping
from typing import TypeVar, cast

from google.protobuf.message import Message

from kontor_chassis.errors import DeadlineExceeded
from kontor_chassis.rpc.dispatch import Dispatcher

R = TypeVar("R", bound=Message)


class InProcessChannel:
    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def unary(self, path: str, request: Message, response_type: type[R], *, metadata: Mapping[str, str], timeout: float) -> R:
        try:
            async with asyncio.timeout(timeout):
                return cast(R, await self._dispatcher.call(path, request, metadata))
        except TimeoutError as error:
            raise DeadlineExceeded("It took too long.") from error
