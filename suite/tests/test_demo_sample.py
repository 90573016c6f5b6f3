"""The sample company itself, before anything of it is sent (H8)."""

import re
from collections import Counter
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from kontor_chassis.email_addresses import normalise_email
from kontor_suite.demo.data.texts_mail import STRANGERS
from kontor_suite.demo.records import Ref, Sample
from kontor_suite.demo.sample import organisations, sample

TODAY = date(2026, 5, 6)
BERLIN = ZoneInfo("Europe/Berlin")
# Bundesnetzagentur, Mitteilung 148/2021.
FICTION = re.compile(r"(030 23125 \d{3}|040 66969 \d{3}|089 99998 \d{3}|0221 4710 \d{3}|069 90009 \d{3}|0171 39200\d{2}|0176 040690\d{2})")


def made(today: date = TODAY, *, currency: str = "EUR") -> Sample:
    return sample(today, zone=BERLIN, currency=currency, sender="Max Muster")


@pytest.fixture(scope="module")
def company() -> Sample:
    return made()


def texts(value: Any) -> list[str]:
    """Every text in it, however deep."""
    match value:
        case str():
            return [value]
        case dict():
            return [text for item in value.values() for text in texts(item)]
        case list() | tuple():
            return [text for item in value for text in texts(item)]
        case _ if hasattr(value, "__dataclass_fields__"):
            return texts([getattr(value, name) for name in value.__dataclass_fields__])
        case _:
            return []


def test_the_same_day_gives_the_same_company() -> None:
    assert made() == made()


def test_organisations_do_not_depend_on_the_day() -> None:
    assert made(date(2026, 5, 6)).organisations == made(date(2027, 2, 28)).organisations == organisations()


def test_it_is_a_company_of_some_size(company: Sample) -> None:
    sizes = (len(company.organisations), len(company.persons), len(company.deals), len(company.projects), len(company.tasks))
    assert sizes == (60, 200, 40, 12, 60)
    assert len(company.mails) == 80


def test_nobody_real_can_be_called(company: Sample) -> None:
    numbers = [phone["number"] for record in (*company.organisations, *company.persons) for phone in record.body["phones"]]
    assert [number for number in numbers if not FICTION.fullmatch(number)] == []
    assert len(set(numbers)) == len(numbers)
    assert all(phonenumbers.is_possible_number(phonenumbers.parse(number, "DE")) for number in numbers)


def test_nobody_real_can_be_written_to(company: Sample) -> None:
    addresses = [text for text in texts(company) if "@" in text]
    assert [address for address in addresses if not address.endswith(".example")] == []
    assert all(normalise_email(address) for address in addresses)


def test_people_have_names_and_addresses_of_their_own(company: Sample) -> None:
    assert len({person.name for person in company.persons}) == 200
    assert len({person.email for person in company.persons}) == 200
    assert all(person.email.isascii() for person in company.persons)


def test_some_people_work_at_two_organisations_some_have_worked_elsewhere_and_some_have_left(company: Sample) -> None:
    present = Counter(sum(position.present for position in person.positions) for person in company.persons)
    assert present[2] >= 5
    assert present[1] >= 150
    assert sum(not position.present for person in company.persons for position in person.positions) >= 20
    assert any(person.positions and not any(position.present for position in person.positions) for person in company.persons)


def test_a_position_ends_after_it_began(company: Sample) -> None:
    for person in company.persons:
        for position in person.positions:
            assert position.body.get("from", "0001-01-01") <= position.body.get("to", TODAY.isoformat()) <= TODAY.isoformat()


def test_deals_stand_at_every_stage_and_have_values_in_the_accounts_currency(company: Sample) -> None:
    states = Counter(deal.state for deal in company.deals)
    assert states == {"open": 22, "won": 12, "lost": 6}
    assert {round(deal.progress * 3) for deal in company.deals if deal.state == "open"} == {0, 1, 2, 3}
    assert {deal.body["value"]["currency"] for deal in made(currency="JPY").deals} == {"JPY"}
    # Not every currency has decimals.
    assert all(deal.body["value"]["amount"].isdigit() and int(deal.body["value"]["amount"]) > 0 for deal in company.deals)


