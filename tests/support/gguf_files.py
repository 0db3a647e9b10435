"""Small GGUF files: a header as a model's, and one tensor."""

from pathlib import Path

import gguf
import numpy as np


def write_gguf(path: Path, *, layers: int = 24, context: int = 4096, tensor_bytes: int = 4096) -> Path:
    """Write a file whose header describes a Qwen of this size, with `tensor_bytes` of weights."""
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(context)
    writer.add_block_count(layers)
    writer.add_embedding_length(896)
    writer.add_head_count(14)
    writer.add_head_count_kv(2)
    writer.add_tensor("token_embd.weight", np.zeros(tensor_bytes // 4, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
