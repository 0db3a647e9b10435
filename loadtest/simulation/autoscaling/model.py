"""
A simulated day: customers, replicas of the model that come and go, and an autoscaler. Nothing is measured on a machine.

A replica is the engine that load tests imitate (`harness.suite.H100`), in simulated time: a step writes a token for
each running answer and lasts longer the more there are; while a prompt is prefilled no token is written. Turns are
spread by two random choices, wait in one line when all places are taken, and are refused when it is too long, as the
routers do it. Left out: brown-out (which would come before refusals), hedging, failures, the prefix cache, curated
answers that ask no model. So first tokens come out later here, and refusals more often, rather than the other way.
"""

import itertools
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from loadtest.harness.suite import EnginePace
from loadtest.simulation.autoscaling.hpa import SYNC_SECONDS, Autoscaler, Rules

DAY = 86_400.0
SCRAPE_SECONDS = 15.0
AROUND_SECONDS = 0.04
"""Search and router, around the engine: the first text beyond the engine at 500 answers, p50
(docs/benchmarks/traffic.md)."""
PROMPT_TOKENS = 400
"""Mean, none of it cached; the demo's prompts have 288 and 385."""
PROFILE = (
    *((0.0, 0.15), (6.0, 0.15), (7.0, 0.3), (8.0, 0.6), (8.75, 1.0), (9.25, 2.6), (10.5, 2.4), (12.0, 1.3)),
    *((14.0, 1.8), (16.0, 1.7), (18.0, 1.0), (20.0, 1.2), (20.02, 2.6), (20.5, 2.4), (20.75, 1.2), (24.0, 0.15)),
)
"""Hour of the day and relative rate: a quiet night, a morning that comes within half an hour, and a sale at eight in
the evening that comes within a minute."""


def rate_at(second: float, questions: int) -> float:
    """Questions a second at a time of the day, of so many in the day."""
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(PROFILE)) * 3600
    hour = second / 3600 % 24
    for (begin, low), (end, high) in itertools.pairwise(PROFILE):
        if begin <= hour <= end:
            return (low + (high - low) * (hour - begin) / (end - begin)) * questions / area
    raise ValueError(second)


def arrivals(questions: int, seed: int) -> Iterator[float]:
    """Seconds of the day at which somebody asks, at random by the profile."""
    rng = random.Random(seed)
    most = max(rate_at(hour * 3600, questions) for hour, _ in PROFILE)
    now = 0.0
    while (now := now + rng.expovariate(most)) < DAY:
        if rng.random() * most <= rate_at(now, questions):
            yield now


@dataclass(eq=False)
class Turn:
    """One question."""

    asked: float
    prompt: float
    answer: float


@dataclass(eq=False)
class Replica:
    """One engine. `clock` counts the tokens that an answer would have which was there from the start."""

    pace: EnginePace
    leaving: bool = False
    running: int = 0
    clock: float = 0.0
    seen: float = 0.0
    prefilled: float = 0.0
    plan: int = 0
    ends: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])

    @property
    def step(self) -> float:
        """Seconds for a token of each."""
        pace = self.pace
        return (pace.step_milliseconds + max(self.running - 1, 0) * pace.step_milliseconds_per_request) / 1000

    def advance(self, now: float) -> None:
        """Write what is written by now; none while prompts are prefilled."""
        begin = max(self.seen, min(self.prefilled, now))
        if self.running and now > begin:
            self.clock += (now - begin) / self.step
        self.seen = now

    def take(self, turn: Turn, now: float, number: int) -> float:
        """Begin a turn; when its first token comes."""
        self.advance(now)
        self.prefilled = max(self.prefilled, now) + turn.prompt / self.pace.prefill_tokens_per_second
        self.running += 1
        heappush(self.ends, (self.clock + turn.answer, number))
        self.plan += 1
        return self.prefilled + self.step

    @property
    def next_end(self) -> float:
        """When the next answer is complete, if nothing else happens."""
        return max(self.seen, self.prefilled) + max(self.ends[0][0] - self.clock, 0.0) * self.step


@dataclass
class Outcome:
    """How a day went."""

    questions: int = 0
    refused: int = 0
    first: list[float] = field(default_factory=list[float])
    gpu_seconds: float = 0.0
    most_ready: int = 0
    samples: list[tuple[float, int, int, float]] = field(default_factory=list[tuple[float, int, int, float]])
    """Second, replicas ready, replicas paid for, running and waiting turns."""
    worst: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """Second, and the 95th percentile of the first tokens in the quarter of an hour before."""

    def at(self, share: float) -> float:
        """A percentile of the first tokens, in milliseconds."""
        ordered = self.ordered
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000

    @property
    def ordered(self) -> list[float]:
        """First tokens, in seconds, sorted."""
        self.first.sort()
        return self.first


