"""Step watch: an engine that has requests and takes no step is stuck, and no other one is."""

import asyncio
from types import SimpleNamespace

import pytest

from kefu.generation.engines import step_watch
from kefu.generation.engines.step_watch import StepWatch
from tests.support.virtual_time import now, run_in_virtual_time

STUCK_SECONDS = 60.0


@pytest.fixture(autouse=True)
def virtual_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_watch, "time", SimpleNamespace(monotonic=now))


async def noticed(watch: StepWatch, within: float) -> str | None:
    """What is said of an engine that is stuck; None when nothing is said in time."""
    try:
        async with asyncio.timeout(within):
            return await watch.stuck()
    except TimeoutError:
        return None


def test_an_engine_with_requests_and_without_a_step_is_stuck() -> None:
    async def scenario() -> tuple[str | None, float]:
        watch = StepWatch(STUCK_SECONDS)
        await asyncio.sleep(1000)  # idle for long before
        began = now()
        with watch.request(), watch.request():
            return await noticed(watch, 100), now() - began

    said, seconds = run_in_virtual_time(scenario())
    assert said == "the engine has 2 requests and took no step for 60 s"
    assert STUCK_SECONDS < seconds < STUCK_SECONDS + 1


def test_an_idle_engine_is_never_stuck() -> None:
    async def scenario() -> str | None:
        watch = StepWatch(STUCK_SECONDS)
        with watch.request():
            await asyncio.sleep(30)
        return await noticed(watch, 10_000)

    assert run_in_virtual_time(scenario()) is None


def test_a_slow_engine_is_not_stuck_while_it_takes_steps() -> None:
    async def scenario() -> str | None:
        watch = StepWatch(STUCK_SECONDS)

        async def step() -> None:
            while True:
                await asyncio.sleep(STUCK_SECONDS - 1)
                watch.step()

        stepping = asyncio.create_task(step())
        with watch.request():
            said = await noticed(watch, 10_000)
        stepping.cancel()
        return said

    assert run_in_virtual_time(scenario()) is None


def test_the_last_request_that_ends_stops_the_clock_and_the_next_starts_it_anew() -> None:
    async def scenario() -> tuple[str | None, float]:
        watch = StepWatch(STUCK_SECONDS)
        noticing = asyncio.create_task(watch.stuck())
        for _ in range(5):
            with watch.request():
                await asyncio.sleep(STUCK_SECONDS - 5)
            await asyncio.sleep(STUCK_SECONDS)
        assert not noticing.done()
        began = now()
        with watch.request():
            return await noticing, now() - began

    said, seconds = run_in_virtual_time(scenario())
    assert said is not None
    assert seconds > STUCK_SECONDS
