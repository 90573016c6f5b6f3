"""Photos of people: the sizes in which they are kept, and where."""

from datetime import timedelta

from kontor_chassis.errors import invalid

# Pixels of each side: in lists, beside a name, as large as anybody shows it (two pixels for one on fine screens).
SIZES = (64, 256, 512)
DEFAULT_SIZE = 256
# An upload that takes longer has died, or must not be finished any more.
UPLOAD_TIME = timedelta(minutes=30)
# Until a photo that is no longer shown is removed; whoever is just loading it gets it whole.
LINGERING = timedelta(minutes=5)


def checked_size(size: int) -> int:
    """Raises InvalidArgument naming size."""
    if size not in (0, *SIZES):
        raise invalid("size", f"must be one of {', '.join(map(str, SIZES))}")
    return size or DEFAULT_SIZE


def blob_key(account_id: str, photo_id: str, size: int) -> str:
    return f"photos/{account_id}/{photo_id}/{size}"
