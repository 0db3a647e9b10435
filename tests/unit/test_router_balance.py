"""Who gets the next answer, and who gets a place."""

import asyncio
from dataclasses import dataclass, field

import pytest

from kefu.common.errors import Overloaded
from kefu.router.admission import Admission
from kefu.router.balance import SATURATED, STALE_SECONDS, ReplicaLoad, choose


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
    made.load.reported("boot", owed, 0, draining=draining)
    return made


def test_what_was_sent_counts_until_a_report_has_it() -> None:
    load = ReplicaLoad(Clock())
    load.reported("boot", 500, 0, draining=False)
    dispatch = load.sending(300)
    assert load.tokens == 800
    load.reported("boot", 800, 300, draining=False)  # counted there now, and no longer here
    assert load.tokens == 800
    dispatch.accepted = True
    load.ended(dispatch)
    load.reported("boot", 0, 300, draining=False)
    assert load.tokens == 0


def test_a_request_that_was_never_accepted_is_taken_back_once() -> None:
    load = ReplicaLoad(Clock())
    load.reported("boot", 0, 0, draining=False)
    dispatch = load.sending(300)
    load.ended(dispatch)
    load.ended(dispatch)
    assert (load.tokens, load.in_flight) == (0, 0)


def test_a_request_that_was_lost_on_its_way_skews_nothing_for_long() -> None:
    load = ReplicaLoad(Clock())
    load.reported("boot", 0, 0, draining=False)
    load.ended(load.sending(300))  # cancelled here, accepted there
    load.reported("boot", 300, 300, draining=False)
    load.sending(200)
    assert load.tokens == 500


def test_a_new_boot_counts_from_zero() -> None:
    load = ReplicaLoad(Clock())
    load.reported("old", 900, 400, draining=False)
    load.reported("new", 0, 0, draining=False)
    assert load.tokens == 0
    load.sending(100)
    assert load.tokens == 100


def test_a_silent_replica_is_saturated() -> None:
    clock = Clock()
    load = ReplicaLoad(clock)
    assert load.tokens >= SATURATED
    load.reported("boot", 5, 0, draining=False)
    assert load.tokens == 5
    clock.now += STALE_SECONDS + 0.1
    assert load.tokens >= SATURATED


def test_the_least_loaded_is_chosen() -> None:
    replicas = [replica("a", 9_000), replica("b", 100), replica("c", 5_000)]
    assert {choose(replicas, sample=3).address for _ in range(20)} == {"b"}  # type: ignore[union-attr]


def test_of_many_two_are_drawn_and_the_better_one_taken() -> None:
    replicas = [replica(str(n), n * 10_000) for n in range(10)]
    chosen = {found.address for _ in range(200) if (found := choose(replicas))}
    assert len(chosen) > 3
    assert "9" not in chosen


def test_the_sessions_last_replica_is_preferred_while_it_is_not_much_busier() -> None:
    replicas = [replica("a", 0), replica("b", 1_000)]
    assert choose(replicas, preferred="b") is replicas[1]
    replicas[1].load.reported("boot", 50_000, 0, draining=False)
    assert choose(replicas, preferred="b") is replicas[0]


def test_those_that_drain_or_were_tried_are_never_chosen_and_silent_ones_only_when_alone() -> None:
    silent = Replica("silent")
    draining, tried, fresh = replica("draining", 0, draining=True), replica("tried", 0), replica("fresh", 99_999)
    exclude = frozenset({"tried"})
    assert choose([silent, draining, tried, fresh], exclude=exclude) is fresh
    assert choose([silent, draining, tried], exclude=exclude) is silent
    assert choose([draining, tried], exclude=exclude) is None
    assert choose(list[Replica]()) is None


async def test_places_are_given_in_order_and_a_withdrawn_wish_takes_none() -> None:
    admission = Admission(running=1, waiting=3, seconds=5)
    order: list[str] = []

    async def turn(name: str) -> None:
        async with admission.place():
            order.append(name)

    async with admission.place():
        tasks = [asyncio.create_task(turn(name)) for name in ("a", "b", "c")]
        await asyncio.sleep(0)
        assert admission.waiting == 3
        with pytest.raises(Overloaded):
            await turn("d")
        tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["a", "c"]
    assert (admission.running, admission.waiting) == (0, 0)


async def test_a_place_given_to_one_who_is_just_cancelled_goes_to_the_next() -> None:
    admission = Admission(running=1, waiting=3, seconds=5)

    async def turn() -> str:
        async with admission.place():
            return "answered"

    async with admission.place():
        first, second = asyncio.create_task(turn()), asyncio.create_task(turn())
        await asyncio.sleep(0)
    first.cancel()  # its place is given, and it has not run yet
    assert await second == "answered"
    assert admission.running == 0


async def test_who_waits_too_long_is_refused_with_a_time() -> None:
    admission = Admission(running=1, waiting=3, seconds=0.05)
    async with admission.place():
        with pytest.raises(Overloaded) as caught:
            async with admission.place():
                pass
    assert caught.value.retry_after is not None
    assert admission.running == 0
