"""
A simulated suite for comparing ways to balance: engines, conversations, and a clock that jumps from event to event.

Nothing here is measured on a machine. An engine prefills one prompt after the other, writes for all running requests
at once, each at most so fast and all together at most so fast, and lets requests wait when its places are taken. Its
prefix cache keeps the conversations and instructions used last. Figures are in tokens and seconds.
"""

import heapq
import itertools
import random
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

LEARN = 0.05


class SimulatedWorld:
    """Simulated time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, when: float, happens: Callable[[], None]) -> None:
        """Schedule a callback at a time."""
        heapq.heappush(self._events, (when, next(self._order), happens))

    def after(self, seconds: float, happens: Callable[[], None]) -> None:
        """Schedule a callback in so many seconds."""
        self.at(self.now + seconds, happens)

    def run(self, until: float) -> None:
        """Run all callbacks up to a time."""
        while self._events and self._events[0][0] <= until:
            self.now, _, happens = heapq.heappop(self._events)
            happens()

    def clock(self) -> float:
        """Simulated time now, in seconds."""
        return self.now


@dataclass(frozen=True)
class EngineSpeed:
    """Speed and size of one replica's engine."""

    prefill: float = 16_000.0
    """Tokens of prompt a second, those in the cache not counted."""
    stream: float = 60.0
    """Tokens a second for one request."""
    all_streams: float = 1_800.0
    """Tokens a second for all of them."""
    max_running: int = 64
    """Requests that run at once."""
    cache: int = 250_000
    """Tokens that the prefix cache keeps."""

    def slowed(self, by: float) -> "EngineSpeed":
        """The same engine, so many times slower."""
        return EngineSpeed(self.prefill / by, self.stream / by, self.all_streams / by, self.max_running, self.cache)


@dataclass(frozen=True)
class Question:
    """One turn, as it was drawn before anything ran."""

    own: int
    """Tokens that are new in this prompt: question and passages."""
    answer: int
    think: float
    """Seconds from the end of the answer before."""


@dataclass(frozen=True)
class Conversation:
    """One session, as it was drawn before anything ran: the same for every way to balance."""

    name: str
    tenant: str
    begins: float
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Workload:
    """How conversations are drawn."""

    title: str
    keeps: bool
    """The prompt is the whole conversation so far; else instructions and the new question only."""
    slowed: float
    """The first replica is so many times slower than the others."""
    instructions: int = 500
    """Tokens that all of a tenant's prompts begin with."""
    a_second: float = 11.0
    """Conversations that begin."""
    tenants: int = 12
    mean_turns: float = 5.0
    mean_think: float = 12.0

    def draw(self, seconds: float, seed: int) -> list[Conversation]:
        """All that begin within so many seconds."""
        rng = random.Random(seed)
        weights = [1 / (n + 1) for n in range(self.tenants)]  # some tenants have many more customers than others
        drawn: list[Conversation] = []
        begins = 0.0
        while (begins := begins + rng.expovariate(self.a_second)) < seconds:
            turns = 1
            while rng.random() > 1 / self.mean_turns:
                turns += 1
            questions = tuple(
                Question(
                    own=300 + round(rng.lognormvariate(3.4, 0.6)),
                    answer=max(
                        5, min(round(rng.lognormvariate(4.6, 1.0)), 2_000)
                    ),  # few are long, and those are very long
                    think=rng.expovariate(1 / self.mean_think),
                )
                for _ in range(turns)
            )
            [tenant] = rng.choices(range(self.tenants), weights)
            drawn.append(Conversation(f"session-{len(drawn)}", f"tenant-{tenant}", begins, questions))
        return drawn


@dataclass(eq=False)
class Request:
    """One prompt at a replica."""

    session: str
    tenant: str
    instructions: int
    history: int
    own: int
    answer: int
    arrived: float
    on_first: Callable[["Request"], None]
    on_end: Callable[["Request"], None]
    cached: int = 0
    first_at: float = 0.0
    ends_at: float = 0.0
    """On the engine's own clock of written tokens."""

    @property
    def prompt(self) -> int:
        """Tokens of prompt."""
        return self.instructions + self.history + self.own


