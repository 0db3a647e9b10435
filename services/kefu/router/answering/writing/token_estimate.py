"""Token estimates: the router has no tokenizer, and corrects itself by the counts that come back."""

import re

from kefu.text.language import han_characters

_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile("[A-Za-z ]+")
_MESSAGE_OVERHEAD = 5  # what a chat template puts around a message


class TokenEstimate:
    """Estimates tokens by script; `learn` moves later estimates towards what a tokenizer counted."""

    def __init__(self) -> None:
        self._factor = 1.0

    def of(self, text: str) -> int:
        """The estimated tokens of a text."""
        return round(_by_script(text) * self._factor)

    def of_messages(self, texts: list[str]) -> int:
        """The estimated tokens of a conversation."""
        return sum(self.of(text) + _MESSAGE_OVERHEAD for text in texts)

    def learn(self, texts: list[str], counted: int) -> None:
        """Learn how many tokens a prompt of these messages had."""
        raw = sum(_by_script(text) + _MESSAGE_OVERHEAD for text in texts)
        if raw and counted:
            # Slowly, and never far: one odd prompt must not make the next ones too long or too short.
            self._factor = min(max(0.9 * self._factor + 0.1 * counted / raw, 0.5), 2.0)


def _by_script(text: str) -> float:
    # Where to begin: byte-pair tokenizers of Qwen's kind take about 1.5 Han characters a token, 4.5 Latin letters, or
    # one digit; `learn` does the rest.
    han = han_characters(text)
    digits = sum(map(len, _DIGITS.findall(text)))
    letters = sum(map(len, _LETTERS.findall(text)))
    rest = len(text) - han - digits - letters
    return 0.67 * han + digits + 0.22 * letters + 0.6 * rest
