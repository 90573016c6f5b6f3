"""Contact points between proto and domain."""

from collections.abc import Iterator
from typing import Any

from kontor.contacts.v1 import contact_points_pb2 as pb
from kontor_chassis.proto import Words
from kontor_contacts.domain.contact_points import ContactPoints, Email, Messenger, Phone, PostalAddress, Web
from kontor_contacts.domain.effective_addresses import EffectiveAddresses
from kontor_contacts.domain.home import Home
from kontor_contacts.domain.postal_formats import formatted

_KINDS = Words(pb.ContactKind, default="work")


def points_from(message: Any) -> ContactPoints:
    """Of a Person or an Organisation. Raises InvalidArgument naming the kind that is not known."""
    return ContactPoints(
        emails=tuple(Email(item.address, kind, item.primary) for item, kind in _with_kinds(message, "emails")),
        phones=tuple(Phone(item.number, kind, item.primary) for item, kind in _with_kinds(message, "phones")),
        addresses=tuple(
            PostalAddress(item.street, item.postcode, item.city, item.region, item.country, kind, item.primary)
            for item, kind in _with_kinds(message, "addresses")
        ),
        webs=tuple(Web(item.url, kind, item.primary) for item, kind in _with_kinds(message, "webs")),
        messengers=tuple(Messenger(item.service, item.handle, kind, item.primary) for item, kind in _with_kinds(message, "messengers")),
    )


def _with_kinds(message: Any, medium: str) -> Iterator[tuple[Any, str]]:
    for index, item in enumerate(getattr(message, medium)):
        yield item, _KINDS.word(item.kind, field=f"{medium}[{index}].kind")


def points_to(points: ContactPoints, home: Home) -> dict[str, Any]:
    """As keyword arguments of a Person or an Organisation."""
    return {
        "messengers": [
            pb.Messenger(service=item.service, handle=item.handle, kind=_KINDS.number(item.kind), primary=item.primary)
            for item in points.messengers
        ],
        "emails": [pb.Email(address=item.address, kind=_KINDS.number(item.kind), primary=item.primary) for item in points.emails],
        "phones": [
            pb.Phone(number=item.number, e164=item.e164, kind=_KINDS.number(item.kind), primary=item.primary) for item in points.phones
        ],
        "addresses": [address_to(item, home) for item in points.addresses],
        "webs": [pb.Web(url=item.url, kind=_KINDS.number(item.kind), primary=item.primary) for item in points.webs],
    }


def address_to(item: PostalAddress, home: Home) -> pb.PostalAddress:
    return pb.PostalAddress(
        street=item.street,
        postcode=item.postcode,
        city=item.city,
        region=item.region,
        country=item.country,
        kind=_KINDS.number(item.kind),
        primary=item.primary,
        formatted=formatted(item, sender_country=home.country, language=home.locale),
    )


def effective_to(effective: EffectiveAddresses | None, home: Home) -> pb.EffectiveAddresses | None:
    if effective is None:
        return None
    addresses = [address_to(item, home) for item in effective.addresses]
    return pb.EffectiveAddresses(addresses=addresses, origin=effective.origin, origin_name=effective.origin_name)
