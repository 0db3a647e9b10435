"""Model resolver: from a model's name to a folder that an engine can load, downloaded and converted as needed."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import structlog
from filelock import FileLock

from kefu.common.errors import StartupError
from kefu.generation.models.catalog import CATALOG, NamedModel, pinned
from kefu.generation.models.download import fetch, hub_answers
from kefu.generation.models.gguf_conversion import NumberFormat, convert
from kefu.generation.models.hash_memory import remembered_sha256
from kefu.generation.models.local_model import LocalModel
from kefu.generation.models.model_source import HUB_FOLDER, local_path, unreachable
from kefu.generation.models.preflight import check_gguf, check_size, gguf_path
from kefu.generation.models.progress import show_progress

_log = structlog.stdlib.get_logger()
_HUB_FILES = ("*.safetensors", "*.json", "*.jinja", "tokenizer.model", "*.txt")
_RECORD_FILE = "kefu.json"


def resolve(model: str, cache: Path, numbers: NumberFormat = "int8", *, gpu: bool = False) -> LocalModel:
    """Find, download and convert a model. The first time takes minutes, with visible progress.

    `model` is a catalog name, a folder, a `.gguf` file, or an id on the model hub, which may name a revision behind an
    `@` (ORGANISATION/MODEL@COMMIT); without one the newest is taken, whatever it is. `numbers` is the format that a
    `.gguf` file, and so a model of the catalog, is converted to; other models stay as they are. For a GPU, a model of
    the catalog is taken as safetensors. Two processes that need the same model wait for each other. Raises StartupError
    with what to do.
    """
    if named := CATALOG.get(model.lower()):
        if gpu and named.safetensors:  # they are the model itself; a GGUF file has lost some of it
            return _local_model(named.name, _from_hub(str(named.safetensors), cache), cache)
        converted = converted_folder(cache, named.sha256, numbers)
        is_converted = (converted / _RECORD_FILE).exists()
        gguf = gguf_path(cache, named) if is_converted else fetch_once(named, cache)
        return _local_model(named.name, _convert_once(gguf, cache, named.sha256, numbers), cache)
    path = local_path(model)
    if path is None:
        return _local_model(model, _from_hub(model, cache), cache)
    if path.is_dir():
        return _local_model(path.resolve().name, path, cache)
    return _local_model(path.stem, _convert_once(path, cache, remembered_sha256(path, cache), numbers), cache)


def resolve_gguf(model: str, cache: Path) -> LocalModel:
    """Find or download a model for llama.cpp: a catalog name, or a `.gguf` file. Raises StartupError."""
    if named := CATALOG.get(model.lower()):
        return _gguf_model(named.name, fetch_once(named, cache), named.sha256)
    path = local_path(model)
    if path is None or path.is_dir():
        raise StartupError(
            f"{model} is no .gguf file, which llama.cpp reads; KEFU_GENERATION_ENGINE=vllm reads others."
        )
    return _gguf_model(path.stem, path, remembered_sha256(path, cache))


def fetch_once(model: NamedModel, cache: Path) -> Path:
    """The GGUF file of a catalog's model, fetched if it is not here. Raises StartupError for one that is damaged."""
    gguf = gguf_path(cache, model)
    with file_lock(gguf):
        if gguf.exists():
            check_size(model, gguf)
        else:
            fetch(model, gguf)
    return gguf


def _gguf_model(name: str, path: Path, sha256: str) -> LocalModel:
    header = check_gguf(path)
    sampling = {"temperature": "general.sampling.temp", "top_p": "general.sampling.top_p"}
    return LocalModel(
        name=name,
        path=path,
        fingerprint=sha256[:32],
        recommended_sampling={
            field: float(header.values[key]) for field, key in sampling.items() if key in header.values
        },
    )


def converted_folder(cache: Path, sha256: str, numbers: NumberFormat) -> Path:
    """Folder of a converted GGUF file with this hash."""
    return cache / "converted" / f"{sha256[:16]}-{numbers}"


def _convert_once(gguf: Path, cache: Path, sha256: str, numbers: NumberFormat) -> Path:
    folder = converted_folder(cache, sha256, numbers)
    with file_lock(folder):
        if (folder / _RECORD_FILE).exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
        try:
            with show_progress(f"converting {gguf.name} for vLLM, once; about a minute") as advance:
                convert(gguf, scratch, numbers, lambda: advance(0))
            record = {"source_sha256": sha256, "fingerprint": _fingerprint(scratch, cache)}
            (scratch / _RECORD_FILE).write_text(json.dumps(record))
            os.replace(scratch, folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _from_hub(model: str, cache: Path) -> Path:
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    hub: Any = huggingface_hub  # partially typed
    repository, _, revision = model.partition("@")
    if not revision:
        known = pinned(repository)
        example = str(known) if known else f"{repository}@COMMIT"
        _log.warning(
            "model.unpinned", model=model, advice=f"name a revision, or each start may load another: {example}"
        )

    def snapshot(*, offline: bool) -> Path:
        return Path(
            hub.snapshot_download(
                repository,
                revision=revision or None,
                allow_patterns=list(_HUB_FILES),
                cache_dir=cache / HUB_FOLDER,
                local_files_only=offline,
            )
        )

    try:
        return snapshot(offline=not hub_answers())
    except LocalEntryNotFoundError as error:
        raise unreachable(model) from error
    except (HfHubHTTPError, HFValidationError) as error:
        raise StartupError(f"The model hub does not give {model}: {error}") from error


def _local_model(name: str, folder: Path, cache: Path) -> LocalModel:
    record = folder / _RECORD_FILE
    known: dict[str, Any] = json.loads(record.read_text()) if record.exists() else {}
    sampling: dict[str, Any] = {}
    if (generation := folder / "generation_config.json").exists():
        sampling = json.loads(generation.read_text())
    return LocalModel(
        name=name,
        path=folder,
        fingerprint=str(known.get("fingerprint") or _fingerprint(folder, cache)),
        recommended_sampling={key: float(sampling[key]) for key in ("temperature", "top_p") if sampling.get(key)},
    )


def _fingerprint(folder: Path, cache: Path) -> str:
    """SHA-256 over the hashes of all files that decide what the model writes."""
    overall = hashlib.sha256()
    paths = [
        *sorted(folder.glob("*.safetensors")),
        *sorted(folder.glob("*.bin")),
        *(folder / name for name in ("config.json", "tokenizer.json", "tokenizer.model", "chat_template.jinja")),
    ]
    for path in paths:
        if path.exists():
            overall.update(f"{path.name}:{remembered_sha256(path, cache)}\n".encode())
    return overall.hexdigest()[:32]


def file_lock(path: Path) -> FileLock:
    """The lock under which a file or folder of the cache is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(f".{path.name}.lock"))
