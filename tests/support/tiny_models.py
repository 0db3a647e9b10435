"""Models of two layers with random weights and a byte-level tokenizer: what an engine does with a model, in seconds."""

import json
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers
from tokenizers import decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from kefu.generation.models.local_model import LocalModel

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
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


def write_tokenizer(folder: Path, tokenizer_class: str = "PreTrainedTokenizerFast") -> None:
    """A token for each byte, and the special ones, in the files of the model hub."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer: Any = tokenizers.Tokenizer(  # partially typed, as what follows
        models.BPE(vocab={letter: number for number, letter in enumerate(letters)}, merges=[])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": tokenizer_class,
                "eos_token": "<|endoftext|>",
                "bos_token": "<|endoftext|>",
                "pad_token": "<|endoftext|>",
                "chat_template": CHAT_TEMPLATE,
            }
        )
    )


def random_model(*, llama: bool = False, seed: int = 7) -> Any:
    """A model of two layers. Its weights are large enough that a little change writes another text."""
    seeded: Any = torch  # partially typed
    seeded.manual_seed(seed)
    shape: dict[str, Any] = {**_SHAPE, "initializer_range": 0.2}
    model: Any = LlamaForCausalLM(LlamaConfig(**shape)) if llama else Qwen2ForCausalLM(Qwen2Config(**shape))
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
