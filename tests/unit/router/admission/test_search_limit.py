"""How many turns search at once: as many as retrieval works off in the target time, however fast it is."""

import asyncio

import pytest

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import Overloaded
from kefu.router.admission.scheduler import AdmissionBounds, AdmissionScheduler, SlotRequest
from kefu.router.admission.search_limit import FIRST_LIMIT, SearchLimit
from kefu.router.domain.turn import BrownOut
from kefu.router.metrics import SEARCH_ADMISSION
from tests.support.virtual_time import now, run_in_virtual_time

TARGET = 0.3


class Retrieval:
    """Works off one call after the other, so many a second."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.done = 0
        self._free_at = 0.0

    async def call(self) -> float:
        began = now()
        self._free_at = max(self._free_at, began) + 1 / self.rate
        await asyncio.sleep(self._free_at - began)
        self.done += 1
        return now() - began


class Router:
    """One router's turns that search, and what came of them."""

    def __init__(self, retrieval: Retrieval, *, seconds: float = 10.0) -> None:
        self.limit = SearchLimit(TARGET)
        bounds = AdmissionBounds(10_000, 10_000, 1_000_000, seconds, 0.25, spares_slots=False)
        self.scheduler = AdmissionScheduler(bounds, self.limit, SEARCH_ADMISSION, clock=now)
        self.times: list[float] = []
        self.refused: list[Overloaded] = []
        self.levels: list[BrownOut] = []
        self._retrieval = retrieval

    async def turn(self) -> None:
        try:
            async with self.scheduler.slot(SlotRequest("shop")) as level:
                self.levels.append(level)
                self.times.append(await self._retrieval.call())
                self.limit.record_call(self.times[-1])
        except Overloaded as error:
            self.refused.append(error)

    async def turns(self, per_second: float, seconds: float) -> None:
        watching = asyncio.create_task(self.scheduler.watch())
        async with asyncio.TaskGroup() as group:
            for _ in range(round(per_second * seconds)):
                group.create_task(self.turn())
                await asyncio.sleep(1 / per_second)
        await cancel_and_wait(watching)


@pytest.mark.parametrize("rate", [12.0, 60.0, 800.0])
def test_searches_come_to_take_the_target_time_and_retrieval_is_kept_busy(rate: float) -> None:
    async def run() -> None:
        retrieval = Retrieval(rate)
        router = Router(retrieval)
        await router.turns(per_second=rate * 1.5, seconds=15)
        later = router.times[len(router.times) // 2 :]
        assert 0.7 * TARGET <= sum(later) / len(later) <= 1.3 * TARGET
        assert max(later) < 2 * TARGET
        assert len(router.times) / now() >= 0.95 * rate, "nothing is held back for nothing"
        assert router.refused == []

    run_in_virtual_time(run())


def test_an_added_replica_is_used_within_seconds() -> None:
    async def run() -> None:
        retrieval = Retrieval(30.0)
        router = Router(retrieval)
        asking = asyncio.create_task(router.turns(per_second=80, seconds=12))
        await asyncio.sleep(6)
        before = router.limit.limit
        retrieval.rate = 60.0
        await asyncio.sleep(3)
        assert 1.7 * before <= router.limit.limit <= 2.7 * before
        await asking

    run_in_virtual_time(run())


def test_two_routers_come_to_have_alike_limits() -> None:
    async def run() -> None:
        retrieval = Retrieval(100.0)
        first, second = Router(retrieval), Router(retrieval)
        early = asyncio.create_task(first.turns(per_second=120, seconds=40))
        await asyncio.sleep(5)  # the first has all there is
        late = asyncio.create_task(second.turns(per_second=120, seconds=30))
        await asyncio.sleep(25)
        assert 0.5 <= first.limit.limit / second.limit.limit <= 2
        early.cancel()
        late.cancel()

    run_in_virtual_time(run())


def test_while_nobody_waits_the_limit_stays() -> None:
    async def run() -> None:
        router = Router(Retrieval(1_000.0))
        await router.turns(per_second=10, seconds=5)
        assert router.limit.limit == FIRST_LIMIT

    run_in_virtual_time(run())


def test_a_burst_waits_its_turn_is_answered_with_less_and_what_is_too_much_is_told_when_to_come_back() -> None:
    async def run() -> None:
        retrieval = Retrieval(20.0)
        router = Router(retrieval)
        await router.turns(per_second=200, seconds=3)
        assert len(router.times) + len(router.refused) == 600
        assert len(router.times) >= 200, "what ten seconds can work off"
        assert router.levels[0] is BrownOut.NONE
        assert max(router.levels) is BrownOut.SHORTER_ANSWER, "all of them hold a slot"
        for error in router.refused:
            assert error.metadata["limit"].startswith("search_")
            assert error.retry_after is not None
            assert 0.5 <= error.retry_after <= 60
        assert max(error.retry_after or 0 for error in router.refused) > 5, "it follows from what waits"

    run_in_virtual_time(run())
