"""Who gets a place, who waits, who is refused and when to come back: in virtual time, so that every figure is exact."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from kefu.common.auth import Priority
from kefu.common.errors import Overloaded
from kefu.common.tasks import cancelled
from kefu.router.admission import Admission, Bounds, Claim
from kefu.router.capacity import Capacity, EngineLoad
from kefu.router.drain_rate import DrainRate
from kefu.router.fair_queue import Flow
from kefu.router.model import BrownOut
from tests.support.virtual_time import in_virtual_time, now


def admission(
    *,
    running: int = 1,
    waiting: int = 100,
    waiting_bytes: int = 1_000_000,
    seconds: float = 10.0,
    brown_out: float = 0.0,
    load: Callable[[], EngineLoad] = EngineLoad,
) -> Admission:
    return Admission(Bounds(running, waiting, waiting_bytes, seconds, brown_out), load=load, clock=now)


@dataclass
class Trace:
    """What became of turns, by tenant."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict[str, list[float]](list))
    refused: dict[str, list[Overloaded]] = field(default_factory=lambda: defaultdict[str, list[Overloaded]](list))
    rungs: dict[str, list[BrownOut]] = field(default_factory=lambda: defaultdict[str, list[BrownOut]](list))

    async def turn(self, doors: Admission, claim: Claim, seconds: float) -> None:
        came = now()
        try:
            async with doors.place(claim) as rung:
                self.waits[claim.tenant].append(now() - came)
                self.rungs[claim.tenant].append(rung)
                await asyncio.sleep(seconds if rung < BrownOut.WITHOUT_MODEL else 0.01)
        except Overloaded as error:
            self.refused[claim.tenant].append(error)


async def arrivals(
    doors: Admission, trace: Trace, claim: Claim, *, per_second: float, seconds: float, turn: float
) -> None:
    """Turns at a steady rate, each of `turn` seconds; returns when all have ended."""
    async with asyncio.TaskGroup() as group:
        for _ in range(round(per_second * seconds)):
            group.create_task(trace.turn(doors, claim, turn))
            await asyncio.sleep(1 / per_second)


def four_tenants(flood: float, *, brown_out: float = 0.0) -> Trace:
    """10 places, turns of 1 s: 10 a second. Three tenants ask for 2 a second each, and one for `flood`."""

    async def run() -> Trace:
        trace, doors = Trace(), admission(running=10, waiting=200, brown_out=brown_out)
        watching = asyncio.create_task(doors.watch())
        async with asyncio.TaskGroup() as group:
            for tenant in ("a", "b", "c"):
                group.create_task(arrivals(doors, trace, Claim(tenant), per_second=2, seconds=60, turn=1.0))
            group.create_task(arrivals(doors, trace, Claim("flood"), per_second=flood, seconds=60, turn=1.0))
        await cancelled(watching)
        assert (doors.running, doors.waiting) == (0, 0)
        return trace

    return in_virtual_time(run())


def test_one_tenant_that_sends_20_times_its_share_makes_no_other_wait_long_nor_refused() -> None:
    calm, stormy = four_tenants(2.5), four_tenants(50.0)
    for tenant in ("a", "b", "c"):
        assert len(calm.waits[tenant]) == len(stormy.waits[tenant]) == 120
        assert tenant not in stormy.refused
        # A place becomes free each 0.1 s, one is kept for them, and at most one turn of each other tenant goes before.
        assert max(stormy.waits[tenant]) <= 0.51
        assert sum(stormy.waits[tenant]) / 120 <= 0.2
    served, refused = len(stormy.waits["flood"]), len(stormy.refused["flood"])
    assert served + refused == 3000
    assert served >= 0.9 * 4 * 60  # all that the others leave it
    assert refused > 2000


def test_the_flood_alone_does_with_less() -> None:
    trace = four_tenants(50.0, brown_out=0.25)
    for tenant in ("a", "b", "c"):
        assert set(trace.rungs[tenant]) == {BrownOut.NONE}
    assert {BrownOut.SHORTER_ANSWER, BrownOut.WITHOUT_MODEL} <= set(trace.rungs["flood"])
    assert len(trace.refused["flood"]) < 300  # of 3,000: the others were answered, if with less


