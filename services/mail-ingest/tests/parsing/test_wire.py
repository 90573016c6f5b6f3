"""Answers pass the pipe unchanged, and nothing else does."""

import os
import pickle
from datetime import UTC, datetime

import pytest

from kontor_mail_ingest.domain.messages import Attachment, Mailbox, ParsedMail, Problem, Unreadable, UnreadableReason
from kontor_mail_ingest.domain.mime import read_mail
from kontor_mail_ingest.parsing.wire import Answer, dump, load


class Command:
    """What a reading process might send once a mail has taken it over."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("exit 1",)


MAIL = read_mail(
    b"From: a@example.com\nDate: Wed, 1 Jan 2020 10:00:00 +0100\nContent-Type: multipart/mixed; boundary=x\n\n"
    b"--x\nContent-Type: text/html\n\n<p>x\n--x\nContent-Type: message/rfc822\n\nSubject: y\n\nz\n"
    b"--x\nContent-Type: a/b; name=c\n\n\0\xff\n--x\nContent-Type: message/delivery-status\n\nz\n--x--\n"
)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(None),
        Answer(MAIL),
        Answer(ParsedMail(send_time=datetime(2020, 1, 1, tzinfo=UTC), problems=(Problem("a", "b"),), to_mailboxes=(Mailbox("", "a@b"),))),
        Answer(ParsedMail(attachments=(Attachment(filename=None, media_type="a/b", content=bytes(1_000_000)),)), last=True),
        *(Answer(Unreadable(reason), "ValueError in f, line 1") for reason in UnreadableReason),
    ],
)
def test_an_answer_arrives_as_it_was_sent(answer: Answer) -> None:
    assert load(dump(answer)) == answer


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"junk",
        dump(Answer(MAIL))[:-10],
        pickle.dumps(Command()),
        pickle.dumps(Answer(Command())),  # type: ignore[arg-type]
        pickle.dumps(Answer(ParsedMail(text=Command()))),  # type: ignore[arg-type]
        pickle.dumps("text"),
        pickle.dumps(Answer("text")),  # type: ignore[arg-type]
        pickle.dumps(os.getcwd),
        b"cos\nsystem\n(S'exit 1'\ntR.",
    ],
)
def test_what_is_no_answer_is_refused_and_runs_nothing(content: bytes) -> None:
    with pytest.raises(ValueError, match="not an answer"):
        load(content)
