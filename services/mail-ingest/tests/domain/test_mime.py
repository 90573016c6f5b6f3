"""Whole mails, written by hand, as people and programs send them (FEATURES E8)."""

import base64
from datetime import UTC, datetime

import pytest

from kontor_mail_ingest.domain.messages import AttachedMessage, Mailbox, ParsedMail, Problem
from kontor_mail_ingest.domain.mime import read_mail

HEAD = "From: Anna <anna@example.com>\nTo: Bernd <bernd@example.com>\nSubject: Hello\nDate: Wed, 1 Jan 2020 10:00:00 +0100\n"


def read(text: str | bytes) -> ParsedMail:
    mail = read_mail(text.encode() if isinstance(text, str) else text)
    assert isinstance(mail, ParsedMail)
    return mail


def mixed(*parts: str, kind: str = "mixed") -> str:
    inside = "".join(f"--x\n{part}\n" for part in parts)
    return f"{HEAD}Content-Type: multipart/{kind}; boundary=x\n\n{inside}--x--\n"


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nGrüße als Text"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>Grüße als <b>HTML</b></p>"
IMAGE = (
    'Content-Type: image/png; name="logo.png"\nContent-ID: <logo@x>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\niVBO'
)


def test_a_plain_mail_says_who_whom_when_and_what() -> None:
    mail = read(
        f"{HEAD}Cc: c@example.com\nReply-To: r@example.com\nMessage-ID: <1@x>\nIn-Reply-To: <0@x>\nReferences: <0@x>\n\nHow are you?\n"
    )
    assert mail == ParsedMail(
        from_mailboxes=(Mailbox("Anna", "anna@example.com"),),
        to_mailboxes=(Mailbox("Bernd", "bernd@example.com"),),
        cc_mailboxes=(Mailbox("", "c@example.com"),),
        reply_to_mailboxes=(Mailbox("", "r@example.com"),),
        subject="Hello",
        message_id="1@x",
        in_reply_to="0@x",
        references=("0@x",),
        send_time=datetime(2020, 1, 1, 9, tzinfo=UTC),
        text="How are you?",
    )


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_understood(ends: str) -> None:
    mail = read(mixed(PLAIN, "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nfile").replace("\n", ends))
    assert mail.subject == "Hello"
    assert mail.text == "Grüße als Text"
    assert [attachment.content for attachment in mail.attachments] == [b"file"]


@pytest.mark.parametrize(
    ("mail", "text"),
    [
        (mixed(PLAIN, HTML, kind="alternative"), "Grüße als Text"),
        (mixed(HTML, kind="alternative"), "Grüße als HTML"),
        (mixed("Content-Type: text/plain\n\n  \n", HTML, kind="alternative"), "Grüße als HTML"),
        (mixed(PLAIN, HTML), "Grüße als Text\n\nGrüße als HTML"),
        (mixed(PLAIN, IMAGE, PLAIN), "Grüße als Text\n\nGrüße als Text"),
        (mixed(IMAGE), ""),
        (f"{HEAD}Content-Type: text/html\n\n<p>Hi</p>", "Hi"),
        (f"{HEAD}Content-Type: text/plain; format=flowed\n\none \ntwo\n", "one two"),
        (f"{HEAD}Content-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe=\n aus K=C3=B6ln", "Grüße aus Köln"),
        (f"{HEAD}Content-Transfer-Encoding: base64\n\nR3LDvMOfZQ==", "Grüße"),
        (f"{HEAD}Content-Type: multipart/mixed; boundary=x\n\nno parts at all", "no parts at all"),
        ("no header at all\n\nonly text", "no header at all\n\nonly text"),
        (f"{HEAD}\n> quoted\nanswer", "> quoted\nanswer"),
        ("", ""),
    ],
)
def test_the_text_is_what_a_person_reads(mail: str, text: str) -> None:
    assert read(mail).text == text


def test_a_charset_named_in_the_page_only_is_obeyed() -> None:
    mail = read(f"{HEAD}Content-Type: text/html\n\n".encode() + '<meta charset="windows-1251"><p>Привет</p>'.encode("cp1251"))
    assert mail.text == "Привет"


