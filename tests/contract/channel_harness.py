"""What the channel contract is tested with: contacts, sales and a service that misbehaves, behind either adapter."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from kontor.contacts.v1 import tags_pb2
from kontor_chassis.errors import FieldViolation, InvalidArgument
from kontor_chassis.principal import METADATA_KEY, USER_ISSUER, Keyring, Principal, write_keys
from kontor_chassis.rpc.channel import Channel
from kontor_chassis.rpc.grpc_channel import GrpcChannel, safe_methods
from kontor_chassis.rpc.grpc_server import GrpcServer
from kontor_chassis.rpc.inprocess import InProcessChannel
from kontor_chassis.testing import Harness, harness
from kontor_contacts.service import SERVICE as CONTACTS
from kontor_sales.service import SERVICE as SALES

R = TypeVar("R", bound=Message)

ADAPTERS = ("inprocess", "grpc")
# As long as a real gateway waits.
SECONDS = 10.0
BIG_BYTES = 25 * 1024 * 1024


def _list_tags(request: tags_pb2.ListTagsRequest, session: Any) -> tags_pb2.ListTagsResponse:
    """Answers as much as the largest raw mail."""
    return tags_pb2.ListTagsResponse(tags=[tags_pb2.Tag(name="x" * BIG_BYTES)])


def _update_tag(request: tags_pb2.UpdateTagRequest, session: Any) -> tags_pb2.Tag:
    """Raises as many violations as the request's name says."""
    violations = [FieldViolation(f"felder[{number}].größe", "must not be so → large") for number in range(int(request.tag.name))]
    raise InvalidArgument("größe: must not be so → large", reason="TOO_GREAT", violations=violations, detail={"limit": "7 €"})


def _delete_tag(request: tags_pb2.DeleteTagRequest, session: Any) -> Empty:
    """Fails in a way that nobody foresaw."""
    raise ZeroDivisionError("the password is 1234")


def _misbehaving() -> ModuleType:
    module = ModuleType("misbehaving")
    module.__dict__.update(list_tags=_list_tags, update_tag=_update_tag, merge_tags=_delete_tag, delete_tag=_delete_tag)
    return module


STRANGE = replace(CONTACTS, name="strange", rpc={"kontor.contacts.v1.TagService": _misbehaving()}, consumes={})


@dataclass
class Wires:
    """A channel to each of the three services, over one adapter."""

    adapter: str
    harnesses: Mapping[str, Harness]
    # Of a keyring that knows every service, and its folder.
    keyring: Keyring
    keys: Path
    user: Principal
    # Of the one gRPC server; 0 in-process.
    port: int = 0
    channels: dict[str, Channel] = field(default_factory=dict)
    server: GrpcServer | None = None

    async def call(
        self,
        service: str,
        method: str,
        request: Message,
        response_type: type[R],
        *,
        user: Principal | None = None,
        token: str | None = None,
        metadata: Mapping[str, str] | None = None,
        timeout: float = SECONDS,
    ) -> R:
        """Call `/kontor.<method>` as `user`; `token` instead of the user's, and none at all where it is empty."""
        principal = user or self.user
        if token is None:
            token = self.keyring.sign(principal, issuer=principal.service or USER_ISSUER)
        sent = {**(metadata or {}), **({METADATA_KEY: token} if token else {})}
        return await self.channels[service].unary(f"/kontor.{method}", request, response_type, metadata=sent, timeout=timeout)

    async def start_server(self) -> None:
        """Only over gRPC: serve all three on one port; the same one again after `stop_server`."""
        dispatchers = [item.running.dispatcher for item in self.harnesses.values()]
        self.server = GrpcServer(dispatchers, f"127.0.0.1:{self.port}")
        await self.server.start()
        await self.server.set_serving(True)
        self.port = self.server.port

    async def stop_server(self) -> None:
        if self.server is not None:
            await self.server.stop(0)
            self.server = None


@asynccontextmanager
async def open_wires(adapter: str, folder: Path) -> AsyncIterator[Wires]:
    write_keys(folder / "keys", [USER_ISSUER, "operator", CONTACTS.name, SALES.name, STRANGE.name])
    async with harness(CONTACTS, folder) as contacts, harness(SALES, folder) as sales, harness(STRANGE, folder) as strange:
        harnesses = {"contacts": contacts, "sales": sales, "strange": strange}
        user = replace(contacts.user, scopes=contacts.user.scopes | sales.user.scopes | strange.user.scopes)
        wires = Wires(adapter, harnesses, Keyring(folder / "keys"), folder / "keys", user)
        if adapter == "inprocess":
            wires.channels.update({name: InProcessChannel(item.running.dispatcher) for name, item in harnesses.items()})
            yield wires
            return
        await wires.start_server()
        channels = {name: open_channel(wires, name) for name in harnesses}
        wires.channels.update(channels)
        try:
            yield wires
        finally:
            await asyncio.gather(*(channel.close() for channel in channels.values()))
            await wires.stop_server()


def open_channel(wires: Wires, service: str) -> GrpcChannel:
    reads = safe_methods(wires.harnesses[service].running.dispatcher.methods.values())
    return GrpcChannel(f"127.0.0.1:{wires.port}", service=service, reads=reads)
