"""R9: PostgreSQL may stop at once, as after a power cut; nothing acknowledged is lost and no process has to be restarted."""

import random
import time
from pathlib import Path

from tests.reliability.broken import LONG, SEED, Breakable, stop_at_once
from tests.reliability.ledger import Load, compare
from tests.suite_clients import eventually, open_team


def test_after_an_immediate_stop_all_serve_again_and_nothing_acknowledged_is_lost(fragile_split: Breakable, tmp_path: Path) -> None:
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

    print(compare(load))
    assert {name: process.pid for name, process in installation.processes.items()} == pids
