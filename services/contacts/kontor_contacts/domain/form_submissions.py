"""What was sent by a web form, and whether a human has sent it."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kontor_chassis.text import fold
from kontor_chassis.throttling import Rule
from kontor_contacts.domain.care import Care
from kontor_contacts.domain.contact_points import ContactPoints, Email, Phone, PostalAddress
from kontor_contacts.domain.form_fields import Entries, Entry
from kontor_contacts.domain.form_tokens import PageToken
from kontor_contacts.domain.persons import Person
from kontor_contacts.domain.web_forms import WebForm

PENDING, CONFIRMED, REJECTED = "pending", "confirmed", "rejected"
# Why something was rejected.
TRAP, TOO_FAST, SENT_TWICE, TOO_MANY_MAILS = "trap", "too_fast", "sent_twice", "too_many_mails"
# Neither taken nor rejected: whoever sent it is asked to look it through and send it again.
UNSURE = "unsure"

KEPT_REJECTED = timedelta(days=30)
KEPT_PENDING = timedelta(days=7)
# A page that stands open overnight still works.
PAGE_LIFE = timedelta(hours=24)

# Of one network: a class of pupils that signs up goes through, a program that tries does not.
PER_NETWORK = Rule(burst=30, every=timedelta(minutes=1))
PER_FORM = Rule(burst=500, every=timedelta(seconds=10))
# Mails to one address from all forms of the installation: three at once, three a day.
PER_MAILBOX = Rule(burst=3, every=timedelta(hours=8))


@dataclass(frozen=True)
class Submission:
    id: str
    form_id: str
    form_name: str
    form_version: int
    state: str
    entries: tuple[Entry, ...]
    language: str
    rejection: str = ""
    # Empty where the form asked for none.
    consent_text: str = ""
    consent_given: bool = False
    network: str = ""
    origin: str = ""
    page_id: str = ""
    person_id: str = ""
    person_created: bool = False
    campaign: str = ""
    version: int = 1
    create_time: datetime | None = None
    confirm_time: datetime | None = None
    expire_time: datetime | None = None

    @property
    def ref(self) -> str:
        return f"form-submissions/{self.id}"


def judge(trap: str, page: PageToken | None, *, now: datetime, least_seconds: float) -> str:
    """Why it is taken for a robot's; UNSURE; or empty: for a human's."""
    if trap:
        return TRAP
    if page is None or now - page.made_time > PAGE_LIFE:
        return UNSURE
    # Seconds are cut off in the token, so that the page seems up to one older than it is.
    return TOO_FAST if (now - page.made_time).total_seconds() < least_seconds else ""


def shortened(peer: str) -> str:
    """The sender's network, too wide to say who it was: /24 of IPv4, /48 of IPv6. Empty for what is no address."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def person_of(form: WebForm, entries: Entries, *, language: str) -> Person:
    """Somebody new. Without a last name they are called by what there is."""
    email, phone = entries.of("email"), entries.of("phone")
    street, postcode, city = entries.of("street"), entries.of("postcode"), entries.of("city")
    return Person(
        salutation=entries.of("salutation"),
        title=entries.of("title"),
        first_name=entries.of("first_name"),
        last_name=entries.of("last_name") or email,
        language=language,
        points=ContactPoints(
            emails=(Email(email),) if email else (),
            phones=(Phone(phone),) if phone else (),
            addresses=(PostalAddress(street, postcode, city),) if street or postcode or city else (),
        ),
        care=Care(responsible_user_id=form.responsible_user_id),
        tags=form.tags,
        custom=entries.custom,
    )


def same_person(found: Sequence[Person], entries: Entries) -> Person | None:
    """Of those who have the address, the one of this name; else the one that was there first."""
    named = [person for person in found if fold(person.last_name) == fold(entries.of("last_name"))]
    return min(named or found, key=lambda person: person.id, default=None)
