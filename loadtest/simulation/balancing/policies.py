"""Balancing policies of one router among several. No router knows what another one sends."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

from kefu.router.replicas.load import DispatchedRequest, ReplicaLoad
from kefu.router.replicas.load_balancer import choose
from loadtest.simulation.balancing.model import SimulatedWorld


@dataclass
class Target:
    """A replica as one router sees it."""

    address: str
    load: ReplicaLoad
    open: int = 0
    """Open requests of this router."""


@dataclass
class RouterView:
    """One router's view of the replicas."""

    world: SimulatedWorld
    rng: random.Random
    targets: dict[str, Target]

    @classmethod
    def of(cls, world: SimulatedWorld, addresses: Sequence[str], seed: int) -> "RouterView":
        """A view of these replicas."""
        return cls(world, random.Random(seed), {name: Target(name, ReplicaLoad(world.clock)) for name in addresses})

    def sending(self, address: str, tokens: int) -> DispatchedRequest:
        """Count a request that is sent."""
        self.targets[address].open += 1
        return self.targets[address].load.record_sent(tokens)

    def ended(self, address: str, dispatch: DispatchedRequest) -> None:
        """Count a request that has ended."""
        self.targets[address].open -= 1
        self.targets[address].load.record_end(dispatch)


class Policy(Protocol):
    """Chooses for one router. `last` is the replica that answered last in the session, or empty."""

    def choose(self, session: str, last: str) -> str:
        """The address of the replica to ask."""
        ...


@dataclass
class RoundRobin:
    """Round robin: each replica in its turn."""

    view: RouterView
    _turn: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._turn = itertools.count(self.view.rng.randrange(len(self.view.targets)))

    def choose(self, session: str, last: str) -> str:
        """The next replica."""
        del session, last
        addresses = list(self.view.targets)
        return addresses[next(self._turn) % len(addresses)]


@dataclass
class LeastRequests:
    """The replica with the fewest open requests of this router; of equals, any."""

    view: RouterView

    def choose(self, session: str, last: str) -> str:
        """That replica."""
        del session, last
        targets = self.view.targets.values()
        return min(targets, key=lambda target: (target.open, self.view.rng.random())).address


@dataclass
class ConsistentHash:
    """Always the same replica for a session, whatever it owes."""

    view: RouterView

    def choose(self, session: str, last: str) -> str:
        """By rendezvous hash."""
        del last
        return max(self.view.targets, key=lambda address: blake2b(f"{session}/{address}".encode()).digest())


@dataclass
class Kefu:
    """The router's own code: `kefu.router.replicas.load_balancer.choose` on `ReplicaLoad`s."""

    view: RouterView
    sticky: bool = True

    def choose(self, session: str, last: str) -> str:
        """By owed + sent - accepted of two, or the session's last one while it is within the bound."""
        chosen = choose(
            list(self.view.targets.values()),
            preferred=last if self.sticky else "",
            session=session,
            draw=lambda candidates, count: self.view.rng.sample(list(candidates), count),
        )
        if chosen is None:
            raise RuntimeError("all replicas drain, which none does here")
        return chosen.address


def kefu_without_stickiness(view: RouterView) -> Kefu:
    """Kefu's policy without stickiness, as if a prefix cache were worth nothing."""
    return Kefu(view, sticky=False)


POLICIES = {
    "round robin": RoundRobin,
    "least requests": LeastRequests,
    "consistent hash": ConsistentHash,
    "owed tokens, not sticky": kefu_without_stickiness,
    "Kefu": Kefu,
}
