"""vLLM's arguments from Kefu's settings, and what is refused before weights are read, in vLLM's words."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kefu.common.errors import StartupError
from kefu.generation.engines.vllm_adapters import LoraAdapter
from kefu.generation.engines.vllm_arguments import (
    check_arguments,
    engine_arguments,
    engine_config,
)
from kefu.generation.engines.vllm_process import cpu_threads
from kefu.generation.models.local_model import LocalModel
from tests.engines.generation.conftest import SETTINGS

pytestmark = pytest.mark.filterwarnings("default")  # importing vLLM warns of its dependencies' futures


def test_what_is_not_set_stays_vllms_choice(model_shape: LocalModel) -> None:
    arguments = engine_arguments(model_shape, SETTINGS, "cuda")
    assert not {"max_num_batched_tokens", "quantization", "kv_cache_dtype", "dtype", "enable_lora"} & set(arguments)
    assert arguments["max_model_len"] == 2048  # the model's own limit is below the setting
    assert arguments["gpu_memory_utilization"] == 0.9
    assert "enforce_eager" not in arguments


def test_settings_become_arguments_and_the_operators_own_come_last(model_shape: LocalModel) -> None:
    settings = replace(
        SETTINGS,
        tensor_parallel_size=2,
        arguments={"max_num_seqs": 8, "enable_chunked_prefill": True, "dtype": "float16"},
    )
    arguments = engine_arguments(model_shape, settings, "cuda")
    assert arguments["tensor_parallel_size"] == 2
    assert (arguments["max_num_seqs"], arguments["enable_chunked_prefill"]) == (8, True)
    on_cpu = engine_arguments(model_shape, settings, "cpu")
    assert on_cpu["dtype"] == "float16", "the operator's, whatever this processor computes best"


@pytest.mark.parametrize(("ranks", "room"), [((4,), 8), ((16, 40), 64), ((512,), 512), ((9, 300), 320)])
def test_room_for_adapters_is_reserved_by_their_own_rank(
    model_shape: LocalModel, ranks: tuple[int, ...], room: int
) -> None:
    adapters = tuple(LoraAdapter(f"a{rank}", Path("/a"), rank) for rank in ranks)
    arguments = engine_arguments(model_shape, SETTINGS, "cuda", adapters)
    assert (arguments["enable_lora"], arguments["max_loras"], arguments["max_lora_rank"]) == (True, len(ranks), room)
    on_cpu = engine_arguments(model_shape, SETTINGS, "cpu", adapters)
    assert on_cpu["max_loras"] == len(ranks) + 1  # the last place stays empty


def test_an_argument_that_vllm_does_not_know_is_refused_by_name() -> None:
    check_arguments({"enable_chunked_prefill": True, "max_num_seqs": 4})
    with pytest.raises(StartupError, match=r"no argument num_seqs\. Did you mean .*max_num_seqs"):
        check_arguments({"num_seqs": 4})
    with pytest.raises(StartupError, match="no argument --max-num-seqs"):
        check_arguments({"--max-num-seqs": 4})
    with pytest.raises(StartupError, match="set KEFU_GENERATION_MODEL"):
        check_arguments({"model": "another"})
    with pytest.raises(StartupError, match="start more replicas"):
        check_arguments({"data_parallel_size": 2})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"arguments": {"dtype": "float12"}}, "float12"),
        ({"arguments": {"kv_cache_dtype": "fp3"}}, "fp3"),
        ({"arguments": {"quantization": "none_such"}}, "none_such"),
        ({"arguments": {"gpu_memory_utilization": 7}}, "gpu_memory_utilization"),
        ({"arguments": {"max_model_len": 100_000}}, "max_position_embeddings"),
        ({"arguments": {"speculative_config": {"method": "telepathy", "num_speculative_tokens": 2}}}, "telepathy"),
        ({"arguments": {"max_num_batched_tokens": 1}, "max_running": 64}, "max_num_batched_tokens"),
    ],
)
def test_values_are_refused_in_vllms_own_words_before_weights_are_read(
    model_shape: LocalModel, change: dict[str, Any], words: str
) -> None:
    arguments = engine_arguments(model_shape, replace(SETTINGS, **change), "cpu")
    with pytest.raises(StartupError, match=rf"(?s)vLLM refuses these settings.*{words}"):
        engine_config(arguments)


def test_a_step_holds_as_many_tokens_as_with_vllm_serve(model_shape: LocalModel) -> None:
    """On a CPU vLLM has 4,096 for a library's user and 2,048 for its server; without a context it falls back."""
    assert engine_config(engine_arguments(model_shape, SETTINGS, "cpu")).scheduler_config.max_num_batched_tokens == 2048
    larger = engine_arguments(model_shape, replace(SETTINGS, arguments={"max_num_batched_tokens": 3000}), "cpu")
    assert engine_config(larger).scheduler_config.max_num_batched_tokens == 3000


@pytest.mark.parametrize(
    ("cores", "usable", "workers", "variables"),
    [
        ([0, 1], 2, 1, {"VLLM_CPU_OMP_THREADS_BIND": "0,1"}),
        ([4, 5, 6, 7], 4, 2, {"VLLM_CPU_OMP_THREADS_BIND": "4,6|5,7"}),
        ([0], 1, 2, {"VLLM_CPU_OMP_THREADS_BIND": "0|0"}),
        (range(64), 4, 1, {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "4"}),
        (range(64), 4, 2, {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "2"}),
        (range(64), 0.5, 1, {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}),
        (range(2), 1.5, 1, {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}),
    ],
)
def test_threads_follow_the_quota_not_the_nodes_cores(
    cores: list[int], usable: float, workers: int, variables: dict[str, str]
) -> None:
    assert cpu_threads(cores, usable, workers) == variables
