"""Keyset pages (AIP-158). A token carries the last position and a hash of the filters, so that it cannot be used with others.

Tokens are not secret and not trusted: positions are checked for their types, and every query is scoped to the account anyway.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import orjson
from google.protobuf.message import Message

from kontor_chassis.db.types import from_micros, micros
from kontor_chassis.errors import invalid

DEFAULT_SIZE = 50
MAX_SIZE = 200
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page:
    """A page that was asked for: at most `size` rows after the position `after` (None: from the start)."""

    size: int
    after: tuple[Any, ...] | None
    filter_hash: str

    def cut(self, rows: Sequence[Row], position: Callable[[Row], tuple[Any, ...]]) -> tuple[Sequence[Row], str]:
        """From up to `size + 1` fetched rows, those of this page and the token of the next one (empty on the last)."""
        if len(rows) <= self.size:
            return rows, ""
        kept = rows[: self.size]
        return kept, self.token(position(kept[-1]))

    def token(self, position: tuple[Any, ...]) -> str:
        """The token of the page after `position`, with the same filters."""
        content = orjson.dumps([self.filter_hash, *position])
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def open_page(request: Any, *, position: tuple[type, ...], max_size: int = MAX_SIZE) -> Page:
    """Read page_size and page_token of a List request; `position` names the types of the sort columns.

    Raises InvalidArgument naming page_size or page_token.
    """
    if request.page_size < 0:
        raise invalid("page_size", "must not be negative")
    size = min(request.page_size or DEFAULT_SIZE, max_size)
    filter_hash = _filter_hash(request)
    if not request.page_token:
        return Page(size=size, after=None, filter_hash=filter_hash)
    return Page(size=size, after=_read(request.page_token, filter_hash, position), filter_hash=filter_hash)


def open_time_page(request: Any, *, max_size: int = MAX_SIZE) -> tuple[Page, tuple[datetime, str] | None]:
    """As `open_page`, for a list by time and id: the page, and the time and id after which it begins. Write the positions of
    its rows with `time_position`.

    Raises InvalidArgument naming page_size or page_token.
    """
    page = open_page(request, position=(int, str), max_size=max_size)
    if page.after is None:
        return page, None
    moment, record_id = page.after
    try:
        return page, (from_micros(moment), record_id)
    except OverflowError as error:
        raise invalid("page_token", "is not a token of this list") from error


def time_position(moment: datetime, record_id: str) -> tuple[int, str]:
    """The position of a row in a list by time and id."""
    return micros(moment), record_id


def _filter_hash(request: Message) -> str:
    filters = type(request)()
    filters.CopyFrom(request)
    filters.ClearField("page_size")
    filters.ClearField("page_token")
    return hashlib.sha256(filters.SerializeToString(deterministic=True)).hexdigest()[:12]


def _read(token: str, filter_hash: str, position: tuple[type, ...]) -> tuple[Any, ...]:
    try:
        content = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError) as error:
        raise invalid("page_token", "is not a token of this list") from error
    if not isinstance(content, list) or len(content) != len(position) + 1:
        raise invalid("page_token", "is not a token of this list")
    if content[0] != filter_hash:
        raise invalid("page_token", "belongs to a list with other filters")
    after = content[1:]
    if not all(type(value) is wanted and _storable(value) for value, wanted in zip(after, position, strict=True)):
        raise invalid("page_token", "is not a token of this list")
    return tuple(after)


def _storable(value: Any) -> bool:
    """Whether both databases can compare with it."""
    return "\x00" not in value if isinstance(value, str) else -(2**63) <= value < 2**63
