"""The mail that asks somebody to confirm their address. It holds nothing of what was entered: a form must be of no use for sending
words to strangers."""

from datetime import datetime, timedelta

from kontor_chassis.outgoing_mail.port import Mail
from kontor_contacts.domain.form_submissions import KEPT_PENDING
from kontor_contacts.domain.form_wording import text
from kontor_contacts.domain.web_forms import WebForm

MAX_ATTEMPTS = 10
# How long a worker that holds a mail is believed to be alive; longer than handing one over may take.
LEASE = timedelta(minutes=2)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)


def pause_after(attempts: int) -> timedelta:
    return min(_FIRST_PAUSE * int(2 ** (attempts - 1)), _LONGEST_PAUSE)


def confirmation_mail(form: WebForm, *, recipient: str, sender: str, link: str, message_id: str, language: str, time: datetime) -> Mail:
    title = form.says("title", language)
    return Mail(
        sender=sender,
        recipient=recipient,
        subject=text("mail_subject", language, title=title),
        text=text("mail_text", language, title=title, link=link, days=KEPT_PENDING.days),
        message_id=message_id,
        time=time,
        language=language,
    )
