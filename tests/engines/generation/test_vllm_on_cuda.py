"""What vLLM makes of Kefu's arguments on cards that are not here: its own configuration, on a faked platform."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kefu.common.errors import StartupError
from kefu.generation.engines.vllm_cards import check_cards
from loadtest.gpu_check.reference import CARDS, MIB, MODELS
from tests.support.cuda_configuration import Card, Case, Outcome

pytest.importorskip("vllm")
pytestmark = pytest.mark.timeout(180)
ROOT = Path(__file__).parents[3]
QUANTIZATIONS = {"": "", "awq": "auto_awq", "fp8": "fp8"}
"""Of the folder, and what vLLM calls it."""
BATCHED_TOKENS = {"T4": 2048, "L4": 2048, "A10": 2048, "L40S": 2048, "H100 80 GB": 8192}
"""As `vllm serve` has it; left to itself AsyncLLM would batch 2,048 on an H100."""
SHAPES = ("R1-Distill-Qwen-1.5B", "R1-Distill-Qwen-7B", "R1-Distill-Llama-8B")


def case(card: str, model: str, quantization: str = "", visible: int = 1, **settings: Any) -> Case:
    one = CARDS[card]
    seen = Card(one.name, (one.total or 0) // MIB, one.capability, visible)
    return Case(seen, MODELS[model].config(), quantization, settings)


TABLE = {
    (card, model, quantization, cards): case(card, model, quantization, cards, tensor_parallel_size=cards)
    for card, model, quantization, cards in product(BATCHED_TOKENS, SHAPES, QUANTIZATIONS, (1, 2))
}
SETTINGS: Mapping[str, Case] = {
    "two cards asked for, one there": case("H100 80 GB", SHAPES[0], tensor_parallel_size=2),
    "heads that cannot be shared": case("H100 80 GB", SHAPES[0], visible=5, tensor_parallel_size=5),
    "fp8 while loading": case("L4", SHAPES[1], quantization="", arguments={"quantization": "fp8"}),
    "fp8 key/value cache": case("H100 80 GB", SHAPES[1], arguments={"kv_cache_dtype": "fp8"}),
    "batched tokens": case("L4", SHAPES[0], arguments={"max_num_batched_tokens": 4096}),
    "longer than the model": case("L4", SHAPES[0], max_model_tokens=262_144),
}


@pytest.fixture(scope="module")
def outcomes() -> Mapping[Any, Outcome]:
    """All cases in one process: importing vLLM takes most of the time."""
    cases = {**TABLE, **SETTINGS}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.cuda_configuration"],
        input=json.dumps(list(cases.values())),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'services'}:{ROOT}"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    read = [Outcome(*one) for one in json.loads(done.stdout)]
    return dict(zip(cases, read, strict=True))


def test_every_card_model_and_quantization_is_configured_as_expected(outcomes: Mapping[Any, Outcome]) -> None:
    wrong: dict[Any, Outcome] = {}
    for key in TABLE:
        card, _, quantization, cards = key
        expected = Outcome(
            dtype="float16" if card == "T4" else "bfloat16",  # a T4 has no bfloat16
            batched_tokens=BATCHED_TOKENS[card],
            executor="uni" if cards == 1 else "mp",
            quantization=QUANTIZATIONS[quantization],
            max_model_tokens=8192,
            async_scheduling=True,
            graphs="FULL_AND_PIECEWISE",
        )
        if outcomes[key] != expected:
            wrong[key] = outcomes[key]
    assert len(TABLE) == 90
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("two cards asked for, one there", "World size (2) is larger than the number of available GPUs (1)"),
        (
            "heads that cannot be shared",
            "Total number of attention heads (12) must be divisible by tensor parallel size (5)",
        ),
    ],
)
def test_what_vllm_refuses_is_refused_in_its_words(outcomes: Mapping[Any, Outcome], name: str, words: str) -> None:
    assert outcomes[name].refusal.startswith("vLLM refuses these settings for FOLDER")
    assert words in outcomes[name].refusal


def test_settings_reach_vllm(outcomes: Mapping[Any, Outcome]) -> None:
    assert outcomes["fp8 while loading"].quantization == "fp8"
    assert not outcomes["fp8 key/value cache"].refusal
    assert outcomes["batched tokens"].batched_tokens == 4096
    assert outcomes["longer than the model"].max_model_tokens == 131_072


def vllm_config(**changes: Any) -> Any:
    values = {
        "load_format": "dummy",
        "quantization": None,
        "dtype": "torch.float16",
        "utilization": 0.9,
        "kv_bytes": None,
    } | changes
    return SimpleNamespace(
        cache_config=SimpleNamespace(
            gpu_memory_utilization=values["utilization"],
            kv_cache_memory_bytes=values["kv_bytes"],
            cache_dtype="auto",
        ),
        parallel_config=SimpleNamespace(world_size=1),
        model_config=SimpleNamespace(max_model_len=8192, quantization=values["quantization"], dtype=values["dtype"]),
        scheduler_config=SimpleNamespace(max_num_seqs=256, max_num_batched_tokens=2048),
        load_config=SimpleNamespace(load_format=values["load_format"]),
    )


@pytest.fixture
def llama_8b(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(MODELS["R1-Distill-Llama-8B"].config()))
    return tmp_path


def test_a_model_that_no_card_here_can_hold_is_refused_before_vllm_starts(llama_8b: Path) -> None:
    with pytest.raises(StartupError, match=r"The weights take 15\.0 GiB of each GPU"):
        check_cards(llama_8b, vllm_config(), [CARDS["T4"]])


def test_bfloat16_on_a_card_without_it_is_refused_too_for_vllm_says_so_only_when_it_loads(llama_8b: Path) -> None:
    with pytest.raises(StartupError, match=r"Tesla T4 \(compute capability 7\.5\) has no bfloat16"):
        check_cards(llama_8b, vllm_config(dtype="torch.bfloat16"), [CARDS["T4"]])


@pytest.mark.parametrize(
    ("changes", "card"),
    [({}, "L4"), ({"quantization": "fp8"}, "T4"), ({"kv_bytes": 2**30}, "T4"), ({"load_format": "auto"}, "T4")],
)
def test_what_may_fit_or_cannot_be_told_is_left_to_vllm(llama_8b: Path, changes: dict[str, Any], card: str) -> None:
    """Quantized while loading; memory that the operator has set; a folder whose weights are no safetensors."""
    check_cards(llama_8b, vllm_config(**changes), [CARDS[card]])
