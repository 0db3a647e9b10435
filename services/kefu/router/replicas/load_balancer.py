"""
Load balancer: chooses the replica for the next answer. Pure arithmetic, with no I/O; see `kefu.router.replicas.pool`.

A replica's load is what it reports to owe, plus what was sent to it that its last report did not yet count:
owed + (sent − accepted). Work is counted from before dispatch until the stream ends in any way.

A session's last replica holds the session's prefix in its cache. So the session stays while that replica is not
much busier than the mean (the bound of consistent hashing with bounded loads, https://arxiv.org/abs/1608.01350).
When that replica has left, a rendezvous hash of each of its sessions decides. So its sessions spread over the others,
and every router sends the same session to the same replica.
"""

import random
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Protocol, TypeVar

from kefu.router.replicas.load import SATURATED_TOKENS, ReplicaLoad

STICKY_BOUND = 1.5
"""A session stays while its replica owes at most so many times the mean (below 2, or none of two is ever left;
docs/benchmarks/simulations/balancing.md shows what it gains)..."""
STICKY_TOKENS = 2_000
"""...and so many tokens more: about two turns, so that an idle suite does not move sessions for one answer."""


class HasLoad(Protocol):
    """What the load balancer needs of a replica."""

    @property
    def address(self) -> str:
        """The replica's host:port."""
        ...

    @property
    def load(self) -> ReplicaLoad:
        """The replica's load."""
        ...


ReplicaT = TypeVar("ReplicaT", bound=HasLoad)


def choose(
    replicas: Sequence[ReplicaT],
    *,
    preferred: str = "",
    session: str = "",
    exclude: frozenset[str] = frozenset(),
    sample_size: int = 2,
    draw: Callable[[Sequence[ReplicaT], int], list[ReplicaT]] = random.sample,
) -> ReplicaT | None:
    """The least loaded of `sample_size` random replicas, unless the session has a better one; None: there is none.

    `preferred`, the session's last replica, is kept while its load is within the bound. When it is no longer among
    the candidates, a hash of `session` decides among those within the bound.

    Replicas that drain, or are excluded because they were tried, are never chosen. A saturated one is chosen only when
    there is no other: of two, choosing by sample alone could send all to a replica that has died.
    """
    accepting = [replica for replica in replicas if replica.address not in exclude and not replica.load.draining]
    loads = {replica.address: replica.load.owed_tokens for replica in accepting}
    candidates = [replica for replica in accepting if loads[replica.address] < SATURATED_TOKENS] or accepting
    if not candidates:
        return None
    if preferred:
        mean = sum(loads[replica.address] for replica in candidates) / len(candidates)
        bound = mean * STICKY_BOUND + STICKY_TOKENS
        last_replica = next((replica for replica in candidates if replica.address == preferred), None)
        if last_replica is not None:
            if loads[preferred] <= bound:
                return last_replica
        elif session:
            within_bound = [replica for replica in candidates if loads[replica.address] <= bound]  # the least loaded is
            return max(within_bound, key=lambda replica: _affinity(session, replica.address))
    sample = draw(candidates, min(max(sample_size, 2), len(candidates)))
    return min(sample, key=lambda replica: loads[replica.address])


def _affinity(session: str, address: str) -> bytes:
    """Highest random weight: equal in every process, independent for each pair."""
    return blake2b(f"{session}\0{address}".encode(), digest_size=8).digest()
