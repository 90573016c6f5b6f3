"""The routes written by hand, one file each: what JSON cannot say, and what is about the installation rather than its records."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from kontor_chassis.rpc.channel import Channel
from kontor_gateway.authentication import Authenticator
from kontor_gateway.pages.api_document import api_document_pages
from kontor_gateway.pages.docs import docs_pages
from kontor_gateway.pages.health import health_pages
from kontor_gateway.pages.metrics import metrics_pages
from kontor_gateway.pages.page import Page
from kontor_gateway.pages.person_photo import person_photo_pages
from kontor_gateway.pages.raw_message import raw_message_pages
from kontor_gateway.pages.task_calendar import task_calendar_pages
from kontor_gateway.pages.web_forms import web_form_pages
from kontor_gateway.router import Router
from kontor_gateway.routes import Endpoint
from kontor_gateway.translation import Translation


def add_pages(
    router: Router[Endpoint],
    translations: Sequence[Translation],
    *,
    channels: Mapping[str, Channel],
    authenticator: Authenticator,
    readiness: Callable[[], Awaitable[Mapping[str, str]]],
    readiness_timeout: float,
) -> None:
    """Serve all of them; those of a service only where it has a channel."""
    pages: list[Page] = [*health_pages(readiness, readiness_timeout), *metrics_pages()]
    if "tasks" in channels:
        pages += task_calendar_pages(channels["tasks"], authenticator)
    if "contacts" in channels:
        pages += person_photo_pages(channels["contacts"], authenticator)
        pages += web_form_pages(channels["contacts"])
    if "mail" in channels:
        pages += raw_message_pages(channels["mail"], authenticator)
    # These two tell of all the others, and of themselves.
    document, document_pages = api_document_pages(translations, pages)
    pages += [*document_pages, *docs_pages(document)]
    for page in pages:
        router.add(page.verb, page.template, page.endpoint)
