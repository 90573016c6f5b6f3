"""Contact points between proto and domain."""

from typing import Any

from kontor.contacts.v1 import contact_points_pb2 as pb
from kontor_contacts.domain.contact_points import ContactPoints, Email, Phone, PostalAddress, Web

_KIND_OF = {number: name.removeprefix("CONTACT_KIND_").lower() for name, number in pb.ContactKind.items()}
_KIND_OF[pb.CONTACT_KIND_UNSPECIFIED] = "work"
_NUMBER_OF = {name: number for number, name in _KIND_OF.items() if number != pb.CONTACT_KIND_UNSPECIFIED}


def points_from(message: Any) -> ContactPoints:
    """Of a Person or an Organisation."""
    return ContactPoints(
        emails=tuple(Email(item.address, _KIND_OF[item.kind], item.primary) for item in message.emails),
        phones=tuple(Phone(item.number, _KIND_OF[item.kind], item.primary) for item in message.phones),
        addresses=tuple(
            PostalAddress(item.street, item.postcode, item.city, item.region, item.country, _KIND_OF[item.kind], item.primary)
            for item in message.addresses
        ),
        webs=tuple(Web(item.url, _KIND_OF[item.kind], item.primary) for item in message.webs),
    )


def points_to(points: ContactPoints) -> dict[str, list[Any]]:
    """As keyword arguments of a Person or an Organisation."""
    return {
        "emails": [pb.Email(address=item.address, kind=_NUMBER_OF[item.kind], primary=item.primary) for item in points.emails],
        "phones": [
            pb.Phone(number=item.number, e164=item.e164, kind=_NUMBER_OF[item.kind], primary=item.primary) for item in points.phones
        ],
        "addresses": [
            pb.PostalAddress(
                street=item.street,
                postcode=item.postcode,
                city=item.city,
                region=item.region,
                country=item.country,
                kind=_NUMBER_OF[item.kind],
                primary=item.primary,
            )
            for item in points.addresses
        ],
        "webs": [pb.Web(url=item.url, kind=_NUMBER_OF[item.kind], primary=item.primary) for item in points.webs],
    }
