"""The blob port: bytes under a key. Adapters: `disk`, `s3`; both pass tests/contract/test_blobs.py."""

import re
from typing import Protocol

# What `state` answers where nothing is wrong.
OK = "ok"

# No segment can be `..`, begin with a dot or be empty, so no key leaves the folder or the prefix that it is put below.
# The lengths are what file systems (255 bytes per name) and object stores (1024 bytes per key) both take.
_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,199}(/[a-z0-9][a-z0-9_.-]{0,199})*")
_MAX_KEY = 512


class Blobs(Protocol):
    """Keys are made by us (`raw/<account>/<id>`), never by users, and none is the folder of another. All methods block; call them from
    a worker thread. They raise ValueError for what is no key, before anything is asked of the store."""

    def put(self, key: str, content: bytes) -> None:
        """Store durably: when this returns the bytes survive a power cut. Putting a key again replaces it; who reads meanwhile gets
        the old bytes or the new ones, never a part of them.

        Raises Unavailable where they cannot be stored (disk full, storage away). Then what was there before is left as it was; or,
        where only the store's answer got lost, all of the new bytes are there.
        """

    def get(self, key: str) -> bytes:
        """Raises NotFound where the store knows that there is no such blob, and Unavailable where it cannot tell."""

    def delete(self, key: str) -> None:
        """Deleting what does not exist is no error. Raises Unavailable where the store is away."""

    def state(self) -> str:
        """`ok`, or what is wrong with the store, for people: told by readiness before the first write fails."""


def check_key(key: str) -> str:
    """The key. Raises ValueError where it is none."""
    if len(key) > _MAX_KEY or not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a blob key")
    return key
