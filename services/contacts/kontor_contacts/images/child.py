"""The process that reads one picture: bytes on standard input, the pictures made of it on standard output (see pictures.py).

Ends with status 3 where the bytes are no picture that we take, and is killed by its limits where they cost too much.
"""

import io
import re
import resource
import struct
import sys
import zipfile
from typing import cast

from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")
# A file that is something else as well is no picture: browsers and programs may believe the other half.
_FOREIGN = (b"<script", b"<html", b"<?php", b"<svg", b"%pdf-")
# Programs that guess what a file is look at its first bytes only: there such a mark alone is enough.
_HEAD = 2048
# Anywhere else (behind the picture, in comments) text goes on after it, so far or to the end of the file. Compressed pixels hold the
# four bytes of the shortest mark by chance, in one of a hundred large photos.
_TEXT_AFTER = re.compile(rb"[\t\n\r -~]{12}|[\t\n\r -~]*\Z")
# Of gray of 16 bits: the same of 8 bits.
_LIGHTNESS = [round(value / 257) for value in range(65_536)]
# Of gray of other kinds: what is usual for white.
_WHITES = {"I": (255, 65_535, 2**31 - 1), "F": (1, 255, 65_535)}
_QUALITY = 85
NO_PICTURE = 3


def made(content: bytes, sizes: list[int], max_pixels: int) -> list[bytes]:
    """JPEGs without any metadata: for each size a square of so many pixels, cut from the middle. Raises ValueError."""
    _refuse_polyglot(content)
    Image.MAX_IMAGE_PIXELS = max_pixels
    register_heif_opener()
    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        # Checked here as well: Pillow itself only warns up to twice its limit.
        if picture.width * picture.height > max_pixels:
            raise ValueError("too many pixels")
        picture.draft("RGB", (max(sizes) * 2, max(sizes) * 2))
        upright = _on_white(ImageOps.exif_transpose(picture))
    return [_jpeg(ImageOps.fit(upright, (size, size), Image.Resampling.LANCZOS)) for size in sizes]


def _refuse_polyglot(content: bytes) -> None:
    lowered = content.lower()
    marks = any(mark in lowered[:_HEAD] or _is_followed_by_text(lowered, mark) for mark in _FOREIGN)
    if marks or zipfile.is_zipfile(io.BytesIO(content)):
        raise ValueError("also something else than a picture")


def _is_followed_by_text(content: bytes, mark: bytes) -> bool:
    return any(_TEXT_AFTER.match(content, found.end()) for found in re.finditer(re.escape(mark), content))


def _on_white(picture: Image.Image) -> Image.Image:
    picture = _of_8_bits(picture)
    if picture.mode in ("RGB", "L"):
        return picture.convert("RGB")
    with_alpha = picture.convert("RGBA")
    ground = Image.new("RGBA", with_alpha.size, "white")
    return Image.alpha_composite(ground, with_alpha).convert("RGB")


def _of_8_bits(picture: Image.Image) -> Image.Image:
    """Gray of 16 or 32 bits, or of fractions, as gray of 8 bits: Pillow's own conversion would only cut off what is above 255.

    No file says what its white is. One of 16 bits has the whole range; of the others the smallest usual one that holds what is there is
    taken, else the lightest pixel for white. What is below black is black."""
    if picture.mode.startswith("I;16"):
        return picture.convert("I").point(_LIGHTNESS, "L")
    if picture.mode not in ("I", "F"):
        return picture
    # Of one band: a pair of numbers.
    most = cast(tuple[float, float], picture.getextrema())[1]
    white = next((white for white in _WHITES[picture.mode] if most <= white), most)
    return picture.convert("F").point(lambda value: value * (255 / white) + 0.5).convert("L")


def _jpeg(picture: Image.Image) -> bytes:
    # What the decoder found beside the pixels (EXIF, ICC, comments) would be written along.
    picture.info.clear()
    output = io.BytesIO()
    picture.save(output, "JPEG", quality=_QUALITY, optimize=True)
    return output.getvalue()


def main() -> None:
    memory, seconds, max_pixels, *sizes = (int(argument) for argument in sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        pictures = made(sys.stdin.buffer.read(), sizes, max_pixels)
    except Exception:
        sys.exit(NO_PICTURE)
    for picture in pictures:
        sys.stdout.buffer.write(struct.pack(">I", len(picture)) + picture)


if __name__ == "__main__":
    main()
