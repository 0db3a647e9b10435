"""Decoder: from a prompt to pieces of an answer, over any source of token ids.

It knows reasoning and its cap, stop strings, and continuation.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from kefu.generation.decoding.detokenizer import Detokenizer
from kefu.generation.decoding.marker_scanner import Chunk, MarkerScanner, Match
from kefu.generation.decoding.reasoning import ThinkSplitter
from kefu.generation.decoding.repetition import RepetitionDetector
from kefu.generation.engine import Channel, Event, Finished, FinishReason, Piece, Started


class TokenStep(NamedTuple):
    """Tokens that a source wrote since its last step."""

    token_ids: tuple[int, ...]
    """Without the token by which the model ends an answer."""
    finish_reason: FinishReason | None
    cached_prompt_tokens: int = 0


class TokenSource(Protocol):
    """A source that continues token ids: a model."""

    def steps(
        self, prompt_ids: Sequence[int], max_tokens: int, *, constrained: bool
    ) -> AsyncGenerator[TokenStep, None]:
        """Write up to `max_tokens` after the prompt; closing the generator aborts.

        `constrained`: all that is written obeys the request's schema.
        """
        ...


@dataclass(frozen=True)
class DecodingPlan:
    """Plan by which one answer is decoded. Ids are those of the source's tokenizer; limits are in tokens."""

    prompt_ids: tuple[int, ...]
    sent_ids: tuple[int, ...] = ()
    """Ids sent before this call. The answer goes on after them, and their text is not sent again."""
    splits_reasoning: bool = False
    reasoning_opened: bool = False
    """The prompt ends inside a think block."""
    reasoning_tokens: int = 0
    """Cap on reasoning."""
    forced_close_ids: tuple[int, ...] = ()
    """The ids of FORCED_CLOSE."""
    max_tokens: int = 512
    stop: tuple[str, ...] = ()
    constrained: bool = False
    """The answer, and not the reasoning before it, obeys a schema that the source knows."""
    choice_ids: tuple[int, ...] = ()
    """First token of each of the request's choices; see `choosing`."""


class _Decoder:
    """Detokenizer, think splitter and stop strings in a row; the same tokens always give the same pieces."""

    def __init__(self, plan: DecodingPlan, decode: Callable[[Sequence[int]], str]) -> None:
        self._detokenizer = Detokenizer(decode)
        self._detokenizer.prime(plan.prompt_ids)
        self._splitter = ThinkSplitter(opened=plan.reasoning_opened) if plan.splits_reasoning else None
        self._stops = MarkerScanner(plan.stop)
        self.stopped = False
        self.answer_tokens = 0
        self.reasoning_tokens = 0

    @property
    def is_reasoning(self) -> bool:
        return self._splitter is not None and self._splitter.is_reasoning

    @property
    def is_settled(self) -> bool:
        return self._detokenizer.is_settled and (self._splitter is None or self._splitter.is_settled)

    def push(self, token_id: int, *, new: bool = True) -> list[Piece]:
        whole = self._detokenizer.push(token_id, new=new)
        if self._splitter is None:
            pieces = [] if whole is None else [Piece(Channel.TEXT, *whole)]
        else:
            pieces = [] if whole is None else self._splitter.push(*whole)
        if self._splitter is None or self._splitter.is_answering:
            self.answer_tokens += 1
        else:
            self.reasoning_tokens += 1
        return self._cut_at_stop(pieces)

    def finish(self, *, by_model: bool) -> list[Piece]:
        """Return the text that is held back, but for a character that was never completed."""
        pieces = [] if self._splitter is None else self._cut_at_stop(self._splitter.finish(by_model=by_model))
        held = self._stops.flush()
        return pieces if held is None else [*pieces, Piece(Channel.TEXT, *held)]

    def _cut_at_stop(self, pieces: list[Piece]) -> list[Piece]:
        kept: list[Piece] = []
        for piece in pieces:
            if piece.channel is Channel.REASONING:
                kept.append(piece)
                continue
            found = self._stops.push(Chunk(piece.text, piece.token_ids))
            if isinstance(found, Match):
                kept.append(Piece(Channel.TEXT, found.before))
                self.stopped = True
                break
            if found is not None:
                kept.append(Piece(Channel.TEXT, *found))
        return kept


async def decode_answer(
    source: TokenSource, plan: DecodingPlan, decode: Callable[[Sequence[int]], str], *, max_model_tokens: int
) -> AsyncGenerator[Event, None]:
    """The events of one answer, `Started` first. Closing the iterator aborts the request in the source.

    When reasoning reaches its cap, or repeats itself, the block is closed in the model's name. A second request to the
    source goes on from there, so that the answer always has its own `max_tokens`. A constrained answer begins with a
    request of its own, too. An answer that repeats itself is ended.
    """
    decoder = _Decoder(plan, decode)
    for token_id in plan.sent_ids:
        decoder.push(token_id, new=False)
    already_decoded = decoder.reasoning_tokens + decoder.answer_tokens
    reasoned_before = decoder.reasoning_tokens
    context = [*plan.prompt_ids, *plan.sent_ids]
    prompt_tokens, cached = len(context), 0
    yield Started(prompt_tokens)
    reason = FinishReason.LENGTH
    first_request = True
    while True:
        close_block = reasoning_over = repeats = False
        left = plan.max_tokens - decoder.answer_tokens
        if plan.splits_reasoning and (decoder.is_reasoning or already_decoded == 0):
            left += max(plan.reasoning_tokens - decoder.reasoning_tokens, 0) + len(plan.forced_close_ids)
        left = min(left, max_model_tokens - len(context))
        if left <= 0:
            break
        constrained = plan.constrained and not decoder.is_reasoning
        repetition = RepetitionDetector()
        async with aclosing(source.steps(context, left, constrained=constrained)) as steps:
            async for step in steps:
                if first_request:
                    cached, first_request = step.cached_prompt_tokens, False
                for token_id in step.token_ids:
                    context.append(token_id)
                    for piece in decoder.push(token_id):
                        yield piece
                    repeats = repeats or repetition.push(token_id)
                    close_block = (
                        decoder.is_reasoning
                        and decoder.is_settled
                        and (repeats or decoder.reasoning_tokens >= plan.reasoning_tokens)
                    )
                    reasoning_over = plan.constrained and not constrained and not decoder.is_reasoning
                    if decoder.stopped or close_block or reasoning_over or decoder.answer_tokens >= plan.max_tokens:
                        break
                    if repeats and not decoder.is_reasoning:
                        break
                else:
                    if step.finish_reason is None:
                        continue
                    reason = step.finish_reason
                    unfinished = reason is FinishReason.LENGTH or plan.constrained
                    close_block = decoder.is_reasoning and decoder.is_settled and unfinished
                break
        if decoder.stopped:
            reason = FinishReason.STOP
        if reasoning_over:
            continue
        if not close_block:
            break
        for token_id in plan.forced_close_ids:
            context.append(token_id)
            for piece in decoder.push(token_id):
                yield piece
    for piece in decoder.finish(by_model=reason is FinishReason.STOP):
        yield piece
    yield Finished(
        reason=reason,
        prompt_tokens=prompt_tokens,
        cached_prompt_tokens=cached,
        completion_tokens=decoder.reasoning_tokens + decoder.answer_tokens - already_decoded,
        reasoning_tokens=decoder.reasoning_tokens - reasoned_before,
    )
