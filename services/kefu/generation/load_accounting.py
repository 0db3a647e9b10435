"""What a replica owes, and whose tokens it has accepted: the figures of WatchLoad."""

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kefu.generation.engine import Event, Finished, Piece, Started

_CALLERS = 1024
"""Callers remembered; the one silent for longest is forgotten first."""
_FIRST_GUESS = 128
"""Tokens of an answer, before any was seen."""
_LEARN = 0.05
"""Weight of the newest answer in the running mean of lengths."""


class Ticket:
    """One accepted request, from before it is given to the engine until its stream ends by any road."""

    def __init__(self, ledger: "LoadLedger", max_tokens: int) -> None:
        self._ledger = ledger
        self._max_tokens = max_tokens
        self._expected = 0
        self._prompt = 0
        self._written = 0
        self.owed = 1
        """Tokens still to be prefilled or written, by estimate; at least one while it runs."""

    def observe(self, event: Event) -> None:
        """Follow the answer; see every event as soon as the engine gives it."""
        match event:
            case Started(prompt_tokens=tokens):
                self._prompt = tokens
                self._expected = min(self._max_tokens, round(self._ledger.mean_answer))
            case Piece(token_ids=ids, text=text):
                self._prompt = 0  # prefilled, or nothing could have been written
                # A remote engine gives no ids; three bytes a token is near enough for a load figure.
                self._written += len(ids) or -(-len(text.encode()) // 3)
            case Finished(completion_tokens=tokens):
                self._ledger.learn(tokens)
        before, self.owed = self.owed, self._prompt + max(self._expected - self._written, 1)
        self._ledger.owes(self.owed - before)


class LoadLedger:
    """Counts for one process. `boot_id` is made anew with it, and all counts begin at 0 then."""

    def __init__(self) -> None:
        self.boot_id = uuid.uuid4().hex
        self.mean_answer = float(_FIRST_GUESS)
        self.draining = False
        self.owed_tokens = 0
        """Of all open requests."""
        self._open: set[Ticket] = set()
        self._accepted: OrderedDict[str, int] = OrderedDict()
        self._version = 0
        self._waiters: set[asyncio.Event] = set()

    @property
    def open_requests(self) -> int:
        """Requests accepted and not ended."""
        return len(self._open)

    def accepted_tokens(self, caller: str) -> int:
        """Sum of the estimates of this caller's accepted requests."""
        return self._accepted.get(caller, 0)

    @contextmanager
    def ticket(self, max_tokens: int) -> Iterator[Ticket]:
        """Count a request while the block runs."""
        ticket = Ticket(self, max_tokens)
        self._open.add(ticket)
        self.owes(ticket.owed)
        try:
            yield ticket
        finally:
            self._open.discard(ticket)
            self.owes(-ticket.owed)

    def accept(self, caller: str, estimated_tokens: int) -> None:
        """Count a caller's own estimate, once its request was read and found good."""
        if caller:
            self._accepted[caller] = self._accepted.pop(caller, 0) + estimated_tokens
            while len(self._accepted) > _CALLERS:
                self._accepted.popitem(last=False)
            self.changed()

    def owes(self, tokens: int) -> None:
        """So many tokens more, or fewer."""
        self.owed_tokens += tokens
        self.changed()

    def learn(self, answer_tokens: int) -> None:
        """An answer of this length has ended."""
        self.mean_answer += _LEARN * (answer_tokens - self.mean_answer)

    def drain(self) -> None:
        """The replica is leaving; watchers are told."""
        self.draining = True
        self.changed()

    def changed(self) -> None:
        """Wake the watchers."""
        self._version += 1
        for waiter in self._waiters:
            waiter.set()

    async def wait(self, seen: int, seconds: float) -> int:
        """Return the version once it differs from `seen`, or after `seconds`."""
        if self._version != seen:
            return self._version
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waiter.wait()
        finally:
            self._waiters.discard(waiter)
        return self._version
