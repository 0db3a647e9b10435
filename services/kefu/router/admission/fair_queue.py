"""
Who is next when more wait than can be served: start-time fair queueing, of priority classes and of tenants in each.

A flow's turn gets a start tag, the greater of the queue's virtual time and the end of the flow's turn before it; its
end is the start plus its cost over the flow's weight. The least start is served, and virtual time is the start of what
was served last. So each flow that has something waiting gets service in proportion to its weight, one that comes late
owes and is owed nothing, and none starves: at most one turn of each other flow, for equal weights, goes before the
first of a flow that was idle. P. Goyal, H. Vin, H. Cheng, "Start-time fair queueing", ACM SIGCOMM 1996; classes above
tenants as in its section on hierarchical link sharing.
"""

import heapq
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from kefu.common.auth import Priority

CLASS_SHARES: Mapping[Priority, float] = {Priority.URGENT: 64.0, Priority.INTERACTIVE: 16.0, Priority.BATCH: 1.0}
"""Parts of the service that each class gets while all of them want more than there is."""
KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Flow(NamedTuple):
    """What waits in its own order."""

    priority: Priority
    tenant: str


@dataclass(eq=False)
class Entry(Generic[ValueT]):
    """One that waits. `cost` is in any unit that all share, `size` in bytes; `weight` is its tenant's."""

    flow: Flow
    cost: float
    size: int
    value: ValueT
    weight: float = 1.0


class _Tags(Generic[KeyT]):
    """Start tags of keys that have something waiting. Each key is in at most one live place of the heap."""

    def __init__(self) -> None:
        self._time = 0.0
        self._ends: dict[KeyT, float] = {}
        # The number tells equal starts apart: first come, first served.
        self._starts: dict[KeyT, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, KeyT]] = []
        self._pushed = 0

    def wake(self, key: KeyT) -> None:
        """The key has something waiting, and had nothing."""
        self._pushed += 1
        start = self._starts[key] = (max(self._time, self._ends.get(key, 0.0)), self._pushed)
        heapq.heappush(self._heap, (*start, key))

    def sleep(self, key: KeyT) -> None:
        """The key has nothing waiting any more."""
        self._starts.pop(key, None)

    def next(self, keys: Collection[KeyT] | None = None) -> KeyT | None:
        """The key to serve, of some keys or of all; None when nothing waits."""
        if keys is not None:
            return min((key for key in keys if key in self._starts), key=self._starts.__getitem__, default=None)
        while self._heap:
            *start, key = self._heap[0]
            if self._starts.get(key) == tuple(start):
                return key
            heapq.heappop(self._heap)  # it went to sleep, or woke again with another start
        return None

    def serve(self, key: KeyT, charge: float, *, more: bool) -> None:
        """A key was served, by the rules the one that `next` named; `more` of it waits."""
        start, _ = self._starts.pop(key)  # what is left of it in the heap is dropped when it comes up
        self._time = max(self._time, start)
        self._ends[key] = start + charge
        if more:
            self.wake(key)


@dataclass
class _Tenant(Generic[ValueT]):
    weight: float
    entries: OrderedDict[Entry[ValueT], None] = field(default_factory=OrderedDict[Entry[ValueT], None])
    size: int = 0


@dataclass
class _Class(Generic[ValueT]):
    share: float
    tags: _Tags[str] = field(default_factory=_Tags[str])
    tenants: dict[str, _Tenant[ValueT]] = field(default_factory=dict[str, _Tenant[ValueT]])
    count: int = 0
    size: int = 0


