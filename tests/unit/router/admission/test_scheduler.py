"""Who gets a place, who waits, who is refused and when to come back: in virtual time, so that every figure is exact."""

import asyncio

import pytest

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Priority
from kefu.router.admission.fair_queue import Flow
from kefu.router.admission.scheduler import SlotRequest
from kefu.router.domain.turn import BrownOut
from kefu.router.replicas.engine_load import EngineLoad
from tests.support.admission_harness import AdmissionTrace, make_scheduler, submit_steadily, submit_turns
from tests.support.virtual_time import now, run_in_virtual_time


def test_batch_waits_for_those_who_look_at_a_screen_but_not_for_ever() -> None:
    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler(running=2, waiting=500, seconds=30)
        async with asyncio.TaskGroup() as group:
            for tenant, priority, rate in (("people", Priority.INTERACTIVE, 1.5), ("night", Priority.BATCH, 5)):
                claim = SlotRequest(tenant, priority)
                group.create_task(submit_steadily(scheduler, trace, claim, per_second=rate, seconds=60, turn=1.0))
        return trace

    trace = run_in_virtual_time(run())
    assert len(trace.waits["people"]) == 90
    assert max(trace.waits["people"]) <= 1.01  # the next place but one, at most
    served = len(trace.waits["night"])
    assert served + len(trace.refused["night"]) == 300
    assert served >= 0.5 * 60 * 0.9  # what people leave of 2 a second
    assert max(trace.waits["night"]) > 10


def test_when_the_line_is_full_the_newest_of_whoever_has_most_in_it_is_pushed_out() -> None:
    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler(waiting=3)
        tasks = await submit_turns(
            scheduler, trace, SlotRequest("x"), *[SlotRequest("flood")] * 3, SlotRequest("late"), SlotRequest("flood")
        )
        assert (scheduler.running, scheduler.waiting) == (1, 3)
        await asyncio.gather(*tasks)
        return trace

    trace = run_in_virtual_time(run())
    assert (len(trace.refused["flood"]), len(trace.waits["flood"])) == (2, 2)
    assert len(trace.waits["late"]) == 1
    assert [error.metadata for error in trace.refused["flood"]] == [{"limit": "waiting_turns"}] * 2


def test_the_line_is_bounded_by_bytes() -> None:
    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler(waiting_bytes=1000)
        claims = [
            SlotRequest("x"),
            SlotRequest("long", size=700),
            SlotRequest("short", size=200),
            SlotRequest("long", size=300),
        ]
        await asyncio.gather(*await submit_turns(scheduler, trace, *claims))
        return trace

    trace = run_in_virtual_time(run())
    assert [error.metadata["limit"] for error in trace.refused["long"]] == ["waiting_bytes"]
    assert (len(trace.waits["long"]), len(trace.waits["short"])) == (1, 1)


def test_a_turn_that_cannot_be_answered_before_its_deadline_is_refused_at_once_and_told_when() -> None:
    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler()
        await trace.run_turn(scheduler, SlotRequest("x"), 2.0)  # a turn takes 2 s, ...
        scheduler.drain_rate.record_first_text(0.5)  # ... and its first text comes after 0.5 s of them
        tasks = await submit_turns(scheduler, trace, SlotRequest("x"), SlotRequest("x"), SlotRequest("x"), seconds=2.0)
        assert (scheduler.running, scheduler.waiting) == (1, 2)
        began = now()
        # 2 go before it: its place comes after 6 s, its first text after 6.5.
        await trace.run_turn(scheduler, SlotRequest("x", deadline=began + 6.4), 2.0)
        assert now() == began
        tasks += await submit_turns(scheduler, trace, SlotRequest("x", deadline=began + 6.6), seconds=2.0)
        await trace.run_turn(scheduler, SlotRequest("x", deadline=began - 1), 2.0)
        await asyncio.gather(*tasks)
        return trace

    trace = run_in_virtual_time(run())
    first, second = trace.refused["x"]
    assert (first.metadata, first.retry_after) == ({"limit": "deadline"}, pytest.approx(6.0))
    assert (second.metadata, second.retry_after) == ({"limit": "deadline"}, pytest.approx(8.0))
    assert trace.waits["x"] == pytest.approx([0.0, 0.0, 2.0, 4.0, 6.0])