def test_html_is_sanitised_and_escaped_where_it_is_text() -> None:
    mail = read(mixed("Content-Type: text/plain\n\n<b>not bold</b>\nline", "Content-Type: text/html\n\n<script>x</script><b>bold</b>"))
    assert mail.html == "<div>&lt;b&gt;not bold&lt;/b&gt;<br>line</div>\n<b>bold</b>"
    assert read(f"{HEAD}\ntext only").html is None


def test_images_inside_the_text_stay_inside_and_others_are_files() -> None:
    html = 'Content-Type: text/html\n\n<img src="cid:logo@x"><img src="https://example.com/track.gif">'
    mail = read(mixed(html, IMAGE, IMAGE.replace("logo", "other"), kind="related"))
    assert mail.html == '<img src="cid:logo@x"><img>'
    assert [(image.filename, image.content_id, image.inline) for image in mail.attachments] == [
        ("logo.png", "logo@x", True),
        ("other.png", "other@x", False),
    ]


def attachment(fields: str, content: str = "x") -> str:
    return f"{fields}\n\n{content}"


@pytest.mark.parametrize(
    ("part", "filename", "media_type", "content"),
    [
        (attachment("Content-Type: application/pdf; name=a.pdf"), "a.pdf", "application/pdf", b"x"),
        (
            attachment("Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=b.pdf"),
            "b.pdf",
            "application/pdf",
            b"x",
        ),
        (attachment("Content-Type: application/pdf"), None, "application/pdf", b"x"),
        (attachment("Content-Type: text/plain\nContent-Disposition: attachment"), None, "text/plain", b"x"),
        (attachment("Content-Type: text/html\nContent-Disposition: attachment; filename=page.html"), "page.html", "text/html", b"x"),
        (attachment("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR"), None, "text/calendar", b"BEGIN:VCALENDAR"),
        (attachment("Content-Type: application/ms-tnef; name=winmail.dat"), "winmail.dat", "application/ms-tnef", b"x"),
        (
            attachment("Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64", "aGVs\nbG8="),
            "a.pdf",
            "application/pdf",
            b"hello",
        ),
        (attachment("Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64", ""), "a.pdf", "application/pdf", b""),
        (attachment("Content-Type: a/b\nContent-Disposition: attachment; filename*=utf-8''%C3%BC.txt"), "ü.txt", "a/b", b"x"),
        (attachment('Content-Type: a/b; name="two\n lines.txt"'), "two lines.txt", "a/b", b"x"),
        (attachment('Content-Type: a/b; name="nul\0\x01.txt"'), "nul.txt", "a/b", b"x"),
        (attachment("Content-Type: a/b; name*=utf-8''%E2%80%AEgpj.exe"), "gpj.exe", "a/b", b"x"),
        (attachment('Content-Type: a/b; name="   "'), None, "a/b", b"x"),
        (attachment(f'Content-Type: a/b; name="{"n" * 1000}"'), "n" * 255, "a/b", b"x"),
    ],
)
def test_parts_that_are_not_shown_are_attached(part: str, filename: str | None, media_type: str, content: bytes) -> None:
    [found] = read(mixed(PLAIN, part)).attachments
    assert (found.filename, found.media_type, found.content, found.size) == (filename, media_type, content, len(content))


@pytest.mark.parametrize(
    ("filename", "download_name"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\a.txt", "a.txt"),
        ("/", "attachment"),
        ("..", "attachment"),
        (".htaccess", "htaccess"),
    ],
)
def test_a_file_name_is_kept_but_never_leads_out_of_a_folder(filename: str, download_name: str) -> None:
    escaped = filename.replace("\\", "\\\\")
    [found] = read(mixed(f'Content-Type: a/b; name="{escaped}"\n\nx')).attachments
    assert found.filename == filename
    assert found.download_name == download_name


