"""Cards and models to compare with: what their makers publish of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kefu.generation.models.memory_fit import ModelShape
from kefu.generation.models.nvidia_cards import NvidiaCard

MIB = 2**20


def _card(name: str, mebibytes: int, capability: tuple[int, int]) -> NvidiaCard:
    return NvidiaCard(0, name, "", "", capability, mebibytes * MIB, mebibytes * MIB)


CARDS: Mapping[str, NvidiaCard] = {
    "T4": _card("Tesla T4", 15_360, (7, 5)),
    "L4": _card("NVIDIA L4", 23_034, (8, 9)),
    "A10": _card("NVIDIA A10", 23_028, (8, 6)),
    "L40S": _card("NVIDIA L40S", 46_068, (8, 9)),
    "A100 80 GB": _card("NVIDIA A100-SXM4-80GB", 81_920, (8, 0)),
    "H100 80 GB": _card("NVIDIA H100 80GB HBM3", 81_559, (9, 0)),
}
"""By the name people use; the name and the memory are those that nvidia-smi prints, with nothing else on the card."""


@dataclass(frozen=True)
class ReferenceModel:
    """A published model, by the numbers of its config.json."""

    architecture: str
    kind: str
    shape: ModelShape
    max_model_tokens: int

    def config(self) -> dict[str, Any]:
        """A config.json with this shape, and no weights to it."""
        shape = self.shape
        return {
            "architectures": [self.architecture],
            "model_type": self.kind,
            "hidden_size": shape.hidden,
            "intermediate_size": shape.intermediate,
            "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.kv_heads,
            "num_hidden_layers": shape.layers,
            "head_dim": shape.head_size,
            "vocab_size": shape.vocabulary,
            "tie_word_embeddings": shape.tied_embeddings,
            "max_position_embeddings": self.max_model_tokens,
            "torch_dtype": "bfloat16",
            "hidden_act": "silu",
            "rms_norm_eps": 1e-6,
            "rope_theta": 10_000.0,
        }


def _qwen(shape: ModelShape) -> ReferenceModel:
    return ReferenceModel("Qwen2ForCausalLM", "qwen2", shape, 131_072)


MODELS: Mapping[str, ReferenceModel] = {
    "R1-Distill-Qwen-1.5B": _qwen(ModelShape(28, 1536, 12, 2, 128, 8960, 151_936)),
    "R1-Distill-Qwen-7B": _qwen(ModelShape(28, 3584, 28, 4, 128, 18_944, 152_064)),
    "R1-Distill-Llama-8B": ReferenceModel(
        "LlamaForCausalLM", "llama", ModelShape(32, 4096, 32, 8, 128, 14_336, 128_256), 131_072
    ),
    "R1-Distill-Qwen-14B": _qwen(ModelShape(48, 5120, 40, 8, 128, 13_824, 152_064)),
    "R1-Distill-Qwen-32B": _qwen(ModelShape(64, 5120, 40, 8, 128, 27_648, 152_064)),
}
