"""Folder tokenizer: `tokenizer.json` is read as it is, whatever class the folder names beside it."""

import json
from pathlib import Path

import pytest
import tokenizers

from kefu.common.errors import StartupError
from kefu.generation.decoding.tokenizer import check_tokenizer
from kefu.generation.engine import Message
from kefu.generation.engines.folder_tokenizer import FolderTokenizer
from tests.support.tiny_tokenizer import write_tokenizer

TEXTS = (
    "礼品卡多久过期？",
    "How long are gift cards valid?",
    "  two  spaces\n\nand lines",
    "退款 7–10 天 🇨🇳, 𠮷野家の🍣",
)


@pytest.fixture
def llama_typed(tmp_path: Path) -> Path:
    """A byte-level tokenizer in a folder that calls it Llama's, as R1-Distill-Llama's does."""
    write_tokenizer(tmp_path, tokenizer_class="LlamaTokenizerFast")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}))
    return tmp_path


@pytest.mark.parametrize("text", TEXTS)
def test_a_byte_level_tokenizer_that_a_folder_calls_llamas_loses_neither_chinese_nor_spaces(
    llama_typed: Path, text: str
) -> None:
    tokenizer = FolderTokenizer(llama_typed)
    ids = tokenizer.encode(text)
    assert ids == tokenizers.Tokenizer.from_file(str(llama_typed / "tokenizer.json")).encode(text).ids
    assert len(ids) == len(text.encode())  # a token for each byte
    assert tokenizer.decode(ids) == text


def test_it_passes_the_check_at_start_and_ends_answers_at_its_own_tokens(llama_typed: Path) -> None:
    tokenizer = FolderTokenizer(llama_typed)
    check_tokenizer(tokenizer, "llama")
    ends = {tokenizer.encode(token)[0] for token in ("<|im_end|>", "<|endoftext|>")}
    assert tokenizer.end_ids == ends
    assert tokenizer.render([Message("user", "hi")], False).endswith("<|im_start|>assistant\n")


def test_a_tokenizer_that_loses_text_is_refused_at_start(llama_typed: Path) -> None:
    file = llama_typed / "tokenizer.json"
    broken = json.loads(file.read_text())
    broken["normalizer"] = {"type": "Replace", "pattern": {"String": " "}, "content": ""}
    file.write_text(json.dumps(broken))
    with pytest.raises(StartupError, match="llama"):
        check_tokenizer(FolderTokenizer(llama_typed), "llama")


def test_a_folder_without_a_chat_template_is_refused(llama_typed: Path) -> None:
    settings = json.loads((llama_typed / "tokenizer_config.json").read_text())
    del settings["chat_template"]
    (llama_typed / "tokenizer_config.json").write_text(json.dumps(settings))
    with pytest.raises(StartupError, match="no chat template"):
        FolderTokenizer(llama_typed)
