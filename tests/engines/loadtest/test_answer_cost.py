"""What a replica answers and costs: one formula, the overlay's settings, and the tables that stand in the pages."""

from pathlib import Path

import pytest
import typer

from kefu.router.config import RouterConfig
from kefu.testing.kustomize import environment, named, pod_of
from loadtest.gpu_check import answer_cost
from loadtest.gpu_check.answer_cost import (
    LOADS,
    PAGES,
    Load,
    dollars,
    example_prices,
    most_at_once,
    pace_of,
    pace_with,
    replicas_by_minute,
    tables,
)
from loadtest.gpu_check.capacity import USE
from loadtest.harness.suite import H100
from loadtest.simulation.autoscaling.hpa import OVERLAY, written
from loadtest.simulation.autoscaling.model import PROMPT_TOKENS, Replica, Turn, capacity

COMMAND = "python -m loadtest.gpu_check.answer_cost"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tables_in_the_pages_are_those_of_today(page: Path) -> None:
    text = page.read_text("utf-8")
    assert answer_cost.with_tables(text, tables(example_prices(), COMMAND)) == text, f"{COMMAND} writes them"


def test_the_longest_prompt_is_the_overlays_and_the_shortest_the_simulations() -> None:
    [router] = pod_of(named(OVERLAY, "Deployment", "kefu-router"))["containers"]
    settings = environment(OVERLAY, router)
    assert max(load.prompt for load in LOADS) == int(settings["KEFU_ROUTER_PROMPT_TOKENS"] or 0)
    assert min(load.prompt for load in LOADS) == PROMPT_TOKENS
    assert {load.thinking for load in LOADS} == {0, RouterConfig.model_fields["reasoning_tokens"].default}
    assert written().places == USE.max_running


@pytest.mark.parametrize("load", LOADS, ids=lambda load: load.name)
def test_the_formula_is_what_a_replica_of_the_simulation_does(load: Load) -> None:
    replica, running, now, ended = Replica(H100), 24, 0.0, 0
    tokens = float(load.thinking + H100.answer_tokens)
    for number in range(running):
        replica.take(Turn(0.0, load.prompt, tokens), 0.0, number)
    while ended < 240:  # whoever is answered asks again at once
        now = replica.next_end
        replica.advance(now)
        replica.ends.sort()
        del replica.ends[0]
        replica.running -= 1
        ended += 1
        replica.take(Turn(now, load.prompt, tokens), now, running + ended)
    assert ended / now == pytest.approx(capacity(H100, running, prompt=load.prompt, thinking=load.thinking), rel=0.12)


def test_a_day_pays_for_the_replicas_that_stay_warm_and_a_busy_one_for_those_that_are_needed() -> None:
    rules = written()
    assert (rules.least, rules.scheduled, rules.opens, rules.closes) == (2, 3, 7.5, 21.0)
    quiet = replicas_by_minute(100_000, 16.1, rules)
    assert sum(quiet) / 60 == 10.5 * 2 + 13.5 * 3
    busy = replicas_by_minute(1_000_000, 1.0, rules)
    assert max(busy) >= 30
    assert min(busy) >= 2


def test_a_smaller_model_is_faster_and_16_bits_take_twice_the_time_where_a_card_has_fp8() -> None:
    published = pace_with("H100 80 GB", "R1-Distill-Llama-8B", "fp8")
    assert published == pace_of("H100 80 GB")
    small = pace_with("L4", "R1-Distill-Qwen-1.5B", "none")
    assert small.step_milliseconds == pytest.approx(pace_of("L4").step_milliseconds * 3.55 / 9.08, rel=0.05)
    wide = pace_with("L4", "R1-Distill-Llama-8B", "none")
    assert wide.prefill_tokens_per_second == pytest.approx(pace_of("L4").prefill_tokens_per_second / 2)
    older = pace_with("A10", "R1-Distill-Llama-8B", "none")
    assert older.prefill_tokens_per_second == pace_of("A10").prefill_tokens_per_second, "it has no FP8 to be faster in"


def test_a_card_is_slower_by_its_memory_and_holds_no_more_than_it_has() -> None:
    card = pace_of("L4")
    assert card.step_milliseconds == pytest.approx(H100.step_milliseconds * 3.35 / 0.3)
    assert card.prefill_tokens_per_second == pytest.approx(35_000 * 242 / 1979)
    assert most_at_once("H100 80 GB", LOADS[0]) == 256
    assert most_at_once("L4", LOADS[2]) == 36  # 77,666 tokens of key/value cache
    assert dollars(3.6, 1.0) == pytest.approx(1.0)  # 1,000 seconds of a thousandth of a dollar


def test_a_price_is_an_input_and_a_wrong_one_is_told() -> None:
    with pytest.raises(typer.BadParameter, match="'H9000' is none of L4, A10"):
        answer_cost.main(["H9000=1"])
    with pytest.raises(typer.BadParameter, match="CARD=DOLLARS"):
        answer_cost.main(["L4=cheap"])
    text = tables({**example_prices(), "L4": 1.4}, COMMAND)
    assert "| L4, 1.40 | 400 | 2.5 | 149 | 5.3 | 0.157 | 0.073 |" in text