def test_a_turn_that_would_wait_too_long_is_refused_at_once_and_told_when() -> None:
    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler(seconds=5.0)
        await trace.run_turn(scheduler, SlotRequest("x"), 2.0)
        tasks = await submit_turns(scheduler, trace, *[SlotRequest("x")] * 3, seconds=2.0)
        began = now()
        await trace.run_turn(scheduler, SlotRequest("x"), 2.0)
        # Another tenant's would be next but one: it may wait.
        tasks += await submit_turns(scheduler, trace, SlotRequest("y"), seconds=2.0)
        assert now() == began
        await asyncio.gather(*tasks)
        return trace

    trace = run_in_virtual_time(run())
    refused = trace.refused["x"][0]
    assert (refused.metadata, refused.retry_after) == ({"limit": "admission_seconds"}, pytest.approx(6.0))
    assert trace.waits["y"] == pytest.approx([4.0])
    assert len(trace.refused["x"]) == 2  # the last of x's, which y went before, waited for 5 s in vain


def test_while_nothing_is_known_turns_wait_and_are_refused_when_their_time_is_up() -> None:
    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler(seconds=3.0)
        tasks = await submit_turns(
            scheduler, trace, SlotRequest("x"), SlotRequest("x"), SlotRequest("x", deadline=now() + 1.0), seconds=60.0
        )
        await asyncio.sleep(3.5)
        assert (scheduler.running, scheduler.waiting) == (1, 0)
        for task in tasks:
            await cancel_and_wait(task)
        assert scheduler.running == 0
        return trace

    refused = run_in_virtual_time(run()).refused["x"]
    assert [error.metadata["limit"] for error in refused] == ["deadline", "admission_seconds"]
    assert [error.retry_after for error in refused] == [5.0, 5.0]


def test_the_rate_in_retry_info_is_the_one_that_was_measured_while_there_was_a_line() -> None:
    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler(running=4, waiting=20, seconds=1000)
        tasks: list[asyncio.Task[None]] = []
        for _ in range(200):  # 4 places, 0.5 s each: 8 a second
            tasks += await submit_turns(scheduler, trace, SlotRequest("x"), seconds=0.5)
            await asyncio.sleep(0.05)
        await trace.run_turn(scheduler, SlotRequest("x"), 0.5)
        await asyncio.gather(*tasks)
        return trace

    refused = run_in_virtual_time(run()).refused["x"]
    assert refused[-1].metadata["limit"] == "waiting_turns"
    assert refused[-1].retry_after == pytest.approx(21 / 8, rel=0.1)


def test_places_are_given_in_order_and_a_withdrawn_wish_takes_none() -> None:
    async def run() -> None:
        scheduler, trace = make_scheduler(), AdmissionTrace()
        tasks = await submit_turns(scheduler, trace, *(SlotRequest("x", size=n) for n in range(4)))
        await cancel_and_wait(tasks[1])
        assert scheduler.waiting == 2
        await asyncio.gather(*tasks, return_exceptions=True)
        assert trace.waits["x"] == pytest.approx([0.0, 1.0, 2.0])
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run_in_virtual_time(run())


def test_one_place_in_eight_is_kept_for_tenants_below_their_part_while_there_are_several() -> None:
    async def run() -> None:
        scheduler, trace = make_scheduler(running=16), AdmissionTrace()
        tasks = await submit_turns(scheduler, trace, *[SlotRequest("flood")] * 30)
        assert (scheduler.running, scheduler.waiting) == (16, 14)  # alone it has them all
        await asyncio.sleep(0.5)
        tasks += await submit_turns(scheduler, trace, SlotRequest("small"), seconds=5.0)
        await asyncio.sleep(1.0)
        assert scheduler.running == 14  # one of them the small tenant's
        tasks += await submit_turns(
            scheduler, trace, SlotRequest("small"), SlotRequest("other"), SlotRequest("small", Priority.BATCH)
        )
        assert (len(trace.waits["small"]), trace.waits["other"]) == (2, [0.0])  # batch has to wait like the flood
        assert scheduler.running == 16
        await asyncio.gather(*tasks)
        assert (len(trace.waits["flood"]), len(trace.waits["small"])) == (30, 3)
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run_in_virtual_time(run())


def test_a_place_that_comes_to_one_who_was_just_cancelled_goes_to_the_next() -> None:
    async def run() -> None:
        scheduler, trace = make_scheduler(), AdmissionTrace()
        async with scheduler.slot(SlotRequest("x")):
            first, second = await submit_turns(scheduler, trace, SlotRequest("x"), SlotRequest("x"))
        first.cancel()  # it has its place already, and does not know
        await asyncio.gather(first, second, return_exceptions=True)
        assert len(trace.waits["x"]) == 1
        assert (scheduler.running, scheduler.waiting) == (0, 0)

    run_in_virtual_time(run())


