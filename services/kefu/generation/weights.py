"""Fetches a model ahead of the first start, and converts it if need be: python -m kefu.generation.weights [MODEL]

MODEL is a name of the catalog, a folder, a `.gguf` file, or an id on the model hub. Without one, or with `auto`, the
machine chooses, and says why.
"""

import asyncio
import sys
from importlib.util import find_spec
from pathlib import Path

import pydantic

from kefu.common.errors import StartupError
from kefu.common.telemetry import set_up_logging
from kefu.generation.config import GenerationConfig, configuration_without_key
from kefu.generation.engine_choice import EngineName, choose_engine
from kefu.generation.model_choice import choose_and_fetch, default_model, is_auto, reader_of
from kefu.generation.models.model_source import gguf_size
from kefu.generation.models.preflight import check_model
from kefu.generation.models.resolver import resolve, resolve_gguf

_NOT_SERVED_HERE = sys.maxsize  # a container that only fetches has another limit than the one that serves


def main() -> None:
    """Fetch a model ahead of the first start."""
    set_up_logging("generation", "info", "console")  # a person reads it
    try:
        config = configuration_without_key()
        path = fetch_ahead(sys.argv[1] if len(sys.argv) > 1 else config.model, config)
    except (StartupError, pydantic.ValidationError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    sys.stdout.write(f"{path}\n" if path else "This engine needs no model on this machine.\n")


def fetch_ahead(model: str, config: GenerationConfig) -> Path | None:
    """Where a model is on this machine after it was fetched and converted for the configured engine.

    None for an engine that loads none. Raises StartupError.
    """
    engine = _engine(config)
    gpu = engine == "vllm" and _is_gpu_build()
    reader = reader_of(engine, config, gpu=gpu)
    if reader is None:
        return None
    if is_auto(model) and engine == "llamacpp":
        model = asyncio.run(choose_and_fetch(config, _print)).name
    elif is_auto(model):
        model = default_model(gpu=gpu)
    check_model(model, config.cache_dir, reader, _NOT_SERVED_HERE)
    if engine == "llamacpp":
        return resolve_gguf(model, config.cache_dir).path
    from kefu.generation.engines.vllm_arguments import gguf_number_format

    return resolve(model, config.cache_dir, gguf_number_format(config.gguf_numbers, gguf_size(model)), gpu=gpu).path


def _engine(config: GenerationConfig) -> EngineName:
    """The engine that the model is for. An init container sees no GPU, and has the image of the engine that will."""
    engine = choose_engine(config.engine)
    if config.engine == "auto" and engine == "llamacpp" and not find_spec("xllamacpp") and find_spec("vllm"):
        return "vllm"
    return engine


def _is_gpu_build() -> bool:
    from kefu.generation.engines.vllm_arguments import device

    return device() != "cpu"


def _print(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    main()