def test_batch_waits_for_those_who_look_at_a_screen_but_not_for_ever() -> None:
    async def run() -> Trace:
        trace, doors = Trace(), admission(running=2, waiting=500, seconds=30)
        async with asyncio.TaskGroup() as group:
            for tenant, priority, rate in (("people", Priority.INTERACTIVE, 1.5), ("night", Priority.BATCH, 5)):
                claim = Claim(tenant, priority)
                group.create_task(arrivals(doors, trace, claim, per_second=rate, seconds=60, turn=1.0))
        return trace

    trace = in_virtual_time(run())
    assert len(trace.waits["people"]) == 90
    assert max(trace.waits["people"]) <= 1.01  # the next place but one, at most
    served = len(trace.waits["night"])
    assert served + len(trace.refused["night"]) == 300
    assert served >= 0.5 * 60 * 0.9  # what people leave of 2 a second
    assert max(trace.waits["night"]) > 10


async def held(doors: Admission, trace: Trace, *claims: Claim, seconds: float = 1.0) -> list[asyncio.Task[None]]:
    """Turns that have come, one after another."""
    tasks: list[asyncio.Task[None]] = []
    for claim in claims:
        tasks.append(asyncio.create_task(trace.turn(doors, claim, seconds)))
        await asyncio.sleep(0)
    return tasks


def test_when_the_line_is_full_the_newest_of_whoever_has_most_in_it_is_pushed_out() -> None:
    async def run() -> Trace:
        trace, doors = Trace(), admission(waiting=3)
        tasks = await held(doors, trace, Claim("x"), *[Claim("flood")] * 3, Claim("late"), Claim("flood"))
        assert (doors.running, doors.waiting) == (1, 3)
        await asyncio.gather(*tasks)
        return trace

    trace = in_virtual_time(run())
    assert (len(trace.refused["flood"]), len(trace.waits["flood"])) == (2, 2)
    assert len(trace.waits["late"]) == 1
    assert [error.metadata for error in trace.refused["flood"]] == [{"limit": "waiting_turns"}] * 2


def test_the_line_is_bounded_by_bytes() -> None:
    async def run() -> Trace:
        trace, doors = Trace(), admission(waiting_bytes=1000)
        claims = [Claim("x"), Claim("long", size=700), Claim("short", size=200), Claim("long", size=300)]
        await asyncio.gather(*await held(doors, trace, *claims))
        return trace

    trace = in_virtual_time(run())
    assert [error.metadata["limit"] for error in trace.refused["long"]] == ["waiting_bytes"]
    assert (len(trace.waits["long"]), len(trace.waits["short"])) == (1, 1)


def test_a_turn_that_cannot_be_answered_before_its_deadline_is_refused_at_once_and_told_when() -> None:
    async def run() -> Trace:
        trace, doors = Trace(), admission()
        await trace.turn(doors, Claim("x"), 2.0)  # a turn takes 2 s, ...
        doors.drain.answered(0.5)  # ... and its first text comes after 0.5 s of them
        tasks = await held(doors, trace, Claim("x"), Claim("x"), Claim("x"), seconds=2.0)
        assert (doors.running, doors.waiting) == (1, 2)
        began = now()
        # 2 go before it: its place comes after 6 s, its first text after 6.5.
        await trace.turn(doors, Claim("x", deadline=began + 6.4), 2.0)
        assert now() == began
        tasks += await held(doors, trace, Claim("x", deadline=began + 6.6), seconds=2.0)
        await trace.turn(doors, Claim("x", deadline=began - 1), 2.0)
        await asyncio.gather(*tasks)
        return trace

    trace = in_virtual_time(run())
    first, second = trace.refused["x"]
    assert (first.metadata, first.retry_after) == ({"limit": "deadline"}, pytest.approx(6.0))
    assert (second.metadata, second.retry_after) == ({"limit": "deadline"}, pytest.approx(8.0))
    assert trace.waits["x"] == pytest.approx([0.0, 0.0, 2.0, 4.0, 6.0])


