"""Both indexes keep the promises of `kontor_search.index.port`, and both find the same."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from meilisearch import Client

from kontor_chassis.errors import FailedPrecondition, Unavailable
from kontor_search.domain.documents import IndexDocument
from kontor_search.domain.queries import Query
from kontor_search.index.embedded import embedded_index
from kontor_search.index.live import Index
from kontor_search.index.meilisearch import ServerStore, meilisearch_index
from kontor_search.index.port import Result
from tests import backends

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINE = "0195d0a0-0000-7000-8000-000000000001"
OTHER = "0195d0a0-0000-7000-8000-000000000002"


Maker = Callable[[], Index]


@pytest.fixture(params=["embedded", "meilisearch"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Maker:
    """Makes indexes, not started, that all keep the same place."""
    if request.param == "embedded":
        return lambda: embedded_index(tmp_path / "index", clock=lambda: NOW)
    server = request.getfixturevalue("meilisearch")
    name = f"test-{uuid.uuid4().hex}"
    return lambda: meilisearch_index(server.url, api_key=server.key, name=name, clock=lambda: NOW)


@pytest.fixture
async def index(make: Maker) -> AsyncIterator[Index]:
    index = make()
    await index.start()
    yield index
    if index.ready():
        await index.stop()


@pytest.fixture
async def reopen(make: Maker, index: Index) -> AsyncIterator[Callable[[], Awaitable[Index]]]:
    """Stops the index and starts another one in its place."""
    opened: list[Index] = []

    async def reopen() -> Index:
        await index.stop()
        opened.append(make())
        await opened[0].start()
        return opened[0]

    yield reopen
    for again in opened:
        await again.stop()


def document(ref: str, title: str, **fields: object) -> IndexDocument:
    kind = ref.split("/", maxsplit=1)[0].removesuffix("s")
    values: dict[str, object] = {"account_id": MINE, "kind": kind, "update_time": NOW, "sequence": 1}
    return IndexDocument(ref=ref, title=title, **(values | fields))  # type: ignore[arg-type]


async def found(index: Index, text: str, account_id: str = MINE, **filters: object) -> list[str]:
    result = await search(index, text, account_id, **filters)
    return [hit.ref for hit in result.hits]


async def search(index: Index, text: str, account_id: str = MINE, **filters: object) -> Result:
    return await index.search(account_id, Query(text, **filters))  # type: ignore[arg-type]


# Finding ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Softwarewartungsvertrag", "Wartung"),
        ("Softwarewartungsvertrag", "WARTUNGSVERTRAG"),
        ("Softwarewartungsvertrag", "softw"),
        ("Softwarewartungsvertrag", "vertrag"),
        ("Öztürk", "oezt"),
        ("Öztürk", "özt"),
        ("Öztürk", "ztu"),
        ("Öztürk", "Ozturk"),
        ("Müller", "Mueller"),
        ("Müller", "Muller"),
        ("Mueller", "Müller"),
        ("Mueller", "muller"),
        ("Muller", "Müller"),
        ("Muller", "Mueller"),
        ("Mu\u0308ller", "müller"),
        ("Groß", "Gross"),
        ("Gross", "Groß"),
        ("GROSS", "groß"),
        ("Bauer", "Bau"),
        ("Büroeinrichtung", "Einrichtung"),
        ("Kontoeröffnung", "Eröffnung"),
        ("Kontoeröffnung", "Kontoeroeffnung"),
        ("Jørgensen", "Joergensen"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("Müller-Lüdenscheidt", "Lüdenscheidt"),
        ("Müller-Lüdenscheidt", "müller-lüdenscheidt"),
        ("E-Mail-Adresse", "Emailadresse"),
        ("O'Brien", "obrien"),
        ("Maschinenbau Schmidt", "Maschinenbua"),
        ("Maschinenbau Schmidt", "Maschienenbau"),
        ("Maschinenbau Schmidt", "Schmitt"),
        ("Softwarewartungsvertrag Öztürk", "Wartung Öz"),
        ("Softwarewartungsvertrag Öztürk", "Öz Wartung"),
        ("Иванов", "ивано"),
        ("Ångström", "angstrom"),
        ("３ＤＰＲＩＮＴ", "3dprint"),
    ],
)
async def test_a_name_is_found(index: Index, title: str, text: str) -> None:
    """F2: parts of words, umlauts in any spelling, accents, typing mistakes; also beside other records."""
    await index.upsert([document("persons/1", title), document("persons/2", "Ganz Anderes"), document("notes/3", "Notiz", text="Nichts")])
    assert await found(index, text) == ["persons/1"]


@pytest.mark.parametrize(
    "typed",
    [
        "123456",
        "0221 123456",
        "0221/12 34-56",
        "+49 221 12 34 56",
        "+49221123456",
        "0049 (221) 123456",
        "+49 (0)221 12345",
        "0221",
        "34 56",
        "anna 0221 12",
    ],
)
async def test_a_phone_number_is_found_in_any_notation(index: Index, typed: str) -> None:
    """F2: 0221 123456 = +49 221 12 34 56."""
    await index.upsert(
        [document("persons/1", "Anna", phones=("+49 221 12 34 56",)), document("persons/2", "Ben", phones=("+49 30 99887",))]
    )
    assert await found(index, typed) == ["persons/1"]


async def test_a_number_of_another_country_is_not_found_but_one_without_country_is(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna", phones=("+49221123456",)), document("persons/2", "Ben", phones=("0221 123456",))])
    assert await found(index, "+43 221 123456") == ["persons/2"]


async def test_everything_of_a_record_is_found(index: Index) -> None:
    """F1: name, role, organisation, e-mail, tag and running text."""
    await index.upsert(
        [
            document(
                "persons/1",
                "Anna Schäfer",
                keywords=("Einkaufsleiterin", "Köhler Anlagenbau GmbH"),
                emails=("anna.schaefer@koehler-anlagen.example",),
                tags=("Stammkunde",),
                text="Spielt Klarinette. " + "Lang und breit erzählt. " * 500 + "Kommt aus Görlitz.",
            ),
            document("persons/2", "Ben Weiß"),
        ]
    )
    for text in (
        "schäfer anna",
        "einkauf",
        "köhler",
        "Anlagenbau Schäfer",
        "anna.schaefer@koehler",
        "stammkunde",
        "klarinette",
        "goerlitz",
    ):
        assert await found(index, text) == ["persons/1"], text


async def test_every_word_must_match_unless_nothing_has_them_all(index: Index) -> None:
    names = ("Anna Weber", "Ben Weber", "Anna Kaiser", "Doris")
    await index.upsert([document(f"persons/{number}", name) for number, name in enumerate(names, start=1)])
    assert await found(index, "anna weber") == ["persons/1"]
    assert set(await found(index, "kaiser gibtesnicht")) == {"persons/3"}
    assert set(await found(index, "gibtesnicht weber")) == {"persons/1", "persons/2"}
    assert await found(index, "gibtesnicht") == []


async def test_names_come_before_facts_and_facts_before_text(index: Index) -> None:
    """F3."""
    await index.upsert(
        [
            document("notes/1", "Besuch", text="Kessler Kessler Kessler Kessler rief an"),
            document("persons/2", "Ute Abel", keywords=("Kessler GmbH",)),
            document("persons/3", "Gerhard Kesslermann"),
            document("persons/4", "Gerhard Maria von und zu Kessler"),
            document("notes/5", "Nachbesprechung", text="Heizkesslerei"),
        ]
    )
    assert await found(index, "kessler") == ["persons/4", "persons/3", "persons/2", "notes/1", "notes/5"]


async def test_of_equal_hits_people_come_before_mails_and_new_before_old(index: Index) -> None:
    await index.upsert(
        [
            document("emails/1", "Kessler"),
            document("persons/2", "Kessler", update_time=NOW - timedelta(days=400)),
            document("persons/3", "Kessler"),
        ]
    )
    assert await found(index, "kessler") == ["persons/3", "persons/2", "emails/1"]


async def test_one_or_two_letters_begin_names_and_facts_and_are_no_parts(index: Index) -> None:
    await index.upsert(
        [
            document("persons/1", "Uwe Xaver", keywords=("Yacht GmbH",), text="zebra"),
            document("persons/2", "Maximilian", text="xylophon im ab"),
        ]
    )
    assert await found(index, "x") == ["persons/1"]
    assert await found(index, "ya") == ["persons/1"]
    assert await found(index, "ze") == []
    assert await found(index, "ab") == ["persons/2"]
    assert await found(index, "uwe x") == ["persons/1"]
    assert await found(index, "x uwe") == ["persons/1"]


async def test_a_correct_word_is_not_taken_for_a_mistake_where_it_finds_enough(index: Index) -> None:
    await index.upsert([document(f"persons/{n}", f"Maier {n}") for n in range(5)] + [document("persons/9", "Meier")])
    assert "persons/9" not in await found(index, "maier")
    assert await found(index, "meier") == ["persons/9"] or (await found(index, "meier"))[0] == "persons/9"


# Filters and counts -----------------------------------------------------------------------------------------------------------


async def test_counts_per_kind_do_not_regard_the_filter_by_kind(index: Index) -> None:
    """F3."""
    await index.upsert([document(f"persons/{n}", "Anna Berg") for n in range(4)] + [document(f"notes/{n}", "Berg") for n in range(3)])
    result = await search(index, "berg", kinds=frozenset({"note"}), limit=2)
    assert [hit.kind for hit in result.hits] == ["note", "note"]
    assert result.kind_counts == {"person": 4, "note": 3}


async def test_filters_narrow_the_hits_and_the_counts(index: Index) -> None:
    """F3: tag, owner, date."""
    await index.upsert(
        [
            document("persons/1", "Berg", tags=("VIP", "Messe 2026"), owner_user_id="anna", update_time=NOW),
            document("persons/2", "Berg", tags=("vip",), owner_user_id="ben", update_time=NOW - timedelta(days=1)),
            document("persons/3", "Berg", tags=(), owner_user_id="anna", update_time=NOW - timedelta(days=2)),
        ]
    )
    assert set(await found(index, "berg", tags=frozenset({"Vip"}))) == {"persons/1", "persons/2"}
    assert await found(index, "berg", tags=frozenset({"VIP", "messe 2026"})) == ["persons/1"]
    assert await found(index, "berg", tags=frozenset({"Messe"})) == []
    assert set(await found(index, "berg", owner_user_id="anna")) == {"persons/1", "persons/3"}
    assert await found(index, "berg", updated_from=NOW) == ["persons/1"]
    assert await found(index, "berg", updated_until=NOW - timedelta(days=1)) == ["persons/3"]
    assert await found(index, "berg", updated_from=NOW - timedelta(days=1), updated_until=NOW) == ["persons/2"]
    assert (await search(index, "berg", tags=frozenset({"VIP"}))).kind_counts == {"person": 2}


async def test_pages_do_not_overlap_and_end(index: Index) -> None:
    await index.upsert([document(f"persons/{n}", "Berg") for n in range(25)])
    pages = [await found(index, "berg", limit=10, offset=offset) for offset in (0, 10, 20, 30)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert len({ref for page in pages for ref in page}) == 25
    assert await found(index, "berg", offset=5_000) == []


# Highlights -------------------------------------------------------------------------------------------------------------------


async def test_a_highlight_is_safe_html(index: Index) -> None:
    await index.upsert([document("persons/1", '<script>alert("Berg & Tal")</script>')])
    (hit,) = (await search(index, "berg")).hits
    assert hit.highlight == "&lt;script&gt;alert(&quot;<em>Berg</em> &amp; Tal&quot;)&lt;/script&gt;"
    assert hit.title == '<script>alert("Berg & Tal")</script>'


@pytest.mark.parametrize(
    ("typed", "highlight"),
    [
        ("mueller", "<em>Müller</em> Softwarewartung"),
        ("wartung", "Müller Software<em>wartung</em>"),
        ("softwarwartung", "Müller <em>Softwarewartung</em>"),
        ("görl", "Sie kommt aus <em>Goerl</em>itz."),
        ("0221 12", "+49 <em>221 12</em> 34 56"),
    ],
)
async def test_a_highlight_shows_what_matched(index: Index, typed: str, highlight: str) -> None:
    await index.upsert([document("persons/1", "Müller Softwarewartung", text="Sie kommt aus Goerlitz.", phones=("+49 221 12 34 56",))])
    (hit,) = (await search(index, typed)).hits
    assert hit.highlight == highlight


async def test_a_hit_tells_what_the_document_said(index: Index) -> None:
    await index.upsert([document("notes/1", "Besuch", kind="note", subjects=("persons/2", "deals/3"), update_time=NOW, sequence=7)])
    (hit,) = (await search(index, "besuch")).hits
    assert (hit.ref, hit.kind, hit.title, hit.subjects, hit.update_time) == ("notes/1", "note", "Besuch", ("persons/2", "deals/3"), NOW)


# Accounts ---------------------------------------------------------------------------------------------------------------------

CRAFTED = [
    "geheim",
    f"geheim account:{MINE}",
    f'geheim" OR account = "{MINE}',
    f'geheim") OR (account_id = "{MINE}")',
    "* OR *:*",
    "account_id EXISTS",
    "geheim NOT",
    "AND",
    "-berg",
    "/.*/",
    "geheim~2",
    "geheim^99",
    "+geheim -x",
    "[* TO *]",
    "{a TO z}",
    "geheim\\",
    "'geheim\"",
    "\x00geheim",
    "𝔤𝔢𝔥𝔢𝔦𝔪",
]


@pytest.mark.parametrize("text", CRAFTED)
async def test_another_account_sees_nothing(index: Index, text: str) -> None:
    """F4: whatever stands in the query, the filters or the account's own documents."""
    await index.upsert(
        [document("persons/1", "Geheim Berg", tags=("geheim",)), document("persons/2", f"Geheim {MINE}", account_id=OTHER + "x")]
    )
    for filters in (
        {},
        {"tags": frozenset({"geheim"})},
        {"tags": frozenset({text})},
        {"kinds": frozenset({text, "person"})},
        {"owner_user_id": text},
    ):
        result = await search(index, text, OTHER, **filters)
        assert result.hits == ()
        assert not any(result.kind_counts.values())
    for account in (text, "", f"{MINE} ", f'{OTHER}" OR account = "{MINE}', MINE[:-1]):
        assert (await search(index, "geheim berg", account)).hits == ()


