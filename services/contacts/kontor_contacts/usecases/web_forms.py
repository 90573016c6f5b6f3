"""What can happen to a web form."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from kontor_chassis.audit import created, deleted, updated
from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.errors import AlreadyExists, FailedPrecondition, NotFound
from kontor_chassis.etags import check_etag
from kontor_chassis.ids import new_id
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.custom_values import PREFIX
from kontor_contacts.domain.form_fields import BUILT_IN, ShownField, label_key, shown_built_in, shown_custom
from kontor_contacts.domain.form_tokens import new_key, new_secret
from kontor_contacts.domain.form_wording import text
from kontor_contacts.domain.web_forms import MAX_FORMS, WRITABLE, WebForm, changed_names, checked_form, with_changes
from kontor_contacts.store import accounts, custom_fields, form_submissions, persons, web_forms


def create(session: WriteSession, wanted: WebForm) -> WebForm:
    """Raises InvalidArgument, AlreadyExists, FailedPrecondition."""
    form = _checked(session, wanted)
    if web_forms.count(session) >= MAX_FORMS:
        raise FailedPrecondition(f"No account can have more than {MAX_FORMS} web forms; delete some.", reason="TOO_MANY_WEB_FORMS")
    form = replace(form, id=new_id(), version=1, key=new_key(), secret=new_secret())
    form = replace(form, create_time=session.now, update_time=session.now, creator_user_id=session.user_id)
    if not web_forms.insert(session, form):
        raise _name_is_taken()
    created(session, f"web-forms/{form.id}", {name: _plain(form, name) for name in changed_names(WebForm(name=""), form)})
    return form


def get(session: ReadSession, form_id: str) -> WebForm:
    """Raises NotFound."""
    form = web_forms.get(session, form_id)
    if form is None:
        raise NotFound("The web form does not exist.")
    return form


def find(session: ReadSession, *, after: tuple[str, str] | None, limit: int) -> Sequence[WebForm]:
    """By name."""
    return web_forms.page(session, after=after, limit=limit)


def update(session: WriteSession, form_id: str, wanted: WebForm, *, mask: Collection[str], etag: str) -> WebForm:
    """Set what is in `mask`. Nothing happens where nothing differs. Raises NotFound, Aborted, InvalidArgument, AlreadyExists."""
    before = _lock(session, form_id, etag)
    after = _checked(session, with_changes(before, wanted, WRITABLE.intersection(mask)))
    changed = changed_names(before, after)
    if not changed:
        return before
    if "name" in changed and web_forms.name_is_taken(session, after):
        raise _name_is_taken()
    after = replace(after, version=before.version + 1, update_time=session.now)
    web_forms.update(session, after)
    updated(session, f"web-forms/{form_id}", {name: (_plain(before, name), _plain(after, name)) for name in changed})
    return after


def rotate_key(session: WriteSession, form_id: str, *, etag: str) -> WebForm:
    """Another address; pages and links in mails that are under way are dead, too. Raises NotFound, Aborted."""
    before = _lock(session, form_id, etag)
    after = replace(before, key=new_key(), secret=new_secret(), version=before.version + 1, update_time=session.now)
    web_forms.update(session, after)
    session.audit(f"web-forms/{form_id}", "rotate_key")
    return after


def delete(session: WriteSession, form_id: str, *, etag: str) -> None:
    """What was sent stays as far as it made somebody. Raises NotFound, Aborted."""
    form = _lock(session, form_id, etag)
    web_forms.delete(session, form_id)
    form_submissions.delete_unconfirmed(session, form_id)
    deleted(session, f"web-forms/{form_id}", {"name": form.name})


def shown_fields(session: ReadSession, form: WebForm, language: str) -> list[ShownField]:
    """The fields as the page shows them. A custom field that was archived or deleted since is left out."""
    definitions = custom_fields.by_key(session, persons.NOUN) if any(item.key.startswith(PREFIX) for item in form.fields) else {}
    return fields_of(form, definitions, language)


def fields_of(form: WebForm, definitions: Mapping[str, CustomField], language: str) -> list[ShownField]:
    shown: list[ShownField] = []
    for item in form.fields:
        label = item.label.of(language)
        definition = definitions.get(item.key.removeprefix(PREFIX))
        if item.key in BUILT_IN:
            own = label or text(label_key(item.key), language)
            shown.append(shown_built_in(item.key, label=own, required=item.required))
        elif definition is not None and not definition.archived:
            shown.append(shown_custom(definition, label=label, required=item.required))
    return shown


def _checked(session: ReadSession, form: WebForm) -> WebForm:
    return checked_form(form, custom_fields.by_key(session, persons.NOUN), locale=accounts.home(session).locale)


def _lock(session: WriteSession, form_id: str, etag: str) -> WebForm:
    form = web_forms.lock(session, form_id)
    if form is None:
        raise NotFound("The web form does not exist.")
    check_etag(etag, form.version)
    return form


def _plain(form: WebForm, name: str) -> Any:
    """As JSON holds it, for the audit."""
    return asdict(form)[name] if name not in ("tags", "allowed_origins") else list(getattr(form, name))


def _name_is_taken() -> AlreadyExists:
    return AlreadyExists("There is another web form of this name.", reason="WEB_FORM_EXISTS")
