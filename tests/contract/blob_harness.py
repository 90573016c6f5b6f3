"""What the contract suite of blobs is tested with: a place of its own per test, and stores on it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from kontor_chassis.blobs.disk import DiskBlobs
from kontor_chassis.blobs.port import Blobs
from kontor_chassis.blobs.s3 import Patience, S3Blobs
from kontor_chassis.blobs.s3_address import S3Address
from tests.backend_servers import free_port

# Fails at the first silence. For stores that are away on purpose only: a busy machine is silent for longer than that.
IMPATIENT = Patience(connect_seconds=2.0, read_seconds=0.2, attempts=1)


@dataclass(frozen=True)
class BlobPlace:
    """`at(name)` is a store on the part of the place with that name; the same name twice is the same part."""

    at: Callable[[str], Blobs]
    # A store that cannot be reached.
    away: Blobs


def disk_place(folder: Path) -> BlobPlace:
    (folder / "broken").touch()
    # Where a folder has to be is a file: what a full or broken disk answers, too, is an OSError.
    return BlobPlace(at=lambda name: DiskBlobs(folder / "blobs" / name), away=DiskBlobs(folder / "broken" / "blobs"))


def s3_place(address: S3Address) -> BlobPlace:
    nowhere = replace(address, endpoint=f"http://127.0.0.1:{free_port()}")
    return BlobPlace(
        at=lambda name: S3Blobs(replace(address, prefix=address.name_of(name)), state_seconds=0),
        away=S3Blobs(nowhere, patience=IMPATIENT, state_seconds=0),
    )
