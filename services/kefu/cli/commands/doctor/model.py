"""What `kefu doctor` says of the language model: which engine and model run here, why, and what they need."""

import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pydantic

from kefu.cli.commands.doctor.findings import Finding, Verdict
from kefu.common.errors import StartupError
from kefu.common.resource_limits.memory_budget import available_memory
from kefu.generation.config import GenerationConfig, configuration_without_key
from kefu.generation.engine_choice import EngineName, choose_engine, nvidia_gpus
from kefu.generation.model_choice import Survey, default_model, explain, is_auto, reader_of, survey
from kefu.generation.models.catalog import CATALOG, NamedModel
from kefu.generation.models.inventory import inventory
from kefu.generation.models.model_source import local_path
from kefu.generation.models.preflight import check_model


class _Engine(NamedTuple):
    name: EngineName
    gpus: int


def examine_model(*, running: bool) -> list[Finding]:
    """Findings on engine, model, memory, disk and speed. The model hub may be asked, which takes 3 s at most.

    A suite that is `running` has its memory already.
    """
    try:
        config = configuration_without_key()
    except pydantic.ValidationError as error:
        return [Finding("Model", Verdict.BAD, "the configuration is wrong", str(error))]
    engine = _Engine(choose_engine(config.engine), nvidia_gpus())
    findings = [_engine(config, engine)]
    reader = reader_of(engine.name, config, gpu=engine.gpus > 0)
    if reader is None:
        return [*findings, Finding("Model", Verdict.GOOD, f"none on this machine: the engine is {engine.name}")]
    wanted, found, advice = config.model, f"{config.model} (KEFU_GENERATION_MODEL names it)", ""
    if is_auto(wanted) and engine.name == "llamacpp":
        seen = survey(config)
        findings.append(_speed(seen))
        if seen.chosen is None or seen.measured is None:
            advice = "`kefu up` measures this machine first, for a few seconds; so does `kefu models measure`."
            return [*findings, Finding("Model", Verdict.NOTE, "auto, not chosen yet", advice)]
        wanted = seen.chosen.model.name
        found, *more = explain(seen.chosen, seen.candidates, seen.measured.speed, seen.limits)
        advice = " ".join(more)
    elif is_auto(wanted):
        wanted = default_model(gpu=engine.gpus > 0)
        found = f"{wanted} (the default of {reader.engine})"
    try:
        check_model(wanted, config.cache_dir, reader, sys.maxsize if running else available_memory())
    except StartupError as error:
        return [*findings, Finding("Model", Verdict.BAD, wanted, str(error))]
    findings.append(Finding("Model", Verdict.GOOD, found, advice))
    return [*findings, _files(wanted, config.cache_dir)]


def _engine(config: GenerationConfig, engine: _Engine) -> Finding:
    if config.engine != "auto":
        why = "KEFU_GENERATION_ENGINE names it"
    elif engine.gpus:
        why = f"{engine.gpus} NVIDIA GPU(s)" + ("" if engine.name == "vllm" else ", and vLLM is not installed")
    else:
        why = "there is no NVIDIA GPU"
    return Finding("Engine", Verdict.GOOD, f"{engine.name} ({why})")


def _speed(seen: Survey) -> Finding:
    if seen.measured is None:
        return Finding("Speed", Verdict.NOTE, "not measured yet")
    speed, machine = seen.measured.speed, seen.measured.machine
    return Finding(
        "Speed",
        Verdict.GOOD,
        f"reads {speed.prefill:.0f} and writes {speed.decode:.0f} tokens a second with the smallest model on "
        f"{machine.processor}, {machine.cores:g} cores, measured {seen.measured.measured_at}",
    )


def _files(wanted: str, cache: Path) -> Finding:
    named = CATALOG.get(wanted.lower())
    if named is None:
        path = local_path(wanted)
        return Finding("Model's files", Verdict.GOOD, str(path) if path else f"the model hub's, kept in {cache}")
    here = inventory(named, cache)
    if here.gguf or here.safetensors:
        return Finding("Model's files", Verdict.GOOD, f"{here.size / 1e9:.1f} GB in {cache}")
    return _to_fetch(named, cache)


def _to_fetch(model: NamedModel, cache: Path) -> Finding:
    place = next(path for path in (cache, *cache.parents) if path.exists())
    free = shutil.disk_usage(place).free
    found = f"not here; {free / 1e9:.1f} GB of disk are free at {place}"
    if free < model.size:
        advice = f"{model.name} wants {model.size / 1e9:.1f} GB: free some, or set KEFU_CACHE_DIR to another disk."
        return Finding("Model's files", Verdict.BAD, found, advice)
    sources = [*(["the model hub"] if model.hub else []), *(["the package index"] if model.wheel_parts else [])]
    advice = f"The first start fetches {model.size // 1_000_000} MB from {' or '.join(sources)}."
    return Finding("Model's files", Verdict.NOTE, found, advice)
