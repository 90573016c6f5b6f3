"""Mails that the owner has sent with a blind copy to the dropbox."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kontor_suite.demo.data.texts_mail import CLOSING, MAILS, REPLIES, STRANGERS
from kontor_suite.demo.records import Mail, Organisation, Person
from kontor_suite.demo.sales import people_at

# To people who are known, continuing one of those, and to strangers.
_KNOWN, _CONTINUED, _UNKNOWN = 54, 14, 12
COUNT = _KNOWN + _CONTINUED + _UNKNOWN
_DAYS = 120


def mails(
    rng: random.Random, companies: Sequence[Organisation], persons: Sequence[Person], *, today: date, zone: ZoneInfo, sender: str
) -> tuple[Mail, ...]:
    """Oldest first."""
    at = people_at(persons)
    made: list[Mail] = []
    for day in _days(rng, _KNOWN, today):
        organisation = rng.choice(list(at)[:20] if rng.random() < 0.6 else list(at))
        staff = [persons[number] for number in rng.sample(at[organisation], k=len(at[organisation]))]
        subject, text = rng.choice(MAILS)
        to, cc = staff[:1], staff[1 : 1 + rng.choice((0, 0, 1, 2))]
        body = _letter(to[0].salutation, text.format(company=companies[organisation].company.short_name), sender)
        made.append(
            Mail(
                to=tuple((person.name, person.email) for person in to),
                cc=tuple((person.name, person.email) for person in cc),
                subject=subject,
                text=body,
                send_time=_at(day, rng, zone),
                attachment=subject.startswith("Angebot"),
            )
        )
    by_address = {person.email: person for person in persons}
    for first in sorted(rng.sample(range(_KNOWN), k=_CONTINUED)):
        mail = made[first]
        body = _letter(by_address[mail.to[0][1]].salutation, rng.choice(REPLIES), sender)
        later = min(mail.send_time + timedelta(days=1, hours=1), _at(today - timedelta(days=1), rng, zone))
        made.append(Mail(mail.to, mail.cc, f"Re: {mail.subject}", body, max(later, mail.send_time + timedelta(minutes=5)), continues=first))
    for number, day in enumerate(_days(rng, _UNKNOWN, today)):
        subject, text = rng.choice(MAILS)
        body = _letter("Guten Tag,", text.format(company="Ihrem Haus"), sender)
        made.append(Mail((STRANGERS[number % len(STRANGERS)],), (), subject, body, _at(day, rng, zone)))
    return tuple(made)


def _letter(salutation: str, text: str, sender: str) -> str:
    return f"{salutation}\n\n{text}\n\n{CLOSING.format(sender=sender)}"


def _days(rng: random.Random, count: int, today: date) -> list[date]:
    return sorted(today - timedelta(days=rng.randrange(2, _DAYS)) for _ in range(count))


def _at(day: date, rng: random.Random, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(rng.randrange(8, 18), rng.randrange(60)), zone)