def test_a_turn_that_would_wait_too_long_is_refused_at_once_and_told_when() -> None:
    async def run() -> Trace:
        trace, doors = Trace(), admission(seconds=5.0)
        await trace.turn(doors, Claim("x"), 2.0)
        tasks = await held(doors, trace, *[Claim("x")] * 3, seconds=2.0)
        began = now()
        await trace.turn(doors, Claim("x"), 2.0)
        # Another tenant's would be next but one: it may wait.
        tasks += await held(doors, trace, Claim("y"), seconds=2.0)
        assert now() == began
        await asyncio.gather(*tasks)
        return trace

    trace = in_virtual_time(run())
    refused = trace.refused["x"][0]
    assert (refused.metadata, refused.retry_after) == ({"limit": "admission_seconds"}, pytest.approx(6.0))
    assert trace.waits["y"] == pytest.approx([4.0])
    assert len(trace.refused["x"]) == 2  # the last of x's, which y went before, waited for 5 s in vain


def test_while_nothing_is_known_turns_wait_and_are_refused_when_their_time_is_up() -> None:
    async def run() -> Trace:
        trace, doors = Trace(), admission(seconds=3.0)
        tasks = await held(doors, trace, Claim("x"), Claim("x"), Claim("x", deadline=now() + 1.0), seconds=60.0)
        await asyncio.sleep(3.5)
        assert (doors.running, doors.waiting) == (1, 0)
        for task in tasks:
            await cancelled(task)
        assert doors.running == 0
        return trace

    refused = in_virtual_time(run()).refused["x"]
    assert [error.metadata["limit"] for error in refused] == ["deadline", "admission_seconds"]
    assert [error.retry_after for error in refused] == [5.0, 5.0]


def test_the_rate_in_retry_info_is_the_one_that_was_measured_while_there_was_a_line() -> None:
    async def run() -> Trace:
        trace, doors = Trace(), admission(running=4, waiting=20, seconds=1000)
        tasks: list[asyncio.Task[None]] = []
        for _ in range(200):  # 4 places, 0.5 s each: 8 a second
            tasks += await held(doors, trace, Claim("x"), seconds=0.5)
            await asyncio.sleep(0.05)
        await trace.turn(doors, Claim("x"), 0.5)
        await asyncio.gather(*tasks)
        return trace

    refused = in_virtual_time(run()).refused["x"]
    assert refused[-1].metadata["limit"] == "waiting_turns"
    assert refused[-1].retry_after == pytest.approx(21 / 8, rel=0.1)


def test_places_are_given_in_order_and_a_withdrawn_wish_takes_none() -> None:
    async def run() -> None:
        doors, trace = admission(), Trace()
        tasks = await held(doors, trace, *(Claim("x", size=n) for n in range(4)))
        await cancelled(tasks[1])
        assert doors.waiting == 2
        await asyncio.gather(*tasks, return_exceptions=True)
        assert trace.waits["x"] == pytest.approx([0.0, 1.0, 2.0])
        assert (doors.running, doors.waiting) == (0, 0)

    in_virtual_time(run())


def test_one_place_in_eight_is_kept_for_tenants_below_their_part_while_there_are_several() -> None:
    async def run() -> None:
        doors, trace = admission(running=16), Trace()
        tasks = await held(doors, trace, *[Claim("flood")] * 30)
        assert (doors.running, doors.waiting) == (16, 14)  # alone it has them all
        await asyncio.sleep(0.5)
        tasks += await held(doors, trace, Claim("small"), seconds=5.0)
        await asyncio.sleep(1.0)
        assert doors.running == 14  # one of them the small tenant's
        tasks += await held(doors, trace, Claim("small"), Claim("other"), Claim("small", Priority.BATCH))
        assert (len(trace.waits["small"]), trace.waits["other"]) == (2, [0.0])  # batch has to wait like the flood
        assert doors.running == 16
        await asyncio.gather(*tasks)
        assert (len(trace.waits["flood"]), len(trace.waits["small"])) == (30, 3)
        assert (doors.running, doors.waiting) == (0, 0)

    in_virtual_time(run())


