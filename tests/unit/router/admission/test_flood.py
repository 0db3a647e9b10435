"""One tenant sends far more than its part: what the others notice of it, in virtual time."""

import asyncio

import pytest

from kefu.common.aio import cancel_and_wait
from kefu.router.admission.scheduler import SlotRequest
from kefu.router.domain.turn import BrownOut
from tests.support.admission_harness import AdmissionTrace, make_scheduler, submit_steadily, submit_turns
from tests.support.virtual_time import run_in_virtual_time


def four_tenants(flood: float, *, brown_out: float = 0.0) -> AdmissionTrace:
    """10 places, turns of 1 s: 10 a second. Three tenants ask for 2 a second each, and one for `flood`."""

    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler(running=10, waiting=200, brown_out=brown_out)
        watching = asyncio.create_task(scheduler.watch())
        async with asyncio.TaskGroup() as group:
            for tenant in ("a", "b", "c"):
                group.create_task(
                    submit_steadily(scheduler, trace, SlotRequest(tenant), per_second=2, seconds=60, turn=1.0)
                )
            group.create_task(
                submit_steadily(scheduler, trace, SlotRequest("flood"), per_second=flood, seconds=60, turn=1.0)
            )
        await cancel_and_wait(watching)
        assert (scheduler.running, scheduler.waiting) == (0, 0)
        return trace

    return run_in_virtual_time(run())


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
        assert set(trace.levels[tenant]) == {BrownOut.NONE}
    assert {BrownOut.SHORTER_ANSWER, BrownOut.WITHOUT_MODEL} <= set(trace.levels["flood"])
    assert len(trace.refused["flood"]) < 300  # of 3,000: the others were answered, if with less


def test_a_flood_after_a_pause_leaves_the_others_what_they_had_before_it() -> None:
    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler(running=96, waiting=2000)
        watching = asyncio.create_task(scheduler.watch())
        for flood in (0.0, 30.0):
            async with asyncio.TaskGroup() as group:
                for tenant in ("a", "b", "c"):
                    group.create_task(
                        submit_steadily(scheduler, trace, SlotRequest(tenant), per_second=1.2, seconds=60, turn=10.0)
                    )
                group.create_task(
                    submit_steadily(scheduler, trace, SlotRequest("flood"), per_second=flood, seconds=60, turn=10.0)
                )
            assert scheduler.running == 0  # for ten seconds nobody asked
        await cancel_and_wait(watching)
        return trace

    trace = run_in_virtual_time(run())
    for tenant in ("a", "b", "c"):
        assert trace.waits[tenant] == [0.0] * 144
        assert tenant not in trace.refused
    assert len(trace.waits["flood"]) >= 0.8 * 60 * (96 / 10 - 3 * 1.2)  # what the others leave it


def test_who_wants_no_more_than_its_part_is_told_neither_to_come_back_nor_to_do_with_less() -> None:
    async def run() -> AdmissionTrace:
        trace, scheduler = AdmissionTrace(), make_scheduler(running=16, waiting=2000, seconds=20.0, brown_out=0.25)
        watching = asyncio.create_task(scheduler.watch())
        await trace.run_turn(scheduler, SlotRequest("flood"), 30.0)
        tasks = await submit_turns(scheduler, trace, *[SlotRequest("flood")] * 60, seconds=15.0)
        await asyncio.sleep(2.0)  # nothing ends, so that it looks as though nobody's turn will ever come
        tasks += await submit_turns(scheduler, trace, SlotRequest("small"), SlotRequest("flood"), seconds=1.0)
        await asyncio.gather(*tasks)
        await cancel_and_wait(watching)
        return trace

    trace = run_in_virtual_time(run())
    assert trace.levels["small"] == [BrownOut.NONE]
    assert trace.waits["small"] == pytest.approx([13.0])
    assert "small" not in trace.refused
    assert len(trace.refused["flood"]) > 1
