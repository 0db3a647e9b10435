"""From a conversation to a prompt, by the model's own chat template, and what that template says about thinking."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kefu.generation.decoding.reasoning import CLOSE, EMPTY_BLOCK, FORCED_CLOSE, OPEN
from kefu.generation.engine import Message

Render = Callable[[Sequence[Message], bool], str]
"""Messages and "may think" to the prompt's text, opened for the assistant. Raises ValueError for a role that the
template refuses."""


class PromptText(NamedTuple):
    """A prompt, and whether it ends inside a think block."""

    text: str
    reasoning_opened: bool


@dataclass(frozen=True)
class ChatFormat:
    """How a model wants its conversations."""

    supports_reasoning: bool
    """The template knows `<think>`."""
    has_system_role: bool
    """False: instructions go into the first user message."""
    temperature: float
    """Recommended, and used unless a request says otherwise."""
    top_p: float

    @classmethod
    def of(cls, template: str, generation_config: dict[str, float]) -> "ChatFormat":
        """Read a template and the model's own recommended sampling.

        R1 models are known by their template, which opens the block itself after `<｜Assistant｜>`; DeepSeek advises
        no system role, temperature 0.6 and top-p 0.95 for them (its model card, "Usage Recommendations").
        """
        thinks = CLOSE in template
        r1 = thinks and "<｜Assistant｜>" in template
        return cls(
            supports_reasoning=thinks,
            has_system_role=not r1,
            temperature=generation_config.get("temperature", 0.6 if r1 else 0.3),
            top_p=generation_config.get("top_p", 0.95 if r1 else 0.9),
        )

    def prompt(self, messages: Sequence[Message], *, think: bool, render: Render) -> PromptText:
        """The prompt up to where the answer (or, with `think`, the thinking) begins."""
        if not self.has_system_role:
            messages = folded(messages)
        try:
            text = render(messages, think)
        except ValueError:  # a template that has no system role says so by raising
            text = render(folded(messages), think)
        if not self.supports_reasoning:
            return PromptText(text, reasoning_opened=False)
        opened = text.rstrip().endswith(OPEN)
        if think:
            return PromptText(text, reasoning_opened=opened)
        if opened:
            return PromptText(f"{text.rstrip()}\n{FORCED_CLOSE}", reasoning_opened=False)
        closed = text.rstrip().endswith(CLOSE)
        return PromptText(text if closed else text + EMPTY_BLOCK, reasoning_opened=False)


def folded(messages: Sequence[Message]) -> list[Message]:
    """The same conversation with its instructions at the head of the first user message."""
    instructions = "\n\n".join(message.content for message in messages if message.role == "system")
    others = [message for message in messages if message.role != "system"]
    if not instructions:
        return others
    for index, message in enumerate(others):
        if message.role == "user":
            others[index] = Message("user", f"{instructions}\n\n{message.content}")
            return others
    return [Message("user", instructions), *others]
