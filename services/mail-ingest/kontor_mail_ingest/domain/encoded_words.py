"""Header text: raw bytes, and encoded words (RFC 2047) in all the ways in which programs get them wrong."""

import binascii
import re

from kontor_mail_ingest.domain.charsets import decode_text, find_codec
from kontor_mail_ingest.domain.transfer import decode_base64

# More lenient than RFC 2047 section 2: blanks and single question marks inside, any length up to 4,000, no blank around it.
# The bound keeps the search linear on `=?a?q?=?a?q?…`.
ENCODED_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?((?:[^?]|\?(?!=)){0,4000})\?=")


def decode_header_bytes(value: bytes) -> str:
    """A raw field value: ASCII, else UTF-8 (RFC 6532), else cp1252. Encoded words stay encoded."""
    return decode_text(value)


def decode_words(text: str) -> str:
    """Encoded words replaced by what they mean, white space collapsed.

    Neighbouring words of one charset are joined before decoding, since many programs cut characters in two.
    """
    pieces: list[str] = []
    charset, waiting = "", b""
    position = 0
    for word in ENCODED_WORD.finditer(text):
        between = text[position : word.start()]
        same = charset == word[1].lower() and not between.strip()
        if not same:
            pieces.append(decode_text(waiting, charset) if waiting else "")
            charset, waiting = word[1].lower(), b""
        # RFC 2047 section 6.2: white space between two encoded words is not part of the text.
        if between.strip() or position == 0:
            pieces.append(between)
        waiting += _decode_word(word[2], word[3], charset)
        position = word.end()
    if waiting:
        pieces.append(decode_text(waiting, charset))
    pieces.append(text[position:])
    return " ".join("".join(pieces).split())


def _decode_word(encoding: str, content: str, charset: str) -> bytes:
    # Letters that should have been encoded are put into the charset of the word, and so come out of it unchanged.
    data = content.encode("ascii" if content.isascii() else find_codec(charset) or "utf-8", "replace")
    if encoding in "bB":
        return decode_base64(data)
    return binascii.a2b_qp(data, header=True)
