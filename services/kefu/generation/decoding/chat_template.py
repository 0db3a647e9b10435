"""Chat template: from a conversation to a prompt, by the model's own template, and whether the model can reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kefu.generation.decoding.reasoning import CLOSE, EMPTY_BLOCK, FORCED_CLOSE, OPEN
from kefu.generation.engine import Message

Render = Callable[[Sequence[Message], bool], str]
"""Renders messages to the prompt's text, up to where the assistant speaks. The second argument says whether the model
may reason. Raises ValueError for a role that the template refuses."""


class PromptText(NamedTuple):
    """Text of a prompt, and whether it ends inside a think block."""

    text: str
    reasoning_opened: bool


@dataclass(frozen=True)
class ChatTemplate:
    """Properties of a model's chat template."""

    supports_reasoning: bool
    """The template knows `<think>`."""
    has_system_role: bool
    """False: instructions go into the first user message."""
    temperature: float
    """The model's recommendation, used unless a request sets its own; `top_p` likewise."""
    top_p: float

    @classmethod
    def of(cls, template: str, generation_config: dict[str, float]) -> "ChatTemplate":
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

    def prompt(
        self, messages: Sequence[Message], *, think: bool, render: Render, must_open: bool = False
    ) -> PromptText:
        """The prompt up to where the answer begins; with `think`, up to where the reasoning begins.

        `must_open`: a block that the model would open by itself is opened in the prompt.
        """
        if not self.has_system_role:
            messages = merge_system_messages(messages)
        try:
            text = render(messages, think)
        except ValueError:  # a template that has no system role says so by raising
            text = render(merge_system_messages(messages), think)
        if not self.supports_reasoning:
            return PromptText(text, reasoning_opened=False)
        opened = text.rstrip().endswith(OPEN)
        if think and must_open and not opened:
            return PromptText(f"{text}{OPEN}\n", reasoning_opened=True)
        if think:
            return PromptText(text, reasoning_opened=opened)
        if opened:
            return PromptText(f"{text.rstrip()}\n{FORCED_CLOSE}", reasoning_opened=False)
        closed = text.rstrip().endswith(CLOSE)
        return PromptText(text if closed else text + EMPTY_BLOCK, reasoning_opened=False)


def merge_system_messages(messages: Sequence[Message]) -> list[Message]:
    """The conversation with its system messages moved to the head of the first user message."""
    instructions = "\n\n".join(message.content for message in messages if message.role == "system")
    others = [message for message in messages if message.role != "system"]
    if not instructions:
        return others
    for index, message in enumerate(others):
        if message.role == "user":
            others[index] = Message("user", f"{instructions}\n\n{message.content}")
            return others
    return [Message("user", instructions), *others]
