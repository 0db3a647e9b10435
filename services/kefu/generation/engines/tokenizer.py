"""Tokenizer of a model, and its chat template."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kefu.common.errors import StartupError
from kefu.generation.engine import Message

_END_TOKENS = ("<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<｜end▁of▁sentence｜>")
"""Tokens that end an answer in well-known templates, though a model's `eos_token` may be another one."""


class Tokenizer:
    """The tokenizer in a model's folder. Raises StartupError when there is none, or when it has no chat template."""

    def __init__(self, path: Path) -> None:
        import transformers

        auto: Any = transformers.AutoTokenizer  # partially typed
        try:
            tokenizer: Any = auto.from_pretrained(path)
        except (OSError, ValueError) as error:
            raise StartupError(f"{path} holds no tokenizer that transformers can read: {error}") from error
        self._tokenizer: Any = tokenizer
        template: Any = tokenizer.chat_template
        if not isinstance(template, str):
            raise StartupError(f"The model in {path} has no chat template; use its instruct or chat variant.")
        self.chat_template = template
        self.size = len(tokenizer)
        self.end_ids = self._find_end_ids()
        self._control_tokens = sorted((str(token) for token in tokenizer.get_added_vocab()), key=len, reverse=True)

    def encode(self, text: str) -> list[int]:
        """Ids of a text, which may hold special tokens in writing."""
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, without special tokens, and with U+FFFD for bytes that are no character."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def render(self, messages: Sequence[Message], think: bool) -> str:
        """The prompt's text, up to where the assistant speaks. Raises ValueError when the template refuses a role."""
        from jinja2 import TemplateError

        try:
            text = self._tokenizer.apply_chat_template(
                [
                    {"role": message.role, "content": self._without_control_tokens(message.content)}
                    for message in messages
                ],
                add_generation_prompt=True,
                tokenize=False,
                enable_thinking=think,  # for Qwen3 and its kin; other templates ignore it
            )
        except TemplateError as error:
            raise ValueError(str(error)) from error
        return str(text)

    def _without_control_tokens(self, text: str) -> str:
        """Break up control tokens with a space: a customer who types `<|im_end|>` must not end the message."""
        for token in self._control_tokens:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    def _find_end_ids(self) -> frozenset[int]:
        vocabulary: dict[str, int] = self._tokenizer.get_vocab()
        ends = {vocabulary[token] for token in _END_TOKENS if token in vocabulary}
        if self._tokenizer.eos_token_id is not None:
            ends.add(int(self._tokenizer.eos_token_id))
        return frozenset(ends)
