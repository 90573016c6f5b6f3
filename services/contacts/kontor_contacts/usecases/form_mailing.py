"""Sends the mails that ask for a confirmation, and forgets what has expired.

A mail stands in the database from the transaction that kept the submission until it was handed over. A worker holds it by a lease; each
attempt has a token of its own, whose hash is committed before the mail goes out, so that whatever arrives can be confirmed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from kontor_chassis.errors import KontorError
from kontor_chassis.outgoing_mail.port import Mail, MailRefused
from kontor_chassis.principal import Principal, service_principal
from kontor_chassis.service import Context
from kontor_chassis.worker import Worker
from kontor_contacts.domain.form_fields import Entries
from kontor_contacts.domain.form_mails import MAX_ATTEMPTS, confirmation_mail, pause_after
from kontor_contacts.domain.form_submissions import PENDING
from kontor_contacts.domain.form_tokens import hash_of, new_confirmation
from kontor_contacts.store import form_mails, form_submissions, form_throttles, web_forms
from kontor_contacts.store.form_mails import Waiting

log = structlog.get_logger()

_SWEEP_EVERY = timedelta(minutes=1)
_AT_ONCE = 200


@dataclass(frozen=True)
class Attempt:
    waiting: Waiting
    # None: there is nothing to send any more.
    mail: Mail | None


class FormMailer(Worker):
    """One mail after the other."""

    def __init__(self, context: Context) -> None:
        super().__init__("form_mail")
        self._context = context
        self._swept: datetime | None = None

    async def work(self) -> bool:
        try:
            now = self._context.clock()
            if self._swept is None or now - self._swept >= _SWEEP_EVERY:
                await self._sweep()
                self._swept = now
            waiting = await self._context.database.read(self._due)
            if waiting is None:
                return False
            attempt = await self._context.database.write(self._begin, waiting)
            if attempt is not None and attempt.mail is not None:
                await self._send(attempt.waiting, attempt.mail)
            return True
        except (KontorError, sa.exc.SQLAlchemyError) as error:
            log.warning("form_mail_waits", error=str(error))
        except Exception as error:  # whatever it is, the next mail must have its turn
            log.error("form_mail_failed", exc_info=error)
        return False

    async def _send(self, waiting: Waiting, mail: Mail) -> None:
        try:
            await self._context.mail.send(mail)
        except KontorError as error:
            given_up = isinstance(error, MailRefused) or waiting.attempts >= MAX_ATTEMPTS
            # The address is nobody's business in a log.
            known = {"submission_id": waiting.submission_id, "attempts": waiting.attempts}
            log.warning("form_mail_not_sent", **known, given_up=given_up, error=str(error))
            await self._context.database.write(self._end, waiting, retry=not given_up)
        else:
            await self._context.database.write(self._end, waiting, retry=False)

    def _due(self) -> Waiting | None:
        with self._context.sessions.read(self._everybody()) as session:
            return form_mails.due(session)

    def _begin(self, waiting: Waiting) -> Attempt | None:
        """Hold the mail and write it. None where somebody else was faster."""
        with self._context.sessions.write(self._of(waiting.account_id), means="form") as session:
            if not form_mails.claim(session, waiting):
                return None
            held = Waiting(waiting.account_id, waiting.submission_id, waiting.attempts + 1)
            submission = form_submissions.get(session, waiting.submission_id)
            form = web_forms.get(session, submission.form_id) if submission else None
            if submission is None or form is None or submission.state != PENDING:
                form_mails.delete(session, waiting.submission_id)
                return Attempt(held, None)
            token = new_confirmation()
            form_submissions.keep_confirmation(session, submission.id, hash_of(token))
            settings = self._context.settings
            mail = confirmation_mail(
                form,
                recipient=Entries(submission.entries).of("email"),
                sender=settings.mail_from,
                link=f"{settings.public_address}/forms/{form.key}/confirm/{token}",
                message_id=f"{submission.id}.{held.attempts}@{settings.mail_from.rpartition('@')[2]}",
                language=submission.language,
                time=session.now,
            )
            return Attempt(held, mail)

    def _end(self, waiting: Waiting, *, retry: bool) -> None:
        with self._context.sessions.write(self._of(waiting.account_id), means="form") as session:
            if retry:
                form_mails.try_again(session, waiting.submission_id, session.now + pause_after(waiting.attempts))
            else:
                form_mails.delete(session, waiting.submission_id)

    async def _sweep(self) -> None:
        while await self._context.database.write(self._forget) >= _AT_ONCE:
            pass

    def _forget(self) -> int:
        with self._context.sessions.write(self._everybody(), means="form") as session:
            expired = form_submissions.delete_expired(session, limit=_AT_ONCE)
            return max(expired, form_throttles.prune(session, limit=_AT_ONCE))

    def _everybody(self) -> Principal:
        return service_principal(self._context.service.name)

    def _of(self, account_id: str) -> Principal:
        return service_principal(self._context.service.name, account_id=account_id)