def test_closed_deals_were_closed_in_the_past_and_lost_ones_say_why(company: Sample) -> None:
    for deal in company.deals:
        assert (deal.closed_date is None) == (deal.state == "open")
        assert deal.closed_date is None or deal.closed_date < TODAY
        assert bool(deal.lost_reason) == (deal.state == "lost")


def test_open_deals_are_due_in_many_months_and_a_few_are_overdue(company: Sample) -> None:
    due = [date.fromisoformat(deal.body["target_date"]) for deal in company.deals if deal.state == "open" and "target_date" in deal.body]
    assert sum(day < TODAY for day in due) == 3
    assert len({(day.year, day.month) for day in due if day >= TODAY}) >= 5


def test_projects_born_from_a_deal_began_after_it_was_won_at_its_organisation(company: Sample) -> None:
    born = [project for project in company.projects if project.deal is not None]
    assert len(born) >= 4
    for project in born:
        assert project.deal is not None
        deal = company.deals[project.deal]
        assert deal.state == "won"
        assert project.organisations == (deal.organisation,)
        assert deal.closed_date is not None
        assert project.body["start_date"] > deal.closed_date.isoformat()
    assert {project.body["state"] for project in company.projects} == {"starting", "open", "closed"}


def test_tasks_are_overdue_due_today_later_some_day_and_done(company: Sample) -> None:
    days = [str(task.body.get("due_date") or task.body.get("due_time", ""))[:10] for task in company.tasks if not task.done]
    assert sum("" < day < TODAY.isoformat() for day in days) == 9
    assert days.count(TODAY.isoformat()) == 8
    assert sum(day > TODAY.isoformat() for day in days) == 24
    assert days.count("") == 5
    assert sum(task.done for task in company.tasks) == 14
    assert all(not ("due_date" in task.body and "due_time" in task.body) for task in company.tasks)


def test_everything_refers_to_records_that_there_are(company: Sample) -> None:
    def there(ref: Ref) -> bool:
        return 0 <= ref.number < len(getattr(company, ref.collection))

    refs = [*(task.subject for task in company.tasks if task.subject), *(note.subject for note in company.notes), *company.watches]
    assert all(there(ref) for ref in refs)
    assert len(set(company.watches)) == len(company.watches)
    assert {ref.collection for ref in refs} == {"persons", "organisations", "deals", "projects"}
    for deal in company.deals:
        assert there(Ref("organisations", deal.organisation))
        assert len({number for number, _ in deal.persons}) == len(deal.persons) > 0


def test_no_gap_in_a_text_is_left_open(company: Sample) -> None:
    assert [text for text in texts(company) if "{" in text or "}" in text] == []


def test_mails_go_to_known_people_except_for_those_to_strangers(company: Sample) -> None:
    known = {person.email for person in company.persons}
    unknown = [mail for mail in company.mails if not any(address in known for _, address in (*mail.to, *mail.cc))]
    assert len(unknown) == 12
    assert {mail.to[0] for mail in unknown} == set(STRANGERS)
    assert known.isdisjoint(address for _, address in STRANGERS)
    assert any(mail.cc for mail in company.mails)
    assert any(mail.attachment for mail in company.mails)


def test_a_reply_comes_after_the_mail_that_it_continues(company: Sample) -> None:
    replies = [mail for mail in company.mails if mail.continues is not None]
    assert len(replies) == 14
    for mail in replies:
        assert mail.continues is not None
        first = company.mails[mail.continues]
        assert mail.subject == f"Re: {first.subject}"
        assert mail.send_time > first.send_time
        assert mail.to == first.to


def test_nothing_was_written_in_the_future(company: Sample) -> None:
    latest = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=BERLIN)
    assert all(note.occur_time < latest for note in company.notes)
    assert all(mail.send_time < latest for mail in company.mails)


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2026, 3, 29), date(2026, 12, 31), date(2026, 1, 1)])
def test_it_can_be_made_on_any_day(today: date) -> None:
    assert len(made(today).tasks) == 60
