"""How many turns the replicas can take: as many as their engines say, or as was found out."""

import itertools

from kefu.router.admission.concurrency_limit import AdaptiveConcurrencyLimit
from kefu.router.replicas.engine_load import EngineLoad, combined_load, engine_load_of


def test_two_routers_share_what_the_engines_can_take_by_what_each_has_there() -> None:
    first, second = AdaptiveConcurrencyLimit(), AdaptiveConcurrencyLimit()
    load = EngineLoad(running=100, waiting=80)
    first.update(load, running=120, waiting=5, seconds=0.3)
    second.update(load, running=60, waiting=5, seconds=0.3)
    assert (first.limit, second.limit) == (67, 33)  # 100 of 180


def test_requests_that_wait_for_the_next_step_only_limit_nothing() -> None:
    capacity = AdaptiveConcurrencyLimit()
    for _ in range(10):
        capacity.update(EngineLoad(running=5, waiting=20), running=30, waiting=0, seconds=0.1)  # one report
        capacity.update(EngineLoad(running=25, waiting=0), running=30, waiting=0, seconds=0.1)
    assert capacity.limit is None


def test_more_is_tried_when_hardly_any_waited_for_a_while_and_the_faster_the_longer() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.update(EngineLoad(running=16, waiting=16), running=32, waiting=9, seconds=0.3)
    assert capacity.limit == 16
    limits: list[int] = []
    for n in range(160):  # one in five reports finds one that waits for the next step
        capacity.update(EngineLoad(running=16, waiting=int(n % 5 == 0)), running=16, waiting=9, seconds=0.1)
        limits.append(capacity.limit or 0)
    assert limits[19:90] == [limits[19]] * 71  # of what waited at first some is remembered, for a second or two
    assert limits[110] <= 18
    assert limits[159] >= 40
    limits.clear()
    for _ in range(100):
        capacity.update(EngineLoad(running=16, waiting=4), running=16, waiting=9, seconds=0.1)
        limits.append(capacity.limit or 0)
    assert limits[10:] == sorted(limits[10:], reverse=True)
    assert limits[99] <= limits[10] - 20


def test_engines_that_run_fewer_than_they_could_get_more_at_once() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.update(EngineLoad(running=100, waiting=100), running=200, waiting=9, seconds=0.3)
    assert capacity.limit == 100
    for _ in range(10):  # a quarter of the turns is busy elsewhere: searching, being stored
        capacity.update(EngineLoad(running=75), running=capacity.limit or 0, waiting=9, seconds=0.1)
    assert capacity.limit == 110


def test_engines_that_keep_up_limit_nothing() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.update(EngineLoad(running=64, waiting=6), running=500, waiting=0, seconds=0.1)
    assert capacity.limit is None
    assert EngineLoad(running=64, waiting=6).pressure == 0.0
    assert EngineLoad(running=50, waiting=55).pressure == 1.0


def test_what_was_too_much_is_given_back_and_the_next_time_it_is_tried_after_twice_as_long() -> None:
    capacity, tried = AdaptiveConcurrencyLimit(), list[float]()
    capacity.update(EngineLoad(running=16, waiting=16), running=32, waiting=9, seconds=0.3)
    full, before = 16, 16
    for step in range(2000):
        mine = capacity.limit or 0
        waiting = max(mine - full, 0)
        capacity.update(EngineLoad(running=full, waiting=waiting), running=mine, waiting=9, seconds=0.1)
        now = capacity.limit or 0
        assert now <= full + 4  # of these four are those that wait for the next step
        if now > before == full:
            tried.append(step / 10)
        before = now
    pauses = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert len(pauses) >= 3
    assert all(later >= 1.7 * earlier for earlier, later in itertools.pairwise(pauses))


def test_turns_that_are_too_many_are_waited_for_before_anything_is_lowered_again() -> None:
    capacity = AdaptiveConcurrencyLimit()
    for mine in range(120, 68, -2):  # they end; what waits in the engine still does
        capacity.update(EngineLoad(running=64, waiting=mine - 64), running=mine, waiting=9, seconds=0.2)
    assert capacity.limit == 64


def test_engines_that_say_what_they_can_run_are_filled_up_to_that() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.update(EngineLoad(max_running=96), running=0, waiting=0, seconds=0.1)
    assert capacity.limit == 96
    for _ in range(600):
        capacity.update(EngineLoad(running=96, max_running=96, sent=96), running=96, waiting=50, seconds=0.1)
        assert capacity.limit == 96


def test_each_router_has_what_the_others_leave() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.update(EngineLoad(running=60, waiting=2, max_running=96, sent=20), running=20, waiting=0, seconds=0.1)
    assert (capacity.limit, capacity.max_running) == (54, 96)


def test_turns_that_search_or_are_being_stored_take_no_room_in_an_engine() -> None:
    capacity = AdaptiveConcurrencyLimit()
    for _ in range(300):
        capacity.update(EngineLoad(running=80, max_running=96, sent=80), running=96, waiting=9, seconds=0.1)
    assert capacity.limit == 96 + 16


def test_answers_of_a_replica_that_leaves_take_no_room_in_those_that_stay() -> None:
    capacity = AdaptiveConcurrencyLimit()
    for _ in range(100):
        capacity.update(EngineLoad(running=150, max_running=192, sent=150), running=150, waiting=0, seconds=0.1)
    capacity.update(EngineLoad(running=75, max_running=96, sent=75, unreported=75), running=150, waiting=9, seconds=0.1)
    assert capacity.limit == 96 + 75


def test_an_engine_that_says_too_much_is_found_out_and_one_that_stood_still_for_a_moment_is_not_taken_for_full() -> (
    None
):
    capacity, load = AdaptiveConcurrencyLimit(), EngineLoad(running=30, waiting=30, max_running=96, sent=60)
    for _ in range(19):
        capacity.update(load, running=60, waiting=9, seconds=0.1)
    assert capacity.limit == 96
    capacity.update(load, running=60, waiting=9, seconds=0.2)
    assert capacity.limit == 30
    sure = AdaptiveConcurrencyLimit()
    sure.update(EngineLoad(running=90, waiting=30, max_running=96, sent=120), running=120, waiting=9, seconds=0.2)
    assert sure.limit == 90


def test_places_that_are_kept_for_others_are_no_reason_to_look_for_more() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.update(EngineLoad(running=100, waiting=100), running=200, waiting=9, seconds=0.3)
    for _ in range(50):
        capacity.update(EngineLoad(running=75), running=75, waiting=9, seconds=0.1)
    assert capacity.limit == 100


def test_a_cache_that_fills_up_allows_fewer_requests_than_are_configured() -> None:
    assert engine_load_of(50, 0, 96, 0.8).max_running == 62
    assert engine_load_of(10, 0, 96, 0.8).max_running == 12
    assert engine_load_of(10, 0, 96, 0.1).max_running == 96  # too early to tell
    assert engine_load_of(10, 5, 0, 0.8) == EngineLoad(10, 5)  # it does not say what it can run


def test_what_several_engines_can_run_is_known_when_all_say_it() -> None:
    one, other = EngineLoad(10, 1, 96), EngineLoad(20, 2, 32)
    assert combined_load([one, other], sent=25) == EngineLoad(30, 3, 128, 25)
    assert combined_load([one, EngineLoad(5)], sent=9) == EngineLoad(15, 1, 0, 9)
    assert combined_load([], sent=0) == EngineLoad()
