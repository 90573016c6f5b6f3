"""Whether a folder can take what is written to it: told by readiness before the first write fails."""

import os
from pathlib import Path

OK = "ok"


def folder_state(folder: Path, *, least_free: int) -> str:
    """`ok`, or what is wrong with the folder, for people. One that does not exist yet is made where its nearest ancestor stands.

    Blocks; a folder on a network that is away blocks for long.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        state = os.statvfs(folder)
    except OSError as error:
        return f"{folder} cannot be looked at: {error.strerror}"
    if state.f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder} is read-only"
    free = state.f_bavail * state.f_frsize
    if free < least_free:
        return f"{folder} has {free // 1_000_000} MB left, less than {least_free // 1_000_000} MB"
    # Some file systems count no inodes at all.
    if state.f_files and not state.f_favail:
        return f"{folder} can hold no more files"
    return OK
