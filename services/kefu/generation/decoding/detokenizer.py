"""Detokenizer: from token ids to pieces of text. Each piece ends on a whole character and has the ids that made it."""

from collections.abc import Callable, Sequence

_REPLACEMENT = "\ufffd"
_CONTEXT = 6
"""Tokens decoded before the new ones, for tokenizers whose text depends on the tokens before it (spaces)."""

_LONGEST_CHARACTER = 4
"""Bytes of UTF-8, and so the most tokens of one character."""


class Detokenizer:
    """Holds back tokens until their text is whole: a rare Han character or an emoji takes two to four of them.

    `decode` turns ids into text, writing U+FFFD for bytes that are not a character (yet).
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._context: list[int] = []
        self._context_text = ""
        self._held: list[int] = []
        self._held_new: list[int] = []

    def prime(self, prompt_ids: Sequence[int]) -> None:
        """Begin after a prompt. A character that the prompt leaves incomplete comes out once it is whole."""
        whole = len(prompt_ids)
        while whole > max(len(prompt_ids) - _LONGEST_CHARACTER, 0) and self._decode(
            prompt_ids[max(whole - _CONTEXT, 0) : whole]
        ).endswith(_REPLACEMENT):
            whole -= 1
        self._restart(list(prompt_ids[max(whole - _CONTEXT, 0) : whole]))
        for token_id in prompt_ids[whole:]:
            self.push(token_id, new=False)

    def push(self, token_id: int, *, new: bool = True) -> tuple[str, tuple[int, ...]] | None:
        """Take the next token, and return the text that is whole now with its ids; None while it is not whole.

        `new=False` is for tokens that were sent before. Their text comes out too, but their ids do not, so that a
        character that began in old tokens and ends in new ones comes out once, with the new ids.
        """
        self._held.append(token_id)
        if new:
            self._held_new.append(token_id)
        text = self._decode([*self._context, *self._held])[len(self._context_text) :]
        if text.endswith(_REPLACEMENT):
            return None
        ids = tuple(self._held_new)
        self._restart([*self._context, *self._held][-_CONTEXT:])
        return text, ids

    @property
    def is_settled(self) -> bool:
        """Whether no character is incomplete."""
        return not self._held

    def _restart(self, context: list[int]) -> None:
        self._context = context
        self._context_text = self._decode(context)
        self._held = []
        self._held_new = []
