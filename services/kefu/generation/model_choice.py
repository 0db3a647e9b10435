"""
Model choice: what `--model auto` stands for on this machine.

With llama.cpp the machine is measured once (`machine_speed`). From that follows how long each model of the catalog
would take for a typical answer (`models.selection`); the best that is fast enough, fits into memory, and can be had is
taken. vLLM has a default instead.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kefu.common.aio import run_in_thread
from kefu.common.errors import StartupError
from kefu.common.resource_limits.cpu_budget import usable_cores
from kefu.common.resource_limits.memory_budget import available_memory
from kefu.generation.config import GenerationConfig
from kefu.generation.engine_choice import EngineName, choose_engine, nvidia_gpus
from kefu.generation.machine_speed import Measure, MeasuredSpeed, Say, kept_speed, speed_here
from kefu.generation.models.catalog import (
    CATALOG,
    DEFAULT_GPU_BYTES,
    DEFAULT_ON_CPU,
    DEFAULT_ON_GPU,
    DEFAULT_ON_SMALL_GPU,
    SMALLEST,
    NamedModel,
)
from kefu.generation.models.download import hub_answers
from kefu.generation.models.memory_need import KvBudget
from kefu.generation.models.nvidia_cards import nvidia_cards
from kefu.generation.models.preflight import Reader, gguf_path
from kefu.generation.models.resolver import resolve_gguf
from kefu.generation.models.selection import (
    Candidate,
    MachineLimits,
    MachineSpeed,
    best_first,
    judge,
    what_more_would_bring,
    why_chosen,
)

AUTO = "auto"


def is_auto(model: str) -> bool:
    """Whether a setting leaves the model to the machine."""
    return model.strip().lower() in ("", AUTO)


def default_model(*, gpu: bool) -> str:
    """What auto stands for with vLLM: on GPUs by the smallest card. Where none tells its memory, that of small ones."""
    if not gpu:
        return DEFAULT_ON_CPU
    smallest = min((card.total or 0 for card in nvidia_cards()), default=0)
    return DEFAULT_ON_GPU if smallest >= DEFAULT_GPU_BYTES else DEFAULT_ON_SMALL_GPU


def limits_here(config: GenerationConfig) -> MachineLimits:
    """What a model has to fit into on this machine, now."""
    return MachineLimits(config.answer_seconds, available_memory(), usable_cores(), _kv_budget(config))


def reader_of(engine: EngineName, config: GenerationConfig, *, gpu: bool) -> Reader | None:
    """What an engine reads; None for one that reads no model of this machine."""
    match engine:
        case "llamacpp":
            return Reader("llama.cpp", reads_gguf=True, reads_safetensors=False, kv=_kv_budget(config))
        case "vllm" if gpu:
            return Reader("vLLM on a GPU", reads_gguf=False, reads_safetensors=True)
        case "vllm":
            return Reader("vLLM", reads_gguf=True, reads_safetensors=True)
        case "openai" | "simulated":
            return None


def _kv_budget(config: GenerationConfig) -> KvBudget:
    return KvBudget(config.max_model_tokens, config.max_running, config.kv_cache_gib, usable_cores())


async def choose_and_fetch(config: GenerationConfig, say: Say, measure: Measure | None = None) -> NamedModel:
    """The model that llama.cpp takes here, on disk. Says which, why, and what more memory or cores would bring.

    A model that cannot be had now is left out with a sentence. Raises StartupError when not even the smallest can.
    """
    speed = await speed_here(config, say, measure)
    limits = limits_here(config)
    candidates = judge(CATALOG.values(), speed, limits)
    can_be_had = obtainable(config.cache_dir)
    for one in best_first(candidates):
        if not await run_in_thread(lambda model=one.model: can_be_had(model)):
            say(f"{one.model.name} would suit this machine, and is on the model hub only, which cannot be reached.")
            continue
        try:
            await run_in_thread(lambda model=one.model: resolve_gguf(model.name, config.cache_dir))
        except StartupError as error:
            if one.model is SMALLEST:
                raise
            say(f"{one.model.name} would suit this machine, and is left out: {error}")
            continue
        why, *more = explain(one, candidates, speed, limits)
        for sentence in (f"Model {why}", *more):
            say(sentence)
        return one.model
    raise StartupError("No model of the catalog can be had.")


def explain(chosen: Candidate, candidates: list[Candidate], speed: MachineSpeed, limits: MachineLimits) -> list[str]:
    """Why it is taken, and what more memory or cores would bring, if anything."""
    more = what_more_would_bring(candidates, chosen.model, limits)
    return [f"{why_chosen(chosen, speed, limits)}.", *([f"{more}."] if more else [])]


def obtainable(cache: Path) -> Callable[[NamedModel], bool]:
    """Whether a model is on this machine or may be fetched, as a function.

    It asks the hub when nothing else has a file, and once only: that may take seconds.
    """
    hub = functools.cache(hub_answers)
    return lambda model: gguf_path(cache, model).exists() or bool(model.wheel_parts) or hub()


@dataclass(frozen=True)
class Survey:
    """The catalog on this machine."""

    engine: EngineName
    limits: MachineLimits
    measured: MeasuredSpeed | None
    """None where the machine was not measured yet."""
    candidates: list[Candidate]
    chosen: Candidate | None
    """What auto takes now; None where that is not known yet, or the engine takes no model of the catalog."""


def survey(config: GenerationConfig) -> Survey:
    """Look at the catalog without measuring or fetching anything."""
    engine = choose_engine(config.engine)
    limits = limits_here(config)
    measured = kept_speed(config.cache_dir)
    candidates = judge(CATALOG.values(), measured.speed if measured else None, limits)
    chosen: Candidate | None = None
    if engine == "llamacpp" and measured:
        can_be_had = obtainable(config.cache_dir)
        chosen = next((one for one in best_first(candidates) if can_be_had(one.model)), None)
    elif engine == "vllm":
        default = default_model(gpu=nvidia_gpus() > 0)
        chosen = next((one for one in candidates if default in (one.model.name, str(one.model.safetensors))), None)
    return Survey(engine, limits, measured, candidates, chosen)
