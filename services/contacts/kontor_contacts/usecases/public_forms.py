"""Web forms as strangers use them. The key of a form says which account is meant; from there on it is the account's own session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from kontor_chassis.db import throttles
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import NotFound, ResourceExhausted
from kontor_chassis.ids import new_id
from kontor_chassis.principal import Principal, service_principal
from kontor_chassis.service import Context
from kontor_chassis.text import clean_line
from kontor_chassis.throttling import Refuse, Rule, network_of, take
from kontor_contacts.domain import form_submissions as rules
from kontor_contacts.domain.form_fields import Entries, Fault, ShownField, kept, read
from kontor_contacts.domain.form_submissions import CONFIRMED, PENDING, REJECTED, UNSURE, Submission
from kontor_contacts.domain.form_tokens import (
    PageToken,
    bucket_key,
    hash_of,
    is_confirmation,
    is_key,
    new_page_token,
    read_page_token,
)
from kontor_contacts.domain.form_wording import text
from kontor_contacts.domain.web_forms import WebForm
from kontor_contacts.store import form_mails, form_submissions, web_forms
from kontor_contacts.store.form_tables import FORM_THROTTLES
from kontor_contacts.usecases.form_submissions import MEANS, read_again, take_in
from kontor_contacts.usecases.web_forms import shown_fields

log = structlog.get_logger()

TAKEN, MAILED, FAULTY = "taken", "mailed", "faulty"
_EVERYBODY = service_principal("contacts")


@dataclass(frozen=True)
class Sent:
    """What came in."""

    key: str
    language: str = ""
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    consent: bool = False
    page_token: str = ""
    trap: str = ""
    peer: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Shown:
    """A form as its page shows it, in one language."""

    form: WebForm
    language: str
    fields: Sequence[ShownField]
    page_token: str

    @property
    def consent(self) -> str:
        return self.form.consent.text.of_any(self.language)


@dataclass(frozen=True)
class Answer:
    outcome: str
    shown: Shown
    faults: Sequence[Fault] = ()

    @property
    def thanks(self) -> str:
        language = self.shown.language
        return text("mailed", language) if self.outcome == MAILED else self.shown.form.says("thanks", language)


@dataclass(frozen=True)
class Confirmation:
    form: WebForm
    language: str
    confirmed: bool


@dataclass(frozen=True)
class Examined:
    """What came in and is to be kept."""

    account_id: str
    sent: Sent
    shown: Shown
    page: PageToken | None
    entries: Entries
    # Why it is taken for a robot's; empty: it is not.
    verdict: str
    # Something came from this page before.
    seen: bool


def view(context: Context, key: str, language: str) -> Shown:
    """Raises NotFound."""
    account_id, form = _form(context, key)
    with context.sessions.read(_of_account(account_id)) as session:
        return _shown(session, form, language or form.language)


def examine(context: Context, sent: Sent) -> Examined | Answer:
    """What is to be said to it at once, or what is to be kept of it. Raises NotFound."""
    account_id, form = _form(context, sent.key)
    with context.sessions.read(_of_account(account_id)) as session:
        shown = _shown(session, form, sent.language or form.language)
        page = read_page_token(form.secret, sent.page_token)
        verdict = rules.judge(sent.trap, page, now=session.now, least_seconds=context.knobs.form_least_seconds)
        seen = page is not None and form_submissions.of_page(session, page.id) is not None
    if verdict == UNSURE:
        # What is wrong is told when it was looked through.
        return Answer(UNSURE, shown)
    entries, faults = read(shown.fields, sent.values, language=shown.language)
    if form.consent.required and not sent.consent:
        faults.append(Fault("consent", text("missing_consent", shown.language)))
    if faults and not verdict:
        # The page stays the one that it was: time goes on counting from when it was made.
        return Answer(FAULTY, replace(shown, page_token=sent.page_token), faults)
    return Examined(account_id, sent, shown, page, entries, verdict, seen)


def submit(context: Context, examined: Examined) -> Answer:
    """Keep what was sent, with its effect. Raises ResourceExhausted with the seconds to wait in `retry_after`; then nothing is kept."""
    form = examined.shown.form
    with context.sessions.write_many(means=MEANS) as enter:
        if form.double_opt_in and not examined.verdict and not examined.seen and not _may_be_mailed(enter(_EVERYBODY), examined.entries):
            examined = replace(examined, verdict=rules.TOO_MANY_MAILS)
        session = enter(_of_account(examined.account_id))
        _count(session, form, network_of(examined.sent.peer))
        _keep(session, examined)
    return Answer(MAILED if form.double_opt_in else TAKEN, examined.shown)


def look_at_confirmation(context: Context, key: str, token: str) -> Confirmation:
    """What a link in a mail is about. Raises NotFound."""
    account_id, form = _form(context, key)
    with context.sessions.read(_of_account(account_id)) as session:
        submission = form_submissions.get(session, _confirmed_id(session, token))
        if submission is None or not _is_valid(submission, form, now=session.now):
            raise _no_such_link()
    return Confirmation(form, submission.language, submission.state == CONFIRMED)


def confirm(context: Context, key: str, token: str) -> Confirmation:
    """Once; again it says that it was done. Raises NotFound."""
    account_id, form = _form(context, key)
    with context.sessions.write(_of_account(account_id), means=MEANS) as session:
        submission = form_submissions.lock(session, _confirmed_id(session, token))
        if submission is None or not _is_valid(submission, form, now=session.now):
            raise _no_such_link()
        if submission.state == PENDING:
            fields = shown_fields(session, form, submission.language)
            throttles.hold(session, FORM_THROTTLES, [bucket_key(form.secret, "form")])
            taken = take_in(session, form, submission, read_again(submission, fields), fields)
            form_mails.delete(session, submission.id)
            session.audit(submission.ref, "confirm", {"state": (PENDING, CONFIRMED), "person_id": (None, taken.person_id)})
    return Confirmation(form, submission.language, confirmed=True)


def _keep(session: WriteSession, examined: Examined) -> None:
    form, page, verdict = examined.shown.form, examined.page, examined.verdict
    submission = _submission(session, examined)
    earlier = form_submissions.of_page(session, page.id) if page else None
    if earlier is not None:
        if earlier.entries == submission.entries:
            # A double click, or a page that was loaded again.
            return
        verdict = rules.SENT_TWICE
    if verdict:
        kept_until = session.now + rules.KEPT_REJECTED
        submission = replace(submission, state=REJECTED, rejection=verdict, expire_time=kept_until)
    log.info("form_submitted", form_id=form.id, state=submission.state, rejection=submission.rejection)
    form_submissions.insert(session, submission)
    if submission.state == PENDING and form.double_opt_in:
        form_mails.insert(session, submission.id)
    elif submission.state == PENDING:
        submission = take_in(session, form, submission, examined.entries, examined.shown.fields)
    told = {"form_id": submission.form_id, "state": submission.state, "person_id": submission.person_id}
    session.audit(submission.ref, "create", {name: (None, value) for name, value in told.items()})


def _submission(session: WriteSession, examined: Examined) -> Submission:
    shown, sent, form = examined.shown, examined.sent, examined.shown.form
    return Submission(
        id=new_id(),
        form_id=form.id,
        form_name=form.name,
        form_version=form.version,
        state=PENDING,
        entries=kept(shown.fields, sent.values) if examined.verdict else examined.entries.all,
        language=shown.language,
        consent_text=shown.consent,
        consent_given=sent.consent and bool(shown.consent),
        network=rules.shortened(sent.peer),
        origin=clean_line(sent.origin[:300], field="origin"),
        page_id=examined.page.id if examined.page else "",
        campaign=form.campaign,
        create_time=session.now,
        expire_time=session.now + rules.KEPT_PENDING,
    )


def _count(session: WriteSession, form: WebForm, network: str) -> None:
    """Held until the end of the session, so that what one form takes in comes one after the other: nobody is made twice."""
    limits = {bucket_key(form.secret, "form"): rules.PER_FORM, bucket_key(form.secret, "network", network): rules.PER_NETWORK}
    seconds = _take(session, limits)
    if seconds:
        log.warning("form_throttled", form_id=form.id, seconds=seconds)
        raise ResourceExhausted(
            f"Too much was sent. Try again in {seconds} seconds.", reason="TOO_MANY_SUBMISSIONS", detail={"retry_after": str(seconds)}
        )


def _may_be_mailed(everybody: WriteSession, entries: Entries) -> bool:
    """Counts a mail to this address, over all forms of the installation: nobody is to be buried in mail by strangers."""
    address = normalise_email(entries.of("email")) or ""
    return not _take(everybody, {hash_of(address): rules.PER_MAILBOX})


def _take(session: WriteSession, limits: Mapping[str, Rule]) -> int:
    """Count in all buckets, or in none; answers the seconds to wait, 0 where it was counted."""
    held = throttles.hold(session, FORM_THROTTLES, list(limits))
    decided = {key: take(held.get(key), rule, now=session.now) for key, rule in limits.items()}
    seconds = max((answer.seconds for answer in decided.values() if isinstance(answer, Refuse)), default=0)
    if not seconds:
        throttles.put(session, FORM_THROTTLES, {key: answer for key, answer in decided.items() if not isinstance(answer, Refuse)})
    return seconds


def _form(context: Context, key: str) -> tuple[str, WebForm]:
    with context.sessions.read(_EVERYBODY) as session:
        found = web_forms.active_of_key(session, key) if is_key(key) else None
    if found is None:
        raise NotFound("There is no such form.")
    return found


def _shown(session: ReadSession, form: WebForm, language: str) -> Shown:
    return Shown(form, language, shown_fields(session, form, language), new_page_token(form.secret, now=session.now))


def _confirmed_id(session: ReadSession, token: str) -> str:
    found = form_submissions.of_confirmation(session, hash_of(token)) if is_confirmation(token) else None
    if found is None:
        raise _no_such_link()
    return found


def _is_valid(submission: Submission, form: WebForm, *, now: datetime) -> bool:
    """Whether a link to it still counts."""
    expired = submission.expire_time is not None and submission.expire_time <= now
    return submission.form_id == form.id and submission.state != REJECTED and not expired


def _no_such_link() -> NotFound:
    return NotFound("The link is not valid, or not any more.")


def _of_account(account_id: str) -> Principal:
    return service_principal("contacts", account_id=account_id)
