"""Streamed chat completions: what one request is answered, with the server's own reasoning field apart."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import openai

_REASONING_FIELDS = ("reasoning_content", "reasoning")
"""The older and the newer name of the same field."""


class Delta(NamedTuple):
    """One chunk of an answer; what it does not hold is empty."""

    reasoning: str = ""
    """Thoughts, where the server tells them from the answer (vLLM's and SGLang's --reasoning-parser)."""
    content: str = ""
    finish: str = ""
    usage: Any = None


async def deltas(client: openai.AsyncOpenAI, arguments: Mapping[str, Any]) -> AsyncGenerator[Delta, None]:
    """The chunks of one answer. Raises what the client raises; closing the iterator aborts the request."""
    create: Any = client.chat.completions.create  # no overload takes a dict of arguments
    stream: Any = await create(**arguments, stream=True, stream_options={"include_usage": True})
    try:
        async for chunk in stream:
            if not chunk.choices:
                yield Delta(usage=chunk.usage)
                continue
            choice = chunk.choices[0]
            fields = (getattr(choice.delta, name, None) for name in _REASONING_FIELDS)
            yield Delta(
                reasoning=next((text for text in fields if text), ""),
                content=choice.delta.content or "",
                finish=choice.finish_reason or "",
                usage=chunk.usage,
            )
    finally:
        await stream.close()
        # Ten generators of the client's still wait for more. Reading on from what is closed ends them one by one, here;
        # the collector would end them all at once, in each other's way.
        with suppress(Exception):
            async for _ in stream:
                pass
