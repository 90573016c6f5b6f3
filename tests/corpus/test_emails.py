"""Real mails: every fact of the manifest is found in them (FEATURES E8, E9), and broken copies of them do no harm.

Facts are compared as the manifest's `how_to_compare` says.
"""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kontor_mail_ingest.domain.messages import Mailbox, ParsedMail, Unreadable
from kontor_mail_ingest.domain.mime import read_mail
from kontor_mail_ingest.parsing.pool import ParserPool

Entry = dict[str, Any]


def collapse(text: str) -> str:
    return " ".join(re.sub("[\u00a0\u200b\ufeff]", " ", text).split())


def read(corpus: Path, entry: Entry) -> ParsedMail:
    mail = read_mail((corpus / entry["file"]).read_bytes())
    assert isinstance(mail, ParsedMail)
    return mail


def named(mailboxes: Sequence[Mailbox]) -> list[tuple[str, str]]:
    return [(mailbox.address.lower(), collapse(mailbox.name)) for mailbox in mailboxes]


def expected(mailboxes: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    return [(mailbox["address"].lower(), collapse(mailbox["name"])) for mailbox in mailboxes]


def test_the_bytes_are_those_that_the_facts_were_found_in(corpus: Path, email_entry: Entry) -> None:
    assert hashlib.sha256((corpus / email_entry["file"]).read_bytes()).hexdigest() == email_entry["sha256"]


def test_senders_and_recipients_are_found_in_order_with_their_names(corpus: Path, email_entry: Entry) -> None:
    mail, facts = read(corpus, email_entry), email_entry["expect"]
    assert named(mail.from_mailboxes) == expected(facts["from"])
    assert named(mail.to_mailboxes) == expected(facts["to"])
    assert named(mail.cc_mailboxes) == expected(facts["cc"])


def test_text_without_an_address_is_no_recipient_but_is_told(corpus: Path, email_entry: Entry) -> None:
    mail = read(corpus, email_entry)
    told = [(ignored.header, collapse(ignored.text)) for ignored in mail.ignored_recipients]
    assert told == [(ignored["header"], ignored["text"]) for ignored in email_entry["expect"].get("ignored_recipients", [])]


def test_the_subject_is_decoded(corpus: Path, email_entry: Entry) -> None:
    subject, facts = read(corpus, email_entry).subject, email_entry["expect"]
    if "subject" in facts:
        assert subject == collapse(facts["subject"])
    if "subject_prefix" in facts:
        assert subject.startswith(collapse(facts["subject_prefix"]))


def test_the_date_is_read_in_utc_or_is_none(corpus: Path, email_entry: Entry) -> None:
    date = email_entry["expect"]["date_utc"]
    assert read(corpus, email_entry).send_time == (datetime.fromisoformat(date) if date else None)


def test_ids_come_without_brackets(corpus: Path, email_entry: Entry) -> None:
    mail, facts = read(corpus, email_entry), email_entry["expect"]
    assert mail.message_id == facts["message_id"]
    assert mail.in_reply_to == facts["in_reply_to"]


def test_the_readable_text_begins_as_people_see_it(corpus: Path, email_entry: Entry) -> None:
    mail, facts = read(corpus, email_entry), email_entry["expect"]
    assert collapse(mail.text).startswith(collapse(facts.get("text_starts_with", "")))
    if facts["body_kind"] == "none":
        assert mail.text == ""


def test_attachments_are_all_there_and_nothing_else_is(corpus: Path, email_entry: Entry) -> None:
    mail, facts = read(corpus, email_entry), email_entry["expect"]
    left = list(mail.attachments)
    for wanted in facts["attachments"]:
        fitting = [
            attachment
            for attachment in left
            if attachment.filename == wanted["filename"]
            and attachment.media_type == wanted.get("type", attachment.media_type)
            and attachment.size == wanted.get("size", attachment.size)
        ]
        assert fitting, (wanted, left)
        left.remove(fitting[0])
    assert left == []


def test_attached_messages_are_counted(corpus: Path, email_entry: Entry) -> None:
    mail, facts = read(corpus, email_entry), email_entry["expect"]
    assert len(mail.attached_messages) == facts.get("attached_messages", len(mail.attached_messages))


def test_machines_and_lists_are_recognised(corpus: Path, email_entry: Entry) -> None:
    automation, facts = read(corpus, email_entry).automation, email_entry["expect"]
    assert automation.auto_submitted == facts.get("auto_submitted", automation.auto_submitted)
    assert automation.report or not facts.get("is_report", False)
    assert automation.mailing_list or not facts.get("is_list", False)


async def test_the_child_process_reads_all_of_them_just_so(corpus: Path) -> None:
    raws = [path.read_bytes() for path in sorted((corpus / "emails").glob("*.eml"))]
    pool = ParserPool()
    try:
        assert [await pool.parse(raw) for raw in raws] == [read_mail(raw) for raw in raws]
    finally:
        await pool.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_broken_copy_is_read_or_refused_and_its_text_can_be_stored(corpus: Path, seed: int) -> None:
    chance = random.Random(seed)
    paths = sorted((corpus / "emails").glob("*.eml"))
    mail = read_mail(mutate(chance.choice(paths).read_bytes(), chance.choice(paths).read_bytes(), chance))
    assert isinstance(mail, ParsedMail | Unreadable)
    for text in texts_in(mail):
        text.encode("utf-8")
        assert "\0" not in text


def mutate(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    """A few of the accidents that befall mails: bytes changed, cut out, doubled, spliced with another mail, line ends mangled."""
    data = bytearray(raw)
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.randint(0, 200))
        kind = chance.randrange(7)
        if kind == 0:
            data[start:end] = b""
        elif kind == 1:
            data[start:start] = data[start:end] * chance.randint(1, 20)
        elif kind == 2:
            data[start:end] = chance.randbytes(end - start)
        elif kind == 3:
            data[start:start] = chance.choice(
                [b"\0", b"\r", b"\n", b"\r\n\r\n", b"=?utf-8?b?", b"--", b'"', b"<", b"(", b";", b"\xff", b"\x1b$B"]
            )
        elif kind == 4:
            begin = chance.randrange(len(other) + 1)
            data[start:end] = other[begin : begin + chance.randint(0, 2000)]
        elif kind == 5:
            data = bytearray(bytes(data).replace(*chance.choice([(b"\r\n", b"\n"), (b"\n", b"\r"), (b"\n", b"\r\n"), (b" ", b"\t")])))
        elif data:
            data[min(start, len(data) - 1)] ^= 1 << chance.randrange(8)
    return bytes(data)


def texts_in(value: object) -> list[str]:
    """Every text in a value and in the values inside it."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for member in value for text in texts_in(member)]
    if is_dataclass(value) and not isinstance(value, type):
        return [text for field in fields(value) for text in texts_in(getattr(value, field.name))]
    return []


def test_mutations_are_various_and_repeatable() -> None:
    raw = b"From: a@example.com\n\nHello" * 10
    results = Counter(mutate(raw, raw, random.Random(seed)) for seed in range(50))
    assert len(results) > 40
    assert mutate(raw, raw, random.Random(7)) == mutate(raw, raw, random.Random(7))