class FairQueue(Generic[ValueT]):
    """Entries that wait, and which is next. Work per call grows with the logarithm of the tenants that wait,
    but for `ahead_of` and `longest`, which look at each of them once."""

    def __init__(self) -> None:
        self._classes: dict[Priority, _Class[ValueT]] = {}
        self._tags = _Tags[Priority]()

    def __len__(self) -> int:
        return sum(each.count for each in self._classes.values())

    @property
    def size(self) -> int:
        """Bytes of all that wait."""
        return sum(each.size for each in self._classes.values())

    @property
    def flows(self) -> list[Flow]:
        """Those with something waiting."""
        return [Flow(priority, tenant) for priority, each in self._classes.items() for tenant in each.tenants]

    def push(self, entry: Entry[ValueT]) -> None:
        """Add one, behind those of its flow."""
        (priority, tenant), weight = entry.flow, entry.weight
        if priority not in self._classes:
            self._classes[priority] = _Class(CLASS_SHARES[priority])
        within = self._classes[priority]
        if tenant not in within.tenants:
            within.tenants[tenant] = _Tenant(weight)
            within.tags.wake(tenant)
        flow = within.tenants[tenant]
        flow.weight = weight
        if not within.count:
            self._tags.wake(priority)
        flow.entries[entry] = None
        flow.size += entry.size
        within.count += 1
        within.size += entry.size

    def pop(self, flows: Collection[Flow] | None = None) -> Entry[ValueT] | None:
        """Take out the next one, of some flows or of all; None when nothing of theirs waits."""
        priority = self._tags.next(None if flows is None else {flow.priority for flow in flows})
        if priority is None:
            return None
        within = self._classes[priority]
        tenants = None if flows is None else [flow.tenant for flow in flows if flow.priority is priority]
        tenant = within.tags.next(tenants)
        if tenant is None:  # a class is awake only while one of its tenants is
            raise AssertionError(priority)
        flow = within.tenants[tenant]
        entry = next(iter(flow.entries))
        within.tags.serve(tenant, entry.cost / flow.weight, more=len(flow.entries) > 1)
        self._tags.serve(priority, entry.cost / within.share, more=within.count > 1)
        self._take_out(within, tenant, entry)
        return entry

    def remove(self, entry: Entry[ValueT]) -> bool:
        """Take one out that waits no longer; False when it is not here. Nobody is charged for it."""
        priority, tenant = entry.flow
        within = self._classes.get(priority)
        if within is None or tenant not in within.tenants or entry not in within.tenants[tenant].entries:
            return False
        if len(within.tenants[tenant].entries) == 1:
            within.tags.sleep(tenant)
        if within.count == 1:
            self._tags.sleep(priority)
        self._take_out(within, tenant, entry)
        return True

    def _take_out(self, within: _Class[ValueT], tenant: str, entry: Entry[ValueT]) -> None:
        flow = within.tenants[tenant]
        del flow.entries[entry]
        flow.size -= entry.size
        within.count -= 1
        within.size -= entry.size
        if not flow.entries:
            del within.tenants[tenant]
        if not len(self):  # nobody contends: old service is forgotten, and with it every tag
            self._classes.clear()
            self._tags = _Tags[Priority]()

    def waiting(self, flow: Flow) -> int:
        """How many of a flow wait."""
        within = self._classes.get(flow.priority)
        tenant = within.tenants.get(flow.tenant) if within is not None else None
        return len(tenant.entries) if tenant is not None else 0

    def weight(self, flow: Flow) -> float:
        """A flow's tenant's weight, as it was pushed last; 1 when nothing of it waits."""
        within = self._classes.get(flow.priority)
        tenant = within.tenants.get(flow.tenant) if within is not None else None
        return tenant.weight if tenant is not None else 1.0

    def ahead_of(self, flow: Flow, weight: float = 1.0) -> float:
        """How many would go before a new entry of a flow, about, taking all costs for equal.

        Of each other flow one, and as many more as its weight allows while those of this flow go that wait already.
        """
        within = self._classes.get(flow.priority)
        own = self.waiting(flow)
        before = float(own)
        if within is not None:
            for tenant, other in within.tenants.items():
                if tenant != flow.tenant:
                    before += min(len(other.entries), 1 + own * other.weight / weight)
        share = CLASS_SHARES[flow.priority]
        others = [(each.count, each.share) for priority, each in self._classes.items() if priority != flow.priority]
        return before + sum(min(count, 1 + before * other_share / share) for count, other_share in others)

    def longest(self, *, by_size: bool = False) -> Entry[ValueT] | None:
        """The newest entry of the flow that has most waiting for its weight, of the class that has most for its share:
        the one to push out when there is no room for all. (Longest-queue drop; as McKenney, "Stochastic fairness
        queueing", INFOCOM 1990, steals buffers.)"""
        if not len(self):
            return None
        awake = [each for each in self._classes.values() if each.count]
        within = max(awake, key=lambda each: (each.size if by_size else each.count) / each.share)
        flow = max(
            within.tenants.values(), key=lambda each: (each.size if by_size else len(each.entries)) / each.weight
        )
        return next(reversed(flow.entries))