async def test_the_same_record_may_exist_in_two_accounts(index: Index) -> None:
    await index.upsert([document("persons/1", "Berg Meins"), document("persons/1", "Berg Deins", account_id=OTHER)])
    assert [hit.title for hit in (await search(index, "berg")).hits] == ["Berg Meins"]
    await index.delete(OTHER, {"persons/1": 2})
    assert await found(index, "berg") == ["persons/1"]
    assert await found(index, "berg", OTHER) == []


# Changes ----------------------------------------------------------------------------------------------------------------------


async def test_an_update_replaces_the_document(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna Weber", tags=("vip",))])
    await index.upsert([document("persons/1", "Anna Kaiser", sequence=2)])
    assert await found(index, "weber") == []
    assert await found(index, "anna", tags=frozenset({"vip"})) == []
    assert await found(index, "kaiser") == ["persons/1"]
    assert await index.refs(MINE) == {"persons/1": 2}


async def test_an_older_state_is_dropped_also_within_one_call(index: Index) -> None:
    await index.upsert([document("persons/1", "Neu", sequence=5), document("persons/1", "Alt", sequence=4)])
    await index.upsert([document("persons/1", "Alt", sequence=4)])
    await asyncio.gather(
        index.upsert([document("persons/1", "Neuer", sequence=6)]), index.upsert([document("persons/1", "Alt", sequence=3)])
    )
    assert await found(index, "alt") == []
    assert await found(index, "neuer") == ["persons/1"]
    assert await index.refs(MINE) == {"persons/1": 6}


async def test_the_same_state_may_come_again(index: Index) -> None:
    """Delivery is at least once, and a rebuild may make other words of the same state."""
    await index.upsert([document("persons/1", "Anna", sequence=5)])
    await index.upsert([document("persons/1", "Anna Maria", sequence=5)])
    assert await found(index, "maria") == ["persons/1"]


async def test_a_deleted_document_is_gone_and_late_states_do_not_bring_it_back(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna", sequence=3), document("persons/2", "Anna")])
    await index.delete(MINE, {"persons/1": 4, "persons/7": 9})
    await index.upsert([document("persons/1", "Anna", sequence=4), document("persons/7", "Anna", sequence=8)])
    assert await found(index, "anna") == ["persons/2"]
    assert await index.refs(MINE) == {"persons/2": 1}
    await index.upsert([document("persons/1", "Anna", sequence=5)])
    assert set(await found(index, "anna")) == {"persons/1", "persons/2"}


async def test_a_late_deletion_does_not_remove_a_newer_state(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna", sequence=5)])
    await index.delete(MINE, {"persons/1": 4})
    assert await found(index, "anna") == ["persons/1"]


async def test_two_thousand_documents_are_all_there(index: Index) -> None:
    """F5: provably complete."""
    await index.upsert([document(f"persons/{n}", f"Anna Nummer{n:04}", sequence=n + 1) for n in range(2_000)])
    assert await index.refs(MINE) == {f"persons/{n}": n + 1 for n in range(2_000)}
    assert await index.refs(OTHER) == {}
    assert (await search(index, "anna")).kind_counts == {"person": 2_000}
    assert await found(index, "nummer1234") == ["persons/1234"]


async def test_many_changes_at_once_are_all_found(index: Index) -> None:
    await asyncio.gather(*(index.upsert([document(f"persons/{n}", f"Anna Nummer{n:03}")]) for n in range(100)))
    assert len(await index.refs(MINE)) == 100


WEIRD = [
    "",
    " ",
    "x" * 10_000,
    "ab " * 5_000,
    "!?$%&/()=*+~#'-_.:,;<>|^°\"\\",
    "\x00",
    "a\x00b",
    "\u202eoznam\u202c",
    "😀👩\u200d👩\u200d👧",
    "🇩🇪 Flagge",
    "\ud800",
    "a" + "\u0300" * 5_000,
    "\u200b",
    "١٢٣٤٥٦",
    "ﷺ" * 300,
    "-",
    "AND",
    "NOT anna",
    "a" * 64 + "b" * 64,
]


@pytest.mark.parametrize("weird", WEIRD)
async def test_weird_texts_harm_nothing(index: Index, weird: str) -> None:
    few = (weird, weird)
    await index.upsert(
        [
            document("persons/1", weird, keywords=few, text=weird, tags=few, emails=few, phones=few, subjects=few),
            document("persons/2", "Anna Berg"),
        ]
    )
    result = await search(index, weird, tags=frozenset({weird}), owner_user_id="")
    assert {hit.ref for hit in result.hits} <= {"persons/1"}
    await search(index, weird)
    assert await found(index, "anna berg") == ["persons/2"]
    assert set(await index.refs(MINE)) == {"persons/1", "persons/2"}


async def test_weird_sequences_and_times_harm_nothing(index: Index) -> None:
    await index.upsert(
        [
            document("persons/1", "Anna", sequence=2**63 - 1, update_time=datetime.max.replace(tzinfo=UTC)),
            document("persons/2", "Anna", sequence=0, update_time=datetime.min.replace(tzinfo=UTC)),
        ]
    )
    hits = (await search(index, "anna")).hits
    assert {hit.update_time.year for hit in hits} == {1, 9999}


# Rebuild ----------------------------------------------------------------------------------------------------------------------


async def test_a_rebuild_replaces_everything_at_once(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna Alt"), document("persons/2", "Ben Alt")])
    rebuild = await index.begin_rebuild()
    await rebuild.add([document("persons/1", "Anna Neu", sequence=1)])
    assert set(await found(index, "alt")) == {"persons/1", "persons/2"}
    await rebuild.commit()
    assert await found(index, "alt") == []
    assert await found(index, "neu") == ["persons/1"]
    assert await index.refs(MINE) == {"persons/1": 1}
    assert not index.needs_rebuild


async def test_changes_during_a_rebuild_reach_both_generations(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna", sequence=1), document("persons/2", "Ben", sequence=1)])
    async with await index.begin_rebuild() as rebuild:
        await index.upsert([document("persons/1", "Anna Neu", sequence=2), document("persons/3", "Cem", sequence=1)])
        await index.delete(MINE, {"persons/2": 2})
        # What the owner listed before those changes comes after them.
        await rebuild.add([document("persons/1", "Anna", sequence=1), document("persons/2", "Ben", sequence=1)])
        assert await index.refs(MINE) == {"persons/1": 2, "persons/3": 1}
        await rebuild.commit()
    assert await index.refs(MINE) == {"persons/1": 2, "persons/3": 1}
    assert await found(index, "anna neu") == ["persons/1"]
    await index.upsert([document("persons/4", "Dora")])
    assert await found(index, "dora") == ["persons/4"]


async def test_search_and_changes_go_on_while_a_rebuild_runs(index: Index) -> None:
    """F5: without downtime; no search fails or misses, no change is lost."""
    everyone = [document(f"persons/{n}", f"Anna Nummer{n}") for n in range(300)]
    await index.upsert(everyone)
    done = asyncio.Event()

    async def search_on() -> int:
        searches = 0
        while not done.is_set():
            assert (await search(index, "anna")).kind_counts["person"] >= 300
            searches += 1
        return searches

    async def change_on() -> int:
        changes = 0
        while not done.is_set():
            await index.upsert([document(f"persons/new-{changes}", "Neu")])
            changes += 1
        return changes

    searching, changing = asyncio.create_task(search_on()), asyncio.create_task(change_on())
    for _ in range(2):
        rebuild = await index.begin_rebuild()
        await rebuild.add([document(ref, "Neu", sequence=sequence) for ref, sequence in (await index.refs(MINE)).items() if "new" in ref])
        for start in range(0, 300, 50):
            await rebuild.add(everyone[start : start + 50])
        await rebuild.commit()
    done.set()
    assert await searching > 0
    changes = await changing
    assert len(await index.refs(MINE)) == 300 + changes


async def test_an_aborted_rebuild_leaves_everything_as_it_was(index: Index) -> None:
    await index.upsert([document("persons/1", "Anna")])
    async with await index.begin_rebuild() as rebuild:
        await rebuild.add([document("persons/2", "Ben")])
    assert await index.refs(MINE) == {"persons/1": 1}
    with pytest.raises(Unavailable):
        await rebuild.add([document("persons/2", "Ben")])
    rebuild = await index.begin_rebuild()
    await rebuild.commit()
    assert await index.refs(MINE) == {}


async def test_only_one_rebuild_runs_at_a_time(index: Index) -> None:
    first, second = await asyncio.gather(index.begin_rebuild(), index.begin_rebuild(), return_exceptions=True)
    assert isinstance(second, FailedPrecondition)
    assert not isinstance(first, BaseException)
    await first.abort()


# Life cycle -------------------------------------------------------------------------------------------------------------------


async def test_a_restart_keeps_everything(index: Index, reopen: Callable[[], Awaitable[Index]]) -> None:
    assert index.needs_rebuild
    await index.upsert([document("persons/1", "Anna", sequence=3), document("persons/2", "Ben")])
    await index.delete(MINE, {"persons/2": 2})
    again = await reopen()
    assert again.needs_rebuild
    assert again.ready()
    assert await found(again, "anna") == ["persons/1"]
    await again.upsert([document("persons/1", "Alt", sequence=2), document("persons/2", "Ben")])
    assert await again.refs(MINE) == {"persons/1": 3}


async def test_a_restart_keeps_a_rebuild_that_was_committed_and_forgets_one_that_was_not(
    index: Index, reopen: Callable[[], Awaitable[Index]]
) -> None:
    rebuild = await index.begin_rebuild()
    await rebuild.add([document("persons/1", "Anna")])
    await rebuild.commit()
    unfinished = await index.begin_rebuild()
    await unfinished.add([document("persons/2", "Ben")])
    again = await reopen()
    assert not again.needs_rebuild
    assert await again.refs(MINE) == {"persons/1": 1}
    rebuild = await again.begin_rebuild()
    await rebuild.commit()
    assert await again.refs(MINE) == {}


async def test_what_is_pending_when_it_stops_is_committed(index: Index, reopen: Callable[[], Awaitable[Index]]) -> None:
    pending = [asyncio.create_task(index.upsert([document(f"persons/{n}", "Anna")])) for n in range(10)]
    await asyncio.sleep(0)
    again = await reopen()
    await asyncio.gather(*pending)
    assert len(await again.refs(MINE)) == 10


async def test_a_stopped_index_refuses(index: Index) -> None:
    await index.stop()
    assert not index.ready()
    with pytest.raises(Unavailable):
        await search(index, "anna")
    with pytest.raises(Unavailable):
        await index.upsert([document("persons/1", "Anna")])


# Outages of the server -----------------------------------------------------------------------------------------------------------


class Line:
    """A connection to the search server that can go silent, as when its machine hangs, or be cut, as when it restarts."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._loud = asyncio.Event()
        self._loud.set()
        self.cut = False

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def silence(self, silent: bool) -> None:
        self._loud.clear() if silent else self._loud.set()

    async def close(self) -> None:
        self._loud.set()
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.close()
            return
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        await asyncio.gather(self._pass(reader, there_writer), self._pass(there_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self._loud.wait()
                writer.write(data)
                await writer.drain()
            writer.close()


@pytest.mark.parametrize("outage", ["silent", "cut"])
async def test_an_outage_of_the_server_is_told_in_time_and_survived(meilisearch: backends.Meilisearch, outage: str) -> None:
    """R17: a black-holed dependency is Unavailable within 3 s, and what comes later works again by itself."""
    server = urlsplit(meilisearch.url)
    line = Line(server.hostname or "", server.port or 0)
    store = ServerStore(f"http://127.0.0.1:{await line.open()}", meilisearch.key, name=f"test-{uuid.uuid4().hex}", clock=lambda: NOW)
    index = Index(store)
    await index.start()
    await index.upsert([document("persons/1", "Anna")])
    if outage == "silent":
        line.silence(True)
    else:
        line.cut = True
    async with asyncio.timeout(60):
        with pytest.raises(Unavailable):
            await search(index, "anna")
        assert not index.ready()
        with pytest.raises(Unavailable):
            await index.upsert([document("persons/2", "Ben")])
        line.silence(False)
        line.cut = False
        await index.upsert([document("persons/2", "Ben")])
        assert await found(index, "anna") == ["persons/1"]
        assert await found(index, "ben") == ["persons/2"]
        assert index.ready()
    await index.stop()
    await line.close()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    index = meilisearch_index("http://127.0.0.1:9", name="nowhere")
    with pytest.raises(Unavailable):
        await index.start()
    assert not index.ready()
    await index.stop()


async def test_a_process_that_starts_leaves_the_rebuild_of_another_alone(meilisearch: backends.Meilisearch) -> None:
    """As while a deployment is being replaced."""
    name = f"test-{uuid.uuid4().hex}"
    old, new = (meilisearch_index(meilisearch.url, api_key=meilisearch.key, name=name) for _ in range(2))
    await old.start()
    rebuild = await old.begin_rebuild()
    await rebuild.add([document("persons/1", "Anna")])
    await new.start()
    await rebuild.add([document("persons/2", "Anna")])
    await rebuild.commit()
    for index in (old, new):
        assert set(await found(index, "anna")) == {"persons/1", "persons/2"}
        await index.stop()


async def test_a_new_generation_that_somebody_removed_never_serves(meilisearch: backends.Meilisearch) -> None:
    """A write would have made it again, without settings and therefore without accounts."""
    name = f"test-{uuid.uuid4().hex}"
    index = meilisearch_index(meilisearch.url, api_key=meilisearch.key, name=name, clock=lambda: NOW)
    await index.start()
    await index.upsert([document("persons/1", "Anna")])
    rebuild = await index.begin_rebuild()
    client = Client(meilisearch.url, meilisearch.key)
    (next_name,) = [each.uid for each in client.get_indexes({"limit": 1_000})["results"] if each.uid.startswith(f"{name}-next")]
    client.wait_for_task(client.delete_index(next_name).task_uid)
    with pytest.raises(Unavailable):
        await rebuild.commit()
    with pytest.raises(Unavailable):
        await rebuild.add([document("persons/2", "Anna")])
    await rebuild.abort()
    assert await found(index, "anna") == ["persons/1"]
    await index.stop()
