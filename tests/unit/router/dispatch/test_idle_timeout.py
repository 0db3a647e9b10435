"""A time-out for one wait after another."""

import asyncio

import pytest

from kefu.router.dispatch.idle_timeout import IdleTimeout


async def after(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


async def test_waits_that_come_in_time_are_not_disturbed() -> None:
    watch = IdleTimeout()
    for _ in range(10):
        assert await watch.wait(after(0.02), 0.15) == 0.02
    watch.close()
    await asyncio.sleep(0.2)


async def test_a_wait_that_is_too_long_is_cancelled_even_when_the_timer_was_set_for_an_earlier_one() -> None:
    watch = IdleTimeout()
    for _ in range(3):
        assert await watch.wait(after(0.05), 0.2) == 0.05
        with pytest.raises(TimeoutError):
            await watch.wait(after(10), 0.1)
    # A shorter wait than the timer that runs.
    assert await watch.wait(after(0.0), 10) == 0.0
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watch.wait(after(10), 0.1), 10)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    watch.close()


async def test_another_sign_of_life_puts_the_time_out_off_but_never_beyond_the_end() -> None:
    watch, loop = IdleTimeout(), asyncio.get_running_loop()
    began = loop.time()
    assert await watch.wait(after(0.4), 0.1, alive_at=loop.time) == 0.4
    with pytest.raises(TimeoutError):
        await watch.wait(after(10), 0.1, alive_at=lambda: began + 0.6)
    assert loop.time() - began == pytest.approx(0.7, abs=0.15)
    with pytest.raises(TimeoutError):
        await watch.wait(after(10), 0.1, alive_at=loop.time, until=began + 1.2)
    assert loop.time() - began == pytest.approx(1.2, abs=0.15)
    with pytest.raises(TimeoutError):
        await watch.wait(after(10), 0.1, until=began)
    watch.close()


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    watch = IdleTimeout()
    task = asyncio.create_task(watch.wait(after(10), 5))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async def both() -> None:
        await watch.wait(after(10), 0.1)

    task = asyncio.create_task(both())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.1, task.cancel)
    with pytest.raises((asyncio.CancelledError, TimeoutError)):
        await task
    watch.close()


async def test_what_fails_fails_as_itself() -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    watch = IdleTimeout()
    with pytest.raises(ValueError, match="no"):
        await watch.wait(fails(), 5)
    watch.close()
