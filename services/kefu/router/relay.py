"""
One answer from whichever replica can give it: time-outs, another replica, a continuation.

Before the first frame a failure is invisible: another replica starts over. After it, another one goes on from the
token ids that were received; the frames that come out are those of one uninterrupted answer.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, CannotContinue, PromptTooLong, ServiceError
from kefu.router.frames import Accepted, Ended, Event, Frame, Order, Sent

_log = structlog.stdlib.get_logger()


class Source(Protocol):
    """A replica."""

    address: str
    model: str

    def generate(self, order: Order, principal: Principal) -> AsyncGenerator[Event, None]:
        """See `Replica.generate`."""
        ...


class Pool(Protocol):
    """Chooses replicas."""

    def choose(self, *, preferred: str = "", exclude: frozenset[str] = frozenset()) -> Source | None:
        """See `ReplicaPool.choose`."""
        ...


class NoReplica(Exception):
    """Nobody could answer, or go on answering. `began`: something was already received."""

    def __init__(self, cause: str, *, began: bool) -> None:
        super().__init__(cause)
        self.began = began


@dataclass(frozen=True)
class Patience:
    """How long to wait for a replica, in seconds, and how many of them to try."""

    first_token: float
    between_tokens: float
    attempts: int


@dataclass
class Relay:
    """Drives one answer; `address` and `model` tell which replica wrote last."""

    pool: Pool
    patience: Patience
    principal: Principal
    preferred: str = ""
    address: str = ""
    model: str = ""
    prompt_tokens: int = 0
    """Counted by the replica; 0 before it accepted."""
    _tried: set[str] = field(default_factory=set[str])

    async def frames(self, order: Order, *, deadline: float | None = None) -> AsyncGenerator[Frame | Ended, None]:
        """Frames of the answer, then one Ended. `deadline` is monotonic and bounds the wait for the first frame.

        Raises NoReplica, or PromptTooLong when a replica counted more tokens than its model takes.
        """
        token_ids: list[int] = []
        text, fingerprint, began, cause = "", "", False, "no replica is known"
        whole = True  # every frame so far came with its token ids
        for _ in range(self.patience.attempts):
            source = self.pool.choose(preferred=self.preferred, exclude=frozenset(self._tried))
            if source is None:
                break
            self._tried.add(source.address)
            self.address, self.model = source.address, source.model
            attempt = order
            if began:
                sent = Sent(tuple(token_ids) if whole else (), text, fingerprint)
                attempt = replace(order, continuation=sent)
            events = source.generate(attempt, self.principal)
            try:
                async with aclosing(events):
                    give_up = time.monotonic() + self.patience.first_token
                    if deadline is not None and not began:
                        give_up = min(give_up, deadline)
                    while True:
                        async with asyncio.timeout(max(give_up - time.monotonic(), 0.001)):
                            event = await anext(events, None)
                        if event is None:
                            raise BackendUnavailable("The stream ended before the answer did.")
                        if isinstance(event, Accepted):
                            fingerprint = event.fingerprint
                            self.prompt_tokens = self.prompt_tokens or event.prompt_tokens
                            continue
                        if isinstance(event, Ended):
                            yield event
                            return
                        began = True
                        whole = whole and bool(event.token_ids or not event.text)
                        token_ids.extend(event.token_ids)
                        text += "" if event.reasoning else event.text
                        yield event
                        give_up = time.monotonic() + self.patience.between_tokens
            except PromptTooLong:
                if not began:
                    raise
                cause = "what was written no longer fits the model"
            except CannotContinue as error:
                cause = str(error)
            except TimeoutError:
                cause = "it wrote nothing in time"
            except ServiceError as error:
                cause = str(error)
            _log.warning("relay.failed_over", address=source.address, began=began, cause=cause)
            if deadline is not None and time.monotonic() >= deadline:
                break
        raise NoReplica(cause, began=began)
