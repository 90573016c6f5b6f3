"""Address fields (RFC 5322 section 3.4, its obsolete forms in 4.4, and what programs really write).

Written by hand because the readers at hand take minutes for long fields, or lose addresses; this one looks at every
character once. Where a form is broken, the address is what counts, and all other text becomes the name.
"""

import re
from dataclasses import dataclass, field

from kontor_mail_ingest.domain.encoded_words import ENCODED_WORD, decode_words
from kontor_mail_ingest.domain.messages import Mailbox

MOST_ADDRESSES = 500
_LONGEST_ADDRESS = 320
# With comments and blanks inside.
_LONGEST_ANGLE = 2_000
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ANGLE = re.compile(r"<([^<>]*)(>?)")
_PLAIN = re.compile(r'[^",;:<>()=]+')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ADDRESS = re.compile(r'(?:[^\s@"(),:;<>\\]+|"(?:[^"\\]|\\.)*")@(?:[^\s@"(),:;<>\[\]\\]+|\[[^\s\[\]]+\])')
_AROUND_DOT = re.compile(r" ?([.@]) ?")
# `jdoe@test   . example` (RFC 5322 appendix A.6.3); a dot that follows a blank never ends an abbreviation in a name.
_LOOSE_DOT = re.compile(r" ([.@]) ?|@ ")
_LOCAL_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"@[^\s",;:<>()]+')
_WORDS_ONLY = re.compile(rf"(?:\s*{ENCODED_WORD.pattern})+\s*")


@dataclass(frozen=True)
class AddressField:
    """What an address field holds: mailboxes, and texts without any address in them, both in order."""

    mailboxes: tuple[Mailbox, ...]
    ignored: tuple[str, ...]


@dataclass
class _Entry:
    """One member of the list while it is being read."""

    phrase: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None
    has_at: bool = False

    def add(self, text: str) -> None:
        self.phrase.append(text)
        self.has_at = self.has_at or "@" in text


def parse_address_field(text: str, *, most: int = MOST_ADDRESSES) -> AddressField | None:
    """Read a field whose encoded words are still encoded; None where it has more than `most` members."""
    return _Reader(text, most).read()