@dataclass
class Engine:
    """One replica."""

    address: str
    world: SimulatedWorld
    speed: EngineSpeed
    keeps: bool
    mean_answer: float = 128.0
    _cache: OrderedDict[str, int] = field(default_factory=OrderedDict[str, int])
    _cached: int = 0
    _waiting: deque[Request] = field(default_factory=deque[Request])
    _prefilling: dict[Request, None] = field(default_factory=dict[Request, None])
    _prefilled_at: float = 0.0
    _writing: list[tuple[float, int, Request]] = field(default_factory=list[tuple[float, int, Request]])
    _written: float = 0.0  # tokens that a request would have which was there from the start
    _seen_at: float = 0.0
    _plan: int = 0
    _order: "itertools.count[int]" = field(default_factory=itertools.count)

    def accept(self, request: Request) -> None:
        """Accept a request."""
        self._waiting.append(request)
        self._fill()

    @property
    def requests(self) -> int:
        """Accepted and not ended."""
        return len(self._waiting) + len(self._prefilling) + len(self._writing)

    @property
    def owed(self) -> int:
        """Reckoned as the generation service does: the prompt until it is prefilled, the usual answer less what is
        written, and at least one token."""
        self._advance()
        expected = round(self.mean_answer)
        unwritten = sum(request.prompt + expected for request in (*self._waiting, *self._prefilling))
        for ends_at, _, request in self._writing:
            written = request.answer - (ends_at - self._written)
            unwritten += max(round(expected - written), 1)
        return unwritten

    def _fill(self) -> None:
        while self._waiting and len(self._prefilling) + len(self._writing) < self.speed.max_running:
            request = self._waiting.popleft()
            self._prefilling[request] = None
            request.cached = self._hit(request)
            self._prefilled_at = (
                max(self._prefilled_at, self.world.now) + (request.prompt - request.cached) / self.speed.prefill
            )
            self.world.at(self._prefilled_at, lambda request=request: self._first(request))

    def _first(self, request: Request) -> None:
        self._advance()
        del self._prefilling[request]
        request.first_at = self.world.now
        self._remember(request.tenant, request.instructions)
        if self.keeps:
            self._remember(request.session, request.history + request.own + request.answer)
        request.ends_at = self._written + request.answer
        heapq.heappush(self._writing, (request.ends_at, next(self._order), request))
        request.on_first(request)
        self._replan()

    @property
    def _rate(self) -> float:
        return min(self.speed.stream, self.speed.all_streams / max(len(self._writing), 1))

    def _advance(self) -> None:
        if self._writing:
            self._written += (self.world.now - self._seen_at) * self._rate
        self._seen_at = self.world.now

    def _replan(self) -> None:
        self._plan += 1
        if self._writing:
            left = max(self._writing[0][0] - self._written, 0.0)
            self.world.after(left / self._rate, lambda plan=self._plan: self._finish(plan))

    def _finish(self, plan: int) -> None:
        if plan != self._plan:
            return  # others came or went since
        self._advance()
        _, _, request = heapq.heappop(self._writing)
        self.mean_answer += LEARN * (request.answer - self.mean_answer)
        request.on_end(request)
        self._fill()
        self._replan()

    def _hit(self, request: Request) -> int:
        cached = 0
        if request.tenant in self._cache:
            self._cache.move_to_end(request.tenant)
            cached = request.instructions
            if request.session in self._cache:
                self._cache.move_to_end(request.session)
                cached += min(self._cache[request.session], request.history)
        return cached

    def _remember(self, prefix: str, tokens: int) -> None:
        self._cached += tokens - self._cache.pop(prefix, 0)
        self._cache[prefix] = tokens
        while self._cached > self.speed.cache:
            _, forgotten = self._cache.popitem(last=False)
            self._cached -= forgotten