def test_a_place_that_comes_to_one_who_was_just_cancelled_goes_to_the_next() -> None:
    async def run() -> None:
        doors, trace = admission(), Trace()
        async with doors.place(Claim("x")):
            first, second = await held(doors, trace, Claim("x"), Claim("x"))
        first.cancel()  # it has its place already, and does not know
        await asyncio.gather(first, second, return_exceptions=True)
        assert len(trace.waits["x"]) == 1
        assert (doors.running, doors.waiting) == (0, 0)

    in_virtual_time(run())


def test_every_rung_is_reached_before_anyone_is_refused_and_left_when_it_is_calm_again() -> None:
    async def run() -> None:
        doors, trace, flow = (
            admission(waiting=8, seconds=1000, brown_out=0.25),
            Trace(),
            Flow(Priority.INTERACTIVE, "x"),
        )
        watching = asyncio.create_task(doors.watch())
        tasks, seen = await held(doors, trace, Claim("x"), seconds=100), list[BrownOut]()
        for _ in range(8):
            tasks += await held(doors, trace, Claim("x"), seconds=0.001)
            for _ in range(20):
                await asyncio.sleep(0.1)
                seen.append(doors.rung(flow))
        assert not trace.refused
        assert seen == sorted(seen)
        assert set(seen) == {BrownOut.NONE, BrownOut.FEWER_PASSAGES, BrownOut.SHORTER_ANSWER, BrownOut.WITHOUT_MODEL}
        # Those that are answered without the model do not end either: the suite is slow at all it does.
        async with doors.place(Claim("x")) as rung:
            assert rung is BrownOut.WITHOUT_MODEL
            async with doors.place(Claim("x")), doors.place(Claim("x")):
                await asyncio.sleep(1)
                async with doors.place(Claim("x")) as last:
                    assert last is BrownOut.HANDOFF
        assert doors.running == 1
        assert doors.rung(Flow(Priority.INTERACTIVE, "y")) is BrownOut.NONE
        await asyncio.gather(*tasks)
        left: list[BrownOut] = []
        for _ in range(400):
            await asyncio.sleep(0.1)
            left.append(doors.rung(flow))
        assert left == sorted(left, reverse=True)
        assert set(left) >= {BrownOut.WITHOUT_MODEL, BrownOut.SHORTER_ANSWER, BrownOut.FEWER_PASSAGES, BrownOut.NONE}
        await cancelled(watching)

    in_virtual_time(run())


def test_a_peak_shorter_than_half_a_second_changes_no_answer() -> None:
    async def run() -> None:
        doors, trace = admission(waiting=4, brown_out=0.25), Trace()
        watching = asyncio.create_task(doors.watch())
        await asyncio.gather(*await held(doors, trace, *[Claim("x")] * 4, seconds=0.1))
        assert set(trace.rungs["x"]) == {BrownOut.NONE}
        await cancelled(watching)

    in_virtual_time(run())


# What the replicas can take.


def test_turns_wait_here_and_not_in_the_engines() -> None:
    engines, most = EngineLoad(), 8

    async def run() -> None:
        nonlocal engines
        doors, trace = admission(running=4096, waiting=4096, seconds=1000, load=lambda: engines), Trace()
        watching = asyncio.create_task(doors.watch())
        tasks = await held(doors, trace, *[Claim("x")] * 100, seconds=1.0)
        assert doors.running == 100  # nothing was known of the engines
        for _ in range(300):
            engines = EngineLoad(min(doors.running, most), max(doors.running - most, 0))
            tasks += await held(doors, trace, *[Claim("x")] * 2, seconds=1.0)
            await asyncio.sleep(0.1)
        assert most <= doors.running <= most + 4 + 1
        assert doors.waiting > 0
        engines = EngineLoad()
        await asyncio.gather(*tasks)
        await asyncio.sleep(6)
        tasks = await held(doors, trace, *[Claim("x")] * 1000, seconds=1.0)
        assert doors.running == 1000  # the limit has gone
        await asyncio.gather(*tasks)
        await cancelled(watching)

    in_virtual_time(run())


