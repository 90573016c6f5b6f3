"""The settings of the Meilisearch index, its documents, and the requests on it.

Meilisearch matches whole words and, of a query's last word only, beginnings. Whether a document has a term is therefore asked as a filter:
`parts` holds every word and its parts (none shorter than MIN_PART), and STARTS WITH finds beginnings among them. Searching proper then
ranks what the filter lets through, and finds typing mistakes where too little is left. What users type reaches a filter as folded words
or as digests only, so that there is nothing to escape.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from kontor_chassis.visibility import Viewer
from kontor_search.domain.documents import IndexDocument
from kontor_search.domain.queries import Query, Term, tag_key, typing_mistakes
from kontor_search.domain.words import MAX_PART, MIN_PART
from kontor_search.index.material import material, microseconds, precedence, shown, stored

# Change it with the settings, the fields or with what `domain` makes of texts; an index of another format is rebuilt.
FORMAT = 2
# Id of the document that tells the format and whether the index is complete. It has no account, hence no search finds it.
STATE = "state"

_EQUALITY = {"facetSearch": False, "filter": {"equality": True, "comparison": False}}
# STARTS WITH needs the tree that comparisons need; without it the server reads every value that begins so.
_COMPARISON = {"facetSearch": False, "filter": {"equality": True, "comparison": True}}

SETTINGS: Mapping[str, Any] = {
    "searchableAttributes": ["names", "facts", "text", "every"],
    "displayedAttributes": ["id", "ref", "version", "shown", "format", "complete"],
    "filterableAttributes": [
        {"attributePatterns": ["id", "account", "kind", "tags", "owner", "visible_to"], "features": _EQUALITY},
        {"attributePatterns": ["updated", "deleted", "heads", "name_parts", "parts", "phones"], "features": _COMPARISON},
    ],
    "sortableAttributes": [],
    "rankingRules": ["words", "typo", "exactness", "proximity", "attribute", "precedence:desc"],
    "typoTolerance": {"minWordSizeForTypos": {"oneTypo": 4, "twoTypos": 8}, "disableOnNumbers": True},
    # Pairs of words at each distance would be most of the index, and matter least for names.
    "proximityPrecision": "byAttribute",
    "facetSearch": False,
    "pagination": {"maxTotalHits": 1_000},
    "faceting": {"maxValuesPerFacet": 100},
    # Texts are split and folded already; no language is to be guessed for them.
    "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["eng"]}],
}

# What a match is worth by where it stands. A score within one of these is at least half of its best (without typing mistakes), and
# so the places do not mix.
_NAMES, _FACTS, _NAME_PARTS, _TEXT, _PARTS = 1.0, 0.45, 0.2, 0.09, 0.04
_PLACES = ((["names"], _NAMES), (["names", "facts"], _FACTS), (["names", "facts", "text"], _TEXT))
# A word in every document. Queries whose hits are ranked together must all look for something, even where the filter says it all.
_EVERY = "every"
# In `visible_to` of what everyone may see.
_EVERYONE = "everyone"


def key(*values: str) -> str:
    """A digest that stands for the values where only letters and digits may stand."""
    return hashlib.blake2b("\0".join(values).encode("utf-8", "replace"), digest_size=16).hexdigest()


def fields(document: IndexDocument) -> dict[str, Any]:
    """What of a document is sent, beside its id and version."""
    texts = shown(document)
    found = material(texts)
    name_parts = [*found.names, *" ".join(found.name_parts).split()]
    other_parts = [*found.facts, *found.text, *" ".join(found.fact_parts).split(), *" ".join(found.text_parts).split()]
    return {
        "ref": document.ref,
        "account": key(document.account_id),
        "kind": document.kind,
        "tags": [key(tag_key(tag)) for tag in texts.tags],
        "owner": key(document.owner_user_id),
        "visible_to": [key(ref) for ref in document.visible_to] or [_EVERYONE],
        "names": " ".join(found.names),
        "facts": " ".join(found.facts),
        "text": " ".join(found.text),
        "every": _EVERY,
        "heads": list(dict.fromkeys([*found.names, *found.facts])),
        "name_parts": list(dict.fromkeys(name_parts)),
        "parts": list(dict.fromkeys([*name_parts, *other_parts])),
        "phones": list(dict.fromkeys(found.phones)),
        "updated": microseconds(document.update_time),
        "precedence": precedence(document),
        "shown": stored(document, texts),
    }


def of_account(account_id: str, *, viewer: Viewer = None) -> list[str]:
    """The one place where a request is bound to its account and its viewer; every search passes here."""
    return [f'account = "{key(account_id)}"', *_visible_to(viewer)]


def _visible_to(viewer: Viewer) -> list[str]:
    if viewer is None:
        return []
    return [f"visible_to IN [{', '.join([_EVERYONE, *(key(ref) for ref in sorted(viewer))])}]"]


def filters(query: Query) -> list[str]:
    """All filters but that by kind."""
    found = [f'tags = "{key(tag_key(tag))}"' for tag in sorted(query.tags)]
    if query.owner_user_id:
        found.append(f'owner = "{key(query.owner_user_id)}"')
    if query.updated_from is not None:
        found.append(f"updated >= {microseconds(query.updated_from)}")
    if query.updated_until is not None:
        found.append(f"updated < {microseconds(query.updated_until)}")
    return found


def kinds(wanted: frozenset[str]) -> list[str]:
    """A kind that is no plain word exists in no document; without any the list has one that is none."""
    plain = [f'"{kind}"' for kind in sorted(wanted) if kind.isascii() and kind.isidentifier()]
    return [f"kind IN [{', '.join(plain) or '_'}]"] if wanted else []


def stages(terms: Sequence[Term]) -> list[list[dict[str, Any]]]:
    """What to look for, stricter first: all terms; all, with typing mistakes; any of them. Each is a list of queries whose hits add up."""
    has_all = [_has(term, "parts") for term in terms]
    in_parts = [_filtered(_NAME_PARTS, [_has(term, "name_parts") for term in terms]), _filtered(_PARTS, has_all)]
    exact, misspelt = " ".join(map(_typed, terms)), " ".join(map(_misspelt, terms))
    everywhere = _PLACES[-1][0]
    any_of = [[_query(_misspelt(term), everywhere, weight=_NAMES), _filtered(_PARTS, [_has(term, "parts")])] for term in terms]
    stages = [
        [*(_query(exact, fields, weight=weight, filters=has_all) for fields, weight in _PLACES), *in_parts],
        [*(_query(misspelt, fields, weight=weight) for fields, weight in _PLACES), *in_parts],
        [query for queries in any_of for query in queries],
    ]
    return stages if len(terms) > 1 else stages[:2]


def _filtered(weight: float, filters: Sequence[str]) -> dict[str, Any]:
    """A query whose hits the filters alone decide."""
    return _query(_EVERY, ["every"], weight=weight, filters=filters)


def _query(text: str, attributes: Sequence[str], *, weight: float, filters: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "q": text,
        "attributesToSearchOn": list(attributes),
        "filter": list(filters),
        "matchingStrategy": "all",
        "locales": ["eng"],
        "federationOptions": {"weight": weight},
    }


def _typed(term: Term) -> str:
    """The last form of each word, which a document has whatever way the word is written in it."""
    return " ".join(forms[-1] for forms in term.words)


def _misspelt(term: Term) -> str:
    """The same, with quotes around words that are taken by the letter only; the server knows fewer such words than we do."""
    return " ".join(forms[-1] if typing_mistakes(forms[-1]) else f'"{forms[-1]}"' for forms in term.words)


def _has(term: Term, field: str) -> str:
    """Whether a document has the term, in its words by their beginnings or parts, or as a phone number."""
    words = " AND ".join("(" + " OR ".join(_has_form(field, form) for form in forms) + ")" for forms in term.words)
    return " OR ".join([f"({words})", *(_begins("phones", number) for number in term.numbers)])


def _has_form(field: str, form: str) -> str:
    """One or two letters are looked for at the beginning of names and facts only, and as whole words; they are part of everything."""
    return _begins(field, form) if len(form) >= MIN_PART else f'{_begins("heads", form)} OR {field} = "{form}"'


def _begins(field: str, text: str) -> str:
    return f'{field} STARTS WITH "{text[:MAX_PART]}"'
