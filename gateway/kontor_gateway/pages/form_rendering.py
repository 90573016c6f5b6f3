"""The pages of web forms: HTML without any script, in which nothing that a stranger or the form's maker wrote is ever markup."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from kontor.contacts.v1 import public_forms_pb2 as pb
from kontor.contacts.v1.web_forms_pb2 import FORM_LANGUAGE_EN
from kontor_gateway.pages.form_texts import TEXTS

_TEMPLATES = Path(__file__).parent / "templates"
# HTML input types and keyboards of our kinds of input.
_TYPES = {"email": "email", "tel": "tel", "url": "url", "date": "date"}
_MODES = {"number": "numeric", "decimal": "decimal"}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _style() -> tuple[Markup, str]:
    """The style sheet, and its hash for the policy (CSP 3, section 2.3.1)."""
    content = (_TEMPLATES / "form.css").read_text(encoding="utf-8")
    return Markup(content), base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()  # noqa: S704 - a file of ours


def word_of(language: int) -> str:
    return "en" if language == FORM_LANGUAGE_EN else "de"


def form_page(
    form: pb.PublicForm,
    *,
    action: str,
    values: Mapping[str, Sequence[str]],
    consent: bool = False,
    faults: Mapping[str, str] | None = None,
    unsure: bool = False,
    status: int = 200,
) -> Response:
    """The form with what was entered, and what is wrong with it."""
    language = word_of(form.language)
    told: dict[str, Any] = {"form": form, "action": action, "values": values, "consent": consent, "faults": faults or {}, "unsure": unsure}
    headers = frame_headers(form.allowed_origins, form.redirect_url)
    return _page("form.html", language, form.title, status=status, headers=headers, types=_TYPES, modes=_MODES, **told)


def done_page(title: str, message: str, *, language: str, allowed_origins: Sequence[str]) -> Response:
    return _page("form_done.html", language, title, headers=frame_headers(allowed_origins), message=message)


def confirm_page(confirmation: pb.FormConfirmation, *, action: str) -> Response:
    language = word_of(confirmation.language)
    return _page("form_confirm.html", language, confirmation.title, headers=frame_headers((), confirmation.redirect_url), action=action)


def message_page(name: str, *, language: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """A page that says one thing: `not_found`, `link`, `busy`, `large`, `foreign`. It can be shown in any frame, or people would see
    nothing there; it holds nothing to be clicked."""
    texts = TEXTS[language]
    told = {**_headers("frame-ancestors *", "'none'"), **(headers or {})}
    return _page("form_layout.html", language, texts[f"{name}_title"], status=status, headers=told, message=texts[name])


def frame_headers(allowed_origins: Sequence[str], redirect_url: str = "") -> dict[str, str]:
    """Who may show the page in a frame, and where it may send to: browsers hold redirects after sending against that, too."""
    target = f"'self' {_origin(redirect_url)}" if redirect_url else "'self'"
    return _headers(f"frame-ancestors {' '.join(allowed_origins) or chr(39) + 'none' + chr(39)}", target)


def _headers(frames: str, target: str) -> dict[str, str]:
    policy = f"default-src 'none'; style-src 'sha256-{_style()[1]}'; base-uri 'none'; form-action {target}; {frames}"
    # The own origin is told with what is sent: without it browsers would say that it comes from nowhere.
    return {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin", "Vary": "Accept, Origin"}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _page(template: str, language: str, title: str, *, status: int = 200, headers: Mapping[str, str], **values: Any) -> Response:
    shown = {"language": language, "texts": TEXTS[language], "title": title, "style": _style()[0], **values}
    content = _environment().get_template(template).render(shown)
    return HTMLResponse(content, status_code=status, headers=dict(headers))
