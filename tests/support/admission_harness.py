"""Turns that ask the admission scheduler for a slot, and their outcomes, in virtual time."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from kefu.common.errors import Overloaded
from kefu.router.admission.concurrency_limit import EngineLimit
from kefu.router.admission.scheduler import AdmissionBounds, AdmissionScheduler, SlotRequest
from kefu.router.domain.turn import BrownOut
from kefu.router.metrics import ENGINE_ADMISSION
from kefu.router.replicas.engine_load import EngineLoad
from tests.support.virtual_time import now


def make_scheduler(
    *,
    running: int = 1,
    waiting: int = 100,
    waiting_bytes: int = 1_000_000,
    seconds: float = 10.0,
    brown_out: float = 0.0,
    load: Callable[[], EngineLoad] = EngineLoad,
) -> AdmissionScheduler:
    return AdmissionScheduler(
        AdmissionBounds(running, waiting, waiting_bytes, seconds, brown_out),
        EngineLimit(load),
        ENGINE_ADMISSION,
        clock=now,
    )


@dataclass
class AdmissionTrace:
    """Waiting times, refusals and brown-out levels of turns, by tenant."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict[str, list[float]](list))
    refused: dict[str, list[Overloaded]] = field(default_factory=lambda: defaultdict[str, list[Overloaded]](list))
    levels: dict[str, list[BrownOut]] = field(default_factory=lambda: defaultdict[str, list[BrownOut]](list))

    async def run_turn(self, scheduler: AdmissionScheduler, request: SlotRequest, seconds: float) -> None:
        submitted_at = now()
        try:
            async with scheduler.slot(request) as level:
                self.waits[request.tenant].append(now() - submitted_at)
                self.levels[request.tenant].append(level)
                await asyncio.sleep(seconds if level < BrownOut.WITHOUT_MODEL else 0.01)
        except Overloaded as error:
            self.refused[request.tenant].append(error)


async def submit_steadily(
    scheduler: AdmissionScheduler,
    trace: AdmissionTrace,
    request: SlotRequest,
    *,
    per_second: float,
    seconds: float,
    turn: float,
) -> None:
    """Submit turns at a steady rate, each of `turn` seconds. Returns when all have ended."""
    async with asyncio.TaskGroup() as group:
        for _ in range(round(per_second * seconds)):
            group.create_task(trace.run_turn(scheduler, request, turn))
            await asyncio.sleep(1 / per_second)


async def submit_turns(
    scheduler: AdmissionScheduler, trace: AdmissionTrace, *requests: SlotRequest, seconds: float = 1.0
) -> list[asyncio.Task[None]]:
    """Submit one turn per slot request, in this order. Returns their tasks while they wait or run."""
    tasks: list[asyncio.Task[None]] = []
    for request in requests:
        tasks.append(asyncio.create_task(trace.run_turn(scheduler, request, seconds)))
        await asyncio.sleep(0)
    return tasks
