"""
Fair queue: start-time fair queueing of priority classes, and of tenants in each class.

A flow's turn gets a start tag: the greater of the queue's virtual time and the end of the flow's turn before it. Its
end is the start plus its cost over the flow's weight. The turn with the least start is served, and virtual time is the
start of what was served last. So each flow with turns waiting gets service in proportion to its weight. A flow that
comes late owes nothing and is owed nothing. No flow starves: for equal weights, at most one turn of each other flow
goes before the first turn of a flow that was idle. P. Goyal, H. Vin, H. Cheng, "Start-time fair queueing", ACM SIGCOMM
1996; classes above tenants as in its section on hierarchical link sharing.
"""

import heapq
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from kefu.common.auth import Priority

CLASS_SHARES: Mapping[Priority, float] = {Priority.URGENT: 64.0, Priority.INTERACTIVE: 16.0, Priority.BATCH: 1.0}
"""Weight of each class: its part of the service while all classes have turns waiting."""
KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Flow(NamedTuple):
    """One tenant's turns of one priority, served in the order in which they came."""

    priority: Priority
    tenant: str


@dataclass(eq=False)
class Entry(Generic[ValueT]):
    """An entry of the queue. `cost` is in any unit common to all, `size` in bytes; `weight` is the tenant's."""

    flow: Flow
    cost: float
    size: int
    value: ValueT
    weight: float = 1.0


