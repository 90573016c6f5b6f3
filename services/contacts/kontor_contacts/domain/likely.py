"""What of a person or an organisation is compared with others."""

import re
from urllib.parse import urlsplit

from kontor_chassis.email_addresses import normalise_email
from kontor_chassis.text import fold
from kontor_contacts.domain.contact_points import ContactPoints
from kontor_contacts.domain.duplicates import Likely
from kontor_contacts.domain.organisations import Organisation
from kontor_contacts.domain.persons import Person

_WORD = re.compile(r"\w+")
# Of German, Austrian and Swiss law and the usual foreign ones, as they are folded; they tell nothing about who it is.
_LEGAL_FORMS = frozenset(
    "ag cie co eg ek ev gbr gesellschaft ggmbh gmbh haftungsbeschrankt inc kg kgaa limited llc ltd mbb mbh og ohg partg sa".split()  # noqa: SIM905
) | {"sarl", "se", "ug", "und"}
_DOTTED = re.compile(r"\b(\w)\.\s?(\w)\.")


def of_person(person: Person) -> Likely:
    return Likely(
        last=fold(person.last_name),
        first=fold(person.first_name),
        gender=person.gender,
        emails=_emails(person.points),
        phones=_phones(person.points),
        # A limited one counts for nobody: pairs are kept once for all, and their reasons would tell who works there.
        organisations=frozenset(position.organisation_id for position in person.positions if not position.limited),
        birthday=next((f"{day.year:04}-{day.key}" for day in person.dates if day.kind == "birthday" and day.year), ""),
    )


def of_organisation(organisation: Organisation) -> Likely:
    webs = [web.url for web in organisation.points.webs] + [organisation.website]
    return Likely(
        last=core_name(fold(organisation.name)),
        emails=_emails(organisation.points),
        phones=_phones(organisation.points),
        websites=websites(webs),
        is_person=False,
    )


def core_name(name: str) -> str:
    """Of a folded name its words without legal forms, in the order of the alphabet: Müller Bau GmbH and Bau Müller are one."""
    words = _WORD.findall(_DOTTED.sub(r"\1\2", name))
    return " ".join(sorted(word for word in words if word not in _LEGAL_FORMS) or words) or name


def websites(urls: list[str]) -> frozenset[str]:
    """Hosts without `www.`."""
    return frozenset((urlsplit(url).hostname or "").removeprefix("www.") for url in urls if url) - {""}


def _emails(points: ContactPoints) -> frozenset[str]:
    return frozenset(normalise_email(email.address) or "" for email in points.emails) - {""}


def _phones(points: ContactPoints) -> frozenset[str]:
    return frozenset(phone.e164 for phone in points.phones) - {""}
