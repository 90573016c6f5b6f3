"""kontor.identity.v1.AccountService."""

from kontor.identity.v1 import accounts_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import invalid
from kontor_chassis.ids import new_id
from kontor_chassis.paging import open_page
from kontor_chassis.principal import Principal
from kontor_chassis.rpc.dispatch import Call
from kontor_identity.domain.accounts import Account
from kontor_identity.domain.users import User
from kontor_identity.events.published import account_message
from kontor_identity.rpc.once import Enter, write_once
from kontor_identity.usecases import accounts, passwords


def get_account(request: pb.GetAccountRequest, session: ReadSession) -> pb.Account:
    return account_message(accounts.get(session))


def update_account(request: pb.UpdateAccountRequest, session: WriteSession) -> pb.Account:
    message = request.account
    wanted = Account(
        name=message.name,
        locale=message.locale,
        time_zone=message.time_zone,
        currency=message.currency,
        first_weekday=message.first_weekday,
        country=message.country,
    )
    return account_message(accounts.update(session, wanted, mask=request.update_mask, etag=request.etag or message.etag))


async def create_account(request: pb.CreateAccountRequest, call: Call) -> pb.CreateAccountResponse:
    if not request.owner_password:
        raise invalid("owner_password", "must not be empty")
    message, default = request.account, Account(name="")
    account = Account(
        name=message.name,
        slug=message.slug,
        locale=message.locale or default.locale,
        time_zone=message.time_zone or default.time_zone,
        currency=message.currency or default.currency,
        first_weekday=message.first_weekday or default.first_weekday,
        country=message.country or default.country,
    )
    password_hash = await passwords.hash_new(call.context, request.owner_password, field="owner_password")
    owner = User(email=request.owner_email, name=request.owner_name)

    def make(enter: Enter) -> pb.CreateAccountResponse:
        session = enter(Principal(account_id=new_id(), service=call.principal.service))
        made, user = accounts.create(session, accounts.NewAccount(account=account, owner=owner, password_hash=password_hash))
        return pb.CreateAccountResponse(account=account_message(made), owner_user_id=user.id)

    return await write_once(call, request, pb.CreateAccountResponse, make)


def list_accounts(request: pb.ListAccountsRequest, session: ReadSession) -> pb.ListAccountsResponse:
    page = open_page(request, position=(str,))
    found = accounts.find(session, after=page.after[0] if page.after else "", limit=page.size + 1)
    kept, next_page_token = page.cut(found, lambda item: (item.slug,))
    return pb.ListAccountsResponse(accounts=[account_message(item) for item in kept], next_page_token=next_page_token)
