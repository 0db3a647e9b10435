"""
Admission scheduler: which turns a router runs now, which wait, and which are refused.

There is one for the engines, which a turn passes once, and one for the search, which it passes before it looks for its
answer; they differ in their limit, their bounds and what they are called.

A turn takes a slot. When none is free, the turn waits in a fair queue (see `fair_queue`), bounded by turns, by bytes of
question, and by time. A turn is refused at once when it cannot be admitted within `max_wait_seconds`, or answered
within its caller's deadline, at the measured drain rate. When the queue is full, the newest turn of the flow with most
waiting is refused, which need not be the last one that came. Brown-out comes before any refusal: see `brownout`.

A few slots are reserved for tenants below their fair share. The reserve grows with what other tenants used recently
and do not use now, so that a quiet tenant is admitted at once, however many others wait. Should the reserve be used up
too, such a tenant's turn waits for the next free slot, ahead of tenants that have their share.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from kefu.common.auth import Priority
from kefu.common.errors import Overloaded
from kefu.router import metrics
from kefu.router.admission.brownout import BrownOutLevels
from kefu.router.admission.drain_rate import DrainRate
from kefu.router.admission.fair_queue import Entry, FairQueue, Flow
from kefu.router.admission.fair_share import FairShare
from kefu.router.domain.turn import BrownOut

Limit = Literal["waiting_turns", "waiting_bytes", "admission_seconds", "deadline", "too_late"]
_STEP_SECONDS = 0.1
_RESERVED_ONE_IN = 8
"""One slot of so many is reserved for tenants below their fair share, besides what each of them used recently."""
_SHARE_UPDATE_SECONDS = 1.0
_UNKNOWN_RATE_RETRY_SECONDS = 5.0
"""Retry delay while no turn has ended yet."""
_MIN_RETRY_SECONDS, _MAX_RETRY_SECONDS = 0.5, 60.0
_MESSAGES: dict[Limit, str] = {
    "waiting_turns": "Too many messages wait already; come back after the time in RetryInfo.",
    "waiting_bytes": "The messages that wait are too long in sum; come back after the time in RetryInfo.",
    "admission_seconds": "This message would wait too long for its answer; come back after the time in RetryInfo.",
    "deadline": "This message cannot be answered before its deadline; allow more time, or come back later.",
    "too_late": "This message could not be answered in time; come back after the time in RetryInfo.",
}


@dataclass(frozen=True)
class AdmissionBounds:
    """Bounds of a router's slots and queue. `max_wait_seconds`: longest wait for a slot."""

    max_running: int
    max_waiting: int
    max_waiting_bytes: int
    max_wait_seconds: float
    brown_out_pressure: float = 0.0
    """Threshold of the first brown-out level, 0 to 1; 0: no brown-out."""
    spares_slots: bool = True
    """Whether a turn at WITHOUT_MODEL or above goes on without a slot."""


class ConcurrencyLimit(Protocol):
    """How many turns may hold a slot now, besides `AdmissionBounds.max_running`."""

    @property
    def limit(self) -> int | None:
        """At least 1; None while there is no limit."""
        ...

    @property
    def capacity(self) -> int:
        """Slots that all routers have together; 0: not known."""
        ...

    @property
    def pressure(self) -> float:
        """Pressure of what stands behind the slots, besides that of the queue."""
        ...

    def update(self, *, running: int, waiting: int, seconds: float) -> None:
        """Apply the turns that run and wait here, `seconds` after the last call; about ten times a second."""
        ...

    def record_end(self) -> None:
        """Record that a slot is free again."""
        ...


@dataclass(frozen=True)
class SlotRequest:
    """Request of a turn for a slot. `cost` is in a unit common to all, `size` in bytes, `deadline` monotonic."""

    tenant: str
    priority: Priority = Priority.INTERACTIVE
    weight: float = 1.0
    cost: float = 1.0
    size: int = 0
    deadline: float | None = None

    @property
    def flow(self) -> Flow:
        """The queue's flow that the turn waits in."""
        return Flow(self.priority, self.tenant)

    @property
    def is_batch(self) -> bool:
        """Batch turns have no reserved slots."""
        return self.priority is Priority.BATCH


