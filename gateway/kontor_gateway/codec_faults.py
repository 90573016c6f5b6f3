"""What is wrong with a JSON value, collected from the inside out."""

from collections.abc import Iterable

# A body can be wrong in a hundred thousand places; the first ones are enough to mend it.
MAX_FAULTS = 50
_MAX_NAME = 100


class Refused(Exception):
    """Raised by readers and turned into InvalidArgument by `codec.read`. Paths are relative to the value that was read."""

    def __init__(self, message: str, *, faults: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.faults = list(faults) or [("", message)]

    def below(self, step: str) -> list[tuple[str, str]]:
        """The same faults as seen from the object (`step` a key) or the list (`step` an index, `[0]`) around the value."""
        return [(join(step, path), message) for path, message in self.faults]


def join(step: str, path: str) -> str:
    """`emails` and `[0].address` make `emails[0].address`."""
    return f"{step}.{path}" if path and path[0] != "[" else step + path


def shortened(name: str) -> str:
    """A name from outside, as it may stand in an answer."""
    return name if len(name) <= _MAX_NAME else name[:_MAX_NAME] + "…"
