"""How often one may try to sign in (S7)."""

from datetime import UTC, datetime, timedelta

from kontor_identity.domain.throttling import Refuse, Rule, buckets, give_back, take

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RULE = Rule(burst=3, every=timedelta(seconds=10))


def tries(count: int, *, rule: Rule = RULE, now: datetime = NOW, start: datetime | None = None) -> datetime | Refuse:
    empty_time = start
    for _ in range(count):
        answer = take(empty_time, rule, now=now)
        if isinstance(answer, Refuse):
            return answer
        empty_time = answer
    assert empty_time is not None
    return empty_time


def test_a_burst_is_allowed_and_the_next_try_waits() -> None:
    assert tries(3) == NOW + timedelta(seconds=30)
    assert tries(4) == Refuse(seconds=10)


def test_after_the_wait_exactly_one_more_try_is_allowed() -> None:
    full = tries(3)
    assert isinstance(full, datetime)
    assert tries(1, start=full, now=NOW + timedelta(seconds=9.5)) == Refuse(seconds=1)
    assert isinstance(tries(1, start=full, now=NOW + timedelta(seconds=10)), datetime)
    assert tries(2, start=full, now=NOW + timedelta(seconds=10)) == Refuse(seconds=10)


def test_a_bucket_left_alone_is_as_good_as_new() -> None:
    full = tries(3)
    assert isinstance(full, datetime)
    assert tries(3, start=full, now=NOW + timedelta(days=1)) == NOW + timedelta(days=1, seconds=30)


def test_a_right_password_gives_its_try_back() -> None:
    full = tries(3)
    assert isinstance(full, datetime)
    assert isinstance(tries(1, start=give_back(full, RULE)), datetime)


def test_a_clock_that_goes_back_refuses_nobody_for_long() -> None:
    full = tries(1, rule=RULE)
    assert isinstance(full, datetime)
    assert tries(1, start=full, now=NOW - timedelta(seconds=5)) != Refuse(seconds=5)


def test_buckets_do_not_show_whose_they_are() -> None:
    assert not any("anna" in key or "192.0.2.1" in key for key in buckets("anna@example.com", "192.0.2.1"))


def test_one_customer_of_ipv6_is_one_peer() -> None:
    def of(peer: str) -> set[str]:
        return set(buckets("anna@example.com", peer))

    assert of("2001:db8::1") == of("2001:db8::ffff")
    assert of("2001:db8::1") != of("2001:db8:0:1::1")
    assert of("::ffff:192.0.2.1") == of("192.0.2.1")
    assert len(of("192.0.2.1") & of("192.0.2.2")) == 1


def test_without_a_peer_the_address_is_counted_alone() -> None:
    assert len(buckets("anna@example.com", "")) == 2