class _Tags(Generic[KeyT]):
    """Start tags of the active keys, those with entries waiting. Each key has at most one live item in the heap."""

    def __init__(self) -> None:
        self._time = 0.0
        self._ends: dict[KeyT, float] = {}
        # The number orders equal starts: first come, first served.
        self._starts: dict[KeyT, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, KeyT]] = []
        self._pushed = 0

    def activate(self, key: KeyT) -> None:
        """Give a start tag to a key that has entries waiting and had none."""
        self._pushed += 1
        start = self._starts[key] = (max(self._time, self._ends.get(key, 0.0)), self._pushed)
        heapq.heappush(self._heap, (*start, key))

    def deactivate(self, key: KeyT) -> None:
        """Drop the tag of a key that has no entries waiting any more."""
        self._starts.pop(key, None)

    def next(self, keys: Collection[KeyT] | None = None) -> KeyT | None:
        """The key to serve, of some keys or of all; None without entries."""
        if keys is not None:
            return min((key for key in keys if key in self._starts), key=self._starts.__getitem__, default=None)
        while self._heap:
            *start, key = self._heap[0]
            if self._starts.get(key) == tuple(start):
                return key
            heapq.heappop(self._heap)  # the key was deactivated, or activated again with another start
        return None

    def serve(self, key: KeyT, charge: float, *, more: bool) -> None:
        """Record that a key was served, the one that `next` returned. `more`: it still has entries waiting."""
        start, _ = self._starts.pop(key)  # its item in the heap is dropped when it comes up
        self._time = max(self._time, start)
        self._ends[key] = start + charge
        if more:
            self.activate(key)


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
    """Entries that wait, and which is next.

    Work per call grows with the logarithm of the tenants that wait. `ahead_of` and `newest_of_longest` look at each
    tenant once.
    """

    def __init__(self) -> None:
        self._classes: dict[Priority, _Class[ValueT]] = {}
        self._tags = _Tags[Priority]()

    def __len__(self) -> int:
        return sum(priority_class.count for priority_class in self._classes.values())

    @property
    def size(self) -> int:
        """Bytes of all entries."""
        return sum(priority_class.size for priority_class in self._classes.values())

    @property
    def flows(self) -> list[Flow]:
        """Flows with entries waiting."""
        return [Flow(priority, tenant) for priority, own in self._classes.items() for tenant in own.tenants]

    def push(self, entry: Entry[ValueT]) -> None:
        """Add an entry, behind those of its flow."""
        (priority, tenant), weight = entry.flow, entry.weight
        if priority not in self._classes:
            self._classes[priority] = _Class(CLASS_SHARES[priority])
        own_class = self._classes[priority]
        if tenant not in own_class.tenants:
            own_class.tenants[tenant] = _Tenant(weight)
            own_class.tags.activate(tenant)
        flow = own_class.tenants[tenant]
        flow.weight = weight
        if not own_class.count:
            self._tags.activate(priority)
        flow.entries[entry] = None
        flow.size += entry.size
        own_class.count += 1
        own_class.size += entry.size

    def pop(self, flows: Collection[Flow] | None = None) -> Entry[ValueT] | None:
        """Take out the next entry, of some flows or of all; None when they have no entries."""
        priority = self._tags.next(None if flows is None else {flow.priority for flow in flows})
        if priority is None:
            return None
        own_class = self._classes[priority]
        tenants = None if flows is None else [flow.tenant for flow in flows if flow.priority is priority]
        tenant = own_class.tags.next(tenants)
        if tenant is None:  # a class is active only while one of its tenants is
            raise AssertionError(priority)
        flow = own_class.tenants[tenant]
        entry = next(iter(flow.entries))
        own_class.tags.serve(tenant, entry.cost / flow.weight, more=len(flow.entries) > 1)
        self._tags.serve(priority, entry.cost / own_class.share, more=own_class.count > 1)
        self._remove_entry(own_class, tenant, entry)
        return entry

    def remove(self, entry: Entry[ValueT]) -> bool:
        """Take out an entry that waits no longer; False when it is not here. No flow is charged for it."""
        priority, tenant = entry.flow
        own_class = self._classes.get(priority)
        if own_class is None or tenant not in own_class.tenants or entry not in own_class.tenants[tenant].entries:
            return False
        if len(own_class.tenants[tenant].entries) == 1:
            own_class.tags.deactivate(tenant)
        if own_class.count == 1:
            self._tags.deactivate(priority)
        self._remove_entry(own_class, tenant, entry)
        return True

    def _remove_entry(self, own_class: _Class[ValueT], tenant: str, entry: Entry[ValueT]) -> None:
        flow = own_class.tenants[tenant]
        del flow.entries[entry]
        flow.size -= entry.size
        own_class.count -= 1
        own_class.size -= entry.size
        if not flow.entries:
            del own_class.tenants[tenant]
        if not len(self):  # no flow contends: past service is forgotten, and with it every tag
            self._classes.clear()
            self._tags = _Tags[Priority]()

    def waiting(self, flow: Flow) -> int:
        """Number of a flow's entries."""
        own_class = self._classes.get(flow.priority)
        tenant = own_class.tenants.get(flow.tenant) if own_class is not None else None
        return len(tenant.entries) if tenant is not None else 0

    def weight(self, flow: Flow) -> float:
        """Weight of a flow's tenant, as it was pushed last; 1 without entries."""
        own_class = self._classes.get(flow.priority)
        tenant = own_class.tenants.get(flow.tenant) if own_class is not None else None
        return tenant.weight if tenant is not None else 1.0

    def ahead_of(self, flow: Flow, weight: float = 1.0) -> float:
        """Estimated number of entries that go before a new entry of a flow, taking all costs for equal.

        Of each other flow one goes before it, and as many more as its weight allows while this flow's entries go.
        """
        own_class = self._classes.get(flow.priority)
        own = self.waiting(flow)
        before = float(own)
        if own_class is not None:
            for tenant, other in own_class.tenants.items():
                if tenant != flow.tenant:
                    before += min(len(other.entries), 1 + own * other.weight / weight)
        share = CLASS_SHARES[flow.priority]
        others = [(other.count, other.share) for priority, other in self._classes.items() if priority != flow.priority]
        return before + sum(min(count, 1 + before * other_share / share) for count, other_share in others)

    def newest_of_longest(self, *, by_size: bool = False) -> Entry[ValueT] | None:
        """The newest entry of the flow with most waiting for its weight, in the class with most for its weight.

        It is dropped when there is no room for all: longest-queue drop, as McKenney, "Stochastic fairness queueing",
        INFOCOM 1990, steals buffers.
        """
        if not len(self):
            return None
        active = [candidate for candidate in self._classes.values() if candidate.count]
        longest_class = max(active, key=lambda one: (one.size if by_size else one.count) / one.share)
        flow = max(
            longest_class.tenants.values(), key=lambda one: (one.size if by_size else len(one.entries)) / one.weight
        )
        return next(reversed(flow.entries))
