"""kontor.contacts.v1.PublicFormService: for strangers, so each method opens its own sessions."""

from kontor.contacts.v1 import public_forms_pb2 as pb
from kontor_chassis.proto import Words
from kontor_chassis.rpc.dispatch import Call
from kontor_contacts.domain.form_fields import ShownField
from kontor_contacts.rpc.web_forms import LANGUAGES
from kontor_contacts.usecases import public_forms
from kontor_contacts.usecases.public_forms import Confirmation, Examined, Sent, Shown

_OUTCOMES = Words(pb.SubmissionOutcome)


async def get_public_form(request: pb.GetPublicFormRequest, call: Call) -> pb.PublicForm:
    language = LANGUAGES.word(request.language, field="language")
    return _form_to(await call.context.database.read(public_forms.view, call.context, request.key, language))


async def submit_public_form(request: pb.SubmitPublicFormRequest, call: Call) -> pb.SubmitPublicFormResponse:
    sent = Sent(
        key=request.key,
        language=LANGUAGES.word(request.language, field="language"),
        values={item.key: tuple(item.values) for item in request.values},
        consent=request.consent,
        page_token=request.page_token,
        trap=request.trap,
        peer=request.peer,
        origin=request.origin,
    )
    # What is refused never waits for a writer's turn.
    examined = await call.context.database.read(public_forms.examine, call.context, sent)
    if isinstance(examined, Examined):
        answer = await call.context.database.write(public_forms.submit, call.context, examined)
    else:
        answer = examined
    return pb.SubmitPublicFormResponse(
        outcome=_OUTCOMES.number(answer.outcome),
        faults=[pb.FormFault(key=fault.key, message=fault.message) for fault in answer.faults],
        thanks=answer.thanks,
        form=_form_to(answer.shown),
    )


async def get_form_confirmation(request: pb.GetFormConfirmationRequest, call: Call) -> pb.FormConfirmation:
    return _confirmation_to(await call.context.database.read(public_forms.look_at_confirmation, call.context, request.key, request.token))


async def confirm_form_submission(request: pb.ConfirmFormSubmissionRequest, call: Call) -> pb.FormConfirmation:
    return _confirmation_to(await call.context.database.write(public_forms.confirm, call.context, request.key, request.token))


def _form_to(shown: Shown) -> pb.PublicForm:
    form, language = shown.form, shown.language
    return pb.PublicForm(
        language=LANGUAGES.number(language),
        title=form.says("title", language),
        introduction=form.says("introduction", language),
        button=form.says("button", language),
        fields=[_field_to(item) for item in shown.fields],
        consent=shown.consent,
        consent_required=form.consent.required,
        allowed_origins=form.allowed_origins,
        redirect_url=form.redirect_url,
        page_token=shown.page_token,
    )


def _field_to(item: ShownField) -> pb.PublicField:
    choices = item.custom.choices if item.custom else ()
    return pb.PublicField(
        key=item.key,
        label=item.label,
        required=item.required,
        input=item.input,
        autocomplete=item.autocomplete,
        max_length=item.max_length,
        choices=[pb.PublicChoice(key=choice.key, label=choice.label) for choice in choices],
    )


def _confirmation_to(confirmation: Confirmation) -> pb.FormConfirmation:
    form, language = confirmation.form, confirmation.language
    return pb.FormConfirmation(
        language=LANGUAGES.number(language),
        title=form.says("title", language),
        confirmed=confirmation.confirmed,
        thanks=form.says("thanks", language),
        redirect_url=form.redirect_url,
        allowed_origins=form.allowed_origins,
    )
