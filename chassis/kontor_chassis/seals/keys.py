"""The keys that audit logs are sealed with: files beside the databases, never in them, `<keys>/<service>.audit`.

A file holds a key per line, 64 hexadecimal digits. The first one seals; the others are known from before and still verify, so
that a key is changed by writing a new line on top. Who reads the file can write a log that nobody can tell from a true one.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".audit"
_BYTES = 32


@dataclass(frozen=True, repr=False)
class SealKeys:
    """The keys of one service by their ids; `newest` seals."""

    newest: str
    by_id: Mapping[str, bytes]

    def mac(self, key_id: str, message: bytes) -> bytes | None:
        """HMAC-SHA256 (RFC 2104) of the message; None where the key is not known here."""
        key = self.by_id.get(key_id)
        return None if key is None else hmac.digest(key, message, "sha256")


def write_seal_keys(folder: Path, services: Iterable[str]) -> None:
    """Make the keys that are missing in `folder`, readable by the owner only; existing ones stay."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for service in services:
        path = folder / f"{service}{SUFFIX}"
        if path.exists():
            continue
        unfinished = path.with_suffix(f"{SUFFIX}.tmp")
        unfinished.touch(mode=0o600)
        unfinished.write_text(f"{secrets.token_hex(_BYTES)}\n", encoding="ascii")
        unfinished.rename(path)


def read_seal_keys(folder: Path, service: str) -> SealKeys | None:
    """The keys of a service; None where this process has none. Raises ValueError for a file that is no list of keys."""
    path = folder / f"{service}{SUFFIX}"
    try:
        lines = path.read_text(encoding="ascii").split()
        keys = {_id_of(key): key for key in map(bytes.fromhex, lines)}
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{path} must hold keys of {2 * _BYTES} hexadecimal digits, one a line") from error
    if not keys or any(len(key) != _BYTES for key in keys.values()):
        raise ValueError(f"{path} must hold keys of {2 * _BYTES} hexadecimal digits, one a line")
    return SealKeys(newest=next(iter(keys)), by_id=keys)


def _id_of(key: bytes) -> str:
    """Tells keys apart without telling anything of them."""
    return hashlib.sha256(b"kontor audit key " + key).hexdigest()[:16]
