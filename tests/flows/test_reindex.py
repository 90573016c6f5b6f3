"""The index is built anew while everybody goes on searching and writing (F5)."""

from concurrent.futures import ThreadPoolExecutor

from tests.suite_clients import Team, eventually


def test_a_rebuild_interrupts_no_search_and_misses_nothing_that_is_written_meanwhile(team: Team) -> None:
    anna = team.owner
    before = {f"persons/{anna.post('/v1/persons', {'last_name': f'Wartungstechnik {number}'})['id']}" for number in range(30)}
    eventually(lambda: set(anna.found("technik", page_size=100)), lambda found: found == before)
    missed: list[set[str]] = []
    written: set[str] = set()

    with ThreadPoolExecutor(1) as pool:
        rebuilding = pool.submit(team.installation.kontor, "reindex")
        while not rebuilding.done():
            missed.append(before - set(anna.found("technik", page_size=100)))
            if len(written) < 200:
                person = anna.post("/v1/persons", {"last_name": f"Nachtrag {len(written)}"})
                written.add(f"persons/{person['id']}")
        output = rebuilding.result()

    assert "documents of" in output
    assert [refs for refs in missed if refs] == []
    assert set(anna.found("technik", page_size=100)) == before
    eventually(lambda: set(anna.found("nachtrag")), lambda found: found == written)
