"""Weights in int8: every linear layer but the last, each row to within half a step of its scale."""

from typing import Any

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from kefu.generation.models.gguf_conversion import int8_weights

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.* is deprecated:DeprecationWarning")  # transformers' own


def small_model() -> Any:
    """Random weights, one row of zeros among them."""
    config = Qwen2Config(
        vocab_size=64,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
    )
    model: Any = Qwen2ForCausalLM(config)
    model = model.to(torch.bfloat16)
    model.model.layers[0].mlp.down_proj.weight.data[3] = 0
    return model


def test_linear_layers_become_whole_numbers_and_the_rest_stays() -> None:
    model = small_model()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    after = int8_weights(model)

    linear = {name for name in before if name.endswith("proj.weight")}
    assert len(linear) == 7
    assert {name for name, weight in after.items() if weight.dtype == torch.int8} == linear
    for name in linear:
        scale = after[f"{name}_scale"]
        assert scale.shape == (len(before[name]), 1)
        off = (after[name].float() * scale - before[name].float()).abs()
        assert bool((off <= scale * 0.51 + 1e-6).all()), name
    for name in set(before) - linear:
        assert torch.equal(after[name], before[name]), name


def test_the_configuration_says_how_they_are_to_be_read() -> None:
    model = small_model()
    int8_weights(model)
    said = model.config.quantization_config
    assert said["quant_method"] == "compressed-tensors"
    assert said["ignore"] == ["lm_head"]
    (group,) = said["config_groups"].values()
    assert (group["weights"]["num_bits"], group["weights"]["strategy"]) == (8, "channel")
    assert (group["input_activations"]["num_bits"], group["input_activations"]["strategy"]) == (8, "token")
    assert (group["input_activations"]["dynamic"], group["input_activations"]["symmetric"]) == (True, False)
