"""kontor.mail.v1.MailAddressService."""

from kontor.mail.v1 import mail_addresses_pb2 as pb
from kontor_chassis.db.sessions import WriteSession
from kontor_chassis.paging import Page, open_page
from kontor_chassis.proto import to_timestamp
from kontor_chassis.rpc.dispatch import Call
from kontor_mail_ingest.store.mail_addresses import MailAddress
from kontor_mail_ingest.store.users import READER
from kontor_mail_ingest.usecases import mail_addresses


async def list_mail_addresses(request: pb.ListMailAddressesRequest, call: Call) -> pb.ListMailAddressesResponse:
    """Reads, and writes only where the caller has no dropbox yet."""
    page = open_page(request, position=(str,))
    database = call.context.database
    found = await database.read(_find, call, page)
    if not found and page.after is None and call.principal.user_id and call.principal.role != READER:
        await database.write(_make_dropbox, call)
        found = await database.read(_find, call, page)
    kept, next_page_token = page.cut(found, lambda item: (item.purpose,))
    return pb.ListMailAddressesResponse(mail_addresses=[_mail_address_to(item) for item in kept], next_page_token=next_page_token)


def rotate_mail_address(request: pb.RotateMailAddressRequest, session: WriteSession) -> pb.MailAddress:
    return _mail_address_to(mail_addresses.rotate(session, request.id))


def _find(call: Call, page: Page) -> list[MailAddress]:
    with call.context.sessions.read(call.principal) as session:
        return mail_addresses.find(session, after=page.after[0] if page.after else "", limit=page.size + 1)


def _make_dropbox(call: Call) -> None:
    with call.context.sessions.write(call.principal) as session:
        mail_addresses.make_dropbox(session, call.principal.user_id)


def _mail_address_to(mail_address: MailAddress) -> pb.MailAddress:
    return pb.MailAddress(
        id=mail_address.id,
        address=mail_address.address,
        purpose=pb.MailAddressPurpose.Value(f"MAIL_ADDRESS_PURPOSE_{mail_address.purpose.upper()}"),
        user_id=mail_address.user_id,
        create_time=to_timestamp(mail_address.create_time),
    )
