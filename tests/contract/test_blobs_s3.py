"""What only an object store can do to us: silence, refusals, buckets that are missing, ends in the middle."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from kontor_chassis.blobs import s3
from kontor_chassis.blobs.port import OK
from kontor_chassis.blobs.s3 import S3Blobs
from kontor_chassis.blobs.s3_address import S3Address, parse_address
from kontor_chassis.errors import NotFound, Unavailable
from tests import backends
from tests.backend_fixtures import owned, required
from tests.contract.blob_harness import IMPATIENT


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, for stores that do not look at them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "kontor")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def own_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[backends.ObjectStore]:
    """One that a test may stop."""
    with required("s3", backends.object_store()) as store:
        owned(store.server, "KONTOR_TEST_S3_URL")
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        yield store


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """A server on loopback that answers its connections with these bytes, one after the other, and ends each; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_bucket_that_is_missing_is_no_blob_that_is_missing(s3_address: S3Address) -> None:
    """A mail whose bytes are said not to exist is given up; one whose store is away is read later."""
    missing = S3Blobs(replace(s3_address, bucket=f"{s3_address.bucket}-missing"), state_seconds=0)
    with pytest.raises(Unavailable):
        missing.get("raw/1")
    with pytest.raises(Unavailable):
        missing.put("raw/1", b"x")
    with pytest.raises(Unavailable):
        missing.delete("raw/1")
    assert missing.state() == f"the bucket {s3_address.bucket}-missing does not exist"


def test_a_store_that_falls_silent_is_given_up_and_works_again_when_it_returns(own_store: backends.ObjectStore) -> None:
    server = owned(own_store.server, "KONTOR_TEST_S3_URL")
    address = parse_address(own_store.url)
    patient, impatient = S3Blobs(address), S3Blobs(address, patience=IMPATIENT)
    patient.put("raw/1", b"x")
    server.freeze()
    with pytest.raises(Unavailable):
        impatient.put("raw/1", b"y")
    with pytest.raises(Unavailable):
        impatient.get("raw/1")
    assert "does not answer" in impatient.state()
    server.thaw()
    patient.put("raw/2", b"z")
    assert patient.get("raw/2") == b"z"


def test_what_was_put_survives_the_end_of_the_store(own_store: backends.ObjectStore) -> None:
    if not own_store.keeps:
        pytest.skip("backend missing: this object store keeps nothing when it ends, and no other is here")
    server = owned(own_store.server, "KONTOR_TEST_S3_URL")
    blobs = S3Blobs(parse_address(own_store.url), state_seconds=0)
    blobs.put("raw/1", b"x")
    server.kill()
    with pytest.raises(Unavailable):
        blobs.get("raw/1")
    assert "does not answer" in blobs.state()
    server.start()
    assert blobs.get("raw/1") == b"x"
    assert blobs.state() == OK


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nContent-Type: text/plain\r\n\r\nnot here\n",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Slow Down\r\nContent-Length: 45\r\n\r\n<Error><Code>SlowDown</Code></Error>         ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
    ids=["lost-proxy", "forbidden", "failing", "slow-down", "half", "half-chunked", "another-protocol", "nothing"],
)
@pytest.mark.usefixtures("somebody")
def test_an_answer_that_is_no_blob_is_unavailable(answer: bytes) -> None:
    with answering(answer) as url:
        blobs = S3Blobs(S3Address("kontor-test", endpoint=url), patience=replace(s3._USUAL, attempts=1))
        with pytest.raises(Unavailable):
            blobs.get("raw/1")


@pytest.mark.usefixtures("somebody")
def test_a_passing_failure_is_not_noticed() -> None:
    failing = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    sound = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwhole"
    with answering(failing, sound) as url:
        assert S3Blobs(S3Address("kontor-test", endpoint=url)).get("raw/1") == b"whole"


@pytest.mark.usefixtures("somebody")
def test_an_object_that_is_missing_is_told_by_its_code() -> None:
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 37\r\n\r\n<Error><Code>NoSuchKey</Code></Error>"
    with answering(answer) as url, pytest.raises(NotFound):
        S3Blobs(S3Address("kontor-test", endpoint=url)).get("raw/1")
    with answering(answer) as url:
        # Some stores tell what Amazon's does not: that there was nothing to delete.
        S3Blobs(S3Address("kontor-test", endpoint=url)).delete("raw/1")


def test_who_is_let_in_nowhere_says_so(own_store: backends.ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    if not own_store.keeps:
        pytest.skip("backend missing: this object store believes everybody, and no other is here")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    blobs = S3Blobs(parse_address(own_store.url))
    with pytest.raises(Unavailable):
        blobs.put("raw/1", b"x")
    assert blobs.state() == "the object store does not let us into the bucket kontor-test"


def test_credentials_that_come_later_are_found(s3_address: S3Address, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine's role may not answer yet when the first blob comes."""
    blobs = S3Blobs(s3_address, state_seconds=0)
    with monkeypatch.context() as patch:
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        with pytest.raises(Unavailable):
            blobs.put("raw/1", b"x")
        assert blobs.state() == "no credentials for the object store were found"
    blobs.put("raw/1", b"x")
    assert blobs.state() == OK


@pytest.mark.parametrize("value", ["not an address", "http://"])
def test_an_endpoint_in_the_environment_that_is_none_is_unavailable(monkeypatch: pytest.MonkeyPatch, somebody: None, value: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", value)
    blobs = S3Blobs(S3Address("kontor-test"), patience=IMPATIENT)
    with pytest.raises(Unavailable):
        blobs.get("raw/1")
    assert blobs.state() != OK


@pytest.mark.usefixtures("somebody")
def test_the_store_is_asked_for_its_state_from_time_to_time_only() -> None:
    """Readiness is asked by anybody, and what it asks may cost money."""
    now = 0.0
    sound = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with answering(sound, sound.replace(b"200 OK", b"404 Not Found")) as url:
        blobs = S3Blobs(S3Address("kontor-test", endpoint=url), state_seconds=5, monotonic=lambda: now)
        assert [blobs.state() for _ in range(3)] == [OK] * 3
        now = 5.0
        assert blobs.state() == "the bucket kontor-test does not exist"
