"""The whole sample company. The same seed and day give the same company: what is sent again under its idempotency key has to be equal."""

import random
from datetime import date
from zoneinfo import ZoneInfo

from kontor_suite.demo import contacts, mails, sales, work
from kontor_suite.demo.records import Organisation, Sample

_SEED = "Muster Systemhaus GmbH"


def organisations() -> tuple[Organisation, ...]:
    """They do not depend on the day, so that the first of them can tell on which day a company was begun."""
    return contacts.organisations(_random("organisations"))


def sample(today: date, *, zone: ZoneInfo, currency: str, sender: str) -> Sample:
    """Every date is relative to `today` in `zone`; `sender` signs the mails."""
    companies = organisations()
    people = contacts.persons(_random("persons"), companies, today=today)
    deals = sales.deals(_random("deals"), companies, people, today=today, currency=currency)
    projects = sales.projects(_random("projects"), companies, people, deals, today=today)
    known = work.Known(companies, people, deals, projects)
    return Sample(
        organisations=companies,
        persons=people,
        deals=deals,
        projects=projects,
        tasks=work.tasks(_random("tasks"), known, today=today, zone=zone),
        notes=work.notes(_random("notes"), known, today=today, zone=zone),
        watches=work.watches(_random("watches"), known),
        mails=mails.mails(_random("mails"), companies, people, today=today, zone=zone, sender=sender),
    )


def _random(part: str) -> random.Random:
    """A generator for each part, so that changing one of them leaves the others as they were."""
    return random.Random(f"{_SEED}/{part}")  # noqa: S311 - repeatable is what is wanted
