"""From a block of header fields to what they mean: addresses, subject, ids, date."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from kontor_mail_ingest.domain.encoded_words import decode_words
from kontor_mail_ingest.domain.header_block import HeaderBlock
from kontor_mail_ingest.domain.mailboxes import AddressField, parse_address_field
from kontor_mail_ingest.domain.messages import IgnoredRecipient, MailHeaders, Problem, Unreadable, UnreadableReason

_SUBJECT_LIMIT = 2_000
_ID_LIMIT = 1_000
_MOST_REFERENCES = 1_000
_BRACKETED = re.compile(r"<([^<>]*)>")
_ADDRESS_FIELDS = ("from", "to", "cc", "reply-to")
_ONCE = ("from", "subject", "date", "message-id", "in-reply-to", "references")
_LONGEST_DATE = 200


def read_fields(block: HeaderBlock) -> tuple[MailHeaders, list[Problem]] | Unreadable:
    """The mail's own fields. To, Cc and Reply-To may come several times, of all others the last one counts."""
    problems = [Problem("repeated_field", name) for name in _ONCE if block.count(name) > 1]
    addresses: dict[str, AddressField] = {}
    for name in _ADDRESS_FIELDS:
        values = [block.last(name)] if name == "from" else block.all(name)
        field = parse_address_field(", ".join(values))
        if field is None:
            return Unreadable(UnreadableReason.TOO_MANY_ADDRESSES)
        addresses[name] = field
    ignored = [IgnoredRecipient(name, text) for name, field in addresses.items() for text in field.ignored]
    send_time = parse_date(block.last("date"))
    if not addresses["from"].mailboxes:
        problems.append(Problem("no_sender"))
    if send_time is None:
        problems.append(Problem("no_date", block.last("date")[:_LONGEST_DATE]))
    headers = MailHeaders(
        from_mailboxes=addresses["from"].mailboxes,
        to_mailboxes=addresses["to"].mailboxes,
        cc_mailboxes=addresses["cc"].mailboxes,
        reply_to_mailboxes=addresses["reply-to"].mailboxes,
        ignored_recipients=tuple(ignored),
        subject=decode_words(block.last("subject"))[:_SUBJECT_LIMIT],
        message_id=parse_message_id(block.last("message-id")),
        in_reply_to=parse_message_id(block.last("in-reply-to")),
        references=parse_references(block.last("references")),
        send_time=send_time,
    )
    return headers, problems


def parse_message_id(value: str) -> str | None:
    """The first id without brackets; also where brackets are missing. White space from folding is dropped."""
    bracketed = _BRACKETED.search(value)
    text = bracketed[1] if bracketed else (value.replace("<", " ").replace(">", " ").split() or [""])[0]
    message_id = "".join(text.split())[:_ID_LIMIT]
    return message_id or None


def parse_references(value: str) -> tuple[str, ...]:
    """All ids, oldest first, each once (RFC 5322 section 3.6.4)."""
    found = _BRACKETED.findall(value) or [word for word in re.split(r"[\s,<>]+", value) if "@" in word]
    ids = ("".join(text.split())[:_ID_LIMIT] for text in found)
    return tuple(dict.fromkeys(text for text in ids if text))[-_MOST_REFERENCES:]


def parse_date(value: str) -> datetime | None:
    """A Date field in UTC; None where it says no possible moment. Without a zone it is taken as UTC."""
    text = value[:_LONGEST_DATE].strip()
    try:
        parts = parsedate_tz(text)
        if parts is None:
            return _parse_iso(text)
        return datetime(*parts[:6], tzinfo=UTC) - timedelta(seconds=parts[9] or 0)
    except (ValueError, OverflowError, TypeError, IndexError, AttributeError):
        return None


def _parse_iso(text: str) -> datetime | None:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
