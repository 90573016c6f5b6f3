"""ISO-2022-JP as Windows programs write it: with the characters that NEC and IBM added (①, ㈱, 髙), which Python's codec lacks."""

import re

_ESCAPE = re.compile(rb"\x1b(\([BJI]|\$[@B]|\$\([D])")


def decode_iso_2022_jp(data: bytes) -> str:
    """By way of Windows-31J, which has them (the arithmetic of JIS X 0208 annex 1). Never fails."""
    pieces = _ESCAPE.split(data)
    shifted = [pieces[0]]
    for escape, content in zip(pieces[1::2], pieces[2::2], strict=True):
        if escape in (b"$@", b"$B"):
            shifted.append(_shift(content))
        elif escape == b"(I":
            shifted.append(bytes(byte | 0x80 for byte in content))
        else:
            shifted.append(content)
    return b"".join(shifted).decode("cp932", "replace")


def _shift(content: bytes) -> bytes:
    """Pairs of seven-bit bytes to Shift_JIS. Line ends inside, where programs forgot to switch back, stay."""
    shifted = bytearray()
    position = 0
    while position < len(content):
        first, second = content[position], content[position + 1] if position + 1 < len(content) else 0
        if not (0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E):
            shifted.append(first)
            position += 1
            continue
        row = (first - 0x21) // 2
        shifted.append(row + (0x81 if row < 0x1F else 0xC1))
        shifted.append(second + (0x1F if second < 0x60 else 0x20) if first % 2 else second + 0x7E)
        position += 2
    return bytes(shifted)
