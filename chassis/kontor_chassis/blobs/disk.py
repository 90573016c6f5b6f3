"""Blobs as files below one folder."""

import os
import tempfile
from pathlib import Path

from kontor_chassis.blobs.port import check_key
from kontor_chassis.disk_space import folder_state
from kontor_chassis.errors import NotFound, Unavailable


class DiskBlobs:
    """A file is written under a temporary name, synced, renamed, and its folder synced: it is there whole or not at all."""

    def __init__(self, root: Path, *, least_free: int = 0) -> None:
        self._root = root
        # Bytes of room below which `state` says that the disk is full.
        self._least_free = least_free

    def put(self, key: str, content: bytes) -> None:
        path = self._path(key)
        try:
            self._make_folder(path.parent)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".put-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)  # noqa: PTH105 - one call for what the page above says
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)
        except OSError as error:
            raise Unavailable("The file cannot be stored right now.", reason="STORAGE_UNAVAILABLE") from error

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError) as error:
            raise NotFound("The file does not exist.") from error
        except OSError as error:
            raise Unavailable("The file cannot be read right now.", reason="STORAGE_UNAVAILABLE") from error

    def delete(self, key: str) -> None:
        path = self._path(key)
        try:
            path.unlink(missing_ok=True)
        except IsADirectoryError:
            # The folder of other keys; a blob of this name does not exist.
            return
        except OSError as error:
            raise Unavailable("The file cannot be deleted right now.", reason="STORAGE_UNAVAILABLE") from error

    def state(self) -> str:
        return folder_state(self._root, least_free=self._least_free)

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
