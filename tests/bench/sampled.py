"""`kontor` with a sampler in its process: `python -m tests.bench.sampled FOLDER up`. Only the bench starts it so (`--sample`).

As long as FOLDER holds a file `case`, a thread looks at all stacks a hundred times a second and charges each with the processor time
that its thread has used since. When the file goes, the sums go to FOLDER/<case>.txt. A look waits until the running thread lets go of
the interpreter, so what releases it (waiting, SQLite) is seen a little too often; believe functions rather than lines.
"""

import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_PAUSE_SECONDS = 0.01
# How soon a running thread has to let the sampler look.
_SWITCH_SECONDS = 0.0005
_SHOWN = 60
_SIGN = "case"


@contextmanager
def sampling(folders: Sequence[Path], case: str) -> Iterator[None]:
    """Let the processes that watch these folders sample meanwhile."""
    for folder in folders:
        (folder / _SIGN).write_text(case)
    try:
        yield
    finally:
        for folder in folders:
            (folder / _SIGN).unlink()


class _Tally:
    def __init__(self) -> None:
        self.threads: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()
        self._used = {thread.native_id: _nanoseconds(thread.native_id) for thread in threading.enumerate()}

    def look(self) -> None:
        frames = sys._current_frames()
        for thread in threading.enumerate():
            used = _nanoseconds(thread.native_id)
            spent = used - self._used.get(thread.native_id, 0)
            self._used[thread.native_id] = used
            frame = frames.get(thread.ident or 0)
            if spent > 0 and frame is not None and thread is not threading.current_thread():
                self.threads[re.sub(r"_\d+$", "", thread.name)] += spent
                self.lines[_line(frame)] += spent
                self.functions.update(dict.fromkeys(_functions(frame), spent))

    def text(self) -> str:
        everything = sum(self.threads.values()) or 1
        parts = [f"{everything / 1e9:.2f} s of processor in Python's threads"]
        for title, counts in (
            ("threads", self.threads),
            ("functions with what they call", self.functions),
            ("lines by themselves", self.lines),
        ):
            parts += ["", title, *(f"{spent / everything:7.1%}  {name}" for name, spent in counts.most_common(_SHOWN))]
        return "\n".join(parts) + "\n"


def _nanoseconds(native_id: int | None) -> int:
    try:
        return int(Path(f"/proc/self/task/{native_id}/schedstat").read_text().split()[0])
    except OSError:
        return 0


def _functions(frame: FrameType | None) -> set[str]:
    names = set()
    while frame is not None:
        code = frame.f_code
        names.add(f"{_short(code.co_filename)}:{code.co_firstlineno} {code.co_qualname}")
        frame = frame.f_back
    return names


def _line(frame: FrameType) -> str:
    return f"{_short(frame.f_code.co_filename)}:{frame.f_lineno} {frame.f_code.co_qualname}"


def _short(path: str) -> str:
    return re.sub(r"^.*/(?=site-packages/|kontor_|python3)", "", path).removeprefix("site-packages/")


def _watch(folder: Path) -> None:
    sign = folder / _SIGN
    while True:
        time.sleep(0.05)
        if not sign.exists():
            continue
        case, tally = sign.read_text(), _Tally()
        sys.setswitchinterval(_SWITCH_SECONDS)
        while sign.exists():
            time.sleep(_PAUSE_SECONDS)
            tally.look()
        (folder / f"{case}.txt").write_text(tally.text())


if __name__ == "__main__":
    threading.Thread(target=_watch, args=[Path(sys.argv.pop(1))], name="sampler", daemon=True).start()
    from kontor_suite.cli import main

    main()
