"""What a story acts with: people at an account over HTTP, their mail programs over SMTP, and patience."""

import secrets
import smtplib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, TypeVar

import httpx

from tests.suite_processes import PASSWORD, Installation

T = TypeVar("T")

# Much more than anything takes; only a test that fails waits so long.
PATIENCE_SECONDS = 60.0


def eventually(look: Callable[[], T], until: Callable[[T], bool] = bool, *, seconds: float = PATIENCE_SECONDS) -> T:
    """Look again and again until what is seen is as wished, and answer it; an AssertionError tells what was seen last."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if until(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s; last seen: {seen!r}")
        time.sleep(0.05)


@dataclass
class Person:
    """Somebody who uses an account over HTTP, or a program with a key."""

    installation: Installation
    token: str
    email: str = ""
    user_id: str = ""
    http: httpx.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.http = httpx.Client(base_url=self.installation.http_url, headers=headers, timeout=30)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Whatever the answer is."""
        return self.http.request(method, path, json=body, headers=dict(headers or {}), params=dict(query or {}) or None)

    def get(self, path: str, **query: Any) -> Any:
        return _content(self.send("GET", path, query=query))

    def post(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Any:
        return _content(self.send("POST", path, {} if body is None else body, headers=headers))

    def patch(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Any:
        return _content(self.send("PATCH", path, body, headers=headers))

    def delete(self, path: str) -> None:
        _content(self.send("DELETE", path))

    def all_of(self, path: str, key: str, **query: Any) -> list[Any]:
        """Every item of a list, page by page."""
        items: list[Any] = []
        token = ""
        while True:
            page = self.get(path, **query, **({"page_token": token} if token else {}))
            items += page.get(key, [])
            token = page.get("next_page_token", "")
            if not token:
                return items

    def timeline(self, subject: str) -> list[Any]:
        return self.all_of("/v1/timeline", "entries", subject=subject)

    def found(self, q: str, **query: Any) -> list[str]:
        """The refs that a search finds."""
        return [hit["ref"] for hit in self.all_of("/v1/search", "hits", q=q, **query)]

    def notifications(self) -> list[Any]:
        return self.all_of("/v1/notifications", "notifications")

    def dropbox(self) -> str:
        """The address for BCC. A new user has it as soon as mail-ingest has heard of them."""
        [address] = eventually(lambda: self.get("/v1/mail-addresses").get("mail_addresses", []))
        return str(address["address"])

    def deposit(self, mail: EmailMessage | bytes, *, at: str = "") -> bytes:
        """Send a mail with the own dropbox (or the address `at`) as a blind copy; answers the bytes that were sent."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
        with smtplib.SMTP("127.0.0.1", self.installation.smtp_port, timeout=60) as client:
            client.sendmail(self.email, [at or self.dropbox()], content)
        return content


def _content(response: httpx.Response) -> Any:
    assert response.is_success, f"{response.request.method} {response.request.url}: {response.status_code} {response.text}"
    return response.json() if response.content else None


def stranger(installation: Installation) -> Person:
    """Somebody who has not signed in."""
    return Person(installation, token="")


def sign_in(installation: Installation, email: str, password: str = PASSWORD) -> Person:
    session = stranger(installation).post("/v1/sessions", {"email": email, "password": password})
    return Person(installation, token=session["token"], email=email, user_id=session["user_id"])


@dataclass(frozen=True)
class Team:
    """An account of its own, so that stories in one installation do not meet."""

    installation: Installation
    account_id: str
    slug: str
    owner: Person

    def colleague(self, name: str = "berta", *, role: str = "member") -> Person:
        email = f"{name}@{self.slug}.example"
        self.owner.post("/v1/users", {"email": email, "name": name, "role": role, "password": PASSWORD})
        return sign_in(self.installation, email)


def open_team(installation: Installation, name: str = "team") -> Team:
    slug = f"{name}-{secrets.token_hex(4)}"
    email = f"anna@{slug}.example"
    account_id = installation.make_account(slug, owner_email=email)
    return Team(installation, account_id, slug, sign_in(installation, email))


def mail(sender: str, to: str, subject: str, text: str, **headers: str) -> EmailMessage:
    """A plain mail with a Message-ID of its own."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = headers.pop("date", "Tue, 03 Mar 2026 10:15:00 +0100")
    message["Message-ID"] = f"<{secrets.token_hex(8)}@mail.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def knows_address(installation: Installation, address: str) -> bool:
    """Whether the news of a person's address has reached mail-ingest. A mail that comes earlier waits in the tray, as it should."""
    with installation.database("mail-ingest") as connection:
        rows = connection.exec_driver_sql("SELECT address FROM person_addresses").all()
    return address.casefold() in {row[0] for row in rows}
