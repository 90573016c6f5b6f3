"""Signs that a machine sent the mail (FEATURES E9)."""

import re

from kontor_mail_ingest.domain.header_block import HeaderBlock
from kontor_mail_ingest.domain.messages import Automation, MailHeaders

_LIST_FIELDS = ("list-id", "list-post", "list-help", "list-archive", "mailing-list", "x-mailing-list", "x-mailman-version")
# From before RFC 3834, and of programs that ignore it.
_REPLY_FIELDS = ("x-autoreply", "x-autorespond", "x-auto-reply", "auto-submitted-reply", "x-mail-autoreply")
_REPLY_SUBJECT = re.compile(
    r"(?:automatische (?:antwort|beantwortung)|abwesenheits(?:notiz|nachricht|benachrichtigung)|abwesend|out of (?:the )?office"
    r"|automatic reply|auto(?:matic)?[- ]?(?:reply|response))\b",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"(?:undeliver(?:able|ed)|unzustellbar|mail delivery|delivery (?:status|failure|notification|has failed)|returned mail|failure notice"
    r"|(?:failed|failure) delivery|mail failed|nicht zugestellt)",
    re.IGNORECASE,
)


def recognise(block: HeaderBlock, headers: MailHeaders, *, report_type: str | None) -> Automation:
    """`report_type` is the parameter of multipart/report (RFC 6522), None where the mail is none."""
    auto_submitted = (block.first("auto-submitted").split(";")[0].split("(")[0].split() or [""])[0].lower()
    precedence = block.first("precedence").strip().lower()
    senders = [mailbox.address.partition("@")[0].lower() for mailbox in headers.from_mailboxes]
    senders += [ignored.text.strip("<> ").lower() for ignored in headers.ignored_recipients if ignored.header == "from"]
    from_daemon = any(sender.startswith(("mailer-daemon", "mail-daemon", "mailerdaemon")) for sender in senders)
    from_postmaster = any(sender in ("postmaster", "mail delivery subsystem", "mail delivery system") for sender in senders)
    null_sender = block.first("return-path").strip() == "<>"
    return Automation(
        auto_submitted="" if auto_submitted == "no" else auto_submitted,
        auto_reply=auto_submitted.startswith("auto-replied")
        or precedence == "auto_reply"
        or any(block.count(name) for name in _REPLY_FIELDS)
        or _REPLY_SUBJECT.match(headers.subject) is not None,
        report=report_type is not None,
        bounce=report_type == "delivery-status"
        or block.count("x-failed-recipients") > 0
        or from_daemon
        or ((from_postmaster or null_sender) and _BOUNCE_SUBJECT.search(headers.subject) is not None),
        null_sender=null_sender,
        mailing_list=any(block.count(name) for name in _LIST_FIELDS) or precedence == "list",
        bulk=precedence in ("bulk", "junk", "list") or block.count("list-unsubscribe") > 0,
        hops=block.count("received"),
    )
