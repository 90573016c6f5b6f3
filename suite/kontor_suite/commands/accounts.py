"""Accounts and users, for operators."""

import secrets

import click

from kontor.identity.v1 import accounts_pb2, users_pb2
from kontor_chassis.settings import Settings
from kontor_suite.operator import Operator, complete, operator

_ACCOUNTS = ("accounts.admin", "accounts.read")
_USERS = ("identity.admin", "identity.read")
_ROLES = [name.removeprefix("ROLE_").lower() for name, _ in users_pb2.Role.items() if name not in ("ROLE_UNSPECIFIED", "ROLE_OWNER")]


@click.group()
def account() -> None:
    """Make and list accounts."""


@account.command("create")
@click.argument("slug")
@click.option("--name", help="Name of the account; default the slug.")
@click.option("--owner-email", required=True)
@click.option("--owner-name", default="")
@click.option("--password", help="The owner's password; default: one is made and printed.")
@click.option("--locale", type=click.Choice(["de", "en"]), default="de", show_default=True)
@click.option("--time-zone", default="Europe/Berlin", show_default=True)
@click.option("--currency", default="EUR", show_default=True)
@click.option("--country", default="DE", show_default=True)
def account_create(slug: str, name: str | None, owner_email: str, owner_name: str, password: str | None, **place: str) -> None:
    """Make the account SLUG with its owner."""
    chosen = password or secrets.token_urlsafe(12)
    request = accounts_pb2.CreateAccountRequest(
        account=accounts_pb2.Account(slug=slug, name=name or slug, **place),  # type: ignore[arg-type]
        owner_email=owner_email,
        owner_name=owner_name,
        owner_password=chosen,
    )

    async def work(settings: Settings) -> str:
        async with operator(settings, "identity") as us:
            made = await us.call("identity", "AccountService/CreateAccount", request, accounts_pb2.CreateAccountResponse, scopes=_ACCOUNTS)
            return made.account.id

    click.echo(f"account {slug} ({complete(work)}), owner {owner_email}")
    if not password:
        click.echo(f"password: {chosen}")


@account.command("list")
def account_list() -> None:
    """All accounts of the installation."""

    async def work(settings: Settings) -> list[accounts_pb2.Account]:
        async with operator(settings, "identity") as us:
            return await _accounts(us)

    for item in complete(work):
        click.echo(f"{item.id}  {item.slug:<20} {item.name}")


@click.group()
def user() -> None:
    """Add, list and deactivate users."""


@user.command("create")
@click.argument("slug")
@click.argument("email")
@click.option("--name", default="")
@click.option("--role", type=click.Choice(_ROLES), default="member", show_default=True)
@click.option("--password", help="Default: one is made and printed.")
def user_create(slug: str, email: str, name: str, role: str, password: str | None) -> None:
    """Add EMAIL to the account SLUG."""
    chosen = password or secrets.token_urlsafe(12)
    number = users_pb2.Role.Value(f"ROLE_{role.upper()}")
    request = users_pb2.CreateUserRequest(email=email, name=name or email, role=number, password=chosen)

    async def work(settings: Settings) -> str:
        async with operator(settings, "identity") as us:
            account_id = await account_id_of(us, slug)
            made = await us.call("identity", "UserService/CreateUser", request, users_pb2.User, scopes=_USERS, account_id=account_id)
            return made.id

    click.echo(f"user {email} ({complete(work)}), role {role}")
    if not password:
        click.echo(f"password: {chosen}")


@user.command("list")
@click.argument("slug")
def user_list(slug: str) -> None:
    """The users of the account SLUG."""

    async def work(settings: Settings) -> list[users_pb2.User]:
        async with operator(settings, "identity") as us:
            return await _users(us, await account_id_of(us, slug))

    for item in complete(work):
        role = users_pb2.Role.Name(item.role).removeprefix("ROLE_").lower()
        click.echo(f"{item.id}  {item.email:<32} {role:<10} {'active' if item.active else 'deactivated'}  {item.name}")


@user.command("deactivate")
@click.argument("slug")
@click.argument("email")
def user_deactivate(slug: str, email: str) -> None:
    """End the sessions and keys of EMAIL in the account SLUG and refuse new ones."""

    async def work(settings: Settings) -> None:
        async with operator(settings, "identity") as us:
            account_id = await account_id_of(us, slug)
            found = [item for item in await _users(us, account_id) if item.email.casefold() == email.casefold()]
            if not found:
                raise click.ClickException(f"{email} is not a user of {slug}")
            request = users_pb2.DeactivateUserRequest(id=found[0].id)
            await us.call("identity", "UserService/DeactivateUser", request, users_pb2.User, scopes=_USERS, account_id=account_id)

    complete(work)
    click.echo(f"{email} is deactivated")


async def _accounts(us: Operator) -> list[accounts_pb2.Account]:
    found: list[accounts_pb2.Account] = []
    request = accounts_pb2.ListAccountsRequest(page_size=200)
    while True:
        page = await us.call("identity", "AccountService/ListAccounts", request, accounts_pb2.ListAccountsResponse, scopes=_ACCOUNTS)
        found += page.accounts
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


async def account_id_of(us: Operator, slug: str) -> str:
    """Raises ClickException where there is no such account."""
    for item in await _accounts(us):
        if item.slug == slug:
            return item.id
    raise click.ClickException(f"there is no account {slug}")


async def _users(us: Operator, account_id: str) -> list[users_pb2.User]:
    found: list[users_pb2.User] = []
    request = users_pb2.ListUsersRequest(page_size=200)
    while True:
        page = await us.call(
            "identity", "UserService/ListUsers", request, users_pb2.ListUsersResponse, scopes=_USERS, account_id=account_id
        )
        found += page.users
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token
