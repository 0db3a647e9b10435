"""The simulated comparison of ways to balance: its engines keep their books, and its claims hold."""

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.simulation.balancing.model import Engine, EngineSpeed, Request, SimulatedWorld
from loadtest.simulation.balancing.policies import POLICIES, Policy, RouterView
from loadtest.simulation.balancing.report import page, plot
from loadtest.simulation.balancing.simulate import WORKLOADS, Simulation, compare

SPEED = EngineSpeed(prefill=1_000, stream=10, all_streams=20, max_running=3, cache=10_000)


def play(*requests: tuple[float, int, int]) -> tuple[list[tuple[float, float]], Engine]:
    """First and last token of each request: (arrival, prompt, answer) in seconds and tokens."""
    world = SimulatedWorld()
    engine = Engine("one", world, SPEED, keeps=True)
    times = [(0.0, 0.0) for _ in requests]

    def ended(number: int, request: Request) -> None:
        times[number] = (round(request.first_at, 3), round(world.now, 3))

    for number, (arrives, prompt, answer) in enumerate(requests):
        made = Request(
            f"s{number}",
            "t",
            instructions=0,
            history=0,
            own=prompt,
            answer=answer,
            arrived=arrives,
            on_first=lambda _: None,
            on_end=lambda request, number=number: ended(number, request),
        )
        world.at(arrives, lambda made=made: engine.accept(made))
    world.run(1_000)
    return times, engine


def test_a_request_alone_is_prefilled_and_written_at_full_speed() -> None:
    times, engine = play((0, 500, 20))
    assert times == [(0.5, 2.5)]
    assert (engine.requests, engine.owed) == (0, 0)


def test_prompts_are_prefilled_one_after_the_other_and_streams_share_what_there_is() -> None:
    # Two write at 10 tokens a second; from the third one on, all at 20/3.
    times, engine = play((0, 1_000, 30), (0, 1_000, 40), (0, 1_000, 10))
    assert [first for first, _ in times] == [1.0, 2.0, 3.0]
    assert times[0][1] == pytest.approx(4.5)  # 20 tokens by 3 s, then 10 more at 20/3 a second
    assert times[2][1] == pytest.approx(4.5)
    assert engine.requests == 0


def test_a_request_waits_while_all_places_are_taken() -> None:
    times, _ = play((0, 0, 10), (0, 0, 10), (0, 0, 10), (0, 0, 10))
    assert times[3][0] == pytest.approx(1.5)


def test_a_prefix_that_was_used_is_not_prefilled_again_until_it_is_pushed_out() -> None:
    world = SimulatedWorld()
    engine = Engine("one", world, SPEED, keeps=True)
    cached: list[int] = []

    def ask(session: str, history: int, own: int) -> None:
        engine.accept(
            Request(
                session, "t", 100, history, own, 10, world.now, lambda one: cached.append(one.cached), lambda _: None
            )
        )
        world.run(world.now + 100)

    ask("a", 0, 50)
    ask("a", 60, 50)
    ask("b", 0, 9_800)
    ask("a", 120, 50)
    assert cached == [0, 160, 100, 100]


@pytest.mark.parametrize("name", POLICIES)
def test_when_all_conversations_are_over_no_router_counts_anything(name: str) -> None:
    workload = replace(WORKLOADS[0], a_second=4.0)
    views: list[RouterView] = []

    def make(view: RouterView) -> Policy:
        views.append(view)
        return POLICIES[name](view)

    played = Simulation(workload, make, replicas=4, seed=1)
    played.run(workload.draw(30, 1), 2_000)
    for view in views:
        for target in view.targets.values():
            assert (target.open, target.load.in_flight, target.load.owed_tokens) == (0, 0, 0)


def test_kefu_keeps_most_cache_hits_and_does_not_let_a_slow_replica_hold_up_the_slowest_turns() -> None:
    found = compare(WORKLOADS[0], 270, 3)
    kefu, least, hashed = found["Kefu"], found["least requests"], found["consistent hash"]
    assert kefu.at(0.95) < least.at(0.95) < found["round robin"].at(0.95)
    assert kefu.at(0.95) < hashed.at(0.95)
    assert kefu.hits > 1.5 * least.hits
    assert kefu.hits > 0.75 * hashed.hits


def test_a_simulation_is_the_same_each_time() -> None:
    first, second = (compare(WORKLOADS[2], 70, 5)["Kefu"] for _ in range(2))
    assert first == second


def test_the_page_holds_the_command_the_date_and_the_seed_and_says_that_it_is_simulated(tmp_path: Path) -> None:
    results = {WORKLOADS[0]: compare(WORKLOADS[0], 70, 5)}
    text = page(results, 70, 5, "python -m loadtest.simulation.balancing --seed 5", datetime.date(2026, 1, 2))
    for needed in (
        "python -m loadtest.simulation.balancing --seed 5",
        "2026-01-02",
        "seed 5",
        "**Simulated, on no real machine**",
    ):
        assert needed in text
    plot(results, tmp_path / "balancing.png")
    assert (tmp_path / "balancing.png").read_bytes().startswith(b"\x89PNG")
