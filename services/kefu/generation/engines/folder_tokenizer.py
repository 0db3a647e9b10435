"""Folder tokenizer: the tokenizer and the chat template in a model's folder, as the model hub lays it out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import tokenizers

from kefu.common.errors import StartupError
from kefu.generation.decoding.rendered_chat import ChatRenderer
from kefu.generation.engine import Message

_END_TOKENS = ("<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<｜end▁of▁sentence｜>")
"""Tokens that end an answer in well-known templates, though a model's `eos_token` may be another one."""


class FolderTokenizer:
    """See Tokenizer. Raises StartupError when the folder holds no tokenizer, or no chat template.

    `tokenizer.json` is read as it is. The class that a folder names beside it is not asked: for some models it is a
    wrong one, which changes the ids. A folder without that file is read by transformers.
    """

    def __init__(self, path: Path) -> None:
        settings = _read_json(path / "tokenizer_config.json")
        self._tokenizer = _read_tokenizer(path)
        self.chat_template = _chat_template(path, settings)
        self.size = self._tokenizer.get_vocab_size(with_added_tokens=True)
        eos = _token_text(settings.get("eos_token"))
        ends = (self._tokenizer.token_to_id(token) for token in (*_END_TOKENS, eos) if token)
        self.end_ids = frozenset(token_id for token_id in ends if token_id is not None)
        self._renderer = ChatRenderer(
            self.chat_template,
            bos_token=_token_text(settings.get("bos_token")),
            eos_token=eos,
            control_tokens=(token.content for token in self._tokenizer.get_added_tokens_decoder().values()),
        )

    def encode(self, text: str) -> list[int]:
        """See Tokenizer."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Sequence[int]) -> str:
        """See Tokenizer."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=True)

    def render(self, messages: Sequence[Message], think: bool) -> str:
        """See Tokenizer."""
        return self._renderer.render(messages, think)


def _read_tokenizer(path: Path) -> tokenizers.Tokenizer:
    file = path / "tokenizer.json"
    try:
        if file.exists():
            return tokenizers.Tokenizer.from_file(str(file))
        import transformers

        auto: Any = transformers.AutoTokenizer  # partially typed
        converted: tokenizers.Tokenizer = auto.from_pretrained(path).backend_tokenizer
    except Exception as error:  # the library in Rust raises plain exceptions
        raise StartupError(f"{path} holds no tokenizer that can be read: {error}") from error
    return converted


def _chat_template(path: Path, settings: dict[str, Any]) -> str:
    if (file := path / "chat_template.jinja").exists():
        return file.read_text()
    template: Any = settings.get("chat_template")
    if isinstance(template, list):  # several, by name
        named = cast("list[dict[str, str]]", template)
        template = next((one["template"] for one in named if one.get("name") == "default"), None)
    if not isinstance(template, str):
        raise StartupError(f"The model in {path} has no chat template; use its instruct or chat variant.")
    return template


def _token_text(token: Any) -> str:
    """A token as the settings write it: a text, or an object with its `content`."""
    if isinstance(token, dict):
        return cast("dict[str, str]", token).get("content", "")
    return str(token or "")


def _read_json(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text())) if file.exists() else {}
    except (OSError, ValueError, TypeError) as error:
        raise StartupError(f"{file} cannot be read: {error}") from error
