"""`kefu models`: what language models there are, which of them suits this machine, what they may do, their files."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import pydantic
import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.commands.models.exam import exam
from kefu.cli.console import CommandFailed, console, print_json, print_table
from kefu.cli.remote.connection import Json, print_failures
from kefu.common.telemetry import set_up_logging
from kefu.generation.config import GenerationConfig, configuration_without_key
from kefu.generation.machine_speed import MeasuredSpeed, measure_and_keep
from kefu.generation.model_choice import Survey, explain, survey
from kefu.generation.models.catalog import CATALOG, NamedModel
from kefu.generation.models.inventory import Inventory, inventory, remove, verify
from kefu.generation.models.resolver import fetch_once, resolve
from kefu.generation.models.selection import Candidate, what_it_lacks

Name = Annotated[str, typer.Argument(help="The model's name, as `kefu models` shows it.")]

models = group("Language models: list, fetch, remove, verify and examine them, and measure this machine.")


def _list(as_json: Json = False) -> None:
    """List the models that have a name here, and which of them --model auto takes on this machine."""
    with _reading_configuration() as config:
        seen = survey(config)
        rows = [(one, inventory(one.model, config.cache_dir)) for one in seen.candidates]
        if as_json:
            print_json([_as_dict(one, here, seen) for one, here in rows])
            return
        print_table(_HEADINGS, [_row(one, here, seen) for one, here in rows])
        console().print()
        for sentence in _summary(seen):
            console().print(sentence, soft_wrap=True)


_HEADINGS = ("model", "size", "languages", "licence", "engines", "here", "memory", "answer", "auto", "profile")


def _row(one: Candidate, here: Inventory, seen: Survey) -> tuple[str, ...]:
    model = one.model
    return (
        model.name,
        _gigabytes(model.size),
        " ".join(model.languages),
        model.licence,
        " ".join(_engines(model)),
        "yes" if here.gguf or here.safetensors else "partly" if here.paths else "",
        _gigabytes(one.memory),
        "" if one.answer_seconds is None else f"{one.answer_seconds:.1f} s",
        _verdict(one, seen),
        model.answer_profile or "exam",
    )


def _verdict(one: Candidate, seen: Survey) -> str:
    if one is seen.chosen:
        return "taken"
    if not one.model.chosen_by_auto:
        return "by name only"
    lacks = [
        *(["too slow"] if one.answer_seconds is not None and not one.is_fast_enough else []),
        *([] if one.fits_memory else ["too large"]),
    ]
    return ", ".join(lacks) or ("" if one.answer_seconds is None else "suits, too")


def _summary(seen: Survey) -> list[str]:
    if seen.engine == "vllm":
        return [
            f"vLLM takes {seen.chosen.model.name} unless KEFU_GENERATION_MODEL names another." if seen.chosen else ""
        ]
    if seen.engine != "llamacpp":
        return [f"The engine {seen.engine} takes none of these: KEFU_GENERATION_ENGINE says which engine runs."]
    if seen.measured is None:
        return [
            "This machine was not measured yet, so what --model auto takes is not known. `kefu models measure` takes a "
            "few seconds (and fetches the smallest model); `kefu up` does the same."
        ]
    if seen.chosen is None:
        return ["None of these can be had from here."]
    why, *more = explain(seen.chosen, seen.candidates, seen.measured.speed, seen.limits)
    return [f"auto takes {why}", *more, f"Measured {seen.measured.measured_at} on {seen.measured.machine.processor}."]


def _as_dict(one: Candidate, here: Inventory, seen: Survey) -> dict[str, Any]:
    model = one.model
    return {
        "name": model.name,
        "parameters": model.parameters,
        "size_bytes": model.size,
        "sha256": model.sha256,
        "languages": list(model.languages),
        "licence": model.licence,
        "engines": _engines(model),
        "hub": str(model.hub) if model.hub else None,
        "hub_safetensors": str(model.safetensors) if model.safetensors else None,
        "on_package_index": bool(model.wheel_parts),
        "here": [str(path) for path in here.paths],
        "here_bytes": here.size,
        "memory_bytes": one.memory,
        "answer_seconds": None if one.answer_seconds is None else round(one.answer_seconds, 2),
        "fits_memory": one.fits_memory,
        "is_fast_enough": one.is_fast_enough if one.answer_seconds is not None else None,
        "lacks": what_it_lacks(one, seen.limits),
        "auto_may_choose": model.chosen_by_auto,
        "auto_takes": one is seen.chosen,
        "answer_profile": model.answer_profile,
    }


def _engines(model: NamedModel) -> list[str]:
    """Where a model has no safetensors, vLLM's CPU build reads its GGUF file, and a GPU cannot run it."""
    return ["llamacpp", "vllm"] if model.safetensors else ["llamacpp", "vllm (CPU)"]


