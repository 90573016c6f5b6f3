"""kontor.identity.v1.ApiKeyService."""

from google.protobuf.empty_pb2 import Empty

from kontor.identity.v1 import api_keys_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.paging import open_page
from kontor_chassis.proto import from_timestamp, to_timestamp
from kontor_identity.domain.api_keys import ApiKey
from kontor_identity.usecases import api_keys


def create_api_key(request: pb.CreateApiKeyRequest, session: WriteSession) -> pb.ApiKey:
    message = request.api_key
    expires = from_timestamp(message.expire_time, field="expire_time") if message.HasField("expire_time") else None
    key, secret = api_keys.create(session, ApiKey(name=message.name, scopes=tuple(message.scopes), expire_time=expires))
    return _api_key_to(key, secret)


def list_api_keys(request: pb.ListApiKeysRequest, session: ReadSession) -> pb.ListApiKeysResponse:
    page = open_page(request, position=(str,))
    found = api_keys.find(session, after=page.after[0] if page.after else None, limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: (item.id,))
    return pb.ListApiKeysResponse(api_keys=[_api_key_to(item) for item in kept], next_page_token=next_page_token)


def delete_api_key(request: pb.DeleteApiKeyRequest, session: WriteSession) -> Empty:
    api_keys.delete(session, request.id)
    return Empty()


def _api_key_to(key: ApiKey, secret: str = "") -> pb.ApiKey:
    return pb.ApiKey(
        id=key.id,
        name=key.name,
        scopes=key.scopes,
        expire_time=to_timestamp(key.expire_time),
        secret=secret,
        create_time=to_timestamp(key.create_time),
        last_used_time=to_timestamp(key.last_used_time),
    )
