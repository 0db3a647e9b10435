"""Who gets the next answer."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from kefu.router.replicas.load import SATURATED_TOKENS, STALE_SECONDS, ReplicaLoad
from kefu.router.replicas.load_balancer import STICKY_TOKENS, choose


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Replica:
    address: str
    load: ReplicaLoad = field(default_factory=ReplicaLoad)


def replica(address: str, owed: int, *, draining: bool = False) -> Replica:
    made = Replica(address)
    made.load.update("boot", owed, 0, draining=draining)
    return made


def test_what_was_sent_counts_until_a_report_has_it() -> None:
    load = ReplicaLoad(Clock())
    load.update("boot", 500, 0, draining=False)
    dispatch = load.record_sent(300)
    assert load.owed_tokens == 800
    load.update("boot", 800, 300, draining=False)  # counted there now, and no longer here
    assert load.owed_tokens == 800
    load.record_accepted(dispatch)
    load.record_end(dispatch)
    load.update("boot", 0, 300, draining=False)
    assert load.owed_tokens == 0


def test_work_that_is_done_is_progress_and_a_report_without_any_is_none() -> None:
    clock = Clock()
    load = ReplicaLoad(clock)
    load.update("boot", 500, 0, draining=False)
    assert load.progressed_at == float("-inf"), "a replica of before says nothing of it"
    load.update("boot", 500, 0, done=40, draining=False)
    seen = load.progressed_at
    assert seen == clock()
    clock.now += 5
    load.update("boot", 100, 0, done=40, draining=False)  # cancelled requests owe less, and nothing was done
    assert load.progressed_at == seen
    load.update("another", 100, 0, done=1, draining=False)
    assert load.progressed_at == clock()


def test_a_request_that_was_never_accepted_is_taken_back_once() -> None:
    load = ReplicaLoad(Clock())
    load.update("boot", 0, 0, draining=False)
    dispatch = load.record_sent(300)
    load.record_end(dispatch)
    load.record_end(dispatch)
    assert (load.owed_tokens, load.in_flight) == (0, 0)


def test_a_request_that_was_lost_on_its_way_skews_nothing_for_long() -> None:
    load = ReplicaLoad(Clock())
    load.update("boot", 0, 0, draining=False)
    load.record_end(load.record_sent(300))  # cancelled here, accepted there
    load.update("boot", 300, 300, draining=False)
    load.record_sent(200)
    assert load.owed_tokens == 500


def test_a_new_boot_counts_from_zero() -> None:
    load = ReplicaLoad(Clock())
    load.update("old", 900, 400, draining=False)
    load.update("new", 0, 0, draining=False)
    assert load.owed_tokens == 0
    load.record_sent(100)
    assert load.owed_tokens == 100


def test_a_silent_replica_is_saturated() -> None:
    clock = Clock()
    load = ReplicaLoad(clock)
    assert load.owed_tokens >= SATURATED_TOKENS
    load.update("boot", 5, 0, draining=False)
    assert load.owed_tokens == 5
    clock.now += STALE_SECONDS + 0.1
    assert load.owed_tokens >= SATURATED_TOKENS


def test_the_least_loaded_is_chosen() -> None:
    replicas = [replica("a", 9_000), replica("b", 100), replica("c", 5_000)]
    assert {choose(replicas, sample_size=3).address for _ in range(20)} == {"b"}  # type: ignore[union-attr]


def test_of_many_two_are_drawn_and_the_better_one_taken() -> None:
    replicas = [replica(str(n), n * 10_000) for n in range(10)]
    chosen = {found.address for _ in range(200) if (found := choose(replicas))}
    assert len(chosen) > 3
    assert "9" not in chosen


def test_the_sessions_last_replica_is_preferred_while_its_load_is_within_a_bound_of_the_mean() -> None:
    replicas = [replica("a", 0), replica("b", STICKY_TOKENS)]
    assert choose(replicas, preferred="b") is replicas[1]  # an idle suite moves no session for an answer or two
    replicas = [replica("a", 100_000), replica("b", 120_000), replica("c", 80_000)]
    assert choose(replicas, preferred="b") is replicas[1]  # no more than the others have, in proportion
    replicas[1].load.update("boot", 190_000, 0, draining=False)
    found = {chosen.address for _ in range(50) if (chosen := choose(replicas, preferred="b", sample_size=3))}
    assert found == {"c"}


def test_a_silent_replica_spoils_neither_the_mean_nor_the_stickiness() -> None:
    replicas = [replica("a", 10_000), replica("b", 11_000), Replica("silent")]
    assert choose(replicas, preferred="b") is replicas[1]
    assert choose(replicas, preferred="silent", session="s") is not replicas[2]


@pytest.mark.parametrize("leaves", ["left", "drains", "silent", "tried"])
def test_sessions_of_a_replica_that_left_spread_over_the_others_and_each_always_goes_to_the_same(leaves: str) -> None:
    replicas = [replica(name, 1_000) for name in ("a", "b", "c", "d")]
    exclude = frozenset[str]()
    match leaves:
        case "drains":
            replicas.append(replica("gone", 0, draining=True))
        case "silent":
            replicas.append(Replica("gone"))
        case "tried":
            replicas.append(replica("gone", 0))
            exclude = frozenset({"gone"})
        case _:
            pass

    def places() -> dict[str, str]:
        found: dict[str, str] = {}
        for n in range(1_000):
            chosen = choose(replicas, preferred="gone", session=f"session-{n}", exclude=exclude)
            assert chosen is not None
            found[f"session-{n}"] = chosen.address
        return found

    first = places()
    counts = Counter(first.values())
    assert set(counts) == {"a", "b", "c", "d"}
    assert max(counts.values()) < 1.5 * min(counts.values())
    replicas.reverse()
    assert places() == first


def test_sessions_that_must_move_do_not_pile_onto_one_that_is_busy() -> None:
    replicas = [replica("a", 0), replica("b", 50_000), replica("c", 0)]
    moved = {chosen.address for n in range(50) if (chosen := choose(replicas, preferred="gone", session=str(n)))}
    assert moved == {"a", "c"}


def test_those_that_drain_or_were_tried_are_never_chosen_and_silent_ones_only_when_alone() -> None:
    silent = Replica("silent")
    draining, tried, fresh = replica("draining", 0, draining=True), replica("tried", 0), replica("fresh", 99_999)
    exclude = frozenset({"tried"})
    assert choose([silent, draining, tried, fresh], exclude=exclude) is fresh
    assert choose([silent, draining, tried], exclude=exclude) is silent
    assert choose([draining, tried], exclude=exclude) is None
    assert choose(list[Replica]()) is None