def test_every_rung_is_reached_before_anyone_is_refused_and_left_when_it_is_calm_again() -> None:
    async def run() -> None:
        scheduler, trace, flow = (
            make_scheduler(waiting=8, seconds=1000, brown_out=0.25),
            AdmissionTrace(),
            Flow(Priority.INTERACTIVE, "x"),
        )
        watching = asyncio.create_task(scheduler.watch())
        tasks, seen = await submit_turns(scheduler, trace, SlotRequest("x"), seconds=100), list[BrownOut]()
        for _ in range(8):
            tasks += await submit_turns(scheduler, trace, SlotRequest("x"), seconds=0.001)
            for _ in range(20):
                await asyncio.sleep(0.1)
                seen.append(scheduler.level(flow))
        assert not trace.refused
        assert seen == sorted(seen)
        assert set(seen) == {BrownOut.NONE, BrownOut.FEWER_PASSAGES, BrownOut.SHORTER_ANSWER, BrownOut.WITHOUT_MODEL}
        # Those that are answered without the model do not end either: the suite is slow at all it does.
        async with scheduler.slot(SlotRequest("x")) as rung:
            assert rung is BrownOut.WITHOUT_MODEL
            async with scheduler.slot(SlotRequest("x")), scheduler.slot(SlotRequest("x")):
                await asyncio.sleep(1)
                async with scheduler.slot(SlotRequest("x")) as last:
                    assert last is BrownOut.HANDOFF
        assert scheduler.running == 1
        assert scheduler.level(Flow(Priority.INTERACTIVE, "y")) is BrownOut.NONE
        await asyncio.gather(*tasks)
        left: list[BrownOut] = []
        for _ in range(400):
            await asyncio.sleep(0.1)
            left.append(scheduler.level(flow))
        assert left == sorted(left, reverse=True)
        assert set(left) >= {BrownOut.WITHOUT_MODEL, BrownOut.SHORTER_ANSWER, BrownOut.FEWER_PASSAGES, BrownOut.NONE}
        await cancel_and_wait(watching)

    run_in_virtual_time(run())


def test_a_peak_shorter_than_half_a_second_changes_no_answer() -> None:
    async def run() -> None:
        scheduler, trace = make_scheduler(waiting=4, brown_out=0.25), AdmissionTrace()
        watching = asyncio.create_task(scheduler.watch())
        await asyncio.gather(*await submit_turns(scheduler, trace, *[SlotRequest("x")] * 4, seconds=0.1))
        assert set(trace.levels["x"]) == {BrownOut.NONE}
        await cancel_and_wait(watching)

    run_in_virtual_time(run())


# What the replicas can take.


def test_turns_wait_here_and_not_in_the_engines() -> None:
    engines, most = EngineLoad(), 8

    async def run() -> None:
        nonlocal engines
        scheduler, trace = (
            make_scheduler(running=4096, waiting=4096, seconds=1000, load=lambda: engines),
            AdmissionTrace(),
        )
        watching = asyncio.create_task(scheduler.watch())
        tasks = await submit_turns(scheduler, trace, *[SlotRequest("x")] * 100, seconds=1.0)
        assert scheduler.running == 100  # nothing was known of the engines
        for _ in range(300):
            engines = EngineLoad(min(scheduler.running, most), max(scheduler.running - most, 0))
            tasks += await submit_turns(scheduler, trace, *[SlotRequest("x")] * 2, seconds=1.0)
            await asyncio.sleep(0.1)
        assert most <= scheduler.running <= most + 4 + 1
        assert scheduler.waiting > 0
        engines = EngineLoad()
        await asyncio.gather(*tasks)
        await asyncio.sleep(6)
        tasks = await submit_turns(scheduler, trace, *[SlotRequest("x")] * 1000, seconds=1.0)
        assert scheduler.running == 1000  # the limit has gone
        await asyncio.gather(*tasks)
        await cancel_and_wait(watching)

    run_in_virtual_time(run())


def test_engines_that_say_what_they_can_run_are_never_given_more() -> None:
    engines, most = EngineLoad(max_running=8), 8

    async def run() -> None:
        nonlocal engines
        scheduler, trace = (
            make_scheduler(running=4096, waiting=4096, seconds=1000, load=lambda: engines),
            AdmissionTrace(),
        )
        watching = asyncio.create_task(scheduler.watch())
        await asyncio.sleep(0.2)
        tasks = await submit_turns(scheduler, trace, *[SlotRequest("x")] * 100, seconds=1.0)
        for _ in range(300):
            assert scheduler.running <= most
            engines = EngineLoad(scheduler.running, 0, most, scheduler.running)
            tasks += await submit_turns(scheduler, trace, *[SlotRequest("x")], seconds=1.0)
            await asyncio.sleep(0.1)
        assert (scheduler.running, len(trace.waits["x"])) == (8, 240)
        for task in tasks:
            await cancel_and_wait(task)
        await cancel_and_wait(watching)

    run_in_virtual_time(run())
