"""Tokenizer protocol: what answers are planned and decoded with; and the check that one loses no text."""

from collections.abc import Sequence
from typing import Protocol

from kefu.common.errors import StartupError
from kefu.generation.engine import Message

_SENTENCES = ("How long are gift cards valid?", "礼品卡多久过期？", "𠮷野家 🍣: 7–10 天, naïve")


class Tokenizer(Protocol):
    """A model's tokenizer and its chat template."""

    @property
    def size(self) -> int:
        """Number of ids: each is below it."""
        ...

    @property
    def chat_template(self) -> str:
        """The template, in Jinja."""
        ...

    def encode(self, text: str) -> list[int]:
        """Ids of a text, which may hold special tokens in writing."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, without special tokens, and with U+FFFD for bytes that are no character."""
        ...

    def render(self, messages: Sequence[Message], think: bool) -> str:
        """The prompt's text, up to where the assistant speaks. Raises ValueError when the template refuses a role."""
        ...


def check_tokenizer(tokenizer: Tokenizer, model: str) -> None:
    """Raise StartupError when sentences in two languages do not survive encoding.

    Files that name the wrong class lose all spaces or all Chinese without an error: R1-Distill-Llama is read so by
    transformers from a folder (transformers#45488).
    """
    for sentence in _SENTENCES:
        if (found := tokenizer.decode(tokenizer.encode(sentence)).strip()) != sentence:
            raise StartupError(
                f"The tokenizer of {model} turns {sentence!r} into {found!r}: its files do not fit the model. "
                "Fetch the model again, or choose another one."
            )
