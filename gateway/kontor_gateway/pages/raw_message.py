"""`/v1/messages/{id}/raw`: a mail as it was received. Only ever a download: it is what a stranger wrote."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive

from kontor.mail.v1 import messages_pb2
from kontor_chassis.ids import is_id
from kontor_chassis.rpc.channel import Channel
from kontor_gateway.authentication import Authenticator
from kontor_gateway.codec import read
from kontor_gateway.codec_values import read_text
from kontor_gateway.exchange import Exchange
from kontor_gateway.pages.page import Page

GET_RAW_MESSAGE = "/kontor.mail.v1.MessageService/GetRawMessage"


def raw_message_pages(mail: Channel, authenticator: Authenticator) -> list[Page]:
    async def serve(exchange: Exchange, receive: Receive) -> Response:
        principal = await authenticator.principal(exchange)
        message_id: str = read(read_text, exchange.parameters["id"], at="id")
        raw = await mail.unary(
            GET_RAW_MESSAGE,
            messages_pb2.GetRawMessageRequest(id=message_id),
            messages_pb2.RawMessage,
            metadata=exchange.metadata(principal),
            timeout=exchange.remaining(),
        )
        name = f"message-{message_id}.eml" if is_id(message_id) else "message.eml"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(raw.content, headers=headers, media_type="message/rfc822")

    return [Page("/v1/messages/{id}/raw", serve, _OPERATION)]


_OPERATION: Mapping[str, Any] = {
    "operationId": "getRawMessage",
    "tags": ["Message"],
    "summary": "The bytes as they were received.",
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}],
    "responses": {
        "200": {"description": "The mail, as a download.", "content": {"message/rfc822": {"schema": {"type": "string"}}}},
        "401": {"$ref": "#/components/responses/Problem"},
        "404": {"$ref": "#/components/responses/Problem"},
        "default": {"$ref": "#/components/responses/Problem"},
    },
}
