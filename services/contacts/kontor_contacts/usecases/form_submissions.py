"""What becomes of what was sent by a web form: it makes somebody, or belongs to somebody who is there.

What a stranger says about somebody who is there changes nothing of them: whoever knows an address could else plant a phone number
that the team would trust. The form's own tags are added; everything that was sent stays with the submission, for people to take over.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.errors import FailedPrecondition, NotFound
from kontor_contacts.domain.form_fields import Entries, ShownField, lines, read
from kontor_contacts.domain.form_submissions import CONFIRMED, REJECTED, Submission, person_of, same_person
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.tags import MAX_TAGS, tag_key
from kontor_contacts.domain.web_forms import WebForm
from kontor_contacts.events import published
from kontor_contacts.store import form_submissions, persons
from kontor_contacts.usecases import duplicates, web_forms
from kontor_contacts.usecases import persons as people

# How what forms change came about, whoever let it in.
MEANS = "form"


def get(session: ReadSession, submission_id: str) -> Submission:
    """Raises NotFound."""
    submission = form_submissions.get(session, submission_id)
    if submission is None:
        raise NotFound("The form submission does not exist.")
    return submission


def find(session: ReadSession, form_id: str, *, state: str, after: form_submissions.After | None, limit: int) -> Sequence[Submission]:
    """Of one form, newest first. Raises NotFound where there is no such form."""
    web_forms.get(session, form_id)
    return form_submissions.page(session, form_id, state=state, after=after, limit=limit)


def accept(session: WriteSession, submission_id: str) -> Submission:
    """A user says that it was a human's. Answers it without the person where the user does not see them.

    Raises NotFound, FailedPrecondition.
    """
    submission = form_submissions.lock(session, submission_id)
    if submission is None:
        raise NotFound("The form submission does not exist.")
    if submission.state != REJECTED:
        raise FailedPrecondition("Only what was rejected can be accepted.", reason="NOT_REJECTED")
    form = web_forms.get(session, submission.form_id)
    fields = web_forms.shown_fields(session, form, submission.language)
    entries = read_again(submission, fields)
    with _as_the_form(session):
        taken = take_in(session, form, submission, entries, fields)
    session.audit(submission.ref, "accept", {"state": (submission.state, CONFIRMED), "person_id": (None, taken.person_id)})
    return taken if persons.get(session, taken.person_id) else replace(taken, person_id="")


@contextmanager
def _as_the_form(session: WriteSession) -> Iterator[None]:
    """Who is found must not depend on who accepts it, so nobody is hidden meanwhile. The user stays who has done it."""
    principal, means = session.principal, session.means
    session.principal, session.means = replace(principal, service=session.context.service.name), MEANS
    try:
        yield
    finally:
        session.principal, session.means = principal, means


def read_again(submission: Submission, fields: Sequence[ShownField]) -> Entries:
    """What was kept, without what is wrong with it. A form that wants more since then gets no more.

    Raises FailedPrecondition where nobody can be made of it.
    """
    sent: Mapping[str, Sequence[str]] = {entry.key: entry.values for entry in submission.entries}
    right, faults = read([replace(item, required=False) for item in fields], sent, language=submission.language)
    wrong = {fault.key for fault in faults}
    entries = replace(right, all=tuple(entry for entry in submission.entries if entry.key not in wrong))
    if not entries.of("last_name") and not entries.of("email"):
        raise FailedPrecondition("Nobody can be made of it: it holds neither a last name nor an address.", reason="NOBODY_NAMED")
    return entries


def take_in(session: WriteSession, form: WebForm, submission: Submission, entries: Entries, fields: Sequence[ShownField]) -> Submission:
    """Make or find the person, and tell it. The caller sees everybody, has the row of the submission, and writes the audit entry on it."""
    known = _known(session, entries)
    person = _tagged(session, known, form) if known else _made(session, form, entries, submission.language)
    taken = replace(
        submission,
        state=CONFIRMED,
        rejection="",
        version=submission.version + 1,
        person_id=person.id,
        person_created=known is None,
        confirm_time=session.now,
        expire_time=None,
    )
    form_submissions.update(session, taken)
    published.form_submitted(session, taken, form, person, lines(taken.entries, fields))
    return taken


def _known(session: WriteSession, entries: Entries) -> Person | None:
    address = normalise_email(entries.of("email"))
    return same_person(persons.of_email(session, address), entries) if address else None


def _made(session: WriteSession, form: WebForm, entries: Entries, language: str) -> Person:
    person, _ = duplicates.create_person(session, person_of(form, entries, language=language), on_duplicate=duplicates.WARN)
    return person


def _tagged(session: WriteSession, person: Person, form: WebForm) -> Person:
    # As they are now: two forms at once, or a form and a user, add to each other's tags.
    person = people.lock(session, person.id)
    carried = {tag_key(name) for name in person.tags}
    tags = (*person.tags, *(name for name in form.tags if tag_key(name) not in carried))
    if len(tags) > MAX_TAGS:
        return person
    return people.update(session, person.id, replace(person, tags=tags), mask={"tags"}, etag="")