def test_two_routers_share_what_the_engines_can_take_by_what_each_has_there() -> None:
    first, second = Capacity(), Capacity()
    load = EngineLoad(running=100, waiting=80)
    first.see(load, mine=120, line=5, seconds=0.3)
    second.see(load, mine=60, line=5, seconds=0.3)
    assert (first.limit, second.limit) == (67, 33)  # 100 of 180


def test_requests_that_wait_for_the_next_step_only_limit_nothing() -> None:
    capacity = Capacity()
    for _ in range(10):
        capacity.see(EngineLoad(running=5, waiting=20), mine=30, line=0, seconds=0.1)  # one report
        capacity.see(EngineLoad(running=25, waiting=0), mine=30, line=0, seconds=0.1)
    assert capacity.limit is None


def test_more_is_tried_when_hardly_any_waited_for_a_while_and_the_faster_the_longer() -> None:
    capacity = Capacity()
    capacity.see(EngineLoad(running=16, waiting=16), mine=32, line=9, seconds=0.3)
    assert capacity.limit == 16
    limits: list[int] = []
    for n in range(160):  # one in five reports finds one that waits for the next step
        capacity.see(EngineLoad(running=16, waiting=int(n % 5 == 0)), mine=16, line=9, seconds=0.1)
        limits.append(capacity.limit or 0)
    assert limits[19:90] == [limits[19]] * 71  # of what waited at first some is remembered, for a second or two
    assert limits[110] <= 18
    assert limits[159] >= 40
    limits.clear()
    for _ in range(100):
        capacity.see(EngineLoad(running=16, waiting=4), mine=16, line=9, seconds=0.1)
        limits.append(capacity.limit or 0)
    assert limits[10:] == sorted(limits[10:], reverse=True)
    assert limits[99] <= limits[10] - 20


def test_engines_that_run_fewer_than_they_could_get_more_at_once() -> None:
    capacity = Capacity()
    capacity.see(EngineLoad(running=100, waiting=100), mine=200, line=9, seconds=0.3)
    assert capacity.limit == 100
    for _ in range(10):  # a quarter of the turns is busy elsewhere: searching, being stored
        capacity.see(EngineLoad(running=75), mine=100, line=9, seconds=0.1)
    assert capacity.limit == 110


def test_engines_that_keep_up_limit_nothing() -> None:
    capacity = Capacity()
    capacity.see(EngineLoad(running=64, waiting=6), mine=500, line=0, seconds=0.1)
    assert capacity.limit is None
    assert EngineLoad(running=64, waiting=6).pressure == 0.0
    assert EngineLoad(running=50, waiting=55).pressure == 1.0


# How fast places become free.


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_before_there_was_a_line_the_rate_follows_from_how_long_turns_take() -> None:
    drain = DrainRate(Clock())
    assert drain.rate(10) is None
    for seconds in (1.0, 2.0, 3.0):
        drain.ended(seconds)
    assert drain.rate(10) == pytest.approx(5.0)
    assert drain.mean_seconds == pytest.approx(2.0)


def test_idle_hours_do_not_count_and_a_stall_does() -> None:
    clock = Clock()
    drain = DrainRate(clock)
    drain.line(is_there=True)
    for _ in range(100):
        clock.now += 0.1
        drain.ended(1.0)
    assert drain.rate(10) == pytest.approx(10.0, rel=0.05)
    drain.line(is_there=False)
    clock.now += 36_000
    assert drain.rate(10) == pytest.approx(10.0, rel=0.05)
    drain.line(is_there=True)
    clock.now += 60
    rate = drain.rate(10)
    assert rate is not None
    assert rate < 1.0


def test_the_time_to_the_first_text_is_a_median() -> None:
    drain = DrainRate(Clock())
    assert drain.first_text == 0.0
    for seconds in (0.2, 9.0, 0.3):
        drain.answered(seconds)
    assert drain.first_text == 0.3
