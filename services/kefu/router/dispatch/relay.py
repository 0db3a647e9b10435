"""
Relay: one answer from any replica that can give it, with time-outs, retries, a hedge, and continuation.

Before the first frame a failure is invisible: after a short pause another replica starts over, as long as the retry
budget of this process allows it. After the first frame another replica goes on from the token ids that were received,
whatever the budget says, for the customer sees the text already. The frames that come out are those of one
uninterrupted answer. There is no time-out over all: only a wait for the first frame, one between frames, and the
deadline of the customer.
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
from kefu.router.dispatch.first_frame import (
    AnsweringReplica,
    FirstFrameRace,
    FirstFrameTooLate,
    FrameStream,
    ReplicaSilent,
)
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.received_answer import ReceivedAnswer
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.generation import Frame, GenerationEnd, GenerationRequest

RESERVE_SECONDS = 0.1
"""Part of the customer's deadline that is left for an answer without the model, should none come in time."""
_MAX_CONTINUATIONS = 8
"""Replicas that may break off in one answer: a question that kills its replica must not kill them all."""
_NEVER = float("inf")
_log = structlog.stdlib.get_logger()


class ReplicaChooser(Protocol):
    """Chooses replicas."""

    @property
    def answer_profile(self) -> str:
        """See `ReplicaPool.answer_profile`."""
        ...

    def choose(
        self, *, preferred: str = "", session: str = "", exclude: frozenset[str] = frozenset()
    ) -> AnsweringReplica | None:
        """See `ReplicaPool.choose`."""
        ...


class NoReplica(Exception):
    """No replica could answer, or go on answering. `started`: part of the answer was received."""

    def __init__(self, cause: str, *, started: bool) -> None:
        super().__init__(cause)
        self.started = started


@dataclass(frozen=True)
class RelayPolicy:
    """Time-outs of a replica, pauses between attempts, and the most attempts in a row without a frame."""

    first_token_seconds: float
    idle_seconds: float
    max_attempts: int
    backoff_seconds: float = 0.05
    """Longest pause before the second attempt, doubled for each further one. The pause is drawn from 0 to that."""
    max_backoff_seconds: float = 1.0


@dataclass(frozen=True)
class RelayFactory:
    """Makes the relay of each answer, and holds what all answers of this process share."""

    pool: ReplicaChooser
    policy: RelayPolicy
    retry_budget: RetryBudget
    hedging: Hedging

    def relay(self, principal: Principal, *, preferred: str = "", session: str = "") -> "Relay":
        """The relay of one answer. `preferred`: address of the replica that answered last in this session."""
        return Relay(self, principal, preferred, session)