def _fetch(
    name: Name,
    safetensors: Annotated[
        bool, typer.Option("--safetensors", help="Fetch what vLLM on a GPU loads, rather than the GGUF file.")
    ] = False,
) -> None:
    """Fetch a model's file, whole and with the right hash. What was interrupted goes on where it was."""
    with _reading_configuration() as config:
        model = _named(name)
        if safetensors and model.safetensors is None:
            raise CommandFailed(f"{model.name} has no safetensors; leave --safetensors out.")
        path = (
            resolve(str(model.safetensors), config.cache_dir).path
            if safetensors
            else fetch_once(model, config.cache_dir)
        )
        console().print(f"{model.name} is in {path}.", soft_wrap=True)


def _remove(name: Name, yes: Yes = False) -> None:
    """Remove all files of a model, with what was converted from them for vLLM."""
    with _reading_configuration() as config:
        model = _named(name)
        here = inventory(model, config.cache_dir)
        if not here.paths:
            raise CommandFailed(f"{model.name} is not on this machine.")
        confirm(f"Remove {model.name}, {_gigabytes(here.size)}?", yes)
        removed = remove(model, config.cache_dir)
        console().print(f"Removed {model.name}: {_gigabytes(removed)}.")


def _verify(
    names: Annotated[list[str] | None, typer.Argument(help="Names of models. Default: all that are here.")] = None,
) -> None:
    """Read the files of models whole, and compare their hashes. The exit status is 1 when one is damaged."""
    with _reading_configuration() as config:
        found = {one: inventory(one, config.cache_dir).gguf for one in map(_named, names or CATALOG)}
        if names and (missing := [model.name for model, gguf in found.items() if gguf is None]):
            raise CommandFailed(f"No file of {', '.join(missing)} is on this machine.")
        for model, gguf in found.items():
            if gguf:
                verify(model, gguf)
                console().print(f"{model.name} is whole.")


def _measure(as_json: Json = False) -> None:
    """Measure anew how fast this machine is. End what else runs, or the outcome is too low."""
    with _reading_configuration() as config:
        measured = asyncio.run(measure_and_keep(config))
        if as_json:
            print_json(_speed_as_dict(measured))
            return
        console().print(
            f"{measured.machine.processor}, {measured.machine.cores:g} cores: the smallest model reads "
            f"{measured.speed.prefill:.0f} and writes {measured.speed.decode:.0f} tokens a second.",
            soft_wrap=True,
        )
        for sentence in _summary(survey(config)):
            console().print(sentence, soft_wrap=True)


def _speed_as_dict(measured: MeasuredSpeed) -> dict[str, Any]:
    return {
        "processor": measured.machine.processor,
        "cores": measured.machine.cores,
        "engine_version": measured.machine.engine_version,
        "prefill_tokens_per_second": round(measured.speed.prefill, 1),
        "decode_tokens_per_second": round(measured.speed.decode, 1),
        "measured_at": measured.measured_at,
    }


@contextmanager
def _reading_configuration() -> Iterator[GenerationConfig]:
    """A block with the generation service's configuration, whose failures end the program with a sentence."""
    set_up_logging("models", "warning" if console(stderr=True).is_terminal else "info", "console")
    with print_failures():
        try:
            config = configuration_without_key()
        except pydantic.ValidationError as error:
            raise CommandFailed(f"The configuration is wrong: {error}") from error
        yield config


def _named(name: str) -> NamedModel:
    if model := CATALOG.get(name.lower()):
        return model
    raise CommandFailed(f"There is no model named {name}: {', '.join(CATALOG)}.")


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    models.command("list")(_list)
    models.command("fetch")(_fetch)
    models.command("remove")(_remove)
    models.command("verify")(_verify)
    models.command("measure")(_measure)
    models.command("exam")(exam)
    app.add_typer(models, name="models")
