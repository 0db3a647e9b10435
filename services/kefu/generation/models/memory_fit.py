"""Memory fit: what a model needs of a memory, told from its files and its configuration before anything is loaded.

Weights and key/value cache are arithmetic. What an engine needs besides is an estimate (`working_bytes`): it follows
how vLLM 0.32 profiles a start, and no card has confirmed it yet. `make gpu-check` prints it beside what vLLM takes.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from kefu.common.errors import StartupError

GIB = 2**30
Quantization = Literal["none", "awq", "fp8"]
_ASSUMED_RUNTIME_BYTES = 3 * GIB // 2
"""CUDA's context, its libraries' workspaces and captured graphs of one card."""
_SAMPLING_BYTES = 20
"""Of one number of the vocabulary: logits, probabilities, and their order with its indices."""
_LINEAR_BYTES: Mapping[Quantization, float] = {"none": 2.0, "fp8": 1.0, "awq": 0.5 + (2.0 + 0.5) / 128}
"""Bytes of one weight of a linear layer; AWQ keeps a scale and a zero point for each group of 128."""
_NUMBER_BYTES = 2
"""Of embeddings, activations and the key/value cache: bfloat16 and float16 alike."""
_MOST_HEADER_BYTES = 100_000_000
"""As in the safetensors library."""


@dataclass(frozen=True)
class ModelShape:
    """The numbers of a decoder's config.json that decide about memory."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_size: int
    intermediate: int
    vocabulary: int
    tied_embeddings: bool = False
    """One table serves as embedding and as output layer."""

    def kv_bytes_per_token(self, number_bytes: int = _NUMBER_BYTES, cards: int = 1) -> int:
        """Key and value of one token in all layers, on each of `cards`. Fewer heads than cards are kept twice."""
        return 2 * self.layers * max(1, self.kv_heads // cards) * self.head_size * number_bytes

    def weight_bytes(self, quantization: Quantization = "none") -> int:
        """Weights of a dense model without its files: linear layers as quantized, embeddings and output in 16 bits."""
        attention = self.hidden * self.head_size * (2 * self.heads + 2 * self.kv_heads)
        linear = self.layers * (attention + 3 * self.hidden * self.intermediate)
        tables = self.vocabulary * self.hidden * (1 if self.tied_embeddings else 2)
        return round(linear * _LINEAR_BYTES[quantization]) + tables * _NUMBER_BYTES

    def working_bytes(self, batched_tokens: int, max_running: int, cards: int = 1) -> int:
        """Estimate of activations, logits and the runtime's own memory on each card."""
        activations = batched_tokens * (2 * self.hidden + 3 * self.intermediate // cards) * _NUMBER_BYTES
        return activations + max_running * self.vocabulary * _SAMPLING_BYTES + _ASSUMED_RUNTIME_BYTES


@dataclass(frozen=True)
class MemoryNeed:
    """What one engine needs, in bytes of one memory: of each card, or of the machine."""

    weights: int
    kv_per_token: int
    working: int = 0

    def kv_tokens(self, budget: int) -> int:
        """Tokens of prompts and answers that the key/value cache holds at once in `budget` bytes; 0: none."""
        return max(0, budget - self.weights - self.working) // self.kv_per_token


def read_shape(folder: Path) -> ModelShape:
    """The shape in a model folder's config.json. Raises StartupError when it is not there or tells too little."""
    config = _read_object(folder / "config.json")
    inner = config.get("text_config")
    told: dict[str, Any] = cast("dict[str, Any]", inner) if isinstance(inner, dict) else config
    try:
        heads, hidden = int(told["num_attention_heads"]), int(told["hidden_size"])
        return ModelShape(
            layers=int(told["num_hidden_layers"]),
            hidden=hidden,
            heads=heads,
            kv_heads=int(told.get("num_key_value_heads") or heads),
            head_size=int(told.get("head_dim") or hidden // heads),
            intermediate=int(told["intermediate_size"]),
            vocabulary=int(told["vocab_size"]),
            tied_embeddings=bool(told.get("tie_word_embeddings", config.get("tie_word_embeddings", False))),
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise StartupError(
            f"{folder / 'config.json'} does not tell the model's shape ({error!r}); is it the configuration of a "
            "language model, whole?"
        ) from error


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files that hold the weights, each once. Raises StartupError when one is missing."""
    index = folder / "model.safetensors.index.json"
    if index.exists():
        parts = _read_object(index).get("weight_map")
        names = sorted(set(cast("dict[str, str]", parts).values())) if isinstance(parts, dict) else []
        if missing := [name for name in names if not (folder / name).exists()]:
            raise StartupError(f"{folder} lacks {', '.join(missing)}, of which {index.name} speaks; fetch it again.")
    else:
        # Some publishers put a second copy of all weights beside the parts, under this name.
        names = [file.name for file in sorted(folder.glob("*.safetensors")) if not file.name.startswith("consolidated")]
    if not names:
        raise StartupError(f"{folder} holds no weights as .safetensors files; fetch the model again.")
    return tuple(folder / name for name in names)


def stored_weight_bytes(folder: Path) -> int:
    """Bytes of the weights in a folder, as they are stored. Raises StartupError like `weight_files`."""
    return sum(file.stat().st_size for file in weight_files(folder))


def check_weight_files(folder: Path) -> int:
    """Check that each file is as long as its header says, and return their number of tensors.

    Reads no weights, so that a download that was cut is told within a second. Raises StartupError.
    """
    return sum(_check_header(file) for file in weight_files(folder))


def _check_header(file: Path) -> int:
    size = file.stat().st_size
    with file.open("rb") as opened:
        start = opened.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else _MOST_HEADER_BYTES + 1
        if length > min(size, _MOST_HEADER_BYTES):
            raise StartupError(f"{file} is no safetensors file, or was cut short; fetch it again.")
        try:
            header: dict[str, dict[str, Any]] = json.loads(opened.read(length))
            tensors = [tensor for name, tensor in header.items() if name != "__metadata__"]
            end = 8 + length + max((int(tensor["data_offsets"][1]) for tensor in tensors), default=0)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise StartupError(f"{file} has a header that cannot be read ({error!r}); fetch it again.") from error
    if end != size:
        raise StartupError(f"{file} has {size:,} bytes, and its header speaks of {end:,}; fetch it again.")
    return len(tensors)


def _read_object(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise StartupError(f"{file} cannot be read: {error}") from error
    if not isinstance(read, dict):
        raise StartupError(f"{file} is no JSON object.")
    return cast("dict[str, Any]", read)
