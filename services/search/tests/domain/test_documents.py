"""The order of a record's states."""

from datetime import UTC, datetime

from kontor_search.domain.documents import Change, IndexDocument, latest


def put(ref: str, sequence: int, *, account_id: str = "a", title: str = "") -> Change:
    return Change(account_id, ref, sequence, IndexDocument(account_id, ref, "person", title, datetime(2026, 1, 1, tzinfo=UTC), sequence))


def test_the_highest_sequence_counts_whatever_order_they_come_in() -> None:
    states = [put("persons/1", 2), put("persons/1", 3), put("persons/1", 1)]
    assert list(latest(states).values()) == [states[1]]


def test_of_equal_sequences_the_last_counts_but_a_deletion_more_than_any() -> None:
    first, second, gone = put("persons/1", 2, title="a"), put("persons/1", 2, title="b"), Change("a", "persons/1", 2)
    assert list(latest([first, second]).values()) == [second]
    assert list(latest([first, gone, second]).values()) == [gone]
    assert list(latest([gone, newer := put("persons/1", 3)]).values()) == [newer]


def test_records_and_accounts_are_told_apart() -> None:
    assert len(latest([put("persons/1", 1), put("persons/2", 1), put("persons/1", 1, account_id="b")])) == 3
