"""The bench's own rules: nothing is measured here."""

import json
from array import array
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from kontor_chassis.db.database import Database
from kontor_chassis.db.migrations import upgrade
from kontor_chassis.db.sessions import Sessions
from kontor_chassis.principal import Principal
from kontor_contacts.domain.tag_bits import tag_bits
from kontor_contacts.store import persons, tags
from kontor_contacts.store import tables as contacts
from tests.bench import report
from tests.bench.bare_statements import Statements
from tests.bench.limits import verdicts
from tests.bench.measured import Measured, Meter, measured, quantile
from tests.bench.people import Population, search_terms, this_moment
from tests.bench.processes import processor_seconds, proportional_bytes
from tests.bench.results import Results, Subject, load_results
from tests.bench.smtp_load import BYTES, mail

ANNA = Principal(account_id="a", user_id="u")
FAST = Measured(1000, 2000.0, 5.0, 9.0, 12.0, 900.0, {"suite": 0.5, "PostgreSQL": 0.9}, 0.03, 0.0, {})


def results(people: int, read: Measured = FAST) -> Results:
    subjects = {
        "embedded": Subject(cases={"read": read}, alone={"read": read}, idle_memory={"suite": 150_000_000}, mail_on_timeline=[0.1, 0.4]),
        "bare-sqlite": Subject(cases={"read": replace(read, per_second=4000.0)}),
    }
    return Results(people, 10.0, 16, {"processor": "2 × Test"}, subjects)


def test_a_goal_is_reached_only_where_speed_and_own_processor_both_are() -> None:
    assert [reached for _, reached in verdicts("read", "embedded", FAST, FAST)] == [True, True]
    slow = replace(FAST, per_second=1879.0, processor={"suite": 0.61, "PostgreSQL": 0.0})
    assert [reached for _, reached in verdicts("read", "embedded", slow, FAST)] == [False, False]
    assert verdicts("timeline", "embedded", FAST, FAST) == []


def test_a_table_says_what_was_reached_and_what_part_of_the_baseline_it_is() -> None:
    text = "\n".join(report.tables(results(2000)))
    assert "0.50× (4,000)" in text
    assert "10.6× (Odoo 18, 188)" in text
    assert "≤ 0.6 ms own processor: reached" in text
    assert "p95 ≤ 300 ms: **missed**" in text
    assert "≤ 200 MB each: reached" in text


def test_a_table_says_what_went_wrong_and_that_the_machine_was_busy() -> None:
    text = "\n".join(report.tables(results(2000, replace(FAST, errors={"503": 7}, elsewhere=0.6))))
    assert "7 × 503" in text
    assert "**Up to 0.6 processors were busy with something else" in text


def test_the_document_keeps_its_text_and_holds_every_run_that_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"by hand\n\n{report._BEGIN}\nold\n{report._END}\nmore by hand\n")
    monkeypatch.setattr(report, "_DOCUMENT", document)
    monkeypatch.setattr(report, "_KEPT", tmp_path / "kept")
    report.keep(results(2000))
    report.keep(results(200_000, replace(FAST, p95=15.0)))
    text = document.read_text()
    assert text.startswith("by hand\n")
    assert text.endswith("\nmore by hand\n")
    assert "old" not in text
    assert text.index("## 2,000 people") < text.index("## 200,000 people") < text.index("## Growth")
    assert "1.67× | ≤ 1.5×: **missed**" in text


def test_results_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    results(2000).save(tmp_path / "1.json")
    assert load_results(tmp_path / "1.json") == results(2000)


def test_what_was_measured_is_per_request_and_names_every_answer_but_success() -> None:
    before, after = Meter(10.0, 1.0, 100.0, {"suite": 5.0}), Meter(12.0, 1.1, 103.0, {"suite": 6.0})
    found = measured(array("d", [0.004, 0.001, 0.002, 0.003]), Counter({200: 3, 503: 1}), size=400, before=before, after=after)
    assert (found.per_second, found.p50, found.p99, found.answer_bytes) == (2.0, 3.0, 4.0, 100.0)
    assert found.processor == {"suite": 250.0}
    assert found.elsewhere == pytest.approx(0.95)
    assert found.errors == {"503": 1}
    assert quantile([], 0.5) == 0.0


def test_processes_and_their_children_are_counted_and_ended_ones_are_nothing() -> None:
    used = processor_seconds({"tests": 1_000_000_000})
    assert used == {"tests": 0.0}
    assert proportional_bytes({"tests": 1_000_000_000}) == {"tests": 0}


def test_mails_have_the_promised_size_and_no_line_that_ends_them_early() -> None:
    content = mail(sender="a@example.com", to="b@example.com", message_id="1")
    assert BYTES - 100 < len(content) <= BYTES
    assert content.endswith(b"\r\n.\r\n")
    assert content.count(b"\r\n.") == 1


def test_the_same_seed_makes_the_same_people() -> None:
    def names(seed: int) -> list[str]:
        population = Population(20, account_id="a", user_id="u", now=this_moment(), seed=seed)
        return [row["last_name"] for batch in population.batches(7) for row in batch.persons]

    assert names(1) == names(1) != names(2)
    assert len(names(1)) == 20
    assert search_terms(5) == search_terms(5)


def test_the_baseline_asks_what_the_services_ask(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'contacts.db'}", name="contacts")
    upgrade(database, "kontor_contacts.migrations")
    population = Population(200, account_id="a", user_id="u", now=this_moment())
    [batch] = population.batches(200)
    with database.writing("*") as connection:
        connection.execute(contacts.TAGS.insert(), population.tags)
        connection.execute(contacts.ORGANISATIONS.insert(), batch.organisations)
        connection.execute(contacts.PERSONS.insert(), batch.persons)
        connection.execute(contacts.TAGGINGS.insert(), batch.taggings)
    statements = Statements("sqlite", "a")
    first, second = population.tags[1], population.tags[0]
    with Sessions(database, this_moment).read(ANNA) as session:
        raw = session.connection.connection.driver_connection
        assert raw is not None
        rarest = tags.rarest_first(session, "persons", [first["name"], second["name"]])
        asked = raw.execute(statements.tag_ids.sql, statements.tag_ids.values(first=first["key"], second=second["key"])).fetchall()
        assert {row[0] for row in asked} == set(rarest or [])
        listed = persons.page(session, tag_ids=[first["id"], second["id"]], organisation_id="", name="", after=None, limit=51)
        values = statements.persons.values(first=first["id"], second=second["id"], bits=tag_bits([first["id"], second["id"]]))
        same = raw.execute(statements.persons.sql, values).fetchall()
        assert listed
        assert [row[1] for row in same] == [person.id for _, person in listed]
        person_id = listed[0][1].id
        [row] = raw.execute(statements.person.sql, statements.person.values(person_id=person_id)).fetchall()
        assert row[1] == person_id
    database.close()


def test_a_job_survives_its_way_to_the_load_generator() -> None:
    assert Measured(**json.loads(json.dumps(asdict(FAST)))) == FAST
