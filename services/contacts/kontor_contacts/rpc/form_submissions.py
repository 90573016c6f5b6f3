"""kontor.contacts.v1.FormSubmissionService."""

from kontor.contacts.v1 import form_submissions_pb2 as pb
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.etags import etag_of
from kontor_chassis.paging import open_time_page, time_position
from kontor_chassis.proto import Words, to_timestamp
from kontor_contacts.domain.form_submissions import Submission
from kontor_contacts.rpc.web_forms import LANGUAGES
from kontor_contacts.usecases import form_submissions

_STATES = Words(pb.SubmissionState)


def list_form_submissions(request: pb.ListFormSubmissionsRequest, session: ReadSession) -> pb.ListFormSubmissionsResponse:
    page, after = open_time_page(request)
    state = _STATES.word(request.state, field="state")
    found = form_submissions.find(session, request.form_id, state=state, after=after, limit=page.size + 1)
    kept, next_page_token = page.cut(found, _position)
    return pb.ListFormSubmissionsResponse(form_submissions=[_submission_to(item) for item in kept], next_page_token=next_page_token)


def get_form_submission(request: pb.GetFormSubmissionRequest, session: ReadSession) -> pb.FormSubmission:
    return _submission_to(form_submissions.get(session, request.id))


def accept_form_submission(request: pb.AcceptFormSubmissionRequest, session: WriteSession) -> pb.FormSubmission:
    return _submission_to(form_submissions.accept(session, request.id))


def _position(submission: Submission) -> tuple[int, str]:
    assert submission.create_time is not None
    return time_position(submission.create_time, submission.id)


def _submission_to(submission: Submission) -> pb.FormSubmission:
    values = [pb.SubmittedValue(key=entry.key, label=entry.label, values=entry.values) for entry in submission.entries]
    consent = pb.SubmittedConsent(text=submission.consent_text, given=submission.consent_given)
    return pb.FormSubmission(
        id=submission.id,
        form_id=submission.form_id,
        form_name=submission.form_name,
        form_etag=etag_of(submission.form_version),
        state=_STATES.number(submission.state),
        rejection=submission.rejection,
        values=values,
        consent=consent if submission.consent_text else None,
        language=LANGUAGES.number(submission.language),
        network=submission.network,
        origin=submission.origin,
        person_id=submission.person_id,
        person_created=submission.person_created,
        campaign=submission.campaign,
        create_time=to_timestamp(submission.create_time),
        confirm_time=to_timestamp(submission.confirm_time),
        expire_time=to_timestamp(submission.expire_time),
    )