def test_a_mail_that_is_nothing_but_a_file_has_no_text() -> None:
    mail = read(f"{HEAD}Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\naGVsbG8=")
    assert mail.text == ""
    assert [(file.filename, file.content) for file in mail.attachments] == [("a.zip", b"hello")]


def test_an_attached_message_is_kept_with_what_its_header_says() -> None:
    inner = (
        "From: Carla <carla@example.com>\nSubject: =?utf-8?q?Gr=C3=BC?=\nMessage-ID: <i@x>\nDate: Thu, 2 Jan 2020 10:00:00 GMT\n\ninside"
    )
    mail = read(mixed(PLAIN, f"Content-Type: message/rfc822; name=mail.eml\n\n{inner}"))
    assert mail.text == "Grüße als Text"
    assert mail.attachments == ()
    assert mail.attached_messages == (
        AttachedMessage(
            filename="mail.eml",
            content=inner.encode(),
            from_mailboxes=(Mailbox("Carla", "carla@example.com"),),
            subject="Grü",
            message_id="i@x",
            send_time=datetime(2020, 1, 2, 10, tzinfo=UTC),
        ),
    )


def test_an_attached_message_in_base64_is_decoded() -> None:
    inner = b"Subject: inside\n\nbody"
    encoded = base64.encodebytes(inner).decode()
    [attached] = read(mixed(f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{encoded}")).attached_messages
    assert (attached.subject, attached.content) == ("inside", inner)


def test_an_attached_message_that_cannot_be_read_is_kept_and_told() -> None:
    mail = read(mixed(PLAIN, f"Content-Type: message/rfc822\n\nTo: {', '.join(['a@x.example'] * 501)}\n\nx"))
    assert len(mail.attached_messages) == 1
    assert Problem("attached_message_unreadable", "too_many_addresses") in mail.problems


def test_parts_of_reports_are_for_machines() -> None:
    status = "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@example.com\nAction: failed"
    mail = read(mixed(PLAIN, status, "Content-Type: message/rfc822\n\nSubject: lost\n\nx", kind="report; report-type=delivery-status"))
    assert mail.text == "Grüße als Text"
    assert mail.attachments == ()
    assert [part.media_type for part in mail.machine_parts] == ["message/delivery-status"]
    assert [message.subject for message in mail.attached_messages] == ["lost"]
    assert mail.automation.bounce


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{HEAD}Content-Type: text/plain; charset=x-nonsense\n\nx", Problem("unknown_charset", "x-nonsense")),
        (f"{HEAD}Content-Type: multipart/mixed; boundary=x\n\n--x\n\ncut off", Problem("unclosed_multipart")),
        (f"{HEAD}Content-Type: multipart/mixed; boundary=x\n\nnothing", Problem("boundary_not_found", "multipart/mixed")),
        (f"From: a@example.com\njunk\n{HEAD}\nx", Problem("stray_lines_in_header")),
        (f"{HEAD}Content-Type: text/plain\n\n{'x' * 1_000_001}", Problem("text_shortened")),
        (f"{HEAD}Content-Type: text/html\n\n{'<div>' * 2_000}x", Problem("html_too_complex")),
        (f"{HEAD}Subject: again\n\nx", Problem("repeated_field", "subject")),
        ("only text", Problem("no_fields")),
        ("To: a@example.com\n\nx", Problem("no_sender")),
        ("From: a@example.com\n\nx", Problem("no_date")),
    ],
)
def test_what_was_strange_is_told(text: str, problem: Problem) -> None:
    assert problem in read(text).problems


def test_html_too_wild_to_sanitise_is_shown_as_its_words() -> None:
    mail = read(f"{HEAD}Content-Type: text/html\n\n{'<div>' * 2_000}<script>x</script>&lt;words")
    assert mail.text.endswith("<words")
    assert mail.html is not None
    assert "<script" not in mail.html


def test_very_much_text_is_cut_and_the_rest_is_in_the_raw_mail() -> None:
    mail = read(mixed(*[f"Content-Type: text/plain\n\n{'x' * 400_000}"] * 4))
    assert len(mail.text) < 1_100_000
    assert Problem("text_shortened") in mail.problems
