"""Blobs as objects of an S3-compatible store: Amazon's, or one of your own.

Who we are comes from where Amazon's own tools take it: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, a web identity, the
machine's role. Needed are s3:GetObject, s3:PutObject and s3:DeleteObject on the objects and s3:ListBucket on the bucket; without the
last one, the store answers 403 instead of 404 for what does not exist, and a blob that is missing looks like a store that is away.
"""

import base64
import hashlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import botocore.session
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from urllib3.exceptions import HTTPError

from kontor_chassis.blobs.port import OK, check_key
from kontor_chassis.blobs.s3_address import S3Address
from kontor_chassis.errors import NotFound, Unavailable

log = structlog.get_logger()

_CONNECTIONS = 20
# Readiness is asked every second, by anybody; the store (which may cost money) this often.
_STATE_SECONDS = 5.0

# No answer, or half of one; ValueError is what the library says to an address in AWS_ENDPOINT_URL that is none.
_FAILURES = (BotoCoreError, HTTPError, OSError, ValueError)


@dataclass(frozen=True)
class Patience:
    """How long a store is waited for. The reading time is between two pieces of an answer, not for all of it."""

    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    # All calls can be repeated: a put that happened twice is the same put.
    attempts: int = 3


_USUAL = Patience()
_ASKING = Patience(connect_seconds=1.0, read_seconds=2.0, attempts=1)


class S3Blobs:
    """Nothing is asked of the store before the first call. An object is there whole or not at all, and durable when the store has
    answered; its MD5 goes along, so that the store refuses what has changed on its way."""

    def __init__(
        self,
        address: S3Address,
        *,
        patience: Patience = _USUAL,
        state_seconds: float = _STATE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._clients = _Clients(address)
        self._patience = patience
        self._state_seconds = state_seconds
        self._monotonic = monotonic
        self._asking = threading.Lock()
        self._state = "the object store has not answered yet"
        self._state_until = monotonic()

    def put(self, key: str, content: bytes) -> None:
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        self._call("put_object", key, "The file cannot be stored right now.", Body=content, ContentMD5=digest)

    def get(self, key: str) -> bytes:
        message = "The file cannot be read right now."
        answer = self._call("get_object", key, message)
        try:
            with answer["Body"] as body:
                content: bytes = body.read()
        except _FAILURES as error:
            raise self._unavailable("get_object", message, error) from error
        return content

    def delete(self, key: str) -> None:
        try:
            self._call("delete_object", key, "The file cannot be deleted right now.")
        except NotFound:
            # Some stores tell what Amazon's does not.
            return

    def state(self) -> str:
        """What the store said at most some seconds ago; who asks while it is being asked gets the answer before, without waiting."""
        if self._asking.acquire(blocking=False):
            try:
                if self._monotonic() >= self._state_until:
                    self._state = self._ask()
                    self._state_until = self._monotonic() + self._state_seconds
            finally:
                self._asking.release()
        return self._state

    def _ask(self) -> str:
        bucket = self._address.bucket
        try:
            self._clients.of(_ASKING).head_bucket(Bucket=bucket)
        except ClientError as error:
            if _status(error) == 404:
                return f"the bucket {bucket} does not exist"
            if _status(error) in (401, 403):
                return f"the object store does not let us into the bucket {bucket}"
            return f"the object store answers {_status(error)} for the bucket {bucket}"
        except NoCredentialsError:
            self._clients.forget()
            return "no credentials for the object store were found"
        except _FAILURES as error:
            return f"the object store of the bucket {bucket} does not answer ({type(error).__name__})"
        return OK

    def _call(self, operation: str, key: str, message: str, **parameters: Any) -> Any:
        name = self._address.name_of(check_key(key))
        try:
            return getattr(self._clients.of(self._patience), operation)(Bucket=self._address.bucket, Key=name, **parameters)
        except ClientError as error:
            # A bucket that is missing and a proxy that is lost answer 404, too, but say nothing about the blob.
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                raise NotFound("The file does not exist.") from error
            raise self._unavailable(operation, message, error) from error
        except NoCredentialsError as error:
            self._clients.forget()
            raise self._unavailable(operation, message, error) from error
        except _FAILURES as error:
            raise self._unavailable(operation, message, error) from error

    def _unavailable(self, operation: str, message: str, error: Exception) -> Unavailable:
        # Callers hear the same for a store that is away and for one that refuses us; operators must not.
        log.warning("object_store_failed", operation=operation, bucket=self._address.bucket, error=str(error))
        return Unavailable(message, reason="STORAGE_UNAVAILABLE")


class _Clients:
    """Clients of one store, made at the first call: making one may ask the machine for credentials, and takes a tenth of a second.
    A client may be used by many threads at once, but not be made by two."""

    def __init__(self, address: S3Address) -> None:
        self._address = address
        self._making = threading.Lock()
        self._made: dict[Patience, Any] = {}

    def of(self, patience: Patience) -> Any:
        with self._making:
            if patience not in self._made:
                self._made[patience] = _make_client(self._address, patience)
            return self._made[patience]

    def forget(self) -> None:
        """A client that was made without credentials never finds any; the next one may."""
        with self._making:
            self._made.clear()


def _make_client(address: S3Address, patience: Patience) -> Any:
    config = Config(
        connect_timeout=patience.connect_seconds,
        read_timeout=patience.read_seconds,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
        s3={"addressing_style": address.addressing},
        # Newer checksums than MD5 are refused by stores that are older than they.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    # The library itself knows the second of these two only.
    region = address.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    session = botocore.session.get_session()
    return session.create_client("s3", region_name=region, endpoint_url=address.endpoint or None, config=config)


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
