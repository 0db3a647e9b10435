"""A model's folder without weights, for what vLLM decides before it reads any."""

import json
from pathlib import Path
from typing import Any

import pytest

from kefu.generation.engines.vllm_arguments import VllmSettings
from kefu.generation.models.local_model import LocalModel
from tests.support.tiny_tokenizer import write_tokenizer

SETTINGS = VllmSettings(
    max_model_tokens=8192,
    max_running=64,
    kv_cache_gib=1,
    gpu_memory_utilization=0.9,
    tensor_parallel_size=1,
    default_reasoning_tokens=64,
    stuck_seconds=60,
)
SHAPE: dict[str, Any] = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 320,
    "max_position_embeddings": 2048,
    "dtype": "bfloat16",
}


@pytest.fixture
def model_shape(tmp_path: Path) -> LocalModel:
    """A folder with the shape and the tokenizer of a model, and no weights."""
    folder = tmp_path / "shape"
    write_tokenizer(folder)
    (folder / "config.json").write_text(json.dumps(SHAPE))
    return LocalModel("shape", folder, "f")
