"""Both indexes find the same: parts of words, umlauts, phone numbers, mistakes; and nothing of another account."""

from datetime import timedelta

import pytest

from kontor_search.index.live import Index
from tests.contract.index_harness import MINE, NOW, OTHER, document, found, search

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
