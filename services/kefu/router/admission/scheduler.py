"""
Which turns a router answers now, which wait, and which are refused.

A turn takes a place. When none is free it waits in a fair line (see `fair_queue`), bounded by count, by bytes of
question, and by time: a turn that cannot be admitted within `seconds`, or answered within its caller's deadline, by the
rate at which places were seen to become free, is refused at once. When the line is full, the newest turn of whoever has
most waiting is refused, which need not be the one that came last. Before that, brown-out: see `brownout`.
Some places are left to tenants that have less than their part of them, and the more the more they had lately: they find
one free, however many others wait.
Should they be gone too, such a tenant's turn waits for the next one, with all it would have had else.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from kefu.common.auth import Priority
from kefu.common.errors import Overloaded
from kefu.router import metrics
from kefu.router.admission.brownout import BrownOuts
from kefu.router.admission.concurrency_limit import AdaptiveConcurrencyLimit
from kefu.router.admission.drain_rate import DrainRate
from kefu.router.admission.fair_queue import Entry, FairQueue, Flow
from kefu.router.admission.fair_share import FairShare
from kefu.router.domain.turn import BrownOut
from kefu.router.replicas.engine_load import EngineLoad

Limit = Literal["waiting_turns", "waiting_bytes", "admission_seconds", "deadline"]
_STEP_SECONDS = 0.1
_KEPT = 8
"""One place of so many is kept for tenants below their part, while there are several tenants; besides, what each of
them had lately."""
_REMEMBER_SECONDS = 1.0
_UNKNOWN_SECONDS = 5.0
"""The wait that is named while no turn has ended yet."""
_LEAST_RETRY, _MOST_RETRY = 0.5, 60.0
_MESSAGES: dict[Limit, str] = {
    "waiting_turns": "Too many messages wait already; come back after the time in RetryInfo.",
    "waiting_bytes": "The messages that wait are too long in sum; come back after the time in RetryInfo.",
    "admission_seconds": "This message would wait too long for its answer; come back after the time in RetryInfo.",
    "deadline": "This message cannot be answered before its deadline; allow more time, or come back later.",
}


@dataclass(frozen=True)
class Bounds:
    """What a router takes on. `seconds` is the longest wait for a place; `brown_out` as RouterConfig says."""

    running: int
    waiting: int
    waiting_bytes: int
    seconds: float
    brown_out: float = 0.0


@dataclass(frozen=True)
class SlotRequest:
    """A turn that wants a place. `cost` is tokens, by estimate; `size` bytes of question; `deadline` as `clock`'s."""

    tenant: str
    priority: Priority = Priority.INTERACTIVE
    weight: float = 1.0
    cost: float = 1.0
    size: int = 0
    deadline: float | None = None

    @property
    def flow(self) -> Flow:
        """The line it stands in."""
        return Flow(self.priority, self.tenant)

    @property
    def is_patient(self) -> bool:
        """No place is kept for it."""
        return self.priority is Priority.BATCH


