"""Readiness tells of a disk that is full or read-only before writes fail (R5)."""

import os
from pathlib import Path

import pytest

from kontor_chassis import disk_space
from kontor_chassis.disk_space import OK, folder_state


def stat(**fields: int) -> os.statvfs_result:
    values = {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": 10**6, "f_bfree": 10**6, "f_bavail": 10**6, "f_files": 100}
    values |= {"f_ffree": 50, "f_favail": 50, "f_flag": 0, "f_namemax": 255, **fields}
    return os.statvfs_result(values.values())


def test_a_folder_with_room_is_ok_and_so_is_one_that_is_made_later(tmp_path: Path) -> None:
    assert folder_state(tmp_path, least_free=1) == OK
    assert folder_state(tmp_path / "blobs" / "raw", least_free=1) == OK


def test_a_folder_with_too_little_room_says_how_much_there_is(tmp_path: Path) -> None:
    state = folder_state(tmp_path, least_free=10**18)
    assert state.startswith(f"{tmp_path} has ")
    assert state.endswith(" MB left, less than 1000000000000 MB")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, OK),
        ({"f_flag": os.ST_RDONLY}, "is read-only"),
        ({"f_bavail": 1000}, "has 4 MB left, less than 50 MB"),
        ({"f_favail": 0}, "can hold no more files"),
        ({"f_favail": 0, "f_files": 0}, OK),
    ],
)
def test_what_the_file_system_says_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fields: dict[str, int], expected: str) -> None:
    monkeypatch.setattr(disk_space.os, "statvfs", lambda folder: stat(**fields))
    assert folder_state(tmp_path, least_free=50_000_000).endswith(expected)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours_to_write_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert folder_state(tmp_path, least_free=1).endswith("is read-only")


def test_a_folder_that_cannot_be_looked_at_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(folder: Path) -> os.statvfs_result:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(disk_space.os, "statvfs", broken)
    assert folder_state(tmp_path, least_free=1) == f"{tmp_path} cannot be looked at: Input/output error"