class AdmissionScheduler:
    """Slots for turns. The limit is updated only while `watch` runs."""

    def __init__(
        self,
        bounds: AdmissionBounds,
        limit: ConcurrencyLimit,
        told: metrics.AdmissionMetrics,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bounds = bounds
        self._concurrency_limit = limit
        self._metrics = told
        self._clock = clock
        self._running = 0
        self._without_slot = 0
        self._queue = FairQueue[asyncio.Future[None]]()
        self._brown_out_levels = BrownOutLevels(bounds.brown_out_pressure)
        self._fair_share = FairShare()
        self._since_remembered = 0.0
        self.drain_rate = DrainRate(clock)

    @property
    def running(self) -> int:
        """Turns that hold a slot."""
        return self._running

    @property
    def waiting(self) -> int:
        """Turns in the queue."""
        return len(self._queue)

    def level(self, flow: Flow) -> BrownOut:
        """A flow's brown-out level now."""
        return self._brown_out_levels.level(flow)

    @property
    def _slots(self) -> int:
        limit = self._concurrency_limit.limit
        return self._bounds.max_running if limit is None else min(limit, self._bounds.max_running)

    @asynccontextmanager
    async def slot(self, request: SlotRequest) -> AsyncIterator[BrownOut]:
        """Hold a slot while the block runs, and yield the turn's brown-out level. Raises Overloaded.

        At WITHOUT_MODEL and HANDOFF the turn holds no slot and must not ask a replica.
        """
        priority, level = request.priority.value, self.level(request.flow)
        must_wait = not self._has_slot_for(request.flow, request.weight) or bool(self._queue.waiting(request.flow))
        if must_wait and self._does_without(level):
            # Slots stand for what the replicas can do. All are in use, so the turn is answered without the model.
            self._metrics.admitted.labels(priority).inc()
            self._without_slot += 1
            try:
                yield level
            finally:
                self._without_slot -= 1
            return
        arrived = self._clock()
        if must_wait:
            self._metrics.queued.labels(priority).inc()
            await self._wait(request)
        else:
            self._count_running(request, 1)
        admitted = self._clock()
        self._metrics.admitted.labels(priority).inc()
        self._metrics.seconds.observe(admitted - arrived)
        try:
            yield min(self.level(request.flow), BrownOut.SHORTER_ANSWER)
        finally:
            self._count_running(request, -1)
            self.drain_rate.record_end(self._clock() - admitted)
            self._concurrency_limit.record_end()
            self._admit_waiting()

    def _does_without(self, level: BrownOut) -> bool:
        if not self._bounds.spares_slots or level < BrownOut.WITHOUT_MODEL:
            return False
        return self._without_slot < self._bounds.max_waiting

    async def _wait(self, request: SlotRequest) -> None:
        seconds, limit = self._longest_wait(request)
        too_long = self._is_over_share(request.flow, request.weight, extra=1) and (
            self._expected_wait(request.flow, request.weight, unknown=0.0) > seconds
        )
        if too_long or seconds <= 0:
            raise self.refusal(request, limit)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = Entry(request.flow, request.cost, request.size, future, request.weight)
        if not self._queue:
            self.drain_rate.record_queue(waiting=True)
        self._queue.push(entry)
        self._fair_share.add(request.tenant, request.weight, waiting=1, batch=request.is_batch)
        self._enforce_bounds()
        self._admit_waiting()
        try:
            async with asyncio.timeout(seconds):
                await future
        except BaseException as error:
            if self._queue.remove(entry):
                self._count_left_queue(request)
            elif future.done() and not future.cancelled() and future.exception() is None:
                self._count_running(request, -1)  # the slot came too late to be used
                self._admit_waiting()
            if isinstance(error, TimeoutError):
                raise self.refusal(request, limit) from None
            raise

    def _longest_wait(self, request: SlotRequest) -> tuple[float, Limit]:
        """Longest seconds that a turn may wait for its slot, and the limit that sets them."""
        if request.deadline is not None:
            seconds_left = request.deadline - self._clock() - self.drain_rate.first_text_seconds
            if seconds_left < self._bounds.max_wait_seconds:
                return seconds_left, "deadline"
        return self._bounds.max_wait_seconds, "admission_seconds"

    def _expected_wait(self, flow: Flow, weight: float, *, unknown: float) -> float:
        """Seconds that a new turn of a flow would wait for its slot; `unknown` while no turn has ended."""
        rate = self.drain_rate.rate(self._running)
        if rate is None:
            return unknown
        return (self._queue.ahead_of(flow, weight) + 1) / rate if rate else float("inf")

    def refusal(self, request: SlotRequest, limit: Limit) -> Overloaded:
        """What a turn is refused with, counted."""
        name = self._metrics.limit_prefix + limit
        metrics.TURNS_SHED.labels(name).inc()
        wait = self._expected_wait(request.flow, request.weight, unknown=_UNKNOWN_RATE_RETRY_SECONDS)
        seconds = min(max(wait, _MIN_RETRY_SECONDS), _MAX_RETRY_SECONDS)
        return Overloaded(_MESSAGES[limit], metadata={"limit": name}, retry_after=seconds)

    def _enforce_bounds(self) -> None:
        while len(self._queue) > self._bounds.max_waiting:
            self._drop("waiting_turns")
        while self._queue.size > self._bounds.max_waiting_bytes:
            self._drop("waiting_bytes")

    def _drop(self, limit: Limit) -> None:
        entry = self._queue.newest_of_longest(by_size=limit == "waiting_bytes")
        if entry is None:
            return
        request = SlotRequest(entry.flow.tenant, entry.flow.priority, entry.weight)
        self._queue.remove(entry)
        self._count_left_queue(request)
        if not entry.value.done():  # else its waiter was just cancelled
            entry.value.set_exception(self.refusal(request, limit))

    def _admit_waiting(self) -> None:
        while self._queue and self._running < self._slots:
            entitled = None
            if self._slots - self._running <= self._reserved_slots + self._fair_share.unused_by_others():
                entitled = [flow for flow in self._queue.flows if self._has_slot_for(flow, self._queue.weight(flow))]
            entry = self._queue.pop(entitled)
            if entry is None:
                return
            request = SlotRequest(entry.flow.tenant, entry.flow.priority, entry.weight)
            self._count_left_queue(request)
            if not entry.value.done():
                self._count_running(request, 1)
                entry.value.set_result(None)

    @property
    def _reserved_slots(self) -> int:
        """Slots in reserve where they run out: in the engines, for all routers together, or on this router."""
        slots = self._slots
        if slots < self._bounds.max_running:
            slots = max(slots, self._concurrency_limit.capacity)
        return slots // _RESERVED_ONE_IN

    def _has_slot_for(self, flow: Flow, weight: float) -> bool:
        """Whether there is a slot for a flow's next turn."""
        free = self._slots - self._running
        if free > self._reserved_slots + self._fair_share.unused_by_others(flow.tenant):
            return True
        may_use_reserve = flow.priority is not Priority.BATCH and free > 0
        return may_use_reserve and not self._fair_share.has_its_share(flow.tenant, weight, self._slots)

    def _is_over_share(self, flow: Flow, weight: float, *, extra: int = 0) -> bool:
        """Whether a flow may be browned out or refused for an expected wait.

        Its tenant's turns, with so many `extra`, exceed its fair share. Batch turns always may.
        """
        if flow.priority is Priority.BATCH:
            return True
        return self._fair_share.exceeds_its_share(flow.tenant, weight, self._slots, extra=extra)

    def _count_running(self, request: SlotRequest, count: int) -> None:
        self._running += count
        self._fair_share.add(request.tenant, request.weight, running=count, batch=request.is_batch)

    def _count_left_queue(self, request: SlotRequest) -> None:
        self._fair_share.add(request.tenant, request.weight, waiting=-1, batch=request.is_batch)
        if not self._queue:
            self.drain_rate.record_queue(waiting=False)

    # Periodic work beside the turns.

    async def watch(self) -> None:
        """Follow the limit and the pressure on each flow until cancelled."""
        before = self._clock()
        while True:
            await asyncio.sleep(_STEP_SECONDS)
            now = self._clock()
            self.step(now - before)
            before = now

    def step(self, seconds: float) -> None:
        """Apply the current load, `seconds` after the last step."""
        self._since_remembered += seconds
        if self._since_remembered >= _SHARE_UPDATE_SECONDS:
            self._fair_share.remember(self._slots, self._since_remembered)
            self._since_remembered = 0.0
        self._concurrency_limit.update(running=self._running, waiting=len(self._queue), seconds=seconds)
        self._admit_waiting()
        self._brown_out_levels.step({flow: self._pressure(flow) for flow in self._queue.flows}, seconds)
        self._metrics.waiting.set(len(self._queue))
        self._metrics.slots.set(self._slots)
        for level, flows in self._brown_out_levels.counts().items():
            self._metrics.browned_out_flows.labels(level.name.lower()).set(flows)

    def _pressure(self, flow: Flow) -> float:
        """Pressure on a flow: 0 for a tenant within its fair share.

        For others it is the expected wait over the longest wait, or the pressure behind the slots, whichever is more.
        For the flow with most in the queue, the queue's fill level counts too.
        """
        weight = self._queue.weight(flow)
        if not self._is_over_share(flow, weight):
            return 0.0
        wait = self._expected_wait(flow, weight, unknown=0.0) / max(self._bounds.max_wait_seconds, 0.001)
        wait = max(wait, self._concurrency_limit.pressure)
        longest = self._queue.newest_of_longest()
        if longest is None or longest.flow != flow:
            return wait
        return max(wait, (len(self._queue) + self._without_slot) / max(self._bounds.max_waiting, 1))
