"""Model source: what a model's name stands for, told before anything is loaded or downloaded."""

from pathlib import Path

from kefu.common.errors import StartupError
from kefu.generation.models.catalog import CATALOG

HUB_FOLDER = "hub"
"""Folder of the cache with what came from the model hub, in the hub's own layout."""


def local_path(model: str) -> Path | None:
    """The model folder or .gguf file that `model` names; None for a catalog name, and for an id on the model hub.

    Raises StartupError for a path at which there is no model.
    """
    if model.lower() in CATALOG:
        return None
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / "config.json").exists():
            raise StartupError(f"{path} holds no config.json, so it is no model folder; give one, or a .gguf file.")
        return path
    if path.is_file():
        if path.suffix != ".gguf":
            raise StartupError(f"{path} is no .gguf file; give a .gguf file, or the folder of a model.")
        return path
    if _is_path(model):
        raise StartupError(
            f"There is no model at {model}. Set KEFU_GENERATION_MODEL to a model folder, a .gguf file, an id on the "
            f"model hub such as Qwen/Qwen2.5-1.5B-Instruct, or one of: {', '.join(CATALOG)}."
        )
    return None


def gguf_size(model: str) -> int:
    """Bytes of the GGUF file that `model` names, which need not be on this machine yet; 0 for a model without one."""
    if named := CATALOG.get(model.lower()):
        return named.size
    path = local_path(model)
    return path.stat().st_size if path is not None and path.is_file() else 0


def unreachable(model: str) -> StartupError:
    """The error for a hub id that is not on this machine, while the hub cannot be reached."""
    return StartupError(
        f"{model} is not on this machine, and the model hub cannot be reached. Set KEFU_GENERATION_MODEL to a "
        f"model folder, a .gguf file, or one of: {', '.join(CATALOG)}."
    )


def _is_path(model: str) -> bool:
    return model.startswith((".", "/", "~")) or model.endswith(".gguf") or model.count("/") != 1
