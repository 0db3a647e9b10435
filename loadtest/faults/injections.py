"""The faults. Each is injected and repaired while customers keep asking."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from kefu.local.ports import HOST
from loadtest.bench.bench import Bench
from loadtest.bench.customers import CustomerLoad
from loadtest.bench.drain import watch_drain
from loadtest.bench.process import PortAllocator, Process
from loadtest.bench.scraping import accepted_calls, in_flight
from loadtest.faults.fakes import failing_replica, stalling_proxy

_DOWN_SECONDS = 2.0
"""From a kill to the restart, as long as a supervisor takes."""
_OUTAGE_SECONDS = 12.0
"""Time for which a replica hangs or a connection stalls: longer than every time-out that should notice."""
_AFTER_DRAIN_SECONDS = 10.0


@dataclass
class FaultRun:
    """One injection of a fault. `notes` go under the table; `violations` make the row miss its target."""

    bench: Bench
    load: CustomerLoad
    injected_at: float = 0.0
    """Time of injection, monotonic. Set by `mark_injected`."""
    repaired_at: float = 0.0
    """Time of repair, monotonic. 0: nothing broke, or nothing was repaired."""
    notes: list[str] = field(default_factory=list[str])
    violations: list[str] = field(default_factory=list[str])

    def mark_injected(self) -> None:
        """Note the time of injection."""
        self.injected_at = time.monotonic()

    def mark_repaired(self) -> None:
        """Note the time of repair; recovery begins."""
        self.repaired_at = time.monotonic()


Inject = Callable[[FaultRun], Awaitable[None]]
Prepare = Callable[[Bench], AbstractAsyncContextManager[Inject]]


@dataclass(frozen=True)
class Fault:
    """One fault, and a row of the table. `prepare` runs before the load, and yields the injection."""

    name: str
    title: str
    prepare: Prepare
    may_degrade: bool = False
    """Turns may be handed off instead of answered, or refused: nothing is left that could answer."""
    may_lose: bool = False
    """Turns stored shortly before the fault may be lost."""
    must_recover: bool = True
    """The figures have to be back at the baseline within the row."""


def _without_preparation(act: Inject) -> Prepare:
    return lambda _: nullcontext(act)


async def _busiest(processes: Sequence[Process]) -> Process:
    """The process with the most calls in flight."""
    counts = [await in_flight(process) or 0 for process in processes]
    return processes[counts.index(max(counts))]


async def _nothing(run: FaultRun) -> None:
    run.mark_injected()


async def _kill(run: FaultRun, *processes: Process, down_seconds: float = _DOWN_SECONDS) -> None:
    for process in processes:
        if process.metrics_port:
            run.notes.append(f"{process.name} was killed with {await in_flight(process)} calls or turns in flight")
    run.mark_injected()
    await asyncio.gather(*(process.kill() for process in processes))
    await asyncio.sleep(down_seconds)
    await asyncio.gather(*(process.start() for process in processes))
    run.mark_repaired()


async def _kill_generation(run: FaultRun) -> None:
    await _kill(run, await _busiest(run.bench.generations))


async def _kill_retrieval(run: FaultRun) -> None:
    await _kill(run, await _busiest(run.bench.retrievals))


async def _kill_every_retrieval(run: FaultRun) -> None:
    await _kill(run, *run.bench.retrievals)


async def _kill_router(run: FaultRun) -> None:
    await _kill(run, await _busiest(run.bench.routers))


async def _kill_redis(run: FaultRun) -> None:
    await _kill(run, run.bench.redis, down_seconds=1.0)


async def _roll(run: FaultRun) -> None:
    run.mark_injected()
    for process in run.bench.services:
        seen = await watch_drain(process, run.bench.settings.drain_seconds)
        (run.violations if seen.problem else run.notes).append(str(seen))
        await process.start()
    run.mark_repaired()


async def _freeze_generation(run: FaultRun) -> None:
    process = await _busiest(run.bench.generations)
    run.notes.append(f"{process.name} was frozen with {await in_flight(process)} calls in flight")
    run.mark_injected()
    process.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(_OUTAGE_SECONDS)
    finally:
        process.signal(signal.SIGCONT)
    run.mark_repaired()


@asynccontextmanager
async def _slow(bench: Bench) -> AsyncIterator[Inject]:
    process = bench.generations[-1]
    slow = {
        "KEFU_GENERATION_SIMULATED": json.dumps(
            {
                "step_milliseconds": 10 * bench.settings.step_milliseconds,
                "prefill_tokens_per_second": 2000,
                "answer_tokens": bench.settings.answer_tokens,
            }
        ),
    }

    async def act(run: FaultRun) -> None:
        await process.terminate(bench.settings.drain_seconds + _AFTER_DRAIN_SECONDS)
        await process.start(slow)
        run.mark_injected()
        await asyncio.sleep(_OUTAGE_SECONDS)
        asked = await accepted_calls(process, "Generate")
        run.notes.append(f"{process.name} was asked {asked} times in {_OUTAGE_SECONDS:g} s while it was slow")

    try:
        yield act
    finally:
        await process.kill()
        await process.start()


@asynccontextmanager
async def _restored(process: Process, seconds: float) -> AsyncIterator[None]:
    """`process` is stopped while the block runs, and started again afterwards."""
    await process.terminate(seconds)
    try:
        yield
    finally:
        await process.start()


@asynccontextmanager
async def _errors(bench: Bench) -> AsyncIterator[Inject]:
    replaced = bench.generations[-1]

    async def act(run: FaultRun) -> None:
        async with failing_replica(replaced.address) as stand_in:
            run.mark_injected()
            await asyncio.sleep(_OUTAGE_SECONDS)
            run.notes.append(f"the failing stand-in was asked {stand_in.failed} times in {_OUTAGE_SECONDS:g} s")
        run.mark_repaired()

    async with _restored(replaced, bench.settings.drain_seconds + _AFTER_DRAIN_SECONDS):
        yield act


@asynccontextmanager
async def _half_open(bench: Bench) -> AsyncIterator[Inject]:
    moved, port = bench.generations[-1], PortAllocator().allocate()
    async with (
        _restored(moved, bench.settings.drain_seconds + _AFTER_DRAIN_SECONDS),
        stalling_proxy(HOST, moved.port, port) as proxy,
    ):

        async def act(run: FaultRun) -> None:
            run.notes.append(f"{moved.name} was cut off with {await in_flight(moved)} calls in flight")
            run.mark_injected()
            proxy.stall()
            await asyncio.sleep(_OUTAGE_SECONDS)
            proxy.resume()
            run.mark_repaired()

        await moved.start({"KEFU_GENERATION_LISTEN": f"{HOST}:{port}"})
        try:
            yield act
        finally:
            await moved.kill()


async def _cancel(run: FaultRun) -> None:
    run.mark_injected()
    run.load.abandoned_share = 0.3
    await asyncio.sleep(_OUTAGE_SECONDS)


FAULTS = (
    Fault("none", "no fault", _without_preparation(_nothing)),
    Fault("kill-generation", "kill -9 generation (1 of 3)", _without_preparation(_kill_generation)),
    Fault("kill-retrieval", "kill -9 retrieval (1 of 2)", _without_preparation(_kill_retrieval)),
    Fault(
        "kill-every-retrieval",
        "kill -9 retrieval (2 of 2)",
        _without_preparation(_kill_every_retrieval),
        may_degrade=True,
    ),
    Fault("kill-router", "kill -9 router (1 of 2)", _without_preparation(_kill_router)),
    Fault(
        "kill-redis",
        "kill -9 Redis, restart from AOF",
        _without_preparation(_kill_redis),
        may_degrade=True,
        may_lose=True,
    ),
    Fault("rolling", "SIGTERM each in turn", _without_preparation(_roll)),
    Fault("freeze-generation", "generation hangs (SIGSTOP)", _without_preparation(_freeze_generation)),
    Fault("slow-generation", "generation 10 times slower", _slow, must_recover=False),
    Fault("errors", "5xx storm (stand-in for 1 of 3)", _errors),
    Fault("half-open", "half-open TCP (stalled proxy, 1 of 3)", _half_open),
    Fault("cancels", "30 % of customers cancel", _without_preparation(_cancel)),
)