class AdmissionScheduler:
    """Places for turns. `load` tells how busy the replicas' engines are; it is asked only while `watch` runs."""

    def __init__(
        self,
        bounds: Bounds,
        *,
        load: Callable[[], EngineLoad] = EngineLoad,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bounds = bounds
        self._load = load
        self._clock = clock
        self._running = 0
        self._without_place = 0
        self._line = FairQueue[asyncio.Future[None]]()
        self._capacity = AdaptiveConcurrencyLimit()
        self._brown_outs = BrownOuts(bounds.brown_out)
        self._shares = FairShare()
        self._unremembered = 0.0
        self.drain = DrainRate(clock)

    @property
    def running(self) -> int:
        """Turns that hold a place."""
        return self._running

    @property
    def waiting(self) -> int:
        """Turns in the line."""
        return len(self._line)

    def level(self, flow: Flow) -> BrownOut:
        """What a flow's turns do without now."""
        return self._brown_outs.level(flow)

    @property
    def _places(self) -> int:
        limit = self._capacity.limit
        return self._bounds.running if limit is None else min(limit, self._bounds.running)

    @asynccontextmanager
    async def slot(self, claim: SlotRequest) -> AsyncIterator[BrownOut]:
        """A place while the block runs, and what the turn has to do without. Raises Overloaded.

        With WITHOUT_MODEL or HANDOFF the turn got no place: it must not ask a replica.
        """
        priority, rung = claim.priority.value, self.level(claim.flow)
        must_wait = not self._may_run(claim.flow, claim.weight) or bool(self._line.waiting(claim.flow))
        if must_wait and rung >= BrownOut.WITHOUT_MODEL and self._without_place < self._bounds.waiting:
            # Places stand for what the replicas can do. All of them are used, so it is answered without.
            metrics.TURNS_ADMITTED.labels(priority).inc()
            self._without_place += 1
            try:
                yield rung
            finally:
                self._without_place -= 1
            return
        came = self._clock()
        if must_wait:
            metrics.TURNS_QUEUED.labels(priority).inc()
            await self._wait(claim)
        else:
            self._run(claim, 1)
        began = self._clock()
        metrics.TURNS_ADMITTED.labels(priority).inc()
        metrics.QUEUE_SECONDS.observe(began - came)
        try:
            yield min(self.level(claim.flow), BrownOut.SHORTER_ANSWER)
        finally:
            self._run(claim, -1)
            self.drain.ended(self._clock() - began)
            self._hand_out()

    async def _wait(self, claim: SlotRequest) -> None:
        seconds, limit = self._patience(claim)
        too_long = self._is_asking_too_much(claim.flow, claim.weight, more=1) and (
            self._expected_wait(claim.flow, claim.weight, unknown=0.0) > seconds
        )
        if too_long or seconds <= 0:
            raise self._refused(claim, limit)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = Entry(claim.flow, claim.cost, claim.size, future, claim.weight)
        if not self._line:
            self.drain.line(is_there=True)
        self._line.push(entry)
        self._shares.add(claim.tenant, claim.weight, waiting=1, patient=claim.is_patient)
        self._keep_bounds()
        self._hand_out()
        try:
            async with asyncio.timeout(seconds):
                await future
        except BaseException as error:
            if self._line.remove(entry):
                self._left_line(claim)
            elif future.done() and not future.cancelled() and future.exception() is None:
                self._run(claim, -1)  # the place came too late to be used
                self._hand_out()
            if isinstance(error, TimeoutError):
                raise self._refused(claim, limit) from None
            raise

    def _patience(self, claim: SlotRequest) -> tuple[float, Limit]:
        """How long a turn may wait for its place, and what says so."""
        if claim.deadline is not None:
            left = claim.deadline - self._clock() - self.drain.first_text
            if left < self._bounds.seconds:
                return left, "deadline"
        return self._bounds.seconds, "admission_seconds"

    def _expected_wait(self, flow: Flow, weight: float, *, unknown: float) -> float:
        """Seconds that a new turn of a flow would wait for its place; `unknown` while no turn has ended."""
        rate = self.drain.rate(self._running)
        if rate is None:
            return unknown
        return (self._line.ahead_of(flow, weight) + 1) / rate if rate else float("inf")

    def _refused(self, claim: SlotRequest, limit: Limit) -> Overloaded:
        metrics.TURNS_SHED.labels(limit).inc()
        wait = self._expected_wait(claim.flow, claim.weight, unknown=_UNKNOWN_SECONDS)
        seconds = min(max(wait, _LEAST_RETRY), _MOST_RETRY)
        return Overloaded(_MESSAGES[limit], metadata={"limit": limit}, retry_after=seconds)

    def _keep_bounds(self) -> None:
        while len(self._line) > self._bounds.waiting:
            self._push_out("waiting_turns")
        while self._line.size > self._bounds.waiting_bytes:
            self._push_out("waiting_bytes")

    def _push_out(self, limit: Limit) -> None:
        entry = self._line.longest(by_size=limit == "waiting_bytes")
        if entry is None:
            return
        claim = SlotRequest(entry.flow.tenant, entry.flow.priority, entry.weight)
        self._line.remove(entry)
        self._left_line(claim)
        if not entry.value.done():  # else its waiter was just cancelled
            entry.value.set_exception(self._refused(claim, limit))

    def _hand_out(self) -> None:
        while self._line and self._running < self._places:
            below = None
            if self._places - self._running <= self._kept + self._shares.missing():
                below = [flow for flow in self._line.flows if self._may_run(flow, self._line.weight(flow))]
            entry = self._line.pop(below)
            if entry is None:
                return
            claim = SlotRequest(entry.flow.tenant, entry.flow.priority, entry.weight)
            self._left_line(claim)
            if not entry.value.done():
                self._run(claim, 1)
                entry.value.set_result(None)

    @property
    def _kept(self) -> int:
        """Places are kept where they run out: in the engines, for all routers together, or on this router."""
        places = self._places
        return (max(places, self._capacity.most) if places < self._bounds.running else places) // _KEPT

    def _may_run(self, flow: Flow, weight: float) -> bool:
        """Whether there is a place for a flow's next turn."""
        free = self._places - self._running
        if free > self._kept + self._shares.missing(flow.tenant):
            return True
        kept_for_it = flow.priority is not Priority.BATCH and free > 0
        return kept_for_it and not self._shares.runs_its_part(flow.tenant, weight, self._places)

    def _is_asking_too_much(self, flow: Flow, weight: float, *, more: int = 0) -> bool:
        """Whether a flow may be told to do with less, or to come back, when there are too many turns. It may not while
        its tenant's turns, with so many `more`, are no more than its part."""
        tenant = flow.tenant
        return flow.priority is Priority.BATCH or self._shares.wants_more(tenant, weight, self._places, more=more)

    def _run(self, claim: SlotRequest, count: int) -> None:
        self._running += count
        self._shares.add(claim.tenant, claim.weight, running=count, patient=claim.is_patient)

    def _left_line(self, claim: SlotRequest) -> None:
        self._shares.add(claim.tenant, claim.weight, waiting=-1, patient=claim.is_patient)
        if not self._line:
            self.drain.line(is_there=False)

    # What goes on beside the turns.

    async def watch(self) -> None:
        """Follow the replicas' load and the pressure on each flow until cancelled."""
        before = self._clock()
        while True:
            await asyncio.sleep(_STEP_SECONDS)
            now = self._clock()
            self.step(now - before)
            before = now

    def step(self, seconds: float) -> None:
        """Take the load as it is now, `seconds` after the last step."""
        load = self._load()
        self._unremembered += seconds
        if self._unremembered >= _REMEMBER_SECONDS:
            self._shares.remember(self._places, self._unremembered)
            self._unremembered = 0.0
        self._capacity.see(load, mine=self._running, line=len(self._line), seconds=seconds)
        self._hand_out()
        self._brown_outs.step({flow: self._pressure(flow, load) for flow in self._line.flows}, seconds)
        metrics.TURNS_WAITING.set(len(self._line))
        metrics.CONCURRENCY_LIMIT.set(self._places)
        for rung, flows in self._brown_outs.counts().items():
            metrics.BROWNED_OUT_FLOWS.labels(rung.name.lower()).set(flows)

    def _pressure(self, flow: Flow, load: EngineLoad) -> float:
        """None on a tenant that wants no more than its part. On others the expected wait over the longest one, and what
        the engines say; on the flow that has most in the line also how full it is."""
        weight = self._line.weight(flow)
        if not self._is_asking_too_much(flow, weight):
            return 0.0
        wait = self._expected_wait(flow, weight, unknown=0.0) / max(self._bounds.seconds, 0.001)
        wait = max(wait, load.pressure)
        longest = self._line.longest()
        if longest is None or longest.flow != flow:
            return wait
        return max(wait, (len(self._line) + self._without_place) / max(self._bounds.waiting, 1))
