"""A web form: its definition, and the rules that hold for it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import idna

from kontor_chassis.errors import invalid
from kontor_chassis.ids import is_id
from kontor_chassis.text import clean_line, clean_text
from kontor_contacts.domain.contact_points import checked_url
from kontor_contacts.domain.custom_fields import CustomField
from kontor_contacts.domain.custom_values import PREFIX
from kontor_contacts.domain.form_fields import BUILT_IN
from kontor_contacts.domain.form_wording import LANGUAGES, spoken, text
from kontor_contacts.domain.tags import tag_names

MAX_FORMS = 100
MAX_FIELDS = 50
MAX_ORIGINS = 20
MAX_TEXT = 2000
WRITABLE = frozenset(
    {
        "name", "active", "language", "title", "introduction", "button", "fields", "consent", "tags", "responsible_user_id", "campaign",
        "thanks", "redirect_url", "allowed_origins", "double_opt_in",
    }
)  # fmt: skip
_LINES = frozenset({"title", "button"})
# Programs on one's own machine are tried without TLS.
_LOCAL = frozenset({"localhost", "127.0.0.1"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True)
class FormText:
    de: str = ""
    en: str = ""

    def of(self, language: str) -> str:
        said: str = getattr(self, language)
        return said

    def of_any(self, language: str) -> str:
        """In this language, or in the other where that is all there is."""
        return self.of(language) or self.de or self.en


@dataclass(frozen=True)
class FormField:
    key: str
    required: bool = False
    label: FormText = field(default=FormText())


@dataclass(frozen=True)
class FormConsent:
    text: FormText = field(default=FormText())
    required: bool = False


@dataclass(frozen=True)
class WebForm:
    name: str
    active: bool = False
    language: str = ""
    title: FormText = field(default=FormText())
    introduction: FormText = field(default=FormText())
    button: FormText = field(default=FormText())
    fields: tuple[FormField, ...] = ()
    consent: FormConsent = field(default=FormConsent())
    tags: tuple[str, ...] = ()
    responsible_user_id: str = ""
    campaign: str = ""
    thanks: FormText = field(default=FormText())
    redirect_url: str = ""
    allowed_origins: tuple[str, ...] = ()
    double_opt_in: bool = False
    id: str = ""
    version: int = 0
    key: str = ""
    # Signs its pages; never leaves the service.
    secret: str = field(default="", repr=False)
    create_time: datetime | None = None
    update_time: datetime | None = None
    creator_user_id: str = ""

    @property
    def name_key(self) -> str:
        """What makes two names the same."""
        return self.name.casefold()

    def says(self, name: str, language: str) -> str:
        """One of its texts, ours where it has none of its own."""
        own: FormText = getattr(self, name)
        return own.of(language) or ("" if name == "introduction" else text(name, language))


def checked_form(form: WebForm, custom: Mapping[str, CustomField], *, locale: str) -> WebForm:
    """The form with cleaned values; `custom` are the custom fields of people by key. Raises InvalidArgument naming the field."""
    if form.responsible_user_id and not is_id(form.responsible_user_id):
        raise invalid("responsible_user_id", "is not the id of a user")
    texts: dict[str, Any] = {name: _checked_text(getattr(form, name), name) for name in ("title", "introduction", "button", "thanks")}
    fields = _checked_fields(form.fields, custom)
    _check_people_can_be_made(fields, double_opt_in=form.double_opt_in)
    consent = FormConsent(_checked_text(form.consent.text, "consent.text"), form.consent.required)
    if consent.required and not consent.text.of_any(LANGUAGES[0]):
        raise invalid("consent.text", "must say what is agreed to")
    return replace(
        form,
        **texts,
        name=clean_line(form.name, field="name", required=True, limit=100),
        language=form.language or spoken(locale),
        fields=fields,
        consent=consent,
        tags=tag_names(form.tags),
        campaign=clean_line(form.campaign, field="campaign", limit=200),
        redirect_url=_checked_redirect(form.redirect_url),
        allowed_origins=_checked_origins(form.allowed_origins),
    )


def with_changes(form: WebForm, wanted: WebForm, mask: Collection[str]) -> WebForm:
    return replace(form, **{name: getattr(wanted, name) for name in WRITABLE.intersection(mask)})


def changed_names(before: WebForm, after: WebForm) -> list[str]:
    return sorted(name for name in WRITABLE if getattr(before, name) != getattr(after, name))


def origin_of(url: str) -> str:
    """The origin of an address that was checked here (RFC 6454 section 6.2)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _checked_text(given: FormText, where: str) -> FormText:
    clean = clean_line if where in _LINES else clean_text
    return FormText(*(clean(given.of(language), field=f"{where}.{language}", limit=MAX_TEXT) for language in LANGUAGES))


