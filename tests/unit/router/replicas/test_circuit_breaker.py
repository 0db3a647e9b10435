"""A replica that fails before its first token is left alone, tried by one request, and taken back."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from kefu.router.replicas.circuit_breaker import (
    FAILURES_IN_A_ROW,
    LEAST_OUTCOMES,
    PAUSE_SECONDS,
    RESET_SECONDS,
    WINDOW_SECONDS,
    BreakerState,
    CircuitBreaker,
)

SHORTEST, LONGEST = PAUSE_SECONDS


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def breaker(clock: Clock, jitter: float = 1.0) -> CircuitBreaker:
    return CircuitBreaker(clock=clock, jitter=lambda: jitter)


def fail(one: CircuitBreaker, times: int = FAILURES_IN_A_ROW) -> None:
    for _ in range(times):
        one.failed(one.begin())


def test_failures_in_a_row_open_it_and_a_success_between_them_does_not() -> None:
    one = breaker(Clock())
    fail(one, FAILURES_IN_A_ROW - 1)
    one.succeeded(one.begin())
    fail(one, FAILURES_IN_A_ROW - 1)
    assert one.state is BreakerState.CLOSED
    fail(one, 1)
    assert (one.state, one.admits) == (BreakerState.OPEN, False)


def test_a_share_of_failures_opens_it_once_there_are_enough_to_have_a_share() -> None:
    clock = Clock()
    one = breaker(clock)
    for n in range(LEAST_OUTCOMES):
        assert one.state is BreakerState.CLOSED
        attempt = one.begin()
        if n % 2:
            one.failed(attempt)
        else:
            one.succeeded(attempt)
    assert one.state is BreakerState.OPEN


def test_old_failures_are_forgotten() -> None:
    clock = Clock()
    one = breaker(clock)
    for _ in range(LEAST_OUTCOMES * 2):
        one.failed(one.begin())
        one.succeeded(one.begin())
        clock.now += WINDOW_SECONDS / (LEAST_OUTCOMES - 2) * 2
    assert one.state is BreakerState.CLOSED


def test_what_says_nothing_about_the_replica_neither_opens_nor_closes_it() -> None:
    clock = Clock()
    one = breaker(clock)
    for _ in range(100):
        one.inconclusive(one.begin())
    assert one.state is BreakerState.CLOSED
    fail(one)
    clock.now += SHORTEST
    one.inconclusive(one.begin())
    assert (one.state, one.admits) == (BreakerState.HALF_OPEN, True)


def test_half_open_one_request_at_a_time_tries_it() -> None:
    clock = Clock()
    one = breaker(clock)
    fail(one)
    clock.now += SHORTEST
    assert one.admits
    one.reserve()
    assert not one.admits
    probe = one.begin()
    assert not one.admits
    clock.now += 60
    assert not one.admits  # as long as the probe runs
    one.succeeded(probe)
    assert (one.state, one.admits) == (BreakerState.CLOSED, True)


def test_a_place_for_a_probe_that_was_never_sent_is_free_again_soon() -> None:
    clock = Clock()
    one = breaker(clock)
    fail(one)
    clock.now += SHORTEST
    one.reserve()
    clock.now += 1.1
    assert one.admits


def test_each_probe_that_fails_doubles_the_pause_up_to_a_bound() -> None:
    clock = Clock()
    one = breaker(clock)
    fail(one)
    pauses: list[float] = []
    for _ in range(8):
        began = clock.now
        while not one.admits:
            clock.now += 0.125
        pauses.append(clock.now - began)
        one.failed(one.begin())
    assert pauses[:4] == [SHORTEST, SHORTEST * 2, SHORTEST * 4, SHORTEST * 8]
    assert LONGEST <= max(pauses) < LONGEST + 0.25


def test_jitter_takes_up_to_half_of_a_pause() -> None:
    clock = Clock()
    one = breaker(clock, jitter=0.0)
    fail(one)
    clock.now += SHORTEST / 2
    assert one.state is BreakerState.HALF_OPEN


def test_a_replica_that_fails_again_soon_after_it_was_taken_back_waits_longer_and_one_that_held_does_not() -> None:
    clock = Clock()
    one = breaker(clock)
    for held, pause in ((0.0, SHORTEST), (1.0, SHORTEST * 2), (RESET_SECONDS + 1, SHORTEST)):
        clock.now += held
        fail(one)
        clock.now += pause - 0.01
        assert one.state is BreakerState.OPEN
        clock.now += 0.02
        one.succeeded(one.begin())
        assert one.state is BreakerState.CLOSED


def test_a_late_failure_of_an_old_request_is_no_probe() -> None:
    clock = Clock()
    one = breaker(clock)
    old = one.begin()
    fail(one)
    clock.now += SHORTEST
    probe = one.begin()
    one.failed(old)
    assert one.state is BreakerState.HALF_OPEN
    one.succeeded(probe)
    assert one.state is BreakerState.CLOSED


def test_a_new_process_starts_with_a_clean_slate_and_is_not_blamed_for_the_old_ones_streams() -> None:
    clock = Clock()
    one = breaker(clock)
    old = [one.begin() for _ in range(20)]
    fail(one)
    one.reset()
    assert one.state is BreakerState.CLOSED
    for attempt in old:
        one.failed(attempt)
    assert one.state is BreakerState.CLOSED


def test_it_tells_each_time_it_opens() -> None:
    clock, opened = Clock(), list[float]()
    one = CircuitBreaker(clock=clock, jitter=lambda: 1.0, on_open=lambda: opened.append(clock.now))
    fail(one)
    clock.now += SHORTEST
    one.failed(one.begin())
    assert opened == [100.0, 100.0 + SHORTEST]


@given(st.lists(st.tuples(st.sampled_from(["begin", "good", "bad", "neither", "wait", "reset"]), st.integers(0, 99))))
def test_in_any_order_of_events_one_probe_at_most_is_out_and_the_breaker_always_lets_one_in_again(
    events: list[tuple[str, int]],
) -> None:
    clock = Clock()
    one = breaker(clock)
    out: list[tuple[bool, object]] = []
    attempts = [one.begin()]
    attempts.clear()
    for event, n in events:
        match event:
            case "begin" if one.admits:
                half_open = one.state is BreakerState.HALF_OPEN
                one.reserve()
                attempt = one.begin()
                attempts.append(attempt)
                if half_open:
                    assert not one.admits
                    out.append((half_open, attempt))
            case "good" if attempts:
                one.succeeded(attempts.pop(n % len(attempts)))
            case "bad" if attempts:
                one.failed(attempts.pop(n % len(attempts)))
            case "neither" if attempts:
                one.inconclusive(attempts.pop(n % len(attempts)))
            case "wait":
                clock.now += n / 10
            case "reset":
                one.reset()
            case _:
                pass
    for attempt in attempts:
        one.inconclusive(attempt)
    clock.now += LONGEST + 1
    assert one.admits
