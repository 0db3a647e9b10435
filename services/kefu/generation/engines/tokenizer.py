"""A model's tokenizer and chat template, behind the few calls that are used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kefu.common.errors import StartupError
from kefu.generation.engine import Message

_CONVERSATION_ENDS = ("<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<｜end▁of▁sentence｜>")
"""Tokens that end an answer in well-known templates, though a model's `eos_token` may be another one."""


class Tokenizer:
    """The tokenizer in a model's folder. Raises StartupError when there is none, or no chat template."""

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
        self._control = sorted((str(token) for token in tokenizer.get_added_vocab()), key=len, reverse=True)

    def encode(self, text: str) -> list[int]:
        """Ids of a text, in which special tokens may be written out."""
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; special tokens give none, and bytes that are no character give U+FFFD."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def render(self, messages: Sequence[Message], think: bool) -> str:
        """The template's text up to where the assistant speaks. Raises ValueError where the template refuses a role."""
        from jinja2 import TemplateError

        try:
            text = self._tokenizer.apply_chat_template(
                [{"role": message.role, "content": self._defused(message.content)} for message in messages],
                add_generation_prompt=True,
                tokenize=False,
                enable_thinking=think,  # Qwen3 and its kin; others ignore it
            )
        except TemplateError as error:
            raise ValueError(str(error)) from error
        return str(text)

    def _defused(self, text: str) -> str:
        """A customer who types `<|im_end|>` must not end the turn: such tokens are broken up by a space."""
        for token in self._control:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text

    def _find_end_ids(self) -> frozenset[int]:
        vocabulary: dict[str, int] = self._tokenizer.get_vocab()
        ends = {vocabulary[token] for token in _CONVERSATION_ENDS if token in vocabulary}
        if self._tokenizer.eos_token_id is not None:
            ends.add(int(self._tokenizer.eos_token_id))
        return frozenset(ends)
