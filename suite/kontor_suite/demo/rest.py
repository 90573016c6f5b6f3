"""REST as one user calls it. Whatever is only busy or away for a moment is asked again; writes carry an idempotency key, so that
asking again never does a thing twice."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import stamina

# Longer than a restart of the suite takes.
_PATIENCE_SECONDS = 60.0
_TIMEOUT_SECONDS = 30.0
_PAGE = 200
# Too many requests, and what gateways say while something behind them is away.
_PASSING = frozenset({429, 502, 503, 504})

Json = dict[str, Any]


class RestError(Exception):
    """The interface refused; `str()` says why in one line. `status` 0: nobody answered."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


def client_of(url: str, *, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, transport=transport)


class Caller:
    """A user who has signed in."""

    def __init__(self, client: httpx.Client, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **parameters: str | int) -> Json:
        """Raises RestError."""
        return _ask(self._client, "GET", path, headers=self._headers, parameters=parameters)

    def every(self, path: str, noun: str, **parameters: str | int) -> Iterator[Json]:
        """All records of a list, page by page; `noun` is the field of its answers that holds them."""
        page = self.get(path, page_size=_PAGE, **parameters)
        yield from page[noun]
        while token := page.get("next_page_token"):
            page = self.get(path, page_size=_PAGE, page_token=token, **parameters)
            yield from page[noun]

    def post(self, path: str, body: Mapping[str, Any], *, key: str) -> Json:
        """The answer; with a key that was used before, the answer of then. Raises RestError."""
        return _ask(self._client, "POST", path, headers={**self._headers, "Idempotency-Key": key}, body=body)

    def post_again(self, path: str, body: Mapping[str, Any]) -> Json:
        """For what may well be done twice. Raises RestError."""
        return _ask(self._client, "POST", path, headers=self._headers, body=body)


def sign_in(client: httpx.Client, email: str, password: str, *, account: str = "") -> Caller:
    """Raises RestError; status 401 where address and password do not fit."""
    body = {"email": email, "password": password, **({"account": account} if account else {})}
    return Caller(client, _ask(client, "POST", "/v1/sessions", headers={}, body=body)["token"])


def readiness(client: httpx.Client) -> Mapping[str, str]:
    """What keeps the suite from being ready, by name; empty: nothing. Asked once. Raises RestError where nobody answers, or not Kontor."""
    try:
        checks = client.get("/readyz").json()["checks"]
        return {name: state for name, state in checks.items() if state != "ok"}
    except httpx.TransportError as error:
        raise RestError(0, "UNREACHABLE", f"Nobody answers at {client.base_url} ({error}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RestError(0, "NOT_KONTOR", f"What answers at {client.base_url} is not Kontor.") from error


def _ask(
    client: httpx.Client,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    parameters: Mapping[str, str | int] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Json:
    try:
        for attempt in stamina.retry_context(on=_pause, attempts=None, timeout=_PATIENCE_SECONDS):
            with attempt:
                response = client.request(method, path, headers=headers, params=parameters, json=body)
                response.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise _refusal(error.response) from error
    except httpx.TransportError as error:
        raise RestError(0, "UNREACHABLE", f"{method} {path}: {error!r}") from error
    answer: Json = response.json()
    return answer


def _pause(error: Exception) -> bool | float:
    """Whether to try again, and after how many seconds where the answer says so."""
    if isinstance(error, httpx.TransportError):
        return True
    if not isinstance(error, httpx.HTTPStatusError) or error.response.status_code not in _PASSING:
        return False
    told = error.response.headers.get("Retry-After", "")
    return float(told) if told.isdigit() else True


def _refusal(response: httpx.Response) -> RestError:
    """A problem document (RFC 9457) in one line."""
    try:
        problem = response.json()
        fields = "; ".join(f"{item['field']} {item['message']}" for item in problem.get("errors", []))
        message, reason = str(problem["detail"]) + (f" ({fields})" if fields else ""), str(problem.get("reason", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        message, reason = response.text[:200], ""
    request = response.request
    return RestError(response.status_code, reason, f"{request.method} {request.url.path}: {response.status_code} {message}")
