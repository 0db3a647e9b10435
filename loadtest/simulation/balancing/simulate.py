"""Conversations played against simulated replicas and routers, once for each policy."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from loadtest.harness.statistics import percentile
from loadtest.simulation.balancing.model import Conversation, Engine, EngineSpeed, Request, SimulatedWorld, Workload
from loadtest.simulation.balancing.policies import POLICIES, Policy, RouterView

REPLICAS = 8
ROUTERS = 4
REPORT_SECONDS = 1.0
"""Between two reports of a replica: the most that the contract allows."""
UNDER_WAY_SECONDS = 0.002
WARM_UP_SECONDS = 60.0
ESTIMATED_ANSWER = 128
WORKLOADS = (
    Workload("Long conversations, one slow replica", keeps=True, slowed=3.0),
    Workload("Long conversations, all replicas alike", keeps=True, slowed=1.0),
    Workload("Short prompts, one slow replica", keeps=False, slowed=3.0),
)


@dataclass
class Outcome:
    """Result of one policy."""

    first: list[float] = field(default_factory=list[float])
    """Seconds to the first token, one a turn."""
    prompt: int = 0
    cached: int = 0
    followed: int = 0
    stayed: int = 0
    sums: list[int] = field(default_factory=lambda: [0] * REPLICAS)
    samples: int = 0

    def at(self, share: float) -> float:
        """A percentile of the first tokens, in milliseconds."""
        return percentile(self.first, share) * 1000

    @property
    def hits(self) -> float:
        """Tokens of prompt that a cache held, as a share."""
        return self.cached / max(self.prompt, 1)

    @property
    def same(self) -> float:
        """Further turns that went to the replica of the one before, as a share."""
        return self.stayed / max(self.followed, 1)

    @property
    def loads(self) -> list[float]:
        """Mean open requests of each replica."""
        return [total / max(self.samples, 1) for total in self.sums]


class Simulation:
    """The simulation of one policy with the conversations of a workload."""

    def __init__(
        self, workload: Workload, make: Callable[[RouterView], Policy], *, replicas: int = REPLICAS, seed: int
    ) -> None:
        self.world = SimulatedWorld()
        self.outcome = Outcome(sums=[0] * replicas)
        self._workload = workload
        self._rng = random.Random(seed)
        speed = EngineSpeed()
        self._engines = {
            f"replica-{n}": Engine(
                f"replica-{n}", self.world, speed if n else speed.slowed(workload.slowed), workload.keeps
            )
            for n in range(replicas)
        }
        self._views = [RouterView.of(self.world, list(self._engines), seed + n) for n in range(ROUTERS)]
        self._policies = [make(view) for view in self._views]
        self._accepted = {(router, address): 0 for router in range(ROUTERS) for address in self._engines}

    def run(self, conversations: Sequence[Conversation], seconds: float) -> Outcome:
        """Run all conversations."""
        for number, engine in enumerate(self._engines.values()):
            self.world.at(0.0, lambda engine=engine: self._report(engine))  # the first one comes with the connection
            self.world.at(REPORT_SECONDS * number / len(self._engines), lambda engine=engine: self._reports(engine))
        for conversation in conversations:
            self.world.at(conversation.begins, lambda conversation=conversation: self._ask(conversation, 0, 0, ""))
        self.world.run(seconds)
        return self.outcome

    def _reports(self, engine: Engine) -> None:
        self._report(engine)
        if self.world.now >= WARM_UP_SECONDS and engine is next(iter(self._engines.values())):
            self.outcome.samples += 1
            for number, one in enumerate(self._engines.values()):
                self.outcome.sums[number] += one.requests
        self.world.after(REPORT_SECONDS, lambda: self._reports(engine))

    def _report(self, engine: Engine) -> None:
        owed = engine.owed
        for router, view in enumerate(self._views):
            accepted, load = self._accepted[router, engine.address], view.targets[engine.address].load
            self.world.after(
                UNDER_WAY_SECONDS,
                lambda load=load, accepted=accepted: load.update("boot", owed, accepted, draining=False),
            )

    def _ask(self, conversation: Conversation, number: int, history: int, last: str) -> None:
        question = conversation.questions[number]
        router = self._rng.randrange(ROUTERS)  # a proxy in front spreads the turns, not the sessions
        view = self._views[router]
        address = self._policies[router].choose(conversation.name, last)
        engine = self._engines[address]
        kept = history if self._workload.keeps else 0
        estimate = self._workload.instructions + kept + question.own + ESTIMATED_ANSWER
        dispatch = view.sending(address, estimate)
        asked = self.world.now

        def first(request: Request) -> None:
            if asked < WARM_UP_SECONDS:
                return
            outcome = self.outcome
            outcome.first.append(self.world.now + UNDER_WAY_SECONDS - asked)
            outcome.prompt += request.prompt
            outcome.cached += request.cached
            outcome.followed += bool(last)
            outcome.stayed += address == last

        def end(request: Request) -> None:
            self.world.after(UNDER_WAY_SECONDS, lambda: view.ended(address, dispatch))
            if number + 1 < len(conversation.questions):
                said = history + question.own + request.answer
                self.world.after(question.think, lambda: self._ask(conversation, number + 1, said, address))

        def arrive() -> None:
            self._accepted[router, address] += estimate
            self.world.after(UNDER_WAY_SECONDS, lambda: view.targets[address].load.record_accepted(dispatch))
            engine.accept(
                Request(
                    conversation.name,
                    conversation.tenant,
                    self._workload.instructions,
                    kept,
                    question.own,
                    question.answer,
                    self.world.now,
                    first,
                    end,
                )
            )

        self.world.after(UNDER_WAY_SECONDS, arrive)


def compare(workload: Workload, seconds: float, seed: int) -> dict[str, Outcome]:
    """Results of every policy with the same conversations."""
    conversations = workload.draw(seconds, seed)
    return {name: Simulation(workload, make, seed=seed).run(conversations, seconds) for name, make in POLICIES.items()}
