"""The values of the bus port."""

from kontor_chassis.bus.port import RetryPolicy, Topology


def test_a_type_goes_to_every_queue_that_wants_it_and_to_no_other() -> None:
    topology = Topology({"search": frozenset({"a", "b"}), "sales": frozenset({"a"}), "notify": frozenset()})
    assert topology.queues_for("a") == ["search", "sales"]
    assert topology.queues_for("b") == ["search"]
    assert topology.queues_for("c") == []


def test_pauses_lie_between_the_tries_and_after_the_last_one_there_is_none() -> None:
    policy = RetryPolicy(pauses=(0.5, 3.0))
    assert policy.max_attempts == 3
    assert [policy.pause_after(failures) for failures in (1, 2, 3, 4)] == [0.5, 3.0, None, None]


def test_a_policy_without_pauses_allows_one_try() -> None:
    policy = RetryPolicy(pauses=())
    assert policy.max_attempts == 1
    assert policy.pause_after(1) is None
