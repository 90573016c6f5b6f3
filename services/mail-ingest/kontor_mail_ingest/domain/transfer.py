"""Transfer decoding (RFC 2045 section 6) that never fails: what is broken is decoded as far as it goes."""

import binascii
import contextlib
import io
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
# A soft line break whose line got trailing blanks on its way (RFC 2045 section 6.7, rule 3, has them ignored).
_PADDED_SOFT_BREAK = re.compile(rb"=[ \t]{1,1000}(?=\r?\n)")
_BEGIN_UU = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)
_UU_NAMES = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})


def decode_transfer(data: memoryview, encoding: str) -> bytes:
    """The content. `encoding` is the field as written; unknown ones mean the content is taken as it stands."""
    words = encoding.lower().replace(";", " ").split()
    name = words[0].strip("\"'") if words else ""
    if name == "base64":
        return decode_base64(data)
    if name in ("quoted-printable", "quoted_printable", "qp"):
        return binascii.a2b_qp(_PADDED_SOFT_BREAK.sub(b"=", data))
    if name in _UU_NAMES:
        return _decode_uu(bytes(data))
    return bytes(data)


def decode_base64(data: bytes | memoryview) -> bytes:
    """Foreign characters are passed over, missing padding is supplied; the first padding ends it, whatever text follows
    (mailing lists append their footer there)."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        # Padding is missing, or a character too many is there.
        pass
    letters = _NOT_BASE64.sub(b"", data)
    end = letters.find(b"=")
    if end >= 0:
        letters = letters[:end]
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _decode_uu(data: bytes) -> bytes:
    begin = _BEGIN_UU.search(data)
    if begin is None:
        return data
    decoded = bytearray()
    for ended in io.BytesIO(data[begin.end() :]):
        line = ended.rstrip(b"\r\n")
        # A length without the letters for it makes 45 bytes of 2; an honest file becomes smaller.
        if line.strip() in (b"end", b"`") or len(decoded) > len(data):
            break
        try:
            decoded += binascii.a2b_uu(line)
        except binascii.Error:
            # Some encoders pad the line; its first character says how long it is.
            length = ((line[0] - 32) & 63) if line else 0
            with contextlib.suppress(binascii.Error):
                decoded += binascii.a2b_uu(line[: (length * 4 + 5) // 3])
    return bytes(decoded)
