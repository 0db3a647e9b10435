"""Turns that want a place, and what became of them, in virtual time."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from kefu.common.errors import Overloaded
from kefu.router.admission.scheduler import AdmissionScheduler, Bounds, SlotRequest
from kefu.router.domain.turn import BrownOut
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
    return AdmissionScheduler(Bounds(running, waiting, waiting_bytes, seconds, brown_out), load=load, clock=now)


@dataclass
class AdmissionTrace:
    """What became of turns, by tenant."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict[str, list[float]](list))
    refused: dict[str, list[Overloaded]] = field(default_factory=lambda: defaultdict[str, list[Overloaded]](list))
    levels: dict[str, list[BrownOut]] = field(default_factory=lambda: defaultdict[str, list[BrownOut]](list))

    async def run_turn(self, scheduler: AdmissionScheduler, claim: SlotRequest, seconds: float) -> None:
        came = now()
        try:
            async with scheduler.slot(claim) as rung:
                self.waits[claim.tenant].append(now() - came)
                self.levels[claim.tenant].append(rung)
                await asyncio.sleep(seconds if rung < BrownOut.WITHOUT_MODEL else 0.01)
        except Overloaded as error:
            self.refused[claim.tenant].append(error)


async def submit_steadily(
    scheduler: AdmissionScheduler,
    trace: AdmissionTrace,
    claim: SlotRequest,
    *,
    per_second: float,
    seconds: float,
    turn: float,
) -> None:
    """Turns at a steady rate, each of `turn` seconds; returns when all have ended."""
    async with asyncio.TaskGroup() as group:
        for _ in range(round(per_second * seconds)):
            group.create_task(trace.run_turn(scheduler, claim, turn))
            await asyncio.sleep(1 / per_second)


async def submit_turns(
    scheduler: AdmissionScheduler, trace: AdmissionTrace, *claims: SlotRequest, seconds: float = 1.0
) -> list[asyncio.Task[None]]:
    """Turns that have come, one after another."""
    tasks: list[asyncio.Task[None]] = []
    for claim in claims:
        tasks.append(asyncio.create_task(trace.run_turn(scheduler, claim, seconds)))
        await asyncio.sleep(0)
    return tasks
