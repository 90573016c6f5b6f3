"""Structured fields with parameters: Content-Type and Content-Disposition (RFC 2045, RFC 2183, RFC 2231)."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from kontor_mail_ingest.domain.charsets import decode_text
from kontor_mail_ingest.domain.encoded_words import decode_words

# More than any honest part has; RFC 2231 continuations count one each.
_MOST_PARAMETERS = 500
# name = "quoted" | anything up to the next semicolon. Possessive where it could be tried again in vain.
_PARAMETER = re.compile(r'[;\s]*+([^=;\s"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|"?([^;]*))')
_NEXT = re.compile(r"[^;]*;")
# After a closing quote: the end, a semicolon, or a further parameter whose semicolon was forgotten.
_AFTER_QUOTE = re.compile(r"\s*(?=;|$|[^=;\s\"]+=)")
_ESCAPED = re.compile(r"\\(.)")
# RFC 2231: name*, name*0, name*0*.
_EXTENDED_NAME = re.compile(r"(.+?)\*(?:(\d{1,4})(\*?))?")
_CHARSET_PREFIX = re.compile(r"([A-Za-z0-9._:+-]*)'([^']*)'(.*)", re.DOTALL)


@dataclass(frozen=True)
class StructuredValue:
    """`value` and the names of `parameters` are in lower case; parameters are decoded."""

    value: str
    parameters: dict[str, str]

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def parse_structured(text: str) -> StructuredValue:
    """Read `value; name=value; …`. Of a parameter that comes twice the first one counts. Never fails."""
    head = re.match(r"\s*([^;\s]*)", text)
    value = head[1] if head else ""
    if "=" in value:
        # `Content-Disposition: filename=a.txt`: the value itself is missing.
        value, position = "", 0
    else:
        position = len(head[0]) if head else 0
    plain: dict[str, str] = {}
    continued: dict[str, dict[int, tuple[str, bool]]] = {}
    for _ in range(_MOST_PARAMETERS):
        match = _PARAMETER.match(text, position)
        if match is None:
            following = _NEXT.match(text, position)
            if following is None or following.end() == position:
                break
            position = following.end()
            continue
        quoted, bare = match[2], match[3]
        position = match.end()
        content = _ESCAPED.sub(r"\1", quoted) if quoted is not None else bare.strip().removesuffix('"').strip()
        name = match[1].lower()
        extended = _EXTENDED_NAME.fullmatch(name)
        if extended is None:
            plain.setdefault(name, content)
        else:
            number = int(extended[2]) if extended[2] else 0
            encoded = not extended[2] or bool(extended[3])
            continued.setdefault(extended[1], {}).setdefault(number, (content, encoded))
        if quoted is not None:
            # What stands between a closing quote and the next semicolon is nobody's.
            following = _AFTER_QUOTE.match(text, position) or _NEXT.match(text, position)
            position = following.end() if following else len(text)
    parameters = {name: decode_words(content) if "=?" in content else content for name, content in plain.items()}
    for name, pieces in continued.items():
        decoded = _join(pieces)
        if decoded or name not in parameters:
            parameters[name] = decoded
    return StructuredValue(value.strip("\"'").lower(), parameters)


def _join(pieces: dict[int, tuple[str, bool]]) -> str:
    """Continuations in the order of their numbers; the first encoded one names the charset (RFC 2231 section 4.1)."""
    charset = ""
    data = bytearray()
    for number in sorted(pieces):
        content, encoded = pieces[number]
        if encoded and not charset and (prefix := _CHARSET_PREFIX.fullmatch(content)):
            charset, content = prefix[1] or "us-ascii", prefix[3]
        data += unquote_to_bytes(content) if encoded else content.encode("utf-8", "replace")
    text = decode_text(bytes(data), charset or None)
    return decode_words(text) if "=?" in text else text
