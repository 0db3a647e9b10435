"""Which model suits a machine, from what the smallest did there: a table, and what is said of it."""

import pytest

from kefu.generation.models.catalog import CATALOG, QWEN, QWEN3_4B, QWEN_1_5B, QWEN_CODER_1_5B, SMALLEST
from kefu.generation.models.memory_need import SPARE_BYTES, KvBudget
from kefu.generation.models.selection import (
    ANSWER_TOKENS,
    PROMPT_TOKENS,
    MachineLimits,
    MachineSpeed,
    answer_seconds,
    best_first,
    judge,
    what_it_lacks,
    what_more_would_bring,
    why_chosen,
)
from tests.support.table import table

KV = KvBudget(8192, 64, 1.0, 2)
GB = 10**9


def limits(memory: int = 64 * GB, seconds: float = 4.0, cores: float = 2) -> MachineLimits:
    return MachineLimits(seconds, memory, cores, KV)


def order(speed: MachineSpeed, on: MachineLimits) -> list[str]:
    return [one.model.name for one in best_first(judge(CATALOG.values(), speed, on))]


def test_time_grows_with_the_parameters_that_read_and_the_bytes_that_write() -> None:
    speed = MachineSpeed(prefill=250, decode=60)
    assert answer_seconds(SMALLEST, speed) == pytest.approx(2.0)
    assert answer_seconds(QWEN3_4B, speed) > 2 * answer_seconds(QWEN_CODER_1_5B, speed)


def test_the_pair_that_the_factors_were_taken_from_is_predicted() -> None:
    """Both measured on two cores of an AMD EPYC with AVX2, one after the other."""
    small, large = MachineSpeed(205.8, 42.3), MachineSpeed(87.6, 22.8)
    measured = PROMPT_TOKENS / large.prefill + ANSWER_TOKENS / large.decode
    assert answer_seconds(QWEN_CODER_1_5B, small) == pytest.approx(measured, rel=0.05)


@table(
    ("prefill", "decode", "memory", "names"),
    [
        (210, 40, 64, [QWEN.name]),  # two cores with AVX2
        (50, 10, 64, [QWEN.name]),  # nothing is fast enough: the smallest is taken nevertheless
        (420, 80, 64, [QWEN_1_5B.name, QWEN_CODER_1_5B.name, QWEN.name]),
        (2000, 200, 64, [QWEN3_4B.name, QWEN_1_5B.name, QWEN_CODER_1_5B.name, QWEN.name]),
        (2000, 200, 4, [QWEN_1_5B.name, QWEN_CODER_1_5B.name, QWEN.name]),  # fast, and short of memory
        (2000, 200, 1, [QWEN.name]),  # not even the smallest fits: it is refused when it is loaded, with numbers
    ],
)
def test_what_auto_tries_one_after_the_other(prefill: float, decode: float, memory: int, names: list[str]) -> None:
    assert order(MachineSpeed(prefill, decode), limits(memory * GB)) == names


def test_a_longer_time_allowed_brings_a_larger_model() -> None:
    slow = MachineSpeed(210, 40)
    assert order(slow, limits(seconds=6))[0] == QWEN_1_5B.name
    assert order(slow, limits(seconds=60))[0] == QWEN3_4B.name


def test_reasoning_models_and_models_for_tests_are_never_taken() -> None:
    fast = order(MachineSpeed(100_000, 10_000), limits())
    assert not any("r1" in name or "smollm" in name for name in fast)


def test_without_a_measurement_nothing_is_fast_enough() -> None:
    candidates = judge(CATALOG.values(), None, limits())
    assert [one.answer_seconds for one in candidates] == [None] * len(CATALOG)
    assert [one.model for one in best_first(candidates)] == [SMALLEST]


def test_memory_is_the_file_the_cache_and_half_a_gigabyte() -> None:
    one = judge([QWEN_1_5B], MachineSpeed(2000, 200), limits())[0]
    assert one.memory == QWEN_1_5B.size + KV.bytes_for(QWEN_1_5B.kv_bytes_per_token) + SPARE_BYTES
    assert judge([QWEN_1_5B], None, limits(one.memory))[0].fits_memory
    assert not judge([QWEN_1_5B], None, limits(one.memory - 1))[0].fits_memory


def test_the_reason_names_time_speed_and_memory() -> None:
    speed, on = MachineSpeed(250, 60), limits(8 * GB)
    chosen = judge([QWEN], speed, on)[0]
    assert why_chosen(chosen, speed, on) == (
        "qwen2.5-coder-0.5b-instruct: a typical answer takes about 2.0 s of the 4 allowed (the smallest one reads 250 "
        "and writes 60 tokens a second on 2 cores); it needs 1.8 of 8.0 GB of memory"
    )
    slow = MachineSpeed(25, 6)
    assert "the smallest, though a typical answer takes about 20.0 s here" in why_chosen(
        judge([QWEN], slow, on)[0], slow, on
    )


def test_what_more_cores_and_memory_would_bring() -> None:
    speed, on = MachineSpeed(250, 60), limits(2 * GB)
    candidates = judge(CATALOG.values(), speed, on)
    more = what_more_would_bring(candidates, QWEN, on)
    assert more == (
        "qwen2.5-coder-1.5b-instruct would need about 3 cores like these (it takes 4.3 s on 2 cores; "
        "KEFU_GENERATION_ANSWER_SECONDS allows 4) and 0.6 GB more memory"
    )
    assert what_more_would_bring(candidates, QWEN3_4B, on) == ""
    everything = limits()
    assert what_it_lacks(judge([QWEN], speed, everything)[0], everything) == ""
