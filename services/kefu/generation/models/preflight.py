"""Preflight: refuses, before anything is started or downloaded, a model that surely cannot be run."""

from dataclasses import dataclass
from pathlib import Path

from kefu.common.errors import StartupError
from kefu.generation.models.catalog import CATALOG, NamedModel
from kefu.generation.models.download import hub_answers
from kefu.generation.models.gguf_header import GgufHeader, read_gguf_header
from kefu.generation.models.memory_need import KvBudget, check_memory
from kefu.generation.models.model_source import HUB_FOLDER, local_path, unreachable


@dataclass(frozen=True)
class Reader:
    """What an engine reads. `kv` is its cache's budget where it keeps to one that can be told here (llama.cpp)."""

    engine: str
    """As people call it."""
    reads_gguf: bool
    reads_safetensors: bool
    kv: KvBudget | None = None


def check_model(model: str, cache: Path, reader: Reader, available: int) -> None:
    """Raise StartupError, saying what to do, for a model that this engine cannot run here.

    A path without a model, a file that is damaged or of the wrong kind, a model larger than memory, or a hub id without
    the hub. The hub is asked only for an id of which nothing was downloaded before; that takes 3 s at most.
    """
    if named := CATALOG.get(model.lower()):
        _check_named(named, cache, reader, available)
        return
    path = local_path(model)
    if path is None:
        if not reader.reads_safetensors:
            raise StartupError(_wrong_kind(f"{model}, an id on the model hub,", reader))
        _check_hub(model, cache)
    elif path.is_dir():
        if not reader.reads_safetensors:
            raise StartupError(_wrong_kind(f"{path}, a folder,", reader))
    else:
        if not reader.reads_gguf:
            raise StartupError(_wrong_kind(f"{path}, a GGUF file,", reader))
        header = check_gguf(path)
        if reader.kv:
            kv = reader.kv.bytes_for(header.kv_bytes_per_token, header.context_length)
            check_memory(str(path), path.stat().st_size, kv, available)


def check_gguf(path: Path) -> GgufHeader:
    """Read a GGUF file's header. Raises StartupError for a file that is none, or was cut short."""
    header = read_gguf_header(path)
    size = path.stat().st_size
    if size < header.least_size:
        raise StartupError(
            f"{path} is cut short: it has {size:,} bytes, and its tensors end at {header.least_size:,}. "
            "Fetch it again, or give another one."
        )
    return header


def check_size(model: NamedModel, path: Path) -> None:
    """Raise StartupError when the file of a catalog's model has another size than it should have."""
    size = path.stat().st_size
    if size != model.size:
        raise StartupError(
            f"{path} is damaged: it has {size:,} bytes instead of {model.size:,}. Remove it with "
            f"`kefu models remove {model.name}`; it is then fetched again."
        )


def hub_folder(cache: Path, model: str) -> Path:
    """Folder of what was downloaded of a hub id, which may name a revision."""
    return cache / HUB_FOLDER / f"models--{model.partition('@')[0].replace('/', '--')}"


def gguf_path(cache: Path, model: NamedModel) -> Path:
    """Where the GGUF file of a catalog's model is, or will be."""
    return cache / "models" / model.file


def _check_named(named: NamedModel, cache: Path, reader: Reader, available: int) -> None:
    if not reader.reads_gguf:
        if named.safetensors is None:
            raise StartupError(_wrong_kind(f"{named.name}, of which the catalog has a GGUF file only,", reader))
        _check_hub(str(named.safetensors), cache)
    path = gguf_path(cache, named)
    if path.exists():
        check_size(named, path)
    if reader.kv:
        check_memory(named.name, named.size, reader.kv.bytes_for(named.kv_bytes_per_token), available)


def _check_hub(model: str, cache: Path) -> None:
    if not hub_folder(cache, model).is_dir() and not hub_answers():
        raise unreachable(model)


def _wrong_kind(what: str, reader: Reader) -> str:
    if reader.reads_gguf:
        return (
            f"{what} cannot be read by {reader.engine}, which reads GGUF files. Set KEFU_GENERATION_MODEL to a .gguf "
            f"file or one of: {', '.join(CATALOG)}; or KEFU_GENERATION_ENGINE=vllm, which reads safetensors."
        )
    names = [name for name, model in CATALOG.items() if model.safetensors]
    return (
        f"{what} cannot be read by {reader.engine}, which reads safetensors. Set KEFU_GENERATION_MODEL to a model "
        f"folder, an id on the model hub, or one of: {', '.join(names)}; or KEFU_GENERATION_ENGINE=llamacpp, which "
        "reads GGUF files."
    )
