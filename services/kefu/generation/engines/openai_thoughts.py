"""
Thinking behind chat completions: how a model there is made to answer at once, which only trying it tells.

Hybrid models (Qwen3) have a switch in their template. R1's template has none: it opens a think block whatever it is
asked. vLLM, SGLang and llama.cpp's server let an assistant's last message be continued, each in its own way, and others
refuse it or take no notice. What comes before an answer is thought, whether the server tells it apart or not.
"""

import re
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import Any

import openai

from kefu.generation.decoding.reasoning import CLOSE, EMPTY_BLOCK, ThinkSplitter
from kefu.generation.engine import Channel, Message
from kefu.generation.engines.openai_stream import deltas

R1_ASSISTANT = "<｜Assistant｜>"
"""What begins the assistant's turn in the templates of DeepSeek-R1 and its distills."""
_TRIAL = (Message("user", "Is ice cold? Answer with one word."),)
_TRIAL_TOKENS = 200
"""An answer at once takes a few of them; thoughts are told by their tag, or take them all."""


class Closing(Enum):
    """How a request asks for an answer without thoughts."""

    SWITCH = "switch"
    """By `enable_thinking` of the model's template; servers that know no such argument ignore it."""
    R1_TURN = "r1_turn"
    """By an empty think block behind R1's mark of the assistant's turn, at the end of the last message: R1's published
    template takes think blocks out of what the assistant wrote, so that vLLM refuses PREFIX."""
    PREFIX = "prefix"
    """By such a block that the assistant has written already and goes on from."""
    NONE = "none"
    """Not at all: the model thinks, and needs tokens for that besides those of its answer."""


@dataclass(frozen=True)
class Thinking:
    """What is known of the thoughts of a model at a server."""

    closing: Closing = Closing.SWITCH
    is_told_apart: bool = False
    """Whether the server has sent thoughts in a field of their own."""

    @property
    def opens_by_template(self) -> bool:
        """Whether the prompt opens the think block, so that thoughts begin without a tag."""
        return self.closing is not Closing.SWITCH


def request_fields(messages: Sequence[Message], closing: Closing, *, think: bool) -> dict[str, Any]:
    """The messages of a request, of which the last is the user's, and what asks for thoughts or for none."""
    told = [{"role": message.role, "content": message.content} for message in messages]
    if closing is Closing.SWITCH:
        return {"messages": told, "extra_body": {"chat_template_kwargs": {"enable_thinking": think}}}
    if think or closing is Closing.NONE:
        return {"messages": told}
    if closing is Closing.PREFIX:
        told.append({"role": "assistant", "content": EMPTY_BLOCK})
        # Some versions of llama.cpp's server take such a message only where thinking is switched off.
        going_on = {"add_generation_prompt": False, "continue_final_message": True}
        return {"messages": told, "extra_body": going_on | {"chat_template_kwargs": {"enable_thinking": False}}}
    told[-1]["content"] += f"{R1_ASSISTANT}{EMPTY_BLOCK}"
    return {"messages": told, "extra_body": {"add_generation_prompt": False}}


async def find_out(client: openai.AsyncOpenAI, model: str) -> Thinking:
    """Try each way to have an answer at once, and return the first that works. Raises what the client raises."""
    told_apart = False
    for closing in (Closing.SWITCH, *([Closing.R1_TURN] if _is_r1(model) else []), Closing.PREFIX):
        try:
            at_once, seen_apart = await _try(client, model, closing)
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            continue
        told_apart = told_apart or seen_apart
        if at_once:
            return Thinking(closing, told_apart)
    return Thinking(Closing.NONE, told_apart)


def _is_r1(model: str) -> bool:
    return "r1" in re.split("[^a-z0-9]+", model.lower())


async def _try(client: openai.AsyncOpenAI, model: str, closing: Closing) -> tuple[bool, bool]:
    """Whether the answer came at once, and whether thoughts came in a field of their own."""
    fields = request_fields(_TRIAL, closing, think=False)
    arguments = {"model": model, "max_tokens": _TRIAL_TOKENS, "temperature": 0.0, **fields}
    splitter = ThinkSplitter(opened=False)  # llama.cpp's server tells the block of PREFIX again
    text = finish = ""
    told_apart = False
    async with aclosing(deltas(client, arguments)) as answer:
        async for delta in answer:
            told_apart = told_apart or bool(delta.reasoning)
            pieces = splitter.push(delta.content, ())
            thoughts = delta.reasoning + "".join(piece.text for piece in pieces if piece.channel is Channel.REASONING)
            text += "".join(piece.text for piece in pieces if piece.channel is Channel.TEXT)
            finish = delta.finish or finish
            if thoughts.strip() or CLOSE in text:
                return False, told_apart
    return finish == "stop" and bool(text.strip()), told_apart
