"""The faults. Each strikes, and mends what it broke, while customers keep asking."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from kefu.local.ports import HOST
from loadtest.bench.bench import Bench
from loadtest.bench.customers import Load
from loadtest.bench.process import PortsBelow, Process
from loadtest.bench.scraping import calls_taken, in_flight
from loadtest.faults.drain import watch_drain
from loadtest.faults.fakes import failing_replica, stalling_proxy

_DOWN_SECONDS = 2.0
"""From a kill to the restart, as a supervisor needs it."""
_TROUBLE_SECONDS = 12.0
"""How long a replica hangs, or a connection stalls: longer than every time-out that should notice it."""
_AFTER_DRAIN_SECONDS = 10.0


@dataclass
class Strike:
    """What a fault works on, and what it has to say: `notes` go under the table, `broken` makes the row miss."""

    bench: Bench
    load: Load
    struck_at: float = 0.0
    """Monotonic. Set by `now` when the fault strikes."""
    mended_at: float = 0.0
    """When what broke was put right; 0: it never broke, or was not."""
    notes: list[str] = field(default_factory=list[str])
    broken: list[str] = field(default_factory=list[str])

    def now(self) -> None:
        """The fault strikes."""
        self.struck_at = time.monotonic()

    def mended(self) -> None:
        """It is over; what remains is recovery."""
        self.mended_at = time.monotonic()


Act = Callable[[Strike], Awaitable[None]]
Prepare = Callable[[Bench], AbstractAsyncContextManager[Act]]


@dataclass(frozen=True)
class Fault:
    """One row. `prepare` sets the stage before the load begins; what it yields strikes."""

    name: str
    title: str
    prepare: Prepare
    may_degrade: bool = False
    """Turns may be handed over instead of answered: there is nothing left that could answer."""
    may_lose: bool = False
    """What was written shortly before may be lost."""
    must_recover: bool = True
    """The figures have to be back at the normal ones within the row."""


def _unprepared(act: Act) -> Prepare:
    return lambda _: nullcontext(act)


async def _busiest(processes: Sequence[Process]) -> Process:
    """Where it hurts most."""
    counts = [await in_flight(process) or 0 for process in processes]
    return processes[counts.index(max(counts))]


async def _nothing(strike: Strike) -> None:
    strike.now()


async def _kill(strike: Strike, *processes: Process, down_seconds: float = _DOWN_SECONDS) -> None:
    for process in processes:
        if process.metrics:
            strike.notes.append(f"{process.name} was killed with {await in_flight(process)} calls or turns in flight")
    strike.now()
    await asyncio.gather(*(process.kill() for process in processes))
    await asyncio.sleep(down_seconds)
    await asyncio.gather(*(process.start() for process in processes))
    strike.mended()


async def _kill_generation(strike: Strike) -> None:
    await _kill(strike, await _busiest(strike.bench.generations))


async def _kill_retrieval(strike: Strike) -> None:
    await _kill(strike, await _busiest(strike.bench.retrievals))


async def _kill_every_retrieval(strike: Strike) -> None:
    await _kill(strike, *strike.bench.retrievals)


async def _kill_router(strike: Strike) -> None:
    await _kill(strike, await _busiest(strike.bench.routers))


async def _kill_redis(strike: Strike) -> None:
    await _kill(strike, strike.bench.redis, down_seconds=1.0)


async def _roll(strike: Strike) -> None:
    strike.now()
    for process in strike.bench.services:
        seen = await watch_drain(process, strike.bench.settings.drain_seconds)
        (strike.broken if seen.complaint else strike.notes).append(str(seen))
        await process.start()
    strike.mended()


async def _freeze_generation(strike: Strike) -> None:
    process = await _busiest(strike.bench.generations)
    strike.notes.append(f"{process.name} was frozen with {await in_flight(process)} calls in flight")
    strike.now()
    process.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(_TROUBLE_SECONDS)
    finally:
        process.signal(signal.SIGCONT)
    strike.mended()


@asynccontextmanager
async def _slow(bench: Bench) -> AsyncIterator[Act]:
    process = bench.generations[-1]
    slow = {
        "KEFU_GENERATION_SIMULATED_STEP_MILLISECONDS": f"{10 * bench.settings.step_milliseconds:g}",
        "KEFU_GENERATION_SIMULATED_PREFILL_TOKENS_PER_SECOND": "2000",
    }

    async def act(strike: Strike) -> None:
        await process.terminate(bench.settings.drain_seconds + _AFTER_DRAIN_SECONDS)
        await process.start(slow)
        strike.now()
        await asyncio.sleep(_TROUBLE_SECONDS)
        asked = await calls_taken(process, "Generate")
        strike.notes.append(f"{process.name} was asked {asked} times in {_TROUBLE_SECONDS:g} s while it was slow")

    try:
        yield act
    finally:
        await process.kill()
        await process.start()


@asynccontextmanager
async def _restored(process: Process, seconds: float) -> AsyncIterator[None]:
    """`process` makes room while the block runs, and is itself again afterwards."""
    await process.terminate(seconds)
    try:
        yield
    finally:
        await process.start()


@asynccontextmanager
async def _errors(bench: Bench) -> AsyncIterator[Act]:
    replaced = bench.generations[-1]

    async def act(strike: Strike) -> None:
        async with failing_replica(replaced.address) as stand_in:
            strike.now()
            await asyncio.sleep(_TROUBLE_SECONDS)
            strike.notes.append(f"the failing stand-in was asked {stand_in.failed} times in {_TROUBLE_SECONDS:g} s")
        strike.mended()

    async with _restored(replaced, bench.settings.drain_seconds + _AFTER_DRAIN_SECONDS):
        yield act


@asynccontextmanager
async def _half_open(bench: Bench) -> AsyncIterator[Act]:
    moved, port = bench.generations[-1], PortsBelow().take()
    async with (
        _restored(moved, bench.settings.drain_seconds + _AFTER_DRAIN_SECONDS),
        stalling_proxy(HOST, moved.port, port) as proxy,
    ):

        async def act(strike: Strike) -> None:
            strike.notes.append(f"{moved.name} was cut off with {await in_flight(moved)} calls in flight")
            strike.now()
            proxy.stall()
            await asyncio.sleep(_TROUBLE_SECONDS)
            proxy.flow()
            strike.mended()

        await moved.start({"KEFU_GENERATION_LISTEN": f"{HOST}:{port}"})
        try:
            yield act
        finally:
            await moved.kill()


async def _cancel(strike: Strike) -> None:
    strike.now()
    strike.load.cancelling = 0.3
    await asyncio.sleep(_TROUBLE_SECONDS)


FAULTS = (
    Fault("none", "no fault", _unprepared(_nothing)),
    Fault("kill-generation", "kill -9 generation (1 of 3)", _unprepared(_kill_generation)),
    Fault("kill-retrieval", "kill -9 retrieval (1 of 2)", _unprepared(_kill_retrieval)),
    Fault("kill-every-retrieval", "kill -9 retrieval (2 of 2)", _unprepared(_kill_every_retrieval), may_degrade=True),
    Fault("kill-router", "kill -9 router (1 of 2)", _unprepared(_kill_router)),
    Fault(
        "kill-redis",
        "kill -9 Redis, restart from AOF",
        _unprepared(_kill_redis),
        may_degrade=True,
        may_lose=True,
    ),
    Fault("rolling", "SIGTERM each in turn", _unprepared(_roll)),
    Fault("freeze-generation", "generation hangs (SIGSTOP)", _unprepared(_freeze_generation)),
    Fault("slow-generation", "generation 10 times slower", _slow, must_recover=False),
    Fault("errors", "5xx storm (stand-in for 1 of 3)", _errors),
    Fault("half-open", "half-open TCP (stalled proxy, 1 of 3)", _half_open),
    Fault("cancels", "30 % of customers cancel", _unprepared(_cancel)),
)
