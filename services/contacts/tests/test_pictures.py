"""Photos come in many formats and from anybody (B1, S6)."""

import io
import math
import struct
import zipfile
import zlib
from typing import cast

import pytest
from PIL import Image
from pillow_heif import from_pillow

from kontor_chassis.errors import InvalidArgument
from kontor_contacts.images.pictures import MAX_BYTES, squares


def encoded(form: str, size: tuple[int, int] = (300, 200), mode: str = "RGB", **options: object) -> bytes:
    output = io.BytesIO()
    Image.new(mode, size, "red").save(output, form, **options)
    return output.getvalue()


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize(
    "content",
    [
        *(encoded(form) for form in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")),
        encoded("PNG", mode="RGBA"),
        encoded("PNG", mode="P"),
        encoded("PNG", mode="1"),
        encoded("TIFF", mode="CMYK"),
        encoded("PNG", size=(1, 1)),
        encoded("JPEG", size=(6000, 4000)),
    ],
)
def test_common_formats_become_square_jpegs(content: bytes) -> None:
    small, large = squares(content, [64, 256], field="photo")
    assert [opened(picture).size for picture in (small, large)] == [(64, 64), (256, 256)]
    assert opened(small).format == "JPEG"


def test_a_photo_of_an_apple_phone_is_read() -> None:
    output = io.BytesIO()
    from_pillow(Image.new("RGB", (300, 200), "red")).save(output)
    assert opened(squares(output.getvalue(), [64], field="photo")[0]).size == (64, 64)


def test_what_is_transparent_stands_on_white() -> None:
    output = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(output, "PNG")
    assert opened(squares(output.getvalue(), [8], field="photo")[0]).getpixel((4, 4)) == (255, 255, 255)


def gray(mode: str, value: float, form: str) -> bytes:
    output = io.BytesIO()
    Image.new(mode, (10, 10), value).save(output, form)
    return output.getvalue()


@pytest.mark.parametrize(
    ("content", "lightness"),
    [
        (gray("I;16", 40_000, "PNG"), 156),
        (gray("I;16", 65_535, "PNG"), 255),
        (gray("I;16", 200, "PNG"), 1),
        (gray("I;16", 40_000, "TIFF"), 156),
        (gray("I;16B", 40_000, "TIFF"), 156),
        (gray("I", 40_000, "TIFF"), 156),
        (gray("I", 100, "TIFF"), 100),
        (gray("I", 2**30, "TIFF"), 128),
        (gray("I", -5, "TIFF"), 0),
        (gray("F", 0.5, "TIFF"), 128),
        (gray("F", 100.0, "TIFF"), 100),
        (gray("F", 40_000.0, "TIFF"), 156),
        (gray("F", 1e30, "TIFF"), 255),
        (gray("F", -1.0, "TIFF"), 0),
        (gray("F", math.nan, "TIFF"), 0),
    ],
)
def test_gray_of_more_than_8_bits_keeps_its_lightness(content: bytes, lightness: int) -> None:
    assert opened(squares(content, [8], field="photo")[0]).getpixel((4, 4)) == (lightness,) * 3


def test_a_large_picture_of_16_bits_is_read() -> None:
    content = encoded_gray((9000, 6000))
    assert opened(squares(content, [8], field="photo")[0]).getpixel((4, 4)) == (156,) * 3


def encoded_gray(size: tuple[int, int]) -> bytes:
    output = io.BytesIO()
    Image.new("I;16", size, 40_000).save(output, "PNG", compress_level=1)
    return output.getvalue()


def test_a_picture_is_turned_upright_and_loses_its_metadata() -> None:
    picture = Image.new("RGB", (100, 100), "white")
    picture.paste("red", (0, 0, 50, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # To be turned by 90° clockwise: left becomes top.
    exif[0x010E] = "taken at home"
    output = io.BytesIO()
    picture.save(output, "JPEG", exif=exif, comment=b"secret place", quality=95)
    [made] = squares(output.getvalue(), [100], field="photo")
    assert b"secret" not in made
    assert b"taken at home" not in made
    assert not opened(made).getexif()
    top, bottom = (cast(tuple[int, int, int], opened(made).getpixel((50, height))) for height in (10, 90))
    assert top[1] < 60
    assert bottom[1] > 200


def bomb() -> bytes:
    """A PNG of a few hundred KB that says 50,000 × 50,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10_000_000), 9)) + chunk(b"IEND", b"")


def with_archive(picture: bytes) -> bytes:
    output = io.BytesIO(picture)
    output.seek(0, io.SEEK_END)
    with zipfile.ZipFile(output, "a") as archive:
        archive.writestr("run.sh", "rm -rf /")
    return output.getvalue()


def commented(comment: bytes, *, after: int) -> bytes:
    """A JPEG with these bytes in a comment, so many bytes from its beginning."""
    content = encoded("JPEG")
    padding = b"\xff\xfe" + struct.pack(">H", 2 + after) + b"\x80" * after if after else b""
    return content[:2] + padding + b"\xff\xfe" + struct.pack(">H", 2 + len(comment)) + comment + content[2:]


@pytest.mark.parametrize("mark", [b"<svg", b"<SvG", b"<html", b"<?php", b"%PDF-"])
def test_a_photo_whose_pixels_spell_something_by_chance_is_taken(mark: bytes) -> None:
    chance = commented(b"\x9c\x03" + mark + b"a1\xe4z" + b"\x91\x00", after=50_000)
    assert opened(squares(chance, [8], field="photo")[0]).size == (8, 8)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"%PDF-1.4",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded("JPEG")[:200],
        bomb(),
        encoded("JPEG") + b"<script>alert(1)</script>",
        encoded("GIF", comment=b"<SCRIPT>alert(1)</SCRIPT>"),
        encoded("PNG") + b"<?php system($_GET['c']); ?>",
        encoded("PNG") + b"<?php x",
        encoded("JPEG", size=(2000, 2000)) + bytes(10_000) + b"<ScRipt>" + b"\n",
        encoded("JPEG", size=(2000, 2000)) + b"<SVG onload=alert(1)>" + bytes(100_000),
        commented(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", after=50_000),
        commented(b"\xff<svg\xff", after=0),
        with_archive(encoded("JPEG")),
        b"x" * (MAX_BYTES + 1),
    ],
    ids=[
        "empty",
        "text",
        "pdf",
        "svg",
        "cut off",
        "bomb",
        "jpeg and html",
        "gif and script",
        "png and php",
        "png and a little php",
        "jpeg and html far behind",
        "jpeg and svg, and more",
        "jpeg around svg",
        "jpeg with svg in its head",
        "jpeg and zip",
        "large",
    ],
)
def test_what_is_no_picture_or_more_than_one_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        squares(content, [64], field="photo")
    assert refusal.value.violations[0].field == "photo"
