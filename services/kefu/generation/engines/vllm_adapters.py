"""vLLM's adapters: LoRA folders as PEFT writes them, held against the model before anything is loaded.

vLLM takes an adapter of other dimensions without a word, and copies what fits of it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kefu.common.errors import StartupError

_SETTING = "KEFU_GENERATION_ADAPTERS"
_PREFIX = "base_model.model."
_DOWN, _UP = ".lora_A.weight", ".lora_B.weight"


@dataclass(frozen=True)
class LoraAdapter:
    """A LoRA adapter in a folder."""

    name: str
    path: Path
    rank: int


def read_adapters(paths: Mapping[str, Path], model: Path) -> tuple[LoraAdapter, ...]:
    """The adapters of a setting. Raises StartupError for a folder that holds none, or one that does not fit the model.

    A model without weights in its folder (load format `dummy`) is not held against them.
    """
    if not paths:
        return ()
    shapes = dict(_shapes(model))
    return tuple(_read(name, path.expanduser().resolve(), shapes) for name, path in paths.items())


def _read(name: str, path: Path, model: Mapping[str, tuple[int, ...]]) -> LoraAdapter:
    try:
        rank = int(json.loads((path / "adapter_config.json").read_text())["r"])
        weights = dict(_shapes(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartupError(
            f"{_SETTING}: {name} is to be a LoRA adapter, and {path} holds none that can be read ({error!r}). Give a "
            "folder with adapter_config.json and adapter_model.safetensors, as PEFT writes them."
        ) from error
    down = {key.removesuffix(_DOWN): shape for key, shape in weights.items() if key.endswith(_DOWN)}
    up = {key.removesuffix(_UP): shape for key, shape in weights.items() if key.endswith(_UP)}
    if not down or down.keys() != up.keys():
        raise StartupError(f"{_SETTING}: {name} in {path} holds no LoRA weights, or not both parts of each.")
    for key, (inner, inputs) in down.items():
        outputs, also_inner = up[key]
        if inner != also_inner or inner > rank:
            raise StartupError(
                f"{_SETTING}: {name} in {path} has the rank {rank} by its adapter_config.json, and {key} has {inner}."
            )
        layer = key.removeprefix(_PREFIX)
        wanted = model.get(f"{layer}.weight")
        if wanted is not None and wanted != (outputs, inputs):
            raise StartupError(
                f"{_SETTING}: {name} in {path} does not fit this model: {layer} has {wanted[0]} x {wanted[1]} weights "
                f"there, and the adapter is made for {outputs} x {inputs}. Was it trained on another model?"
            )
        if wanted is None and model and not _is_packed(layer, model):
            raise StartupError(f"{_SETTING}: {name} in {path} does not fit this model, which has no {layer}.")
    return LoraAdapter(name, path, rank)


def _is_packed(layer: str, model: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether the layer is quantized in a way that hides its dimensions, as AWQ and GPTQ do."""
    return any(f"{layer}.{part}" in model for part in ("qweight", "weight_packed"))


def _shapes(folder: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of a folder's tensors, read from their files' heads."""
    import safetensors

    for file in sorted(folder.glob("*.safetensors")):
        try:
            opened: Any = safetensors.safe_open(str(file), framework="numpy")
        except safetensors.SafetensorError as error:
            raise ValueError(f"{file.name}: {error}") from error
        with opened as tensors:
            for key in tensors.keys():  # noqa: SIM118 - it is no dictionary
                yield key, tuple(tensors.get_slice(key).get_shape())
