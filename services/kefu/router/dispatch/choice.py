"""Choosing: how probable a model finds each of several given answers. It costs the prompt and one token."""

import math
from contextlib import aclosing
from dataclasses import replace

from kefu.router.dispatch.relay import NoReplica, Relay
from kefu.router.domain.generation import GenerationEnd, GenerationRequest


async def choose(
    relay: Relay, request: GenerationRequest, *, first_frame_deadline: float | None = None
) -> tuple[float, ...]:
    """The probability of each of `request.choices`, in their order; together 1.

    Raises as `Relay.frames` does, with its time-outs, retries and hedge; NoReplica, too, where no replica can tell the
    choices apart. Each is judged by its first token alone: letters do, where 1 and 10 begin alike for many models.
    """
    end: GenerationEnd | None = None
    whole = replace(request, max_tokens=1)
    async with aclosing(relay.frames(whole, first_frame_deadline=first_frame_deadline)) as frames:
        async for event in frames:
            end = event if isinstance(event, GenerationEnd) else end
    if end is None or len(end.choice_log_probabilities) != len(request.choices):
        raise NoReplica(f"replica {relay.address} does not choose", started=False)
    return tuple(math.exp(each) for each in end.choice_log_probabilities)
