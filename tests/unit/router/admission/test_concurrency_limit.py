"""How many turns the replicas can take: as many as their engines say, or as was found out."""

import itertools

from kefu.router.admission.concurrency_limit import AdaptiveConcurrencyLimit
from kefu.router.replicas.engine_load import EngineLoad, reported, together


def test_two_routers_share_what_the_engines_can_take_by_what_each_has_there() -> None:
    first, second = AdaptiveConcurrencyLimit(), AdaptiveConcurrencyLimit()
    load = EngineLoad(running=100, waiting=80)
    first.see(load, mine=120, line=5, seconds=0.3)
    second.see(load, mine=60, line=5, seconds=0.3)
    assert (first.limit, second.limit) == (67, 33)  # 100 of 180


def test_requests_that_wait_for_the_next_step_only_limit_nothing() -> None:
    capacity = AdaptiveConcurrencyLimit()
    for _ in range(10):
        capacity.see(EngineLoad(running=5, waiting=20), mine=30, line=0, seconds=0.1)  # one report
        capacity.see(EngineLoad(running=25, waiting=0), mine=30, line=0, seconds=0.1)
    assert capacity.limit is None


def test_more_is_tried_when_hardly_any_waited_for_a_while_and_the_faster_the_longer() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.see(EngineLoad(running=16, waiting=16), mine=32, line=9, seconds=0.3)
    assert capacity.limit == 16
    limits: list[int] = []
    for n in range(160):  # one in five reports finds one that waits for the next step
        capacity.see(EngineLoad(running=16, waiting=int(n % 5 == 0)), mine=16, line=9, seconds=0.1)
        limits.append(capacity.limit or 0)
    assert limits[19:90] == [limits[19]] * 71  # of what waited at first some is remembered, for a second or two
    assert limits[110] <= 18
    assert limits[159] >= 40
    limits.clear()
    for _ in range(100):
        capacity.see(EngineLoad(running=16, waiting=4), mine=16, line=9, seconds=0.1)
        limits.append(capacity.limit or 0)
    assert limits[10:] == sorted(limits[10:], reverse=True)
    assert limits[99] <= limits[10] - 20


def test_engines_that_run_fewer_than_they_could_get_more_at_once() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.see(EngineLoad(running=100, waiting=100), mine=200, line=9, seconds=0.3)
    assert capacity.limit == 100
    for _ in range(10):  # a quarter of the turns is busy elsewhere: searching, being stored
        capacity.see(EngineLoad(running=75), mine=capacity.limit or 0, line=9, seconds=0.1)
    assert capacity.limit == 110


def test_engines_that_keep_up_limit_nothing() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.see(EngineLoad(running=64, waiting=6), mine=500, line=0, seconds=0.1)
    assert capacity.limit is None
    assert EngineLoad(running=64, waiting=6).pressure == 0.0
    assert EngineLoad(running=50, waiting=55).pressure == 1.0


def test_what_was_too_much_is_given_back_and_the_next_time_it_is_tried_after_twice_as_long() -> None:
    capacity, tried = AdaptiveConcurrencyLimit(), list[float]()
    capacity.see(EngineLoad(running=16, waiting=16), mine=32, line=9, seconds=0.3)
    full, before = 16, 16
    for step in range(2000):
        mine = capacity.limit or 0
        waiting = max(mine - full, 0)
        capacity.see(EngineLoad(running=full, waiting=waiting), mine=mine, line=9, seconds=0.1)
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
        capacity.see(EngineLoad(running=64, waiting=mine - 64), mine=mine, line=9, seconds=0.2)
    assert capacity.limit == 64


def test_engines_that_say_what_they_can_run_are_filled_up_to_that() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.see(EngineLoad(most=96), mine=0, line=0, seconds=0.1)
    assert capacity.limit == 96
    for _ in range(600):
        capacity.see(EngineLoad(running=96, most=96, sent=96), mine=96, line=50, seconds=0.1)
        assert capacity.limit == 96


def test_each_router_has_what_the_others_leave() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.see(EngineLoad(running=60, waiting=2, most=96, sent=20), mine=20, line=0, seconds=0.1)
    assert (capacity.limit, capacity.most) == (54, 96)


def test_turns_that_search_or_are_being_stored_take_no_room_in_an_engine() -> None:
    capacity = AdaptiveConcurrencyLimit()
    for _ in range(300):
        capacity.see(EngineLoad(running=80, most=96, sent=80), mine=96, line=9, seconds=0.1)
    assert capacity.limit == 96 + 16


def test_answers_of_a_replica_that_leaves_take_no_room_in_those_that_stay() -> None:
    capacity = AdaptiveConcurrencyLimit()
    for _ in range(100):
        capacity.see(EngineLoad(running=150, most=192, sent=150), mine=150, line=0, seconds=0.1)
    capacity.see(EngineLoad(running=75, most=96, sent=75, astray=75), mine=150, line=9, seconds=0.1)
    assert capacity.limit == 96 + 75


def test_an_engine_that_says_too_much_is_found_out_and_one_that_stood_still_for_a_moment_is_not_taken_for_full() -> (
    None
):
    capacity, load = AdaptiveConcurrencyLimit(), EngineLoad(running=30, waiting=30, most=96, sent=60)
    for _ in range(19):
        capacity.see(load, mine=60, line=9, seconds=0.1)
    assert capacity.limit == 96
    capacity.see(load, mine=60, line=9, seconds=0.2)
    assert capacity.limit == 30
    sure = AdaptiveConcurrencyLimit()
    sure.see(EngineLoad(running=90, waiting=30, most=96, sent=120), mine=120, line=9, seconds=0.2)
    assert sure.limit == 90


def test_places_that_are_kept_for_others_are_no_reason_to_look_for_more() -> None:
    capacity = AdaptiveConcurrencyLimit()
    capacity.see(EngineLoad(running=100, waiting=100), mine=200, line=9, seconds=0.3)
    for _ in range(50):
        capacity.see(EngineLoad(running=75), mine=75, line=9, seconds=0.1)
    assert capacity.limit == 100


def test_a_cache_that_fills_up_allows_fewer_requests_than_are_configured() -> None:
    assert reported(50, 0, 96, 0.8).most == 62
    assert reported(10, 0, 96, 0.8).most == 12
    assert reported(10, 0, 96, 0.1).most == 96  # too early to tell
    assert reported(10, 5, 0, 0.8) == EngineLoad(10, 5)  # it does not say what it can run


def test_what_several_engines_can_run_is_known_when_all_say_it() -> None:
    one, other = EngineLoad(10, 1, 96), EngineLoad(20, 2, 32)
    assert together([one, other], sent=25) == EngineLoad(30, 3, 128, 25)
    assert together([one, EngineLoad(5)], sent=9) == EngineLoad(15, 1, 0, 9)
    assert together([], sent=0) == EngineLoad()
