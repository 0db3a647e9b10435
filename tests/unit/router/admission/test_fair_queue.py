"""Who is next: weights, classes, and what a flood does to others."""

import random
from collections import Counter

from kefu.common.auth import Priority
from kefu.router.admission.fair_queue import CLASS_SHARES, Entry, FairQueue, Flow

INTERACTIVE, BATCH, URGENT = Priority.INTERACTIVE, Priority.BATCH, Priority.URGENT


def entry(
    tenant: str, priority: Priority = INTERACTIVE, *, cost: float = 1.0, size: int = 1, n: int = 0, weight: float = 1.0
) -> Entry[int]:
    return Entry(Flow(priority, tenant), cost, size, n, weight)


def popped(queue: FairQueue[int], count: int) -> list[Entry[int]]:
    found = [queue.pop() for _ in range(count)]
    return [each for each in found if each is not None]


def test_service_goes_by_weight_and_each_tenants_own_order_is_kept() -> None:
    queue = FairQueue[int]()
    for n in range(100):
        queue.push(entry("light", n=n))
        queue.push(entry("heavy", n=n, weight=3))
    served = popped(queue, 40)
    assert Counter(each.flow.tenant for each in served) == {"heavy": 30, "light": 10}
    assert [each.value for each in served if each.flow.tenant == "heavy"] == list(range(30))


def test_service_is_counted_in_cost() -> None:
    queue = FairQueue[int]()
    for _ in range(100):
        queue.push(entry("long", cost=4.0))
        queue.push(entry("short", cost=1.0))
    counts = Counter(each.flow.tenant for each in popped(queue, 50))
    assert counts == {"long": 10, "short": 40}


def test_before_the_first_of_a_tenant_that_was_idle_goes_at_most_one_of_each_other() -> None:
    queue = FairQueue[int]()
    for n in range(500):
        for flood in ("a", "b", "c"):
            queue.push(entry(flood, n=n))
    popped(queue, 301)
    queue.push(entry("late"))
    assert "late" in [each.flow.tenant for each in popped(queue, 4)]


def test_a_tenant_that_was_idle_has_saved_up_nothing() -> None:
    queue = FairQueue[int]()
    for _ in range(200):
        queue.push(entry("busy"))
    popped(queue, 100)
    for _ in range(100):
        queue.push(entry("late"))
    assert Counter(each.flow.tenant for each in popped(queue, 40)) == {"busy": 20, "late": 20}


def test_no_class_starves_and_each_gets_its_share() -> None:
    queue = FairQueue[int]()
    for _ in range(1000):
        for priority in Priority:
            queue.push(entry("acme", priority))
    counts = Counter(each.flow.priority for each in popped(queue, 810))
    total = sum(CLASS_SHARES.values())
    for priority, share in CLASS_SHARES.items():
        assert abs(counts[priority] - 810 * share / total) <= 1, counts
    assert counts[BATCH] >= 9


def test_a_message_that_someone_waits_for_goes_before_a_line_of_batch() -> None:
    queue = FairQueue[int]()
    for _ in range(100):
        queue.push(entry("acme", BATCH))
    popped(queue, 10)
    for tenant in ("acme", "umbrella", "initech"):
        queue.push(entry(tenant))
    assert [each.flow.priority for each in popped(queue, 4)].count(INTERACTIVE) == 3


def test_batch_has_all_when_nobody_else_wants_it() -> None:
    queue = FairQueue[int]()
    for n in range(5):
        queue.push(entry("acme", BATCH, n=n))
    assert [each.value for each in popped(queue, 9)] == [0, 1, 2, 3, 4]
    assert (len(queue), queue.size, queue.pop()) == (0, 0, None)


def test_the_next_of_some_flows_is_found_without_disturbing_the_others() -> None:
    queue = FairQueue[int]()
    for n in range(3):
        for tenant in ("a", "b", "c"):
            queue.push(entry(tenant, n=n))
    queue.push(entry("c", BATCH, n=9))
    chosen = queue.pop([Flow(INTERACTIVE, "c"), Flow(BATCH, "c"), Flow(URGENT, "nobody")])
    assert chosen is not None
    assert (chosen.flow, chosen.value) == (Flow(INTERACTIVE, "c"), 0)
    assert queue.pop([Flow(URGENT, "nobody")]) is None
    following = [(each.flow.tenant, each.value) for each in popped(queue, 6)]
    assert following == [("c", 9), ("a", 0), ("b", 0), ("c", 1), ("a", 1), ("b", 1)]  # c's first was its turn
    assert len(popped(queue, 9)) == 3


def test_one_that_is_taken_out_is_not_served_and_costs_its_tenant_nothing() -> None:
    queue = FairQueue[int]()
    gone = [entry("a", n=n) for n in range(10)]
    for each in gone:
        queue.push(each)
    for n in range(4):
        queue.push(entry("b", n=n))
    assert all(queue.remove(each) for each in gone)
    assert not queue.remove(gone[0])
    queue.push(entry("a", n=99))
    served = popped(queue, 2)
    assert {each.flow.tenant for each in served} == {"a", "b"}
    assert queue.flows == [Flow(INTERACTIVE, "b")]


def test_the_newest_of_the_flow_with_most_waiting_for_its_weight_is_the_one_to_push_out() -> None:
    queue = FairQueue[int]()
    assert queue.newest_of_longest() is None
    for n in range(10):
        queue.push(entry("paid", n=n, weight=10))
    for n in range(3):
        queue.push(entry("free", n=n))
    queue.push(entry("long", size=1000))
    longest, largest = queue.newest_of_longest(), queue.newest_of_longest(by_size=True)
    assert longest is not None
    assert largest is not None
    assert (longest.flow.tenant, longest.value) == ("free", 2)
    assert largest.flow.tenant == "long"
    queue.push(entry("paid", BATCH))
    pushed_out = queue.newest_of_longest()
    assert pushed_out is not None
    assert pushed_out.flow.priority is BATCH  # one of a class with 1 part, against 14 of one with 16


def test_how_many_go_before_a_newcomer_is_foretold() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        queue = FairQueue[int]()
        tenants = {f"t{n}": float(rng.randint(1, 5)) for n in range(rng.randint(1, 5))}
        for _ in range(rng.randint(0, 200)):
            tenant = rng.choice(list(tenants))
            queue.push(entry(tenant, rng.choice(list(Priority)), n=1, weight=tenants[tenant]))
        popped(queue, rng.randint(0, 20))
        tenant, priority = rng.choice(list(tenants)), rng.choice(list(Priority))
        foretold = queue.ahead_of(Flow(priority, tenant), tenants[tenant])
        newcomer = entry(tenant, priority, n=2, weight=tenants[tenant])
        queue.push(newcomer)
        ahead = 0
        while queue.pop() is not newcomer:
            ahead += 1
        # Turns are whole, and weights are not: one of each flow either way, a few more where a class gets many at once.
        assert abs(ahead - foretold) <= 3 * len(tenants) + 2, (seed, ahead, foretold)