def _checked_fields(fields: Sequence[FormField], custom: Mapping[str, CustomField]) -> tuple[FormField, ...]:
    if not fields:
        raise invalid("fields", "must not be empty")
    if len(fields) > MAX_FIELDS:
        raise invalid("fields", f"must have at most {MAX_FIELDS} entries")
    seen: set[str] = set()
    for index, item in enumerate(fields):
        where = f"fields[{index}].key"
        if item.key in seen:
            raise invalid(where, "stands there twice")
        seen.add(item.key)
        if item.key.startswith(PREFIX):
            definition = custom.get(item.key.removeprefix(PREFIX))
            if definition is None or definition.archived:
                raise invalid(where, "there is no such custom field of people")
        elif item.key not in BUILT_IN:
            raise invalid(where, f"must be one of {', '.join(BUILT_IN)}, or custom. and the key of a custom field")
    return tuple(replace(item, label=_checked_text(item.label, f"fields[{index}].label")) for index, item in enumerate(fields))


def _check_people_can_be_made(fields: Sequence[FormField], *, double_opt_in: bool) -> None:
    needed = {item.key for item in fields if item.required}
    if double_opt_in and "email" not in needed:
        raise invalid("double_opt_in", "needs the field email, which must be required")
    if not needed & {"email", "last_name"}:
        raise invalid("fields", "one of email and last_name must be required")


def _checked_redirect(url: str) -> str:
    """In ASCII, as it stands in a header."""
    if not url.strip():
        return ""
    url = checked_url(url, field="redirect_url")
    parts = urlsplit(url)
    if parts.scheme.lower() != "https":
        raise invalid("redirect_url", "must begin with https://")
    host = _ascii_host(parts.hostname or "", field="redirect_url")
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    path, query, fragment = (quote(part, safe="/%:@!$&'()*+,;=?-._~") for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit(("https", netloc, path, query, fragment))


def _checked_origins(origins: Sequence[str]) -> tuple[str, ...]:
    if len(origins) > MAX_ORIGINS:
        raise invalid("allowed_origins", f"must have at most {MAX_ORIGINS} entries")
    return tuple(dict.fromkeys(_origin(origin, f"allowed_origins[{index}]") for index, origin in enumerate(origins)))


def _origin(origin: str, where: str) -> str:
    wrong = invalid(where, "must be an origin such as https://www.example.org")
    try:
        parts = urlsplit(clean_line(origin, field=where, required=True).lower())
        port = parts.port
    except ValueError as error:
        raise wrong from error
    local = parts.scheme == "http" and parts.hostname in _LOCAL
    if not (parts.scheme == "https" or local) or not parts.hostname or "@" in parts.netloc:
        raise wrong
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise wrong
    host = _ascii_host(parts.hostname, field=where)
    usual = port is None or port == {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" if usual else f"{parts.scheme}://{host}:{port}"


def _ascii_host(host: str, *, field: str) -> str:
    """Raises InvalidArgument where it is none that can stand in a header."""
    try:
        ascii_host = idna.encode(host, uts46=True).decode() if not host.isascii() else host
    except (idna.IDNAError, UnicodeError) as error:
        raise invalid(field, "is not a web address") from error
    if not _HOST.fullmatch(ascii_host):
        raise invalid(field, "is not a web address")
    return ascii_host
