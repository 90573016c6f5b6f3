"""The fields of the tantivy index and the queries on them.

Queries are put together from terms, never parsed from text, so nothing that a user types is an operator or an error.
"""

from collections.abc import Callable, Sequence

import tantivy
from tantivy import Occur
from tantivy import Query as Tantivy

from kontor_chassis.visibility import Viewer
from kontor_search.domain.queries import Query, Term, tag_key, typing_mistakes
from kontor_search.domain.words import MAX_PART, MIN_PART
from kontor_search.index.material import microseconds

# Change it with the fields or with what `domain` makes of texts; an index of another format is rebuilt.
FORMAT = 2
# In the field `limited` of what not everyone may see.
LIMITED = "yes"

# What a match is worth by field: as the word, as its beginning, as a part of it, with a typing mistake. A name's beginning is worth
# more than any other field's word. The distances are larger than the share of a match's rarity and of `precedence`.
_WORTH = {"names": (40.0, 32.0, 12.0, 9.0), "facts": (24.0, 20.0, 6.0, 4.5), "text": (3.0, 2.2, 1.5, 1.0)}
_PARTS = {"names": "name_parts", "facts": "fact_parts", "text": "text_parts"}
_PHONE = 22.0
_RARITY = 0.1


def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # `listed` holds id and sequence in one term, so that all of an account are told by reading terms only.
    for name in ("id", "listed", "account", "tag", "owner", "limited", "visible_to"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("names", "facts", "text"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("name_parts", "fact_parts", "text_parts", "phones"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    builder.add_integer_field("version", fast=True)
    builder.add_integer_field("updated", fast=True)
    builder.add_integer_field("deleted", indexed=True, fast=True)
    builder.add_float_field("precedence", fast=True)
    builder.add_bytes_field("shown", stored=True)
    return builder.build()


class Queries:
    """Makes queries for one schema."""

    def __init__(self, fields: tantivy.Schema) -> None:
        self._schema = fields

    def record(self, key: str) -> Tantivy:
        return Tantivy.term_query(self._schema, "id", key)

    def of_account(
        self, account_id: str, found: Tantivy | None = None, *, viewer: Viewer = None, filters: Sequence[Tantivy] = ()
    ) -> Tantivy:
        """The one place where a query is bound to its account and its viewer; every search passes here."""
        account = Tantivy.const_score_query(Tantivy.term_query(self._schema, "account", account_id), 0.0)
        others = [Tantivy.const_score_query(each, 0.0) for each in filters]
        wanted = [(Occur.Must, each) for each in (account, *others, *([found] if found is not None else []))]
        return Tantivy.boolean_query([*wanted, *((Occur.MustNot, each) for each in self._hidden(viewer))])

    def _hidden(self, viewer: Viewer) -> list[Tantivy]:
        """What is not visible to somebody; begins with what is limited, which is little or nothing."""
        if viewer is None:
            return []
        limited = Tantivy.term_query(self._schema, "limited", LIMITED)
        named = Tantivy.term_set_query(self._schema, "visible_to", sorted(viewer))
        return [Tantivy.boolean_query([(Occur.Must, limited), (Occur.MustNot, named)])]

    def filters(self, query: Query) -> list[Tantivy]:
        """All filters but that by kind."""
        found = [Tantivy.term_query(self._schema, "tag", tag_key(tag)) for tag in sorted(query.tags)]
        if query.owner_user_id:
            found.append(Tantivy.term_query(self._schema, "owner", query.owner_user_id))
        if query.updated_from is not None or query.updated_until is not None:
            first = microseconds(query.updated_from) if query.updated_from else None
            last = microseconds(query.updated_until) - 1 if query.updated_until else None
            found.append(Tantivy.range_query(self._schema, "updated", tantivy.FieldType.Integer, first, last))
        return found

    def kinds(self, kinds: frozenset[str]) -> list[Tantivy]:
        return [Tantivy.term_set_query(self._schema, "kind", sorted(kinds))] if kinds else []

    def deleted_before(self, time: int) -> Tantivy:
        return Tantivy.range_query(self._schema, "deleted", tantivy.FieldType.Integer, None, time - 1)

    def stages(self, terms: Sequence[Term]) -> list[Callable[[], Tantivy]]:
        """What to look for, stricter first: all terms; all, with typing mistakes; any of them."""
        stages = [
            lambda: _all([self._term(term, mistakes=False) for term in terms]),
            lambda: _all([self._term(term, mistakes=True) for term in terms]),
            lambda: Tantivy.boolean_query([(Occur.Should, self._term(term, mistakes=True)) for term in terms]),
        ]
        return stages if len(terms) > 1 else stages[:2]

    def _term(self, term: Term, *, mistakes: bool) -> Tantivy:
        ways = [_all([self._word(forms, mistakes) for forms in term.words])]
        ways += [_worth(self._beginning("phones", number), _PHONE) for number in term.numbers]
        return Tantivy.disjunction_max_query(ways)

    def _word(self, forms: tuple[str, ...], mistakes: bool) -> Tantivy:
        return Tantivy.disjunction_max_query([way for form in forms for way in self._ways(form, mistakes)])

    def _ways(self, form: str, mistakes: bool) -> list[Tantivy]:
        ways: list[Tantivy] = []
        short = len(form) < MIN_PART
        for field, (whole, beginning, part, misspelt) in _WORTH.items():
            word = Tantivy.term_query(self._schema, field, form)
            # The rarity share prefers short names to long ones with the same word, and texts that say it often.
            ways.append(Tantivy.boolean_query([(Occur.Should, _worth(word, whole)), (Occur.Should, Tantivy.boost_query(word, _RARITY))]))
            # One or two letters begin too many words of running texts to be of use, and cost the most.
            if not (short and field == "text"):
                ways.append(_worth(self._beginning(field, form), beginning))
            if not short:
                ways.append(_worth(self._beginning(_PARTS[field], form), part))
            allowed = typing_mistakes(form)
            if mistakes and allowed:
                ways.append(_worth(Tantivy.fuzzy_term_query(self._schema, field, form, distance=allowed), misspelt))
                if len(form) > 2 * MIN_PART:
                    ways.append(_worth(Tantivy.fuzzy_term_query(self._schema, field, form, distance=1, prefix=True), misspelt))
        return ways

    def _beginning(self, field: str, form: str) -> Tantivy:
        return Tantivy.fuzzy_term_query(self._schema, field, form[:MAX_PART], distance=0, prefix=True)


def _all(queries: Sequence[Tantivy]) -> Tantivy:
    return queries[0] if len(queries) == 1 else Tantivy.boolean_query([(Occur.Must, each) for each in queries])


def _worth(query: Tantivy, score: float) -> Tantivy:
    return Tantivy.const_score_query(query, score)
