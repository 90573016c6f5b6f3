"""Deals and projects."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from kontor_suite.demo.data.texts_sales import DEAL_ROLES, DEAL_TAGS, LOST_REASONS, OFFERS, PROJECTS
from kontor_suite.demo.records import Deal, Organisation, Person, Project

_WON, _LOST, _OPEN = 12, 6, 22
DEALS = _WON + _LOST + _OPEN
_OVERDUE, _UNDATED = 3, 2
# Values are rounded to this.
_STEP = 50
# Projects born from a won deal.
_BORN = 6


def deals(
    rng: random.Random, companies: Sequence[Organisation], persons: Sequence[Person], *, today: date, currency: str
) -> tuple[Deal, ...]:
    """Won ones of the past half year, lost ones, and open ones of which a few are overdue or have no target date."""
    states = ["won"] * _WON + ["lost"] * _LOST + ["open"] * _OPEN
    rng.shuffle(states)
    at = people_at(persons)
    customers = [number for number in at if number < len(companies) - 2]
    opened = 0
    made = []
    for number, state in enumerate(states):
        name, description, low, high, kind, count = OFFERS[number % len(OFFERS)]
        organisation = rng.choice(customers[:12] if rng.random() < 0.5 else customers)
        staff = at[organisation]
        involved = rng.sample(staff, k=min(len(staff), rng.choice((1, 1, 2, 3))))
        closed = today - timedelta(days=rng.randrange(1, 180)) if state != "open" else None
        target: date | None = (closed or today) + timedelta(days=rng.randrange(5, 240 if state == "open" else 30))
        if state == "open":
            opened += 1
            target = today - timedelta(days=7 * opened) if opened <= _OVERDUE else target
            target = None if _OVERDUE < opened <= _OVERDUE + _UNDATED else target
        amount = rng.randrange(low, high + 1)
        body = {
            "name": f"{name} {companies[organisation].company.short_name}",
            "description": description,
            # Without decimals, because not every currency has them.
            "value": {"amount": str(amount - amount % (1 if kind == "hourly" else _STEP)), "currency": currency},
            "value_kind": kind,
            "value_count": count,
            "tags": sorted(rng.sample(DEAL_TAGS, k=rng.choice((0, 1, 1, 2)))),
            **({"target_date": target.isoformat()} if target else {}),
        }
        made.append(
            Deal(
                body=body,
                organisation=organisation,
                persons=tuple((person, DEAL_ROLES[place % len(DEAL_ROLES)]) for place, person in enumerate(involved)),
                progress=1.0 if state == "won" else rng.choice((0.0, 0.34, 0.34, 0.67, 0.67, 1.0)),
                state=state,
                closed_date=closed,
                lost_reason=rng.choice(LOST_REASONS) if state == "lost" else "",
                of_colleague=rng.random() < 0.3,
            )
        )
    return tuple(made)


def projects(
    rng: random.Random, companies: Sequence[Organisation], persons: Sequence[Person], made_deals: Sequence[Deal], *, today: date
) -> tuple[Project, ...]:
    """Some were born from a won deal; those of the house itself concern nobody else."""
    won = [number for number, deal in enumerate(made_deals) if deal.state == "won"]
    at = people_at(persons)
    large = sorted(at, key=lambda number: -len(at[number]))[:10]
    made = []
    for number, (name, description, tags) in enumerate(PROJECTS):
        internal = "intern" in tags
        deal = won[number] if number < _BORN else None
        organisation = made_deals[deal].organisation if deal is not None else rng.choice(large)
        closed = made_deals[deal].closed_date if deal is not None else None
        start = closed + timedelta(days=10) if closed else today + timedelta(days=rng.choice((-300, -120, -60, 14)))
        end = start + timedelta(days=rng.randrange(60, 180))
        body = {
            "name": name if internal else f"{name} {companies[organisation].company.short_name}",
            "description": description,
            "state": "starting" if start > today else "closed" if end < today else "open",
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "tags": list(tags),
        }
        staff = at[organisation]
        involved = () if internal else tuple(rng.sample(staff, k=min(3, len(staff))))
        made.append(Project(body, () if internal else (organisation,), involved, deal))
    return tuple(made)


def people_at(persons: Sequence[Person]) -> dict[int, list[int]]:
    """The people who work at each organisation that has any, by the organisations' numbers."""
    found: dict[int, list[int]] = {}
    for number, person in enumerate(persons):
        for position in person.positions:
            if position.present:
                found.setdefault(position.organisation, []).append(number)
    return dict(sorted(found.items()))
