"""Hashing passwords with argon2id (RFC 9106), in threads of its own.

A hash takes some 50 ms and 46 MiB on purpose. Here it never holds up the event loop, a database connection or a transaction, and
a flood of sign-ins queues up here instead of taking all memory or the threads that other calls need.
"""

import asyncio
import os
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kontor_identity.settings import IdentitySettings

_MAX_THREADS = 4


def hasher_of(knobs: IdentitySettings) -> PasswordHasher:
    return PasswordHasher(time_cost=knobs.password_passes, memory_cost=knobs.password_memory_kib, parallelism=1)


class Hashing:
    """Takes passwords in the form that domain/passwords.py gives them."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1), thread_name_prefix="identity-hash")
        # Of nobody's password: what is compared where there is nothing to compare.
        self._nobody = hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def matches(self, hashes: Sequence[str], password: str) -> list[bool]:
        """For each hash whether it is of this password. Where there are none it takes as long as for one, so that the time does
        not tell whether anybody has the address; several are compared side by side."""
        loop = asyncio.get_running_loop()
        running = [loop.run_in_executor(self._threads, self._match, item, password) for item in hashes or [self._nobody]]
        answers = await asyncio.gather(*running)
        return answers if hashes else []

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _match(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
