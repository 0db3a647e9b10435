"""LoRA adapters with random weights, which change what any model of their shape writes."""

from pathlib import Path

import gguf
import numpy as np

from kefu.generation.models.gguf_header import GgufHeader

_RANK = 4


def write_gguf_adapter(path: Path, header: GgufHeader, *, width: int = 0) -> Path:
    """An adapter for the output of each layer's attention. A `width` other than the model's does not fit it."""
    size = width or header.number("embedding_length")
    writer = gguf.GGUFWriter(path, header.architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 2.0 * _RANK)
    random = np.random.default_rng(7)
    for layer in range(header.number("block_count")):
        name = f"blk.{layer}.attn_output.weight"
        writer.add_tensor(f"{name}.lora_a", random.normal(0, 0.1, (_RANK, size)).astype(np.float32))
        writer.add_tensor(f"{name}.lora_b", random.normal(0, 0.1, (size, _RANK)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
