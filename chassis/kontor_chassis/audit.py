"""One audit entry per change; values as JSON can hold them."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import Any

from kontor_chassis.db.sessions import WriteSession


def created(session: WriteSession, subject: str, values: Mapping[str, Any]) -> None:
    session.audit(subject, "create", {name: (None, _plain(value)) for name, value in values.items()})


def updated(session: WriteSession, subject: str, values: Mapping[str, tuple[Any, Any]], *, action: str = "update") -> None:
    session.audit(subject, action, {name: (_plain(before), _plain(after)) for name, (before, after) in values.items()})


def deleted(session: WriteSession, subject: str, values: Mapping[str, Any]) -> None:
    session.audit(subject, "delete", {name: (_plain(value), None) for name, value in values.items()})


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