class DaySimulation:
    """A day with some rules."""

    def __init__(self, rules: Rules, pace: EnginePace, questions: int, *, cold_start: float, seed: int = 7) -> None:
        self._rules, self._pace, self._cold_start = rules, pace, cold_start
        self._rng = random.Random(seed + 1)
        self._arrivals = arrivals(questions, seed)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._now = 0.0
        self._scaler = Autoscaler(rules, rules.least)
        self._ready = [Replica(pace) for _ in range(rules.least)]
        self._leaving = list[Replica]()
        self._coming = 0
        self._dropped = 0  # of those that come, so many are not wanted any more
        self._queue = deque[Turn]()
        self._ended = deque[float](maxlen=200)
        self._work = deque[tuple[float, int]]([(-SCRAPE_SECONDS, 0)])
        self._recent = list[float]()
        self.outcome = Outcome()

    def play(self) -> Outcome:
        """Let it happen."""
        self._after(0.0, self._scrape)
        self._after(SYNC_SECONDS / 2, self._decide)
        self._after(900.0, self._quarter)
        self._arrive()
        while self._events:
            at, _, happens = heappop(self._events)
            if at > DAY:
                break
            self.outcome.gpu_seconds += (at - self._now) * self._paid
            self._now = at
            happens()
        return self.outcome

    @property
    def _paid(self) -> int:
        return len(self._ready) + len(self._leaving) + self._coming

    def _at(self, when: float, happens: Callable[[], None]) -> None:
        heappush(self._events, (when, next(self._order), happens))

    def _after(self, seconds: float, happens: Callable[[], None]) -> None:
        self._at(self._now + seconds, happens)

    def _arrive(self) -> None:
        if (when := next(self._arrivals, None)) is not None:
            self._at(when, self._ask)

    def _ask(self) -> None:
        self._arrive()
        self.outcome.questions += 1
        rng = self._rng
        turn = Turn(
            self._now,
            PROMPT_TOKENS * rng.lognormvariate(-0.08, 0.4),  # means of 1, spread as texts are
            self._pace.answer_tokens * rng.lognormvariate(-0.18, 0.6),
        )
        if not self._queue and self._start(turn):
            return
        rate = len(self._ended) / max(self._now - self._ended[0], 1.0) if self._ended else 0.0
        if len(self._queue) > rate * self._rules.admission_seconds:
            self.outcome.refused += 1
        else:
            self._queue.append(turn)

    def _start(self, turn: Turn) -> bool:
        free = [one for one in self._ready if one.running < self._rules.places]
        if not free:
            return False
        chosen = min(self._rng.sample(free, min(2, len(free))), key=lambda one: one.running)
        first = chosen.take(turn, self._now, next(self._order)) + AROUND_SECONDS - turn.asked
        self.outcome.first.append(first)
        self._recent.append(first)
        self._plan(chosen)
        return True

    def _plan(self, replica: Replica) -> None:
        plan = replica.plan
        self._at(replica.next_end, lambda: self._end(replica, plan))

    def _end(self, replica: Replica, plan: int) -> None:
        if plan != replica.plan:
            return
        replica.advance(self._now)
        heappop(replica.ends)
        replica.running -= 1
        replica.plan += 1
        self._ended.append(self._now)
        while self._queue:
            if self._now - self._queue[0].asked > self._rules.admission_seconds:
                self._queue.popleft()
                self.outcome.refused += 1
            elif not self._start(self._queue[0]):
                break
            else:
                self._queue.popleft()
        if replica.ends:
            self._plan(replica)
        elif replica.leaving and replica in self._leaving:
            self._leaving.remove(replica)

    def _scrape(self) -> None:
        work = sum(one.running for one in (*self._ready, *self._leaving)) + len(self._queue)
        self._work.append((self._now, work))
        while len(self._work) > 2:
            self._work.popleft()
        self.outcome.samples.append((self._now, len(self._ready), self._paid, work))
        self.outcome.most_ready = max(self.outcome.most_ready, len(self._ready))
        self._after(SCRAPE_SECONDS, self._scrape)

    def _quarter(self) -> None:
        if self._recent:
            self._recent.sort()
            self.outcome.worst.append((self._now, self._recent[int(0.95 * len(self._recent))]))
        self._recent = []
        self._after(900.0, self._quarter)

    def _decide(self) -> None:
        wanted = self._scaler.decide(self._now, self._work[0][1])  # the figure is one scrape old
        have = len(self._ready) + self._coming - self._dropped
        for _ in range(wanted - have):
            if self._dropped:
                self._dropped -= 1
            else:
                self._coming += 1
                self._after(self._cold_start, self._come)
        for _ in range(have - wanted):
            if self._coming > self._dropped:
                self._dropped += 1
            else:
                self._leave()
        self._after(SYNC_SECONDS, self._decide)

    def _come(self) -> None:
        self._coming -= 1
        if self._dropped:
            self._dropped -= 1
            return
        self._ready.append(Replica(self._pace, seen=self._now))
        while self._queue and self._start(self._queue[0]):
            self._queue.popleft()

    def _leave(self) -> None:
        replica = self._ready.pop()
        if replica.running:
            replica.leaving = True
            self._leaving.append(replica)
            # What it has not ended by then another replica continues: nothing is lost, and it is paid no longer.
            self._after(self._rules.drain, lambda: self._gone(replica))

    def _gone(self, replica: Replica) -> None:
        if replica in self._leaving:
            self._leaving.remove(replica)


def slower(pace: EnginePace, by: float) -> EnginePace:
    """The same engine, so many times slower: for cheaper cards and larger models."""
    return replace(
        pace,
        name=f"1/{by:g} of {pace.name}",
        step_milliseconds=pace.step_milliseconds * by,
        step_milliseconds_per_request=pace.step_milliseconds_per_request * by,
        prefill_tokens_per_second=pace.prefill_tokens_per_second / by,
    )


def capacity(pace: EnginePace, running: int, *, prompt: int = PROMPT_TOKENS, thinking: int = 0) -> float:
    """Questions a second that one replica answers with so many at once, by the same model.

    `prompt` and `thinking` are tokens, in the mean: of the prompt, none of it cached, and before the answer.
    """
    step = (pace.step_milliseconds + (running - 1) * pace.step_milliseconds_per_request) / 1000
    return 1 / (prompt / pace.prefill_tokens_per_second + (thinking + pace.answer_tokens) * step / running)