class _Reader:
    def __init__(self, text: str, most: int) -> None:
        self._text = text
        self._most = most
        self._entry = _Entry()
        self._mailboxes: list[Mailbox] = []
        self._ignored: list[str] = []
        # Without a semicolon there are no groups, and a colon is part of a name: `Fwd: Anna <anna@…>`.
        self._groups = ";" in text
        self._group_name = ""
        self._group_size = 0
        # Each is switched off once it is known that nothing closes it up to the end.
        self._quotes = True
        self._parentheses = True

    def read(self) -> AddressField | None:
        position = 0
        while position < len(self._text):
            position = self._step(position)
            if self._too_many():
                return None
        self._finish()
        self._end_group()
        return None if self._too_many() else AddressField(tuple(self._mailboxes), tuple(self._ignored))

    def _too_many(self) -> bool:
        return len(self._mailboxes) + len(self._ignored) > self._most

    def _step(self, position: int) -> int:
        """Take what begins at `position`; answers where the next begins."""
        text, entry = self._text, self._entry
        char = text[position]
        if char in ",;":
            self._finish()
            if char == ";":
                self._end_group()
        elif char == ":" and self._groups and entry.angle is None and not entry.has_at:
            self._group_name, self._group_size = decode_words("".join(entry.phrase)), 0
            self._entry = _Entry()
        elif char == "<":
            angle = _ANGLE.match(text, position)
            content = angle[1] if angle else ""
            if angle and not angle[2]:
                # Never closed: it ends where the list goes on.
                content = re.split("[,;]", content, maxsplit=1)[0]
            if entry.angle is None or not _address_in(entry.angle):
                entry.angle = content[:_LONGEST_ANGLE]
            return position + 1 + len(content) + (1 if angle and angle[2] else 0)
        elif char == '"' and self._quotes:
            return self._quoted(position)
        elif char == "(" and self._parentheses:
            return self._comment(position)
        elif char == "=" and (word := ENCODED_WORD.match(text, position)):
            entry.add(word[0])
            return word.end()
        elif run := _PLAIN.match(text, position):
            entry.add(run[0])
            return run.end()
        elif char != '"':
            entry.add(char)
        return position + 1

    def _quoted(self, position: int) -> int:
        if local := _LOCAL_QUOTED.match(self._text, position):
            self._entry.add(local[0])
            return local.end()
        quoted = _QUOTED.match(self._text, position)
        if quoted is None:
            self._quotes = False
            return position + 1
        self._entry.add(" " + _ESCAPED.sub(r"\1", quoted[1]) + " ")
        return quoted.end()

    def _comment(self, position: int) -> int:
        end = _comment_end(self._text, position)
        if end is None:
            self._parentheses = False
            self._entry.add("(")
            return position + 1
        self._entry.comments.append(self._text[position + 1 : end - 1])
        return end

    def _finish(self) -> None:
        entry = self._entry
        if not entry.phrase and not entry.comments and entry.angle is None:
            return
        self._entry = _Entry()
        phrase = " ".join("".join(entry.phrase).split())
        comments = decode_words(_ESCAPED.sub(r"\1", " ".join(entry.comments)))
        angle = _address_in(entry.angle) if entry.angle is not None else None
        if angle is not None:
            self._add(decode_words(phrase) or comments, angle)
            return
        # What stands in angle brackets would be the address; a name that looks like one does not replace it.
        address, rest = _bare_address(phrase) if not (entry.angle or "").strip() else (None, phrase)
        if address is None and _WORDS_ONLY.fullmatch(phrase):
            # Programs that encode the whole member, address and all, which RFC 2047 section 5 forbids.
            inner = parse_address_field(decode_words(phrase), most=1) if "=?" not in decode_words(phrase) else None
            if inner and inner.mailboxes:
                self._add(inner.mailboxes[0].name, inner.mailboxes[0].address)
                return
        if address is not None:
            self._add(decode_words(rest) or comments, address)
        elif text := decode_words(phrase) or comments or " ".join((entry.angle or "").split()):
            self._ignored.append(text)
            self._group_size += 1

    def _add(self, name: str, address: str) -> None:
        # Many programs repeat the address where they know no name.
        repeated = name.strip("'\"<> ").lower() == address.lower()
        self._mailboxes.append(Mailbox("" if repeated else name, address))
        self._group_size += 1

    def _end_group(self) -> None:
        if self._group_name and not self._group_size:
            self._ignored.append(self._group_name)
        self._group_name = ""


def _address_in(content: str) -> str | None:
    """The address between angle brackets: without comments, blanks, `mailto:` and the source route of RFC 821."""
    text = _without_comments(content) if "(" in content else content
    text = " ".join(text.split())
    if " " in text and '"' not in text:
        # The obsolete syntax allows blanks around dots and at-signs; elsewhere they part an address from other words.
        words = _AROUND_DOT.sub(r"\1", text).split(" ")
        text = next((word for word in reversed(words) if "@" in word), text)
    if text.startswith("@") and ":" in text:
        text = text.partition(":")[2]
    if text[:7].lower() == "mailto:":
        text = text[7:]
    return _valid(text)


def _bare_address(phrase: str) -> tuple[str | None, str]:
    """The first address in a member without angle brackets, and the text around it."""
    if "@" not in phrase:
        return None, phrase
    if (address := _valid(phrase)) is not None:
        return address, ""
    words = _LOOSE_DOT.sub(lambda match: match[1] or "@", phrase).split(" ")
    for index, word in enumerate(words):
        bare = word.strip("'\"<>()[]{}")
        bare = bare[7:] if bare[:7].lower() == "mailto:" else bare
        address = _valid(bare) or _valid(word)
        if address is not None:
            return address, " ".join(words[:index] + words[index + 1 :])
    return None, phrase


def _valid(text: str) -> str | None:
    address = text.rstrip(".")
    return address if len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address) else None


def _without_comments(text: str) -> str:
    kept, position = [], 0
    while position < len(text):
        opening = text.find("(", position)
        end = _comment_end(text, opening) if opening >= 0 else None
        if end is None:
            kept.append(text[position:])
            break
        kept.append(text[position:opening])
        position = end
    return "".join(kept)


def _comment_end(text: str, start: int) -> int | None:
    """Where the comment that opens at `start` is over, nested ones included; None where nothing closes it."""
    depth, position = 0, start
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    return None
