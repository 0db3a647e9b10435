"""Load accounting: the tokens that a replica owes, and those accepted from each caller. WatchLoad reports both."""

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kefu.generation.engine import Event, Finished, Piece, Started

_MAX_CALLERS = 1024
"""Most callers remembered; the caller with no request for longest is forgotten first."""
_FIRST_ANSWER_GUESS = 128
"""Expected tokens of an answer before the first one has ended."""
_LEARNING_RATE = 0.05
"""Weight of the newest answer in the running mean of lengths."""


class Ticket:
    """One accepted request, from before the engine gets it until its stream ends in any way."""

    def __init__(self, accounting: "LoadAccounting", max_tokens: int) -> None:
        self._accounting = accounting
        self._max_tokens = max_tokens
        self._expected = 0
        self._prompt = 0
        self._written = 0
        self.owed = 1
        """Estimated tokens still to be prefilled or written; at least one while the request runs."""

    def observe(self, event: Event) -> None:
        """Count an event of the answer; to be called as soon as the engine yields it."""
        match event:
            case Started(prompt_tokens=tokens):
                self._prompt = tokens
                self._expected = min(self._max_tokens, round(self._accounting.mean_answer))
            case Piece(token_ids=ids, text=text):
                # A remote engine gives no ids. Three bytes a token is near enough for load.
                written = len(ids) or -(-len(text.encode()) // 3)
                self._written += written
                self._accounting.done_tokens += self._prompt + written
                self._prompt = 0  # prefilled, or nothing could have been written
            case Finished(choice_log_probabilities=(_, *_)):  # says nothing of how long answers are
                self._accounting.done_tokens += self._prompt
            case Finished(completion_tokens=tokens):
                self._accounting.learn_answer_length(tokens)
        before, self.owed = self.owed, self._prompt + max(self._expected - self._written, 1)
        self._accounting.add_owed(self.owed - before)


class LoadAccounting:
    """Counts of one process. Each process has a new `boot_id`, and counts from 0."""

    def __init__(self) -> None:
        self.boot_id = uuid.uuid4().hex
        self.mean_answer = float(_FIRST_ANSWER_GUESS)
        self.draining = False
        self.owed_tokens = 0
        """Tokens owed for all open requests."""
        self.done_tokens = 0
        """Tokens that the engine has read or written for any request."""
        self._open: set[Ticket] = set()
        self._accepted: OrderedDict[str, int] = OrderedDict()
        self._version = 0
        self._waiters: set[asyncio.Event] = set()

    @property
    def open_requests(self) -> int:
        """Requests that were accepted and have not ended."""
        return len(self._open)

    def accepted_tokens(self, caller: str) -> int:
        """Sum of the estimates of a caller's accepted requests, in tokens."""
        return self._accepted.get(caller, 0)

    @contextmanager
    def ticket(self, max_tokens: int) -> Iterator[Ticket]:
        """Count a request while the block runs."""
        ticket = Ticket(self, max_tokens)
        self._open.add(ticket)
        self.add_owed(ticket.owed)
        try:
            yield ticket
        finally:
            self._open.discard(ticket)
            self.add_owed(-ticket.owed)

    def accept(self, caller: str, estimated_tokens: int) -> None:
        """Count a caller's own estimate, once its request was read and is valid."""
        if caller:
            self._accepted[caller] = self._accepted.pop(caller, 0) + estimated_tokens
            while len(self._accepted) > _MAX_CALLERS:
                self._accepted.popitem(last=False)
            self.notify()

    def add_owed(self, tokens: int) -> None:
        """Add to the owed tokens; negative numbers subtract."""
        self.owed_tokens += tokens
        self.notify()

    def learn_answer_length(self, answer_tokens: int) -> None:
        """Learn from the length of an answer that has ended."""
        self.mean_answer += _LEARNING_RATE * (answer_tokens - self.mean_answer)

    def drain(self) -> None:
        """Record that the replica is leaving, and wake the watchers."""
        self.draining = True
        self.notify()

    def notify(self) -> None:
        """Wake the watchers."""
        self._version += 1
        for waiter in self._waiters:
            waiter.set()

    async def wait(self, seen: int, seconds: float) -> int:
        """Return the version of the counts once it differs from `seen`, or after `seconds`."""
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