@dataclass
class Relay:
    """Relay of one answer. `address` and `model` are those of the replica that was last asked."""

    factory: RelayFactory
    principal: Principal
    preferred: str = ""
    session: str = ""
    address: str = ""
    model: str = ""
    prompt_tokens: int = 0
    """Tokens of the prompt, as the replica counted them; 0 before it accepted."""
    path: str = "plain"
    """How the first frame came: plain, retried, hedged (the second replica wrote it), or continued (the answer goes on
    from another router's)."""
    continuations: int = 0
    """Times that a replica broke off in mid-answer."""
    received: ReceivedAnswer = field(default_factory=ReceivedAnswer)
    """The answer so far, including the request's continuation."""
    _retry_at: dict[str, float] = field(default_factory=dict[str, float])
    """Replicas that failed, and from when on (monotonic) each may be tried again."""

    async def frames(
        self, request: GenerationRequest, *, first_frame_deadline: float | None = None
    ) -> AsyncGenerator[Frame | GenerationEnd, None]:
        """Frames of the answer, then one GenerationEnd. `first_frame_deadline` (monotonic) bounds the first frame.

        Raises NoReplica; PromptTooLong when a replica counted more tokens than its model takes; DeadlineExceeded when
        the request's deadline passes in mid-answer. Before the first frame, lack of time raises NoReplica early enough
        for a fallback.
        """
        started_at = time.monotonic()
        deadline = _NEVER if request.deadline is None else request.deadline
        first_deadline = min(deadline, _NEVER if first_frame_deadline is None else first_frame_deadline)
        received = self.received = ReceivedAnswer.continuing(request.continuation)
        self.factory.retry_budget.deposit()
        if request.continuation is None:
            stream = await self._begin(request, first_deadline - RESERVE_SECONDS)
        else:  # another router began this answer
            self.path = "continued"
            stream = await self._continue(request, deadline)
        if not request.choices:  # of which no customer sees a token
            metrics.FIRST_TOKEN_SECONDS.labels(self.path).observe(time.monotonic() - started_at)
        try:
            while True:
                try:
                    async with aclosing(stream):
                        event = stream.first.result()
                        received.set_writer(stream.accepted.fingerprint if stream.accepted else "")
                        while isinstance(event, Frame):
                            received.add(event)
                            yield event
                            event = await self._next(stream, deadline)
                        yield received.with_total_usage(event, self.prompt_tokens)
                        return
                except DeadlineExceeded:
                    raise
                except ServiceError as error:
                    self._record_failure(stream.replica, error)
                    _log.warning("relay.broken_off", address=stream.replica.address, cause=error.message)
                    if received.continuations >= _MAX_CONTINUATIONS:
                        raise NoReplica("too many replicas broke this answer off", started=True) from error
                    received.continuations += 1
                    self.continuations += 1
                    metrics.CONTINUED.labels(_cause(error)).inc()
                stream = await self._continue(replace(request, continuation=received.partial_answer()), deadline)
        finally:
            received.observe()

    async def _begin(self, request: GenerationRequest, deadline: float) -> FrameStream:
        """A stream with its first frame, from one of several replicas, within the retry budget."""
        factory, policy = self.factory, self.factory.policy
        hedging = (
            factory.hedging if request.reasoning_tokens is None else None
        )  # reasoning that comes late is seen by no customer
        if hedging is not None:
            hedging.record_request()
        failure: ServiceError | None = None
        for attempt in range(policy.max_attempts):
            self._check_time(deadline, started=False)
            if failure is not None and factory.retry_budget.balance < 1:
                metrics.RETRY_BUDGET_EXHAUSTED.inc()
                raise NoReplica(f"the retry budget is used up ({failure.message})", started=False)
            replica = await self._choose_replica(attempt, deadline, started=False)
            if replica is None:
                continue
            if failure is not None:
                factory.retry_budget.withdraw()
                metrics.RETRIED.labels(_cause(failure)).inc()
                self.path = "retried"
            race = FirstFrameRace(request, self.principal, policy.first_token_seconds)
            try:
                stream = await race.first(
                    replica,
                    deadline=deadline,
                    hedging=hedging if attempt == 0 else None,
                    pick_second=partial(self._pick_replica, replica.address),
                )
            except FirstFrameTooLate:
                raise NoReplica("no first token came before the deadline", started=False) from None
            except PromptTooLong:
                self.address, self.model = replica.address, replica.model
                raise
            except ServiceError as error:
                failure = error
                for failed_replica, reason in race.failures:
                    if isinstance(reason, ReplicaSilent):
                        factory.hedging.first_token_times.add(policy.first_token_seconds)
                    self._record_failure(failed_replica, reason)
                    _log.warning("relay.failed_over", address=failed_replica.address, cause=reason.message)
                continue
            if race.hedged and stream.replica is not replica:
                metrics.HEDGES_WON.inc()
                self.path = "hedged"
            factory.hedging.first_token_times.add(stream.seconds_waited)
            self._record_writer(stream)
            return stream
        raise NoReplica("no replica is known" if failure is None else failure.message, started=False)

    async def _continue(self, request: GenerationRequest, deadline: float) -> FrameStream:
        """A stream that goes on where another one broke off, whatever the retry budget."""
        policy = self.factory.policy
        cause, attempt, broken_off = "no replica is known", -1, time.monotonic()
        while True:
            attempt += 1
            # Replicas that all refuse at once may be restarting: the customer waits as long as for any other frame.
            if attempt >= policy.max_attempts and time.monotonic() - broken_off >= policy.idle_seconds:
                raise NoReplica(cause, started=True)
            self._check_time(deadline, started=True)
            replica = await self._choose_replica(attempt, deadline, started=True)
            if replica is None:
                continue
            race = FirstFrameRace(request, self.principal, policy.first_token_seconds)
            try:
                stream = await race.first(replica, deadline=deadline)
            except FirstFrameTooLate:
                raise _out_of_time() from None
            except PromptTooLong:
                raise NoReplica("what was written no longer fits the model", started=True) from None
            except ServiceError as error:
                cause = error.message
                self._record_failure(replica, error)
                _log.warning("relay.not_continued", address=replica.address, cause=cause)
                if isinstance(error, CannotContinue) and attempt + 1 >= policy.max_attempts:
                    raise NoReplica(cause, started=True) from error
                continue
            self._record_writer(stream)
            return stream

    async def _next(self, stream: FrameStream, deadline: float) -> Frame | GenerationEnd:
        try:
            return await stream.next(self.factory.policy.idle_seconds, deadline)
        except ReplicaSilent:
            if time.monotonic() >= deadline:
                raise _out_of_time() from None
            raise

    async def _choose_replica(self, attempt: int, deadline: float, *, started: bool) -> AnsweringReplica | None:
        """The next replica to ask, after a pause. A replica that failed is asked again when there is no other."""
        policy = self.factory.policy
        step = min(policy.backoff_seconds * 2 ** min(max(attempt - 1, 0), 10), policy.max_backoff_seconds)
        if attempt:
            await self._pause(random.uniform(0, step), deadline, started=started)  # noqa: S311 - spreads retries
        replica = self._pick_replica()
        if replica is None and self._retry_at:
            until_free = min(self._retry_at.values()) - time.monotonic()
            pause = max(until_free, random.uniform(step / 2, step))  # noqa: S311 - spreads retries
            await self._pause(pause, deadline, started=started)
            now = time.monotonic()
            self._retry_at = {address: at for address, at in self._retry_at.items() if at > now}
            replica = self._pick_replica()
        return replica

    def _pick_replica(self, *others: str) -> AnsweringReplica | None:
        exclude = frozenset((*self._retry_at, *others))
        return self.factory.pool.choose(preferred=self.preferred, session=self.session, exclude=exclude)

    async def _pause(self, seconds: float, deadline: float, *, started: bool) -> None:
        if seconds > self.factory.policy.first_token_seconds or time.monotonic() + seconds >= deadline:
            raise NoReplica("there is no time to wait for a replica", started=started)
        await asyncio.sleep(seconds)

    def _check_time(self, deadline: float, *, started: bool) -> None:
        """Raise NoReplica when a first token in time is less likely than not."""
        if deadline == _NEVER:
            return
        seconds_left = deadline - time.monotonic()
        if seconds_left <= 0 or seconds_left < (self.factory.hedging.first_token_times.median() or 0.0):
            raise NoReplica(f"{max(seconds_left, 0.0):.1f} s are too little for a first token", started=started)

    def _record_failure(self, replica: AnsweringReplica, error: ServiceError) -> None:
        self.address, self.model = replica.address, replica.model
        self._retry_at[replica.address] = time.monotonic() + (error.retry_after or 0.0)

    def _record_writer(self, stream: FrameStream) -> None:
        self.address, self.model = stream.replica.address, stream.replica.model
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
        case ReplicaSilent():
            return "silent"
        case CannotContinue():
            return "cannot_continue"
        case _:
            return "unavailable"
