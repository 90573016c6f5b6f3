"""`/v1/persons/{person_id}/photo`: a person's photo goes in as any picture and comes out as a JPEG of our own making."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive

from kontor.contacts.v1 import photos_pb2 as pb
from kontor_chassis.errors import invalid
from kontor_chassis.rpc.channel import Channel
from kontor_gateway import codec
from kontor_gateway.authentication import Authenticator
from kontor_gateway.codec import read
from kontor_gateway.codec_query import parse_query
from kontor_gateway.codec_values import read_text
from kontor_gateway.conditions import expected_etag, is_known, none_match_tags, quoted
from kontor_gateway.exchange import Exchange, read_body
from kontor_gateway.pages.page import Page
from kontor_gateway.problems import UnsupportedMediaType

UPLOAD = "/kontor.contacts.v1.PhotoService/UploadPersonPhoto"
DOWNLOAD = "/kontor.contacts.v1.PhotoService/GetPersonPhoto"
_TEMPLATE = "/v1/persons/{person_id}/photo"
_PICTURE = re.compile(r"(image/[a-z0-9.+-]+|application/octet-stream)[ \t]*(;.*)?", re.IGNORECASE)
_SIZE = re.compile(r"[0-9]{1,5}")


def person_photo_pages(contacts: Channel, authenticator: Authenticator) -> list[Page]:
    async def upload(exchange: Exchange, receive: Receive) -> Response:
        principal = await authenticator.principal(exchange)
        person_id: str = read(read_text, exchange.parameters["person_id"], at="person_id")
        if not _PICTURE.fullmatch(exchange.header(b"content-type") or "application/octet-stream"):
            raise UnsupportedMediaType("The body must be a picture: image/… or application/octet-stream.")
        if_match = exchange.header(b"if-match")
        etag = expected_etag(if_match) if if_match is not None else ""
        answer = await contacts.unary(
            UPLOAD,
            pb.UploadPersonPhotoRequest(person_id=person_id, content=await read_body(receive), etag=etag),
            pb.UploadPersonPhotoResponse,
            metadata=exchange.metadata(principal),
            timeout=exchange.remaining(),
        )
        # The person's: as after every change of the record.
        return Response(codec.write(answer.photo), headers={"ETag": quoted(answer.etag)}, media_type="application/json")

    async def download(exchange: Exchange, receive: Receive) -> Response:
        principal = await authenticator.principal(exchange)
        person_id: str = read(read_text, exchange.parameters["person_id"], at="person_id")
        size, if_none_match = _size(exchange), exchange.header(b"if-none-match")
        answer = await contacts.unary(
            DOWNLOAD,
            pb.GetPersonPhotoRequest(person_id=person_id, size=size, if_none_match=_photo_id(size, if_none_match)),
            pb.GetPersonPhotoResponse,
            metadata=exchange.metadata(principal),
            timeout=exchange.remaining(),
        )
        # One tag per picture: each size is another representation of the same photo.
        etag = f"{answer.etag}-{size}"
        headers = {"ETag": quoted(etag), "Cache-Control": "private, no-cache", "Content-Disposition": 'inline; filename="photo.jpg"'}
        if not answer.content or is_known(etag, if_none_match):
            return Response(status_code=304, headers=headers)
        return Response(answer.content, headers=headers, media_type="image/jpeg")

    return [Page(_TEMPLATE, download, _DOWNLOAD), Page(_TEMPLATE, upload, _UPLOAD, verb="PUT")]


def _size(exchange: Exchange) -> int:
    size = 256
    for name, value in parse_query(exchange.scope.get("query_string", b"")):
        if name != "size" or not _SIZE.fullmatch(value):
            raise invalid(name, "must be one of 64, 256, 512" if name == "size" else "is not known here")
        size = int(value)
    return size


def _photo_id(size: int, if_none_match: str | None) -> str:
    """The etag that contacts may answer "nothing new" to. Of several tags none: the comparison is then done here."""
    tags = none_match_tags(if_none_match) if if_none_match else []
    return tags[0].removesuffix(f"-{size}") if len(tags) == 1 and tags[0].endswith(f"-{size}") else ""


_ID: Mapping[str, Any] = {"name": "person_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_BYTES: Mapping[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_PROBLEMS: Mapping[str, Any] = {name: {"$ref": "#/components/responses/Problem"} for name in ("400", "401", "403", "404", "default")}
_MORE_PROBLEMS: Mapping[str, Any] = {name: {"$ref": "#/components/responses/Problem"} for name in ("412", "413", "415")}
_ETAG: Mapping[str, Any] = {"ETag": {"$ref": "#/components/headers/ETag"}}
_UPLOAD: Mapping[str, Any] = {
    "operationId": "uploadPersonPhoto",
    "tags": ["Photo"],
    "summary": "Makes a picture the person's photo, in place of any other.",
    "description": "A JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP of at most 10 MiB. Needs the scope `contacts.write`.",
    "parameters": [_ID, {"$ref": "#/components/parameters/IfMatch"}],
    "requestBody": {"required": True, "content": {"image/*": _BYTES, "application/octet-stream": _BYTES}},
    "responses": {
        "200": {
            "description": "Done; the ETag is the person's.",
            "headers": _ETAG,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Photo"}}},
        },
        **_PROBLEMS,
        **_MORE_PROBLEMS,
    },
    "security": [{"bearer": ["contacts.write"]}],
}
_DOWNLOAD: Mapping[str, Any] = {
    "operationId": "getPersonPhoto",
    "tags": ["Photo"],
    "summary": "The person's photo as a square JPEG.",
    "description": "Needs the scope `contacts.read`.",
    "parameters": [
        _ID,
        {"name": "size", "in": "query", "schema": {"type": "integer", "enum": [64, 256, 512], "default": 256}, "description": "Pixels."},
        {"$ref": "#/components/parameters/IfNoneMatch"},
    ],
    "responses": {
        "200": {"description": "Found.", "headers": _ETAG, "content": {"image/jpeg": _BYTES}},
        "304": {"description": "The client's copy is still true.", "headers": _ETAG},
        **_PROBLEMS,
    },
    "security": [{"bearer": ["contacts.read"]}],
}
