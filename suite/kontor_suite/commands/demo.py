"""Fills the running suite with a sample company, for trying it out."""

import json
import secrets
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import click
import httpx

from kontor.identity.v1 import accounts_pb2
from kontor_chassis.errors import AlreadyExists
from kontor_chassis.settings import Settings, load_settings
from kontor_suite.demo.filling import COLLEAGUE_NAME, AlreadyFilled, Filled, fill
from kontor_suite.demo.rest import Caller, RestError, client_of, readiness, sign_in
from kontor_suite.demo.smtp import Mailer, SmtpError
from kontor_suite.operator import complete, operator

T = TypeVar("T")

_SLUG, _ACCOUNT_NAME, _OWNER_NAME = "muster", "Muster Systemhaus GmbH", "Max Muster"
_MOST_ACCOUNTS = 100
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


@dataclass(frozen=True)
class _Login:
    email: str
    password: str = field(repr=False)
    # Slug; empty: the only one that e-mail and password fit.
    account: str = ""
    # Made by us, so that it has to be shown.
    fresh: bool = False


@click.command()
@click.option("--email", help="Fill the account of this user (owner or admin) instead of a fresh one.")
@click.option("--password", help="The user's password; default: it is asked for.")
@click.option("--account", help="Slug, where the user belongs to several accounts.")
@click.option("--url", help="Where the suite answers HTTP; default from the settings.")
@click.option("--smtp", "smtp_address", metavar="HOST:PORT", help="Where it answers SMTP; default from the settings.")
def demo(email: str | None, password: str | None, account: str | None, url: str | None, smtp_address: str | None) -> None:
    """Fill the running suite with a German sample company: people, deals, projects, tasks, notes, mails.

    A fresh account is made for it. A run that broke off is continued by running it again with --email and --password.
    """
    if (password or account) and not email:
        raise click.UsageError("--password and --account belong to --email.")
    settings = load_settings()
    url = (url or f"http://{_reachable(settings.http_host)}:{settings.http_port}").rstrip("/")
    host, port = _host_and_port(smtp_address) if smtp_address else (_reachable(settings.smtp_host), settings.smtp_port)
    try:
        with client_of(url) as client, Mailer(host, port) as mailer:
            _check_running(client, url)
            if email:
                login = _Login(email, password or click.prompt(f"Password of {email}", hide_input=True), account or "")
            else:
                login = _fresh_account()
                click.echo(f"account   {login.account}\ne-mail    {login.email}\npassword  {login.password}\n")
            filled = _fill(client, mailer, login)
    except (RestError, SmtpError, AlreadyFilled) as error:
        raise click.ClickException(str(error)) from error
    _report(filled, login, url)


def _fill(client: httpx.Client, mailer: Mailer, login: _Login) -> Filled:
    try:
        owner = sign_in(client, login.email, login.password, account=login.account)
    except RestError as error:
        if error.status != 401:
            raise
        raise click.ClickException(f"E-mail and password do not fit: {login.email}") from error

    def sign_in_colleague(email: str, password: str, slug: str) -> Caller:
        return sign_in(client, email, password, account=slug)

    try:
        return fill(owner, sign_in_colleague, mailer, progress=_progress)
    except RestError as error:
        if error.status != 403:
            raise
        raise click.ClickException(f"{login.email} may not do this, only the owner or an admin may: {error}") from error


def _check_running(client: httpx.Client, url: str) -> None:
    try:
        failing = readiness(client)
    except RestError as error:
        raise click.ClickException(f"{error}\nStart the suite first (make run), or name its address with --url.") from error
    if failing:
        raise click.ClickException(f"The suite at {url} is not ready: " + ", ".join(f"{name} {state}" for name, state in failing.items()))


def _fresh_account() -> _Login:
    """`muster`, `muster-2` …: the first that is free."""
    password = secrets.token_urlsafe(12)

    async def work(settings: Settings) -> _Login:
        async with operator(settings, "identity") as us:
            for number in range(1, _MOST_ACCOUNTS + 1):
                ending = f"-{number}" if number > 1 else ""
                login = _Login(f"demo{ending}@{settings.mail_domain}", password, f"{_SLUG}{ending}", fresh=True)
                request = accounts_pb2.CreateAccountRequest(
                    account=accounts_pb2.Account(slug=login.account, name=_ACCOUNT_NAME),
                    owner_email=login.email,
                    owner_name=_OWNER_NAME,
                    owner_password=password,
                )
                answer = accounts_pb2.CreateAccountResponse
                try:
                    await us.call("identity", "AccountService/CreateAccount", request, answer, scopes=["accounts.admin"])
                except AlreadyExists as error:
                    if error.reason != "SLUG_TAKEN":
                        raise
                else:
                    return login
        raise click.ClickException(f"There are {_MOST_ACCOUNTS} sample accounts already.")

    return complete(work)


def _progress(noun: str, items: Sequence[T], /) -> Iterator[T]:
    with click.progressbar(items, label=f"{noun:<14}{len(items):>4}", show_eta=False) as bar:
        yield from bar


def _report(filled: Filled, login: _Login, url: str) -> None:
    click.echo("\n" + ", ".join(f"{count} {noun}" for noun, count in filled.counts.items()))
    click.echo("mails: " + ", ".join(f"{count} {state}" for state, count in sorted(filled.mails.items())))
    click.echo(f"{COLLEAGUE_NAME} is a colleague who watches some of it.\n\nSign in at {url} as {login.email}, or try:\n")
    secret = login.password if login.fresh else "…"
    body = json.dumps(
        {"email": login.email, "password": secret, **({"account": login.account} if login.account else {})}, ensure_ascii=False
    )
    sign = f"curl -s {url}/v1/sessions -H 'Content-Type: application/json' -d {shlex.quote(body)}"
    click.echo(f"""  TOKEN=$({sign} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')""")
    for path in ("/v1/search?q=wartung", "/v1/forecast", "/v1/tray"):
        click.echo(f"""  curl -s -H "Authorization: Bearer $TOKEN" '{url}{path}'""")


def _reachable(host: str) -> str:
    """An address to connect to, for one to listen on."""
    return "127.0.0.1" if host in _EVERYWHERE else host


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise click.UsageError("--smtp must be HOST:PORT, such as 127.0.0.1:2525.")
    return host.strip("[]"), int(port)
