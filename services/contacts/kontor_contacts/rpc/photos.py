"""kontor.contacts.v1.PhotoService."""

from google.protobuf.empty_pb2 import Empty

from kontor.contacts.v1 import photos_pb2 as pb
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.rpc.dispatch import Call
from kontor_contacts.domain.photos import SIZES, checked_size
from kontor_contacts.usecases import photos


async def upload_person_photo(request: pb.UploadPersonPhotoRequest, call: Call) -> pb.UploadPersonPhotoResponse:
    person = await photos.upload(call, request.person_id, request.content, etag=request.etag)
    return pb.UploadPersonPhotoResponse(photo=photo_to(person.id, person.photo_id), etag=etag_of(person.version))


async def get_person_photo(request: pb.GetPersonPhotoRequest, call: Call) -> pb.GetPersonPhotoResponse:
    size = checked_size(request.size)
    etag, content = await photos.download(call, request.person_id, size, if_none_match=request.if_none_match)
    return pb.GetPersonPhotoResponse(etag=etag, content=content)


def delete_person_photo(request: pb.DeletePersonPhotoRequest, session: WriteSession) -> Empty:
    photos.delete(session, request.person_id, etag=request.etag)
    return Empty()


def photo_to(person_id: str, photo_id: str) -> pb.Photo:
    sizes = [pb.PhotoSize(size=size, url=f"/v1/persons/{person_id}/photo?size={size}") for size in SIZES]
    return pb.Photo(etag=photo_id, sizes=sizes)
