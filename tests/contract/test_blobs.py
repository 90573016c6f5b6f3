"""What the blob port promises, on each adapter (DESIGN: every port has two adapters and one suite)."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from kontor_chassis.blobs.port import OK, Blobs
from kontor_chassis.errors import NotFound, Unavailable
from tests.contract.blob_harness import BlobPlace

NO_KEYS = [
    "",
    "/",
    "/raw",
    "raw/",
    "raw//1",
    ".",
    "..",
    "../raw",
    "raw/../../etc/passwd",
    "raw/./1",
    "raw/..",
    ".hidden",
    "raw/.put-1",
    "-raw",
    "Raw",
    "größe",
    "raw 1",
    "raw\\1",
    "raw\n",
    "raw/1\0",
    "%2e%2e/raw",
    "raw?versionId=1",
    "raw#1",
    "s3://other/raw",
    "x" * 201,
    "/".join(["x" * 100] * 6),
]


@pytest.fixture
def blobs(blob_place: BlobPlace) -> Blobs:
    return blob_place.at("mine")


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"Gr\xc3\xbc\xc3\x9fe\r\n.\r\n", os.urandom(3_000_000)], ids=["empty", "nul", "text", "large"]
)
def test_what_was_put_is_got_by_every_store_on_the_same_place(blob_place: BlobPlace, content: bytes) -> None:
    blob_place.at("mine").put("raw/account/1", content)
    assert blob_place.at("mine").get("raw/account/1") == content


def test_putting_a_key_again_replaces_it(blobs: Blobs) -> None:
    blobs.put("raw/1", b"a long first one")
    blobs.put("raw/1", b"second")
    assert blobs.get("raw/1") == b"second"


def test_what_does_not_exist_is_not_found(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        blobs.get("raw/1")
    blobs.put("raw/1", b"x")
    with pytest.raises(NotFound):
        blobs.get("raw/2")


def test_what_was_deleted_is_gone_and_deleting_it_again_is_no_error(blobs: Blobs) -> None:
    blobs.put("raw/1", b"x")
    blobs.put("raw/2", b"y")
    for _ in range(2):
        blobs.delete("raw/1")
        with pytest.raises(NotFound):
            blobs.get("raw/1")
    assert blobs.get("raw/2") == b"y"
    blobs.put("raw/1", b"z")
    assert blobs.get("raw/1") == b"z"


@pytest.mark.parametrize("key", NO_KEYS)
def test_what_is_no_key_is_refused_before_the_store_is_asked(blob_place: BlobPlace, key: str) -> None:
    """By the store that is away: one that asked would be told so."""
    for store in (blob_place.away, blob_place.at("mine")):
        with pytest.raises(ValueError, match="is not a blob key"):
            store.put(key, b"x")
        with pytest.raises(ValueError, match="is not a blob key"):
            store.get(key)
        with pytest.raises(ValueError, match="is not a blob key"):
            store.delete(key)


@pytest.mark.parametrize("key", ["0", "a..b", "a.tmp", "a-_.b/0..1/c", "x" * 200, "/".join(["x" * 100] * 5)])
def test_unusual_keys_are_keys_all_the_same(blobs: Blobs, key: str) -> None:
    blobs.put(key, key.encode())
    assert blobs.get(key) == key.encode()
    blobs.delete(key)
    with pytest.raises(NotFound):
        blobs.get(key)


def test_what_other_keys_begin_with_is_no_blob(blobs: Blobs) -> None:
    blobs.put("raw/account/1", b"x")
    for key in ("raw", "raw/account"):
        with pytest.raises(NotFound):
            blobs.get(key)
        blobs.delete(key)
    assert blobs.get("raw/account/1") == b"x"


def test_neighbours_do_not_see_each_other(blob_place: BlobPlace) -> None:
    mine, longer = blob_place.at("mine"), blob_place.at("mine2")
    mine.put("raw/1", b"mine")
    with pytest.raises(NotFound):
        longer.get("raw/1")
    longer.put("raw/1", b"longer")
    longer.delete("raw/1")
    assert mine.get("raw/1") == b"mine"


def test_who_reads_while_a_blob_is_replaced_gets_one_of_both_whole(blobs: Blobs) -> None:
    contents = [letter * 200_000 for letter in (b"a", b"b")]
    blobs.put("raw/1", contents[0])
    done = threading.Event()

    def replace() -> None:
        try:
            for number in range(30):
                blobs.put("raw/1", contents[number % 2])
        finally:
            done.set()

    with ThreadPoolExecutor(1) as executor:
        replacing = executor.submit(replace)
        while not done.is_set():
            assert blobs.get("raw/1") in contents
        replacing.result()


def test_many_threads_share_one_store(blobs: Blobs) -> None:
    """More than the S3 adapter has connections, and its client is made by whoever comes first."""

    def work(number: int) -> bool:
        blobs.put(f"raw/{number}", str(number).encode() * 1000)
        return blobs.get(f"raw/{number}") == str(number).encode() * 1000

    with ThreadPoolExecutor(32) as executor:
        assert all(executor.map(work, range(64)))


def test_a_store_that_is_away_is_unavailable_and_says_so(blob_place: BlobPlace) -> None:
    for _ in range(2):
        with pytest.raises(Unavailable) as put:
            blob_place.away.put("raw/1", b"x")
        with pytest.raises(Unavailable) as got:
            blob_place.away.get("raw/1")
        with pytest.raises(Unavailable) as deleted:
            blob_place.away.delete("raw/1")
        assert {error.value.reason for error in (put, got, deleted)} == {"STORAGE_UNAVAILABLE"}
        assert blob_place.away.state() != OK


def test_a_sound_store_is_ok_before_its_first_blob_and_after(blobs: Blobs) -> None:
    assert blobs.state() == OK
    blobs.put("raw/1", b"x")
    assert blobs.state() == OK
