"""
vLLM's configuration for CUDA on a machine without a card: python -m tests.support.cuda_configuration < CASES.json

The cases come as a JSON list on standard input, the outcomes go as a JSON list to standard output. It is a process of
its own: vLLM's modules take the platform when they are imported, and other tests need the real one.
"""

import json
import operator
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, cast

from kefu.common.errors import StartupError
from kefu.generation.engines.vllm_arguments import VllmSettings, engine_arguments, engine_config
from kefu.generation.models.local_model import LocalModel

_EXTENSIONS = (
    "vllm._C_stable_libtorch",
    "vllm._moe_C_stable_libtorch",
    "vllm._qutlass_C",
    "vllm.vllm_flash_attn._vllm_fa2_C",
    "vllm.vllm_flash_attn._vllm_fa3_C",
)
"""Compiled modules that the CPU build does not have."""
_QUANTIZATIONS: Mapping[str, Mapping[str, Any]] = {
    "awq": {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "version": "gemm"},
    "gptq": {"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": False, "sym": True},
    "fp8": {"quant_method": "fp8", "activation_scheme": "dynamic"},
}


_SETTINGS = VllmSettings(
    max_model_tokens=8192,
    max_running=256,
    kv_cache_gib=1.0,
    gpu_memory_utilization=0.9,
    tensor_parallel_size=1,
    default_reasoning_tokens=1024,
    stuck_seconds=60.0,
)


class Card(NamedTuple):
    """A card as vLLM sees it, and how many of them are visible."""

    name: str
    mebibytes: int
    capability: tuple[int, int]
    visible: int


class Case(NamedTuple):
    """A model of a shape on cards; `quantization` is that of its folder, `settings` are those of Kefu."""

    card: Card
    config: dict[str, Any]
    quantization: str = ""
    settings: Mapping[str, Any] = {}


class Outcome(NamedTuple):
    """vLLM's choices, or its refusal."""

    dtype: str = ""
    batched_tokens: int = 0
    executor: str = ""
    quantization: str = ""
    max_model_tokens: int = 0
    async_scheduling: bool = False
    graphs: str = ""
    refusal: str = ""


def outcome_of(case: Case) -> Outcome:
    """What vLLM makes of Kefu's arguments for this case."""
    import vllm.platforms

    platforms: Any = vllm.platforms  # its current platform is meant to be set, and has no type
    platforms._current_platform.become(case.card)
    settings = replace(_SETTINGS, **case.settings)
    config = dict(case.config)
    if case.quantization:
        config["quantization_config"] = dict(_QUANTIZATIONS[case.quantization])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(config))
        try:
            made = engine_config(engine_arguments(LocalModel("shape", Path(folder), "f"), settings, "cuda"))
        except StartupError as error:
            return Outcome(refusal=str(error).replace(folder, "FOLDER"))
    return Outcome(
        dtype=str(made.model_config.dtype).removeprefix("torch."),
        batched_tokens=made.scheduler_config.max_num_batched_tokens,
        executor=str(made.parallel_config.distributed_executor_backend),
        quantization=made.model_config.quantization or "",
        max_model_tokens=made.model_config.max_model_len,
        async_scheduling=bool(made.scheduler_config.async_scheduling),
        graphs=made.compilation_config.cudagraph_mode.name,
    )


def pretend_cuda() -> None:
    """Make vLLM's current platform CUDA's own, on a card that is not there. Must come before vLLM's other modules."""
    import vllm.platforms

    for name in _EXTENSIONS:
        sys.modules.setdefault(name, ModuleType(name))
    from vllm.platforms.cuda import CudaPlatformBase
    from vllm.platforms.interface import DeviceCapability

    class FakeCuda(CudaPlatformBase):
        card = Card("", 0, (0, 0), 0)

        @classmethod
        def become(cls, card: Card) -> None:
            cls.card = card

        @classmethod
        def get_device_capability(cls, device_id: int = 0) -> Any:
            return DeviceCapability(*cls.card.capability)

        @classmethod
        def get_device_name(cls, device_id: int = 0) -> str:
            return cls.card.name

        @classmethod
        def get_device_total_memory(cls, device_id: int = 0) -> int:
            return cls.card.mebibytes * 2**20

        @classmethod
        def device_count(cls) -> int:
            return cls.card.visible

        @classmethod
        def is_fully_connected(cls, device_ids: list[int]) -> bool:
            return True

    platforms: Any = vllm.platforms
    platforms._current_platform = FakeCuda()
    import vllm._custom_ops

    operations: Any = vllm._custom_ops  # these ask the compiled module
    for name, least in (("fp8", 89), ("block_fp8", 90), ("fp4", 100)):
        setattr(operations, f"cutlass_scaled_mm_supports_{name}", partial(operator.le, least))


def _read_case(read: list[Any]) -> Case:
    card, *rest = read
    return Case(Card(card[0], card[1], tuple(card[2]), card[3]), *rest)


def main() -> None:
    """Read the cases, write the outcomes."""
    out, sys.stdout = sys.stdout, sys.stderr  # what vLLM prints must not come between
    os.environ["VLLM_LOGGING_LEVEL"] = "ERROR"
    pretend_cuda()
    cases = [_read_case(read) for read in cast("list[list[Any]]", json.load(sys.stdin))]
    json.dump([outcome_of(case) for case in cases], out)


if __name__ == "__main__":
    main()
