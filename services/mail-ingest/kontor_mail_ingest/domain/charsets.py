"""Bytes to text where the declared character set is missing, unknown, misspelt or untrue."""

import codecs
import re

from kontor_mail_ingest.domain.japanese import decode_iso_2022_jp

_JAPANESE = "iso2022_jp_ext"
# Names found in real mails that Python's registry lacks, and labels whose superset is what programs really send
# (the WHATWG encoding standard does the same: gb2312 is read as GB 18030, Shift_JIS as Windows-31J, Latin-1 as cp1252).
_READ_AS = {
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "euc_kr": "cp949",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc_5601": "cp949",
    "windows-949": "cp949",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "big5": "big5hkscs",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-utf-7": "utf-7",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "iso2022_jp": _JAPANESE,
    "ansi_x3.110-1983": "cp1252",
}
# In Python's registry, but no character sets of mails; punycode and idna take time that grows with the square of the length.
_NOT_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\([JI])")
_LABEL = re.compile(r"[\s\"'<]*([^\s\"';<>()*]{1,60})")
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def find_codec(label: str) -> str | None:
    """The name of Python's codec for a charset label; None where it is none."""
    match = _LABEL.match(label)
    name = match[1].lower() if match else ""
    # `charset=3Dutf-8`: quoted-printable that was never decoded.
    for candidate in (name, name.removeprefix("3d"), name.replace("_", "-"), name.removeprefix("x-"), name.replace("cp-", "cp")):
        if candidate in _READ_AS:
            return _READ_AS[candidate]
        try:
            info = codecs.lookup(candidate)
        except (LookupError, ValueError, UnicodeError):
            continue
        # `_is_text_encoding` is how bytes.decode itself refuses base64, zlib and rot13.
        if info.name.replace("-", "_") in _NOT_CHARSETS or not getattr(info, "_is_text_encoding", False):
            return None
        return _READ_AS.get(info.name, info.name)
    return None


def decode_text(data: bytes, charset: str | None = None) -> str:
    """Text as declared; where that cannot be, as UTF-8, else as cp1252. Never fails; see `clean` for what is left out."""
    codec = find_codec(charset) if charset else None
    if codec in (None, "utf-8") and _ISO_2022_JP.search(data):
        codec = _JAPANESE
    # ISO-2022-JP has seven bits only; where there are eight, its label was put on another Japanese charset.
    for candidate in dict.fromkeys((codec or "utf-8", "utf-8", *(["euc_jp"] if codec == _JAPANESE else []))):
        text = _decode_mostly(data, candidate)
        if text is not None:
            return clean(text)
    return clean(data.decode("cp1252", "replace"))


def _decode_mostly(data: bytes, codec: str) -> str | None:
    """Decoded where it fits but for a few broken places (a character cut in two, a stray byte); else None."""
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, LookupError):
        pass
    if codec == _JAPANESE:
        return decode_iso_2022_jp(data) if data.isascii() else None
    try:
        text = data.decode(codec, "replace")
    except (UnicodeError, ValueError, LookupError):
        return None
    broken = text.count("\ufffd")
    unusual = len(text) - len(text.encode("ascii", "ignore"))
    return text if broken * 4 <= unusual else None


def clean(text: str) -> str:
    """Without control characters, lone surrogates and byte order marks at the ends; line ends as LF."""
    if _SURROGATE.search(text):
        # UTF-7 and UTF-16 can smuggle surrogates in; pairs become the character that they mean.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text)).removeprefix("\ufeff")


def is_known(charset: str) -> bool:
    """Whether the label names a character set that we can read."""
    return find_codec(charset) is not None
