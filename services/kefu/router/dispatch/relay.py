"""
One answer from whichever replica can give it: time-outs, other replicas, a second request, a continuation.

Before the first frame a failure is invisible: after a short pause another replica starts over, as long as the retry
budget of this process allows it. After it, another one goes on from the token ids that were received, whatever the
budget says, for the customer sees the text already; the frames that come out are those of one uninterrupted answer.
There is no time-out over all: only a wait for the first frame, one between frames, and the deadline of the customer.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

import structlog

from kefu.common.auth import Principal
from kefu.common.errors import (
    CannotContinue,
    DeadlineExceeded,
    EngineDead,
    PromptTooLong,
    ReplicaFull,
    ServiceError,
)
from kefu.router import metrics
from kefu.router.dispatch.first_frame import FirstFrameRace, Silent, Source, Stream, TooLate
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.received_answer import ReceivedAnswer
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.generation import Frame, GenerationEnd, GenerationRequest

RESERVE_SECONDS = 0.1
"""Of the customer's deadline: for the answer without a model, should none come in time."""
_MOST_CONTINUATIONS = 8
"""Replicas that may break off in one answer. A question that kills its replica must not kill them all."""
_NEVER = float("inf")
_log = structlog.stdlib.get_logger()


class Pool(Protocol):
    """Chooses replicas."""

    def choose(self, *, preferred: str = "", session: str = "", exclude: frozenset[str] = frozenset()) -> Source | None:
        """See `ReplicaPool.choose`."""
        ...


class NoReplica(Exception):
    """Nobody could answer, or go on answering. `began`: something was already received."""

    def __init__(self, cause: str, *, began: bool) -> None:
        super().__init__(cause)
        self.began = began


@dataclass(frozen=True)
class Patience:
    """How long to wait for a replica, in seconds, and how many to try in a row without a frame from any."""

    first_token: float
    between_tokens: float
    attempts: int
    backoff: float = 0.05
    """Longest pause before the second attempt; doubled for each further one, and drawn by lot from 0 to that."""
    longest_backoff: float = 1.0


@dataclass(frozen=True)
class Relays:
    """Makes the relay of each answer; holds what all answers of this process share."""

    pool: Pool
    patience: Patience
    retries: RetryBudget
    hedging: Hedging

    def relay(self, principal: Principal, *, preferred: str = "", session: str = "") -> "Relay":
        """For one answer. `preferred`: the replica that answered last in this session."""
        return Relay(self, principal, preferred, session)


