"""
Which replica gets the next answer: the one that owes least. Pure arithmetic; `kefu.router.replicas.pool` feeds it.

A replica's load is what it says it owes, plus what we sent it that its last report did not yet count:
owed + (sent − accepted). Work is counted from before dispatch until the stream ends, by whatever road.

A session's last replica holds the session's prefix in its cache, so the session stays while that replica is not
much busier than the mean (the bound of consistent hashing with bounded loads, https://arxiv.org/abs/1608.01350).
When it has left, each of its sessions goes where a rendezvous hash of the session says, so that they spread over
those that remain, and every router sends the same session to the same place.
"""

import random
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Protocol, TypeVar

from kefu.router.replicas.load import SATURATED, ReplicaLoad

STICKY_BOUND = 1.5
"""A session stays while its replica owes at most so many times the mean (below 2, or of two replicas none is ever left;
docs/benchmarks/simulations/balancing.md shows what it gains)..."""
STICKY_TOKENS = 2_000
"""...and so many tokens more: about two turns, so that an idle suite does not move sessions for one answer."""


class Loaded(Protocol):
    """Something with a load and a name."""

    @property
    def address(self) -> str:
        """Its name."""
        ...

    @property
    def load(self) -> ReplicaLoad:
        """Its load."""
        ...


LoadedT = TypeVar("LoadedT", bound=Loaded)


def choose(
    replicas: Sequence[LoadedT],
    *,
    preferred: str = "",
    session: str = "",
    exclude: frozenset[str] = frozenset(),
    sample: int = 2,
    sampler: Callable[[Sequence[LoadedT], int], list[LoadedT]] = random.sample,
) -> LoadedT | None:
    """The least loaded of `sample` random replicas, unless the session has a better place; None: no one.

    `preferred`, the session's last replica, is kept while its load is within the bound. When it is no longer among
    the candidates, `session` decides, by its hash, among those within the bound.

    Those that drain, or are excluded because they were tried, are never chosen. A saturated one is chosen only when
    there is no other: of two, choosing by sample alone could send all to a replica that has died.
    """
    able = [replica for replica in replicas if replica.address not in exclude and not replica.load.draining]
    loads = {replica.address: replica.load.tokens for replica in able}
    candidates = [replica for replica in able if loads[replica.address] < SATURATED] or able
    if not candidates:
        return None
    if preferred:
        mean = sum(loads[replica.address] for replica in candidates) / len(candidates)
        bound = mean * STICKY_BOUND + STICKY_TOKENS
        warm = next((replica for replica in candidates if replica.address == preferred), None)
        if warm is not None:
            if loads[preferred] <= bound:
                return warm
        elif session:
            roomy = [replica for replica in candidates if loads[replica.address] <= bound]  # the least loaded is
            return max(roomy, key=lambda replica: _affinity(session, replica.address))
    drawn = sampler(candidates, min(max(sample, 2), len(candidates)))
    return min(drawn, key=lambda replica: loads[replica.address])


def _affinity(session: str, address: str) -> bytes:
    """Highest random weight: equal in every process, independent for each pair."""
    return blake2b(f"{session}\0{address}".encode(), digest_size=8).digest()
