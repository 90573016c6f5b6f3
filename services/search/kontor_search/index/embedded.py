"""The index in a folder of this machine: tantivy, one folder per generation, and a file that names the one that serves.

A missing or damaged index is not repaired but begun anew, empty, with a loud log; `Index.needs_rebuild` says so until it is filled.
"""

import errno
import fcntl
import os
import re
import shutil
from pathlib import Path
from typing import IO

import orjson
import structlog
import tantivy

from kontor_chassis.clock import Clock, system_clock
from kontor_chassis.errors import Unavailable
from kontor_search.index.embedded_generation import FolderGeneration
from kontor_search.index.embedded_queries import FORMAT
from kontor_search.index.live import COMMIT_INTERVAL, Index
from kontor_search.index.port import Generation

log = structlog.get_logger()

# What says that the disk cannot be used right now, and nothing about the files on it. Tantivy tells the number within its message.
_PASSING = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
)
_OS_ERROR = re.compile(r"os error (\d+)")


def embedded_index(folder: Path, *, clock: Clock = system_clock, commit_interval: float = COMMIT_INTERVAL) -> Index:
    """The index kept in `folder`, which belongs to it alone. Not opened yet."""
    return Index(FolderStore(folder, clock), commit_interval=commit_interval)


class FolderStore:
    """`<folder>/current` names the serving generation and is replaced atomically; other generations are leftovers."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._serving: FolderGeneration | None = None
        self._lock: IO[bytes] | None = None

    def open(self) -> tuple[Generation, bool]:
        self._take_lock()
        try:
            return self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> tuple[Generation, bool]:
        # A folder of which nothing was ever made, as on the very first start.
        first = not (self._folder / "current").exists() and not self._generations()
        name, complete = self._read_current()
        generation = self._open_generation(self._folder / name) if name else None
        if generation is not None:
            self._remove_all_but(generation)
        else:
            # What is damaged stays beside it until a rebuild begins.
            generation, complete = self._new_generation(), False
            self._write_current(generation, complete=False)
            (log.info if first else log.warning)("search_index_begun_empty", folder=str(self._folder), first_start=first)
        self._serving = generation
        return generation, complete

    def create(self) -> Generation:
        if self._serving is not None:
            self._remove_all_but(self._serving)
        return self._new_generation()

    def promote(self, generation: Generation) -> Generation:
        assert isinstance(generation, FolderGeneration)
        self._write_current(generation, complete=True)
        old, self._serving = self._serving, generation
        if old is not None:
            self._remove(old)
        return generation

    def discard(self, generation: Generation) -> None:
        assert isinstance(generation, FolderGeneration)
        self._remove(generation)

    def close(self) -> None:
        if self._serving is not None:
            self._serving.close()
            self._serving = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        """Only one process may use the folder; a second one would take its generations for leftovers. The lock ends with the process."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / "lock").open("wb")
        except OSError as error:
            raise _unusable(error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise Unavailable(
                "Another process uses the search index.", reason="INDEX_IN_USE", detail={"folder": str(self._folder)}
            ) from None
        self._lock = lock

    def _open_generation(self, folder: Path) -> FolderGeneration | None:
        try:
            if not folder.is_dir() or not tantivy.Index.exists(str(folder)):
                raise FileNotFoundError(folder)
            generation = FolderGeneration(folder, self._clock)
            generation.check()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of tantivy on damaged files is no Exception
            if _passes(error):
                raise _unusable(error) from error
            log.exception("search_index_damaged", folder=str(folder))
            return None
        try:
            generation.forget_marks()
        except Exception as error:
            # What is found is right without it; writing is tried again with the next change.
            log.warning("search_marks_kept", folder=str(folder), error=str(error))
        return generation

    def _new_generation(self) -> FolderGeneration:
        taken = [int(folder.name) for folder in self._generations()]
        folder = self._folder / f"{max(taken, default=0) + 1:06}"
        try:
            return FolderGeneration(folder, self._clock)
        except Exception as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise _unusable(error) from error

    def _generations(self) -> list[Path]:
        return [folder for folder in self._folder.iterdir() if folder.is_dir() and folder.name.isdecimal()]

    def _remove_all_but(self, generation: FolderGeneration) -> None:
        for folder in self._generations():
            if folder != generation.folder:
                shutil.rmtree(folder, ignore_errors=True)

    def _remove(self, generation: FolderGeneration) -> None:
        """What cannot be removed harms nobody: it is tried again with the next start or rebuild."""
        try:
            generation.close()
        except Exception:
            log.exception("search_generation_left_behind", folder=str(generation.folder))
        shutil.rmtree(generation.folder, ignore_errors=True)

    def _read_current(self) -> tuple[str, bool]:
        """The serving generation's folder and whether it is complete; no folder where none can be used."""
        try:
            current = orjson.loads((self._folder / "current").read_bytes())
            if current["format"] == FORMAT:
                return f"{int(current['folder']):06}", bool(current["complete"])
            log.warning("search_index_format_changed", folder=str(self._folder))
        except FileNotFoundError:
            pass
        except (ValueError, LookupError, TypeError):
            log.exception("search_index_damaged", folder=str(self._folder))
        return "", False

    def _write_current(self, generation: FolderGeneration, *, complete: bool) -> None:
        draft = self._folder / "current.draft"
        with draft.open("wb") as file:
            file.write(orjson.dumps({"folder": generation.folder.name, "format": FORMAT, "complete": complete}))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / "current")
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _passes(error: BaseException) -> bool:
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (found := _OS_ERROR.search(str(error))):
        number = int(found[1])
    return number in _PASSING


def _unusable(error: BaseException) -> Unavailable:
    return Unavailable(f"The folder of the search index cannot be used: {error}", reason="INDEX_FOLDER_UNAVAILABLE")
