"""R9: PostgreSQL may stop at once, as after a power cut; nothing acknowledged is lost and no process has to be restarted."""

import random
import time
from pathlib import Path

import httpx

from tests.reliability.broken import LONG, SEED, Breakable, stop_at_once
from tests.reliability.figures import Tell
from tests.reliability.ledger import Load, compare
from tests.suite_clients import Team, eventually, open_team


def test_after_an_immediate_stop_all_serve_again_and_nothing_acknowledged_is_lost(
    fragile_split: Breakable, tmp_path: Path, tell: Tell
) -> None:
    installation, database, chance = fragile_split.installation, fragile_split.postgres, random.Random(SEED)
    assert database is not None
    pids = {name: process.pid for name, process in installation.processes.items()}
    load = Load(open_team(installation), tmp_path)
    with load:
        for _ in range(20 if LONG else 2):
            load.progresses()
            time.sleep(chance.uniform(0, 1))
            stop_at_once(database)
            answer = load.berta.send("GET", "/v1/persons")
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            assert installation.readiness("contacts")[0] == 503
            database.start()
            load.progresses()
        for name in installation.processes:
            eventually(lambda name=name: installation.readiness(name)[0] == 200)  # type: ignore[misc]

    tell(compare(load))
    assert {name: process.pid for name, process in installation.processes.items()} == pids


def test_services_that_start_while_their_database_is_away_wait_for_it(fragile_split: Breakable) -> None:
    """Processes may start in any order: identity looks for its first account, search asks owners, all before they are ready."""
    installation, database = fragile_split.installation, fragile_split.postgres
    assert database is not None
    team: Team = open_team(installation)
    names = ("identity", "contacts", "mail-ingest", "search")
    processes = {name: installation.process_of(name) for name in names}
    ready = {name: process.answers for name, process in processes.items()}
    for name, process in processes.items():
        process.kill()
        process.answers = lambda name=name: httpx.get(f"{installation.health_urls[name]}/healthz", timeout=5).raise_for_status()  # type: ignore[misc]
    stop_at_once(database)
    try:
        for process in processes.values():
            process.start()
        assert {installation.readiness(name)[0] for name in names} == {503}
        # Who waits can be told to stop.
        logged = len(installation.log_of("identity"))
        processes["identity"].stop()
        assert "Traceback" not in installation.log_of("identity")[logged:]
    finally:
        database.start()
        for name, process in processes.items():
            process.answers = ready[name]
        processes["identity"].start()
    for name in names:
        eventually(lambda name=name: installation.readiness(name)[0] == 200)  # type: ignore[misc]
    made = eventually(
        lambda: team.owner.send("POST", "/v1/persons", {"last_name": "Danach"}), lambda answer: answer.status_code == 201
    ).json()
    eventually(lambda: team.owner.found("danach", kind="person"), lambda refs: refs == [f"persons/{made['id']}"])
