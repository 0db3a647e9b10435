"""Inventory: what of a model of the catalog is in the cache folder, whether it is whole, and its removal."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from kefu.common.errors import StartupError
from kefu.generation.models.catalog import NamedModel
from kefu.generation.models.download import partial_folder, sha256_of
from kefu.generation.models.preflight import check_size, gguf_path, hub_folder
from kefu.generation.models.resolver import file_lock


@dataclass(frozen=True)
class Inventory:
    """Files and folders of one model; None or empty where there is none."""

    gguf: Path | None
    partial: Path | None
    """What an interrupted fetch has left."""
    converted: tuple[Path, ...]
    """Folders that were made of the GGUF file for vLLM."""
    safetensors: Path | None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        return tuple(path for path in (self.gguf, self.partial, *self.converted, self.safetensors) if path)

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(map(_size, self.paths))


def inventory(model: NamedModel, cache: Path) -> Inventory:
    """What is here of a model."""
    gguf = gguf_path(cache, model)
    safetensors = hub_folder(cache, str(model.safetensors)) if model.safetensors else None
    return Inventory(
        gguf=gguf if gguf.exists() else None,
        partial=partial if (partial := partial_folder(gguf)).exists() else None,
        converted=tuple(sorted((cache / "converted").glob(f"{model.sha256[:16]}-*"))),
        safetensors=safetensors if safetensors and safetensors.exists() else None,
    )


def remove(model: NamedModel, cache: Path) -> int:
    """Remove all that is here of a model; return the bytes. Raises StartupError while another process fetches it."""
    gguf = gguf_path(cache, model)
    if not inventory(model, cache).paths:
        return 0
    lock: FileLock = file_lock(gguf)
    try:
        with lock.acquire(timeout=0):
            found = inventory(model, cache)
            size = found.size
            for path in found.paths:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
    except Timeout:
        raise StartupError(f"{model.name} is being fetched by another process; wait for it, or end it.") from None
    return size


def verify(model: NamedModel, gguf: Path) -> None:
    """Read the whole file. Raises StartupError unless it is the one of the catalog."""
    check_size(model, gguf)
    if (found := sha256_of(gguf)) != model.sha256:
        raise StartupError(
            f"{gguf} is damaged: its SHA-256 is {found} instead of {model.sha256}. Remove it with "
            f"`kefu models remove {model.name}`; it is then fetched again."
        )


def _size(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size
    # The hub's folders hold links to files that are counted where they are.
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())