@dataclass
class Relay:
    """Drives one answer; `address` and `model` tell which replica wrote last."""

    shared: Relays
    principal: Principal
    preferred: str = ""
    session: str = ""
    address: str = ""
    model: str = ""
    prompt_tokens: int = 0
    """Counted by the replica; 0 before it accepted."""
    path: str = "plain"
    """How the first frame was had: plain, retried, hedged (a second replica, asked since it was late, wrote it), or
    continued (another router's answer is gone on with)."""
    continuations: int = 0
    """How often a replica broke off in mid-answer."""
    received: ReceivedAnswer = field(default_factory=ReceivedAnswer)
    """What came so far, all that the order's continuation holds included."""
    _free_at: dict[str, float] = field(default_factory=dict[str, float])
    """Replicas that were tried and failed, and since when (monotonic) they may be tried again."""

    async def frames(
        self, order: GenerationRequest, *, first_by: float | None = None
    ) -> AsyncGenerator[Frame | GenerationEnd, None]:
        """Frames of the answer, then one Ended. The first frame has to come before `first_by` (monotonic).

        Raises NoReplica; PromptTooLong when a replica counted more tokens than its model takes; DeadlineExceeded when
        the order's deadline passes in mid-answer. Before the first frame lack of time is NoReplica, and some is left.
        """
        began_at = time.monotonic()
        deadline = _NEVER if order.deadline is None else order.deadline
        latest = min(deadline, _NEVER if first_by is None else first_by) - RESERVE_SECONDS
        received = self.received = ReceivedAnswer.before(order.continuation)
        self.shared.retries.deposit()
        if order.continuation is None:
            stream = await self._begin(order, latest)
        else:  # another router began this answer
            self.path = "continued"
            stream = await self._continue(order, deadline)
        metrics.FIRST_TOKEN_SECONDS.labels(self.path).observe(time.monotonic() - began_at)
        try:
            while True:
                try:
                    async with aclosing(stream):
                        event = stream.first.result()
                        received.written_by(stream.accepted.fingerprint if stream.accepted else "")
                        while isinstance(event, Frame):
                            received.add(event)
                            yield event
                            event = await self._next(stream, deadline)
                        yield received.total(event, self.prompt_tokens)
                        return
                except DeadlineExceeded:
                    raise
                except ServiceError as error:
                    self._failed(stream.source, error)
                    _log.warning("relay.broken_off", address=stream.source.address, cause=error.message)
                    if received.continuations >= _MOST_CONTINUATIONS:
                        raise NoReplica("too many replicas broke this answer off", began=True) from error
                    received.continuations += 1
                    self.continuations += 1
                    metrics.CONTINUED.labels(_cause(error)).inc()
                stream = await self._continue(replace(order, continuation=received.sent()), deadline)
        finally:
            received.observe()

    async def _begin(self, order: GenerationRequest, latest: float) -> Stream:
        """A stream with its first frame, from one of several replicas; within the retry budget."""
        shared, patience = self.shared, self.shared.patience
        hedging = shared.hedging if order.reasoning_tokens is None else None  # nobody sees a thought that comes late
        if hedging is not None:
            hedging.asked()
        failure: ServiceError | None = None
        for attempt in range(patience.attempts):
            self._check_time(latest, began=False)
            if failure is not None and shared.retries.balance < 1:
                metrics.RETRY_BUDGET_EXHAUSTED.inc()
                raise NoReplica(f"the retry budget is used up ({failure.message})", began=False)
            source = await self._choose(attempt, latest, began=False)
            if source is None:
                continue
            if failure is not None:
                shared.retries.withdraw()
                metrics.RETRIED.labels(_cause(failure)).inc()
                self.path = "retried"
            opening = FirstFrameRace(order, self.principal, patience.first_token)
            try:
                stream = await opening.first(
                    source,
                    latest=latest,
                    hedging=hedging if attempt == 0 else None,
                    second=partial(self._pick, source.address),
                )
            except TooLate:
                raise NoReplica("no first token came before the deadline", began=False) from None
            except PromptTooLong:
                self.address, self.model = source.address, source.model
                raise
            except ServiceError as error:
                failure = error
                for failed, why in opening.failed:
                    if isinstance(why, Silent):
                        shared.hedging.times.add(patience.first_token)
                    self._failed(failed, why)
                    _log.warning("relay.failed_over", address=failed.address, cause=why.message)
                continue
            if opening.hedged and stream.source is not source:
                metrics.HEDGES_WON.inc()
                self.path = "hedged"
            shared.hedging.times.add(stream.waited)
            self._writing(stream)
            return stream
        raise NoReplica("no replica is known" if failure is None else failure.message, began=False)

    async def _continue(self, order: GenerationRequest, deadline: float) -> Stream:
        """A stream that goes on with what another one broke off; no budget stands in its way."""
        patience = self.shared.patience
        cause, attempt, broken_off = "no replica is known", -1, time.monotonic()
        while True:
            attempt += 1
            # All that is refused at once may be a restart; the customer waits for the next word as long as for others.
            if attempt >= patience.attempts and time.monotonic() - broken_off >= patience.between_tokens:
                raise NoReplica(cause, began=True)
            self._check_time(deadline, began=True)
            source = await self._choose(attempt, deadline, began=True)
            if source is None:
                continue
            opening = FirstFrameRace(order, self.principal, patience.first_token)
            try:
                stream = await opening.first(source, latest=deadline)
            except TooLate:
                raise _out_of_time() from None
            except PromptTooLong:
                raise NoReplica("what was written no longer fits the model", began=True) from None
            except ServiceError as error:
                cause = error.message
                self._failed(source, error)
                _log.warning("relay.not_continued", address=source.address, cause=cause)
                if isinstance(error, CannotContinue) and attempt + 1 >= patience.attempts:
                    raise NoReplica(cause, began=True) from error
                continue
            self._writing(stream)
            return stream

    async def _next(self, stream: Stream, deadline: float) -> Frame | GenerationEnd:
        patience = self.shared.patience.between_tokens
        left = deadline - time.monotonic()
        try:
            return await stream.next(max(min(patience, left), 0.001))
        except Silent:
            if left <= patience:
                raise _out_of_time() from None
            raise

    async def _choose(self, attempt: int, latest: float, *, began: bool) -> Source | None:
        """The next replica to ask, after a pause. One that failed is asked again when there is no other."""
        patience = self.shared.patience
        step = min(patience.backoff * 2 ** min(max(attempt - 1, 0), 10), patience.longest_backoff)
        if attempt:
            await self._pause(random.uniform(0, step), latest, began=began)  # noqa: S311 - spreads retries
        source = self._pick()
        if source is None and self._free_at:
            until_free = min(self._free_at.values()) - time.monotonic()
            pause = max(until_free, random.uniform(step / 2, step))  # noqa: S311 - spreads retries
            await self._pause(pause, latest, began=began)
            now = time.monotonic()
            self._free_at = {address: at for address, at in self._free_at.items() if at > now}
            source = self._pick()
        return source

    def _pick(self, *more: str) -> Source | None:
        exclude = frozenset((*self._free_at, *more))
        return self.shared.pool.choose(preferred=self.preferred, session=self.session, exclude=exclude)

    async def _pause(self, seconds: float, latest: float, *, began: bool) -> None:
        if seconds > self.shared.patience.first_token or time.monotonic() + seconds >= latest:
            raise NoReplica("there is no time to wait for a replica", began=began)
        await asyncio.sleep(seconds)

    def _check_time(self, latest: float, *, began: bool) -> None:
        """Do not begin what will not be begun in time, more likely than not."""
        if latest == _NEVER:
            return
        left = latest - time.monotonic()
        if left <= 0 or left < (self.shared.hedging.times.median() or 0.0):
            raise NoReplica(f"{max(left, 0.0):.1f} s are too little for a first token", began=began)

    def _failed(self, source: Source, error: ServiceError) -> None:
        self.address, self.model = source.address, source.model
        self._free_at[source.address] = time.monotonic() + (error.retry_after or 0.0)

    def _writing(self, stream: Stream) -> None:
        self.address, self.model = stream.source.address, stream.source.model
        if stream.accepted is not None:
            self.prompt_tokens = self.prompt_tokens or stream.accepted.prompt_tokens


def _out_of_time() -> DeadlineExceeded:
    return DeadlineExceeded("The deadline passed before the answer was whole; allow more time.")


def _cause(error: ServiceError) -> str:
    match error:
        case ReplicaFull():
            return "full"
        case EngineDead():
            return "dead"
        case Silent():
            return "silent"
        case CannotContinue():
            return "cannot_continue"
        case _:
            return "unavailable"
