"""Choosing: an answer that is one of several given texts, and how probable each was, in one step of the model."""

import math
from collections.abc import AsyncGenerator, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from kefu.common.errors import BadRequest
from kefu.generation.decoding.decoder import DecodingPlan
from kefu.generation.decoding.tokenizer import Tokenizer
from kefu.generation.engine import Channel, Event, Finished, FinishReason, Piece, Started

_TAIL_CHARACTERS = 64
_CACHED = 4096


class ChoiceScores(NamedTuple):
    """What one step says of tokens."""

    log_probabilities: tuple[float, ...]
    """Of each token that was asked about; all of them may be off by the same number."""
    cached_prompt_tokens: int = 0


class ChoiceSource(Protocol):
    """A source that judges tokens: a model."""

    async def score(self, prompt_ids: Sequence[int], token_ids: Sequence[int]) -> ChoiceScores:
        """How probable each of the tokens is after the prompt, at temperature 1. Cancelling aborts."""
        ...


class ChoiceTokens:
    """Finds the token that each choice begins with. What was found is kept, for prompts of one template end alike."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._first_token = lru_cache(_CACHED)(self._find)

    def first_tokens(self, prompt: str, choices: Sequence[str]) -> tuple[int, ...]:
        """The first token of each choice when it follows this text. Raises BadRequest when they cannot be told apart.

        Of the prompt no more is tokenized than its last special token with what follows, which is never merged with
        what comes before.
        """
        tail = prompt[-_TAIL_CHARACTERS:]
        tail = tail[max(tail.rfind("<"), 0) :]
        found: dict[int, str] = {}
        for choice in choices:
            token = self._first_token(tail, choice)
            if token in found:
                raise BadRequest(
                    "choices", f"{found[token]!r} and {choice!r} begin with the same token; one step tells neither."
                )
            found[token] = choice
        return tuple(found)

    def _find(self, tail: str, choice: str) -> int:
        before, ids = self._tokenizer.encode(tail), self._tokenizer.encode(tail + choice)
        if ids[: len(before)] != before or len(ids) == len(before):
            raise BadRequest("choices", f"{choice!r} merges with the end of the prompt.")
        token = ids[len(before)]
        if not self._tokenizer.decode([token]):
            raise BadRequest("choices", f"{choice!r} begins with a token that is no text.")
        return token


async def choose_answer(
    source: ChoiceSource, plan: DecodingPlan, choices: Sequence[str]
) -> AsyncGenerator[Event, None]:
    """The events of an answer that is one of `choices`, whose first tokens the plan holds."""
    prompt_tokens = len(plan.prompt_ids)
    yield Started(prompt_tokens)
    scores = await source.score(plan.prompt_ids, plan.choice_ids)
    log_probabilities = normalise(scores.log_probabilities)
    yield Piece(Channel.TEXT, most_probable(choices, log_probabilities))
    yield Finished(FinishReason.STOP, prompt_tokens, scores.cached_prompt_tokens, 1, 0, log_probabilities)


def normalise(log_weights: Sequence[float]) -> tuple[float, ...]:
    """Log-probabilities in proportion to the weights, which sum to 1 in probability. One weight at least is finite."""
    most = max(log_weights)
    total = most + math.log(sum(math.exp(weight - most) for weight in log_weights))
    return tuple(weight - total for weight in log_weights)


def most_probable(choices: Sequence[str], log_probabilities: Sequence[float]) -> str:
    """The choice with the highest log-probability; the first of equals."""
    return choices[log_probabilities.index(max(log_probabilities))]
