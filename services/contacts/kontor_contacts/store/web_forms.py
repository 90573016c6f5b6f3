"""Web forms in rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from kontor_chassis.db.sessions import ReadSession, WriteSession
from kontor_chassis.db.upsert import insert_or_ignore
from kontor_contacts.domain.web_forms import FormConsent, FormField, FormText, WebForm
from kontor_contacts.store.form_tables import WEB_FORMS as W

_TEXTS = ("title", "introduction", "button", "thanks")
_PLAIN = ("language", "responsible_user_id", "campaign", "redirect_url", "double_opt_in")
_BY_KEY = sa.select(W).where(W.c.public_key == sa.bindparam("this_key", type_=sa.Text), W.c.active)


def get(session: ReadSession, form_id: str) -> WebForm | None:
    row = session.execute(_this(session, sa.select(W), form_id)).one_or_none()
    return _form(row) if row else None


def lock(session: WriteSession, form_id: str) -> WebForm | None:
    """The same, with its row locked until the end of the session."""
    session.hold(_this(session, sa.select(W.c.id), form_id).with_for_update())
    return get(session, form_id)


def active_of_key(session: ReadSession, key: str) -> tuple[str, WebForm] | None:
    """The account and its active form at this address; in a session of every account."""
    row = session.execute(_BY_KEY, {"this_key": key}).one_or_none()
    return (row.account_id, _form(row)) if row else None


def _this(session: ReadSession, statement: sa.Select[Any], form_id: str) -> sa.Select[Any]:
    return statement.where(W.c.account_id == session.account_id, W.c.id == form_id)


def page(session: ReadSession, *, after: tuple[str, str] | None, limit: int) -> Sequence[WebForm]:
    """By name."""
    statement = sa.select(W).where(W.c.account_id == session.account_id)
    if after:
        statement = statement.where(sa.tuple_(W.c.name_key, W.c.id) > after)
    return [_form(row) for row in session.execute(statement.order_by(W.c.name_key, W.c.id).limit(limit))]


def count(session: ReadSession) -> int:
    counted: int = session.execute(sa.select(sa.func.count()).select_from(W).where(W.c.account_id == session.account_id)).scalar_one()
    return counted


def name_is_taken(session: ReadSession, form: WebForm) -> bool:
    """Whether another form has this name."""
    same = (W.c.account_id == session.account_id, W.c.name_key == form.name_key, W.c.id != form.id)
    return session.execute(sa.select(W.c.id).where(*same)).first() is not None


def insert(session: WriteSession, form: WebForm) -> bool:
    """False where there is one of this name already."""
    origin = {"account_id": session.account_id, "create_time": form.create_time, "creator_user_id": form.creator_user_id}
    return insert_or_ignore(session.connection, W, {**origin, **_values(form)})


def update(session: WriteSession, form: WebForm) -> None:
    session.execute(sa.update(W).where(W.c.account_id == session.account_id, W.c.id == form.id).values(_values(form)))


def delete(session: WriteSession, form_id: str) -> None:
    session.execute(sa.delete(W).where(W.c.account_id == session.account_id, W.c.id == form_id))


def _values(form: WebForm) -> dict[str, Any]:
    return {
        "id": form.id,
        "version": form.version,
        "name": form.name,
        "name_key": form.name_key,
        "public_key": form.key,
        "secret": form.secret,
        "active": form.active,
        "definition": _definition(form),
        "update_time": form.update_time,
    }


def _definition(form: WebForm) -> dict[str, Any]:
    texts = {name: _pair(getattr(form, name)) for name in _TEXTS}
    plain = {name: getattr(form, name) for name in _PLAIN}
    fields = [[item.key, item.required, _pair(item.label)] for item in form.fields]
    consent = [_pair(form.consent.text), form.consent.required]
    lists = {"tags": list(form.tags), "allowed_origins": list(form.allowed_origins)}
    return {**texts, **plain, **lists, "fields": fields, "consent": consent}


def _pair(text: FormText) -> list[str]:
    return [text.de, text.en]


def _form(row: sa.Row[Any]) -> WebForm:
    told: Mapping[str, Any] = row.definition
    texts: dict[str, Any] = {name: FormText(*told[name]) for name in _TEXTS}
    plain = {name: told[name] for name in _PLAIN}
    return WebForm(
        **texts,
        **plain,
        name=row.name,
        active=row.active,
        fields=tuple(FormField(key, required, FormText(*label)) for key, required, label in told["fields"]),
        consent=FormConsent(FormText(*told["consent"][0]), told["consent"][1]),
        tags=tuple(told["tags"]),
        allowed_origins=tuple(told["allowed_origins"]),
        id=row.id,
        version=row.version,
        key=row.public_key,
        secret=row.secret,
        create_time=row.create_time,
        update_time=row.update_time,
        creator_user_id=row.creator_user_id,
    )
