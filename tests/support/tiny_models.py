"""Models of two layers with random weights and a byte-level tokenizer: what an engine does with a model, in seconds."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch as typed_torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from kefu.generation.models.local_model import LocalModel
from tests.support.tiny_tokenizer import write_tokenizer

torch: Any = typed_torch  # partially typed, both
_safetensors: Any = safetensors.torch
_BYTES = 256
VOCABULARY = 320
"""256 bytes and the special tokens, rounded up to what kernels like."""
_SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": False,
    "eos_token_id": 256,
    "bos_token_id": 256,
}


def random_model(*, llama: bool = False, seed: int = 7) -> Any:
    """A model of two layers. Its weights are large enough that a little change writes another text.

    It writes bytes alone: no special token, and so no end of an answer before its last token.
    """
    torch.manual_seed(seed)
    shape: dict[str, Any] = {**_SHAPE, "initializer_range": 0.2}
    model: Any = LlamaForCausalLM(LlamaConfig(**shape)) if llama else Qwen2ForCausalLM(Qwen2Config(**shape))
    model.lm_head.weight.data[_BYTES:] = 0
    return model.to(torch.bfloat16).eval()


def write_model(folder: Path, *, llama: bool = False, model: Any = None, state_dict: Any = None) -> LocalModel:
    """A folder that engines load."""
    write_tokenizer(folder)
    saved = model or random_model(llama=llama)
    saved.save_pretrained(folder, state_dict=state_dict)
    return LocalModel(folder.name, folder, f"fingerprint-{folder.name}")


def quiet() -> None:
    """No progress bars of transformers in a test's output."""
    logging: Any = transformers.utils.logging  # partially typed
    logging.disable_progress_bar()


def write_quantized_model(folder: Path, method: str) -> tuple[LocalModel, Any]:
    """A folder in "awq" or "gptq" form, four bits a weight, and the model that its weights stand for."""
    model = random_model()
    weights: dict[str, Any] = {}
    linear = {name for name, layer in model.named_modules() if isinstance(layer, torch.nn.Linear) and name != "lm_head"}
    for name, weight in model.state_dict().items():
        owner, _, kind = name.rpartition(".")
        if owner not in linear or kind != "weight":
            weights[name] = weight
            continue
        packed, meant = _four_bits(weight.float().t(), method)
        weights |= {f"{owner}.{part}": tensor.contiguous() for part, tensor in packed.items()}
        weight.copy_(meant.t())
    settings: dict[str, Any] = {"quant_method": method, "bits": 4, "group_size": _GROUP}
    settings |= {"awq": {"zero_point": True, "version": "gemm"}, "gptq": {"desc_act": False, "sym": True}}[method]
    config = model.config.to_dict() | {"quantization_config": settings, "architectures": ["Qwen2ForCausalLM"]}
    write_tokenizer(folder)
    (folder / "config.json").write_text(json.dumps(config))
    _safetensors.save_file(weights, str(folder / "model.safetensors"))
    return LocalModel(folder.name, folder, f"fingerprint-{folder.name}"), model


_GROUP = 128
_AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)


def _four_bits(weight: Any, method: str) -> tuple[dict[str, Any], Any]:
    """Tensors of a layer whose weight is [in, out], packed, and the weight that they stand for."""
    inputs, outputs = weight.shape
    groups = weight.reshape(inputs // _GROUP, _GROUP, outputs)
    scale = (groups.abs().amax(1, keepdim=True) / 7).half().float()
    numbers = ((groups / scale).round() + 8).clamp(0, 15).to(torch.int32)
    meant = ((numbers - 8) * scale).reshape(inputs, outputs)
    numbers = numbers.reshape(inputs, outputs)
    scales = scale.reshape(-1, outputs).half()
    zeros = torch.full(scales.shape, 8 if method == "awq" else 7, dtype=torch.int32)  # GPTQ's file holds one less
    if method == "awq":
        return {
            "qweight": _packed(numbers, 1, _AWQ_ORDER),
            "qzeros": _packed(zeros, 1, _AWQ_ORDER),
            "scales": scales,
        }, meant
    group_of_input = torch.arange(inputs, dtype=torch.int32) // _GROUP
    return {
        "qweight": _packed(numbers, 0),
        "qzeros": _packed(zeros, 1),
        "scales": scales,
        "g_idx": group_of_input,
    }, meant


def _packed(numbers: Any, dimension: int, order: Sequence[int] = range(8)) -> Any:
    """Eight numbers of four bits in each of 32, along a dimension."""
    split = numbers.unflatten(dimension, (-1, 8)).movedim(dimension + 1, -1).to(torch.int64)
    whole = sum(split[..., source] << (4 * place) for place, source in enumerate(order))
    signed = torch.where(whole >= 2**31, whole - 2**32, whole)
    return signed.to(torch.int32)


def write_adapter(folder: Path, *, rank: int = 4, hidden_size: int = 256, layers: int = 2, seed: int = 11) -> Path:
    """A LoRA adapter for the models here, as PEFT writes it, large enough to change what is written."""
    generator = torch.Generator().manual_seed(seed)
    weights: dict[str, Any] = {}
    for layer in range(layers):
        for name, outputs in (("q_proj", hidden_size), ("v_proj", hidden_size // 2)):
            owner = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            weights[f"{owner}.lora_A.weight"] = torch.randn(rank, hidden_size, generator=generator)
            weights[f"{owner}.lora_B.weight"] = torch.randn(outputs, rank, generator=generator)
    folder.mkdir(parents=True, exist_ok=True)
    _safetensors.save_file(weights, str(folder / "adapter_model.safetensors"))
    settings = {
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": rank,
        "target_modules": ["q_proj", "v_proj"],
        "bias": "none",
    }
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    return folder


def greedy(model: Any, prompt_ids: Sequence[int], tokens: int) -> list[int]:
    """The ids that the model writes by transformers, in float32."""
    ids = torch.tensor([list(prompt_ids)])
    whole = model.float()
    with torch.no_grad():
        for _ in range(tokens):
            following = whole(ids).logits[:, -1].argmax(-1, keepdim=True)
            ids = torch.cat([ids, following], dim=1)
    return ids[0, len(prompt_ids) :].tolist()
