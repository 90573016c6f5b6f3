"""Reading a picture that somebody uploaded."""

import struct
import subprocess
import sys
from collections.abc import Sequence

from kontor_chassis.errors import Unavailable, invalid

MAX_BYTES = 10 * 1024 * 1024
_MAX_PIXELS = 60_000_000
_MEMORY = 1024 * 1024 * 1024
_CPU_SECONDS = 5
_WALL_SECONDS = 20
_NO_PICTURE = "is not a picture that can be used (JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP of at most 60 megapixels)"


def squares(content: bytes, sizes: Sequence[int], *, field: str) -> list[bytes]:
    """For each size, in pixels, a square JPEG cut from the middle, upright and without metadata. Blocks: run it in a thread.

    Raises InvalidArgument naming `field` where it is no picture, too large, or a file of another kind at the same time; Unavailable
    where the machine does not let us read it now.
    """
    if len(content) > MAX_BYTES:
        raise invalid(field, f"must have at most {MAX_BYTES} bytes")
    arguments = [str(value) for value in (_MEMORY, _CPU_SECONDS, _MAX_PIXELS, *sizes)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module with numbers
            [sys.executable, "-I", "-m", "kontor_contacts.images.child", *arguments],
            input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_WALL_SECONDS, check=False, env={}, cwd="/",
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise invalid(field, _NO_PICTURE) from error
    except OSError as error:
        raise Unavailable("the picture cannot be read right now") from error
    if done.returncode != 0:
        raise invalid(field, _NO_PICTURE)
    return _split(done.stdout)


def _split(output: bytes) -> list[bytes]:
    pictures = []
    while output:
        (length,) = struct.unpack_from(">I", output)
        pictures.append(output[4 : 4 + length])
        output = output[4 + length :]
    return pictures
