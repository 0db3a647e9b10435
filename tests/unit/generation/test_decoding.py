"""Tokens to pieces: whole characters, think blocks cut anywhere, the cap, stop strings, and going on from any token."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.generation.decoding.decoder import DecodingPlan, TokenStep, decode_answer
from kefu.generation.decoding.detokenizer import Detokenizer
from kefu.generation.decoding.reasoning import FORCED_CLOSE, ThinkSplitter
from kefu.generation.decoding.repetition import RepetitionDetector
from kefu.generation.engine import Channel, Event, Finished, FinishReason, Piece

RARE = "𠮷野家で🍣を。👩‍👩‍👧 龘𪚥 naïve 退款"


def ids_of(text: str) -> tuple[int, ...]:
    """A tokenizer of one token a byte: every character but ASCII is several."""
    return tuple(text.encode())


def decode(ids: Sequence[int]) -> str:
    return bytes(ids).decode(errors="replace")


class Script:
    """A source that plays given tokens, and knows what it was asked."""

    def __init__(self, *plays: str | tuple[int, ...], ends: FinishReason = FinishReason.STOP) -> None:
        self.plays = [play if isinstance(play, tuple) else ids_of(play) for play in plays]
        self.ends = ends
        self.prompts: list[tuple[int, ...]] = []
        self.constrained: list[bool] = []
        self.closed = 0

    async def steps(
        self, prompt_ids: Sequence[int], max_tokens: int, *, constrained: bool
    ) -> AsyncGenerator[TokenStep, None]:
        self.prompts.append(tuple(prompt_ids))
        self.constrained.append(constrained)
        ids = self.plays.pop(0)
        try:
            for token_id in ids[:max_tokens]:
                yield TokenStep((token_id,), None, cached_prompt_tokens=2)
            yield TokenStep((), FinishReason.LENGTH if len(ids) > max_tokens else self.ends)
        finally:
            self.closed += 1


PROMPT = ids_of("ask: ")


async def events_of(script: Script, plan: DecodingPlan) -> list[Event]:
    return [event async for event in decode_answer(script, plan, decode, max_model_tokens=10_000)]


def text_of(events: Sequence[Event], channel: Channel = Channel.TEXT) -> str:
    return "".join(event.text for event in events if isinstance(event, Piece) and event.channel is channel)


def thinking(**changes: object) -> DecodingPlan:
    fields: dict[str, object] = {
        "prompt_ids": PROMPT,
        "splits_reasoning": True,
        "reasoning_opened": True,
        "reasoning_tokens": 10_000,
        "forced_close_ids": ids_of(FORCED_CLOSE),
    }
    return DecodingPlan(**(fields | changes))  # pyright: ignore[reportArgumentType] - tests give what it takes


async def test_every_piece_is_whole_characters_and_its_ids_make_exactly_its_text() -> None:
    events = await events_of(Script(RARE), DecodingPlan(PROMPT))
    pieces = [event for event in events if isinstance(event, Piece)]
    assert text_of(events) == RARE
    assert all(decode(piece.token_ids) == piece.text for piece in pieces)
    assert "\ufffd" not in text_of(events)


@pytest.mark.parametrize("think", ["", f"I wonder {RARE}"])
async def test_going_on_from_any_token_repeats_and_loses_nothing(think: str) -> None:
    output = f"{think}</think>\n\n{RARE}" if think else RARE
    plan = thinking() if think else DecodingPlan(PROMPT)
    ids = ids_of(output)
    whole = await events_of(Script(output), plan)
    for cut in range(len(ids) + 1):
        before = await events_of(Script(ids[:cut], "", ends=FinishReason.LENGTH), plan)
        rest = await events_of(Script(ids[cut:]), replace(plan, sent_ids=ids[:cut]))
        # A tag that is cut is text while nothing follows it; what was sent never holds that part.
        sent = text_of(before) if not think or "</think>" in output.encode()[:cut].decode(errors="ignore") else ""
        assert sent + text_of(rest) == text_of(whole), cut


async def test_going_on_from_frames_that_were_sent_repeats_and_loses_nothing_in_both_channels() -> None:
    output = f"Hm, {RARE} <b> </thin </think>\n\nSo: {RARE}"
    whole = await events_of(Script(output), thinking())
    pieces = [event for event in whole if isinstance(event, Piece)]
    for cut in range(len(pieces) + 1):
        sent = tuple(token for piece in pieces[:cut] for token in piece.token_ids)
        rest = await events_of(Script(ids_of(output)[len(sent) :]), thinking(sent_ids=sent))
        for channel in Channel:
            assert text_of(pieces[:cut], channel) + text_of(rest, channel) == text_of(whole, channel), cut


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.booleans())
def test_a_tag_may_be_cut_anywhere(lengths: list[int], opened: bool) -> None:
    output = ("" if opened else "\n<think>") + "一二 <think </ think> <</think>\n\nanswer </think> <"
    splitter = ThinkSplitter(opened=opened)
    pieces: list[Piece] = []
    start = 0
    for end in [*accumulate(lengths), len(output)]:
        pieces += splitter.push(output[start:end], tuple(range(start, min(end, len(output)))))
        start = max(start, min(end, len(output)))
    pieces += splitter.finish(by_model=True)
    assert text_of(pieces, Channel.REASONING) == "一二 <think </ think> <"
    assert text_of(pieces) == "answer </think> <"
    assert [token for piece in pieces for token in piece.token_ids] == list(range(len(output)))


async def test_an_answer_without_its_closing_tag_is_not_swallowed() -> None:
    events = await events_of(Script("The answer is 42."), thinking())
    assert text_of(events) == "The answer is 42."
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.STOP


async def test_thinking_that_reaches_its_cap_is_closed_and_the_answer_follows() -> None:
    script = Script("so many thoughts " * 9, "Short.")
    events = await events_of(script, thinking(reasoning_tokens=20, max_tokens=50))
    assert text_of(events) == "Short."
    assert script.prompts[1] == PROMPT + ids_of("so many thoughts so many"[:20] + FORCED_CLOSE)
    assert script.closed == 2
    last = events[-1]
    assert isinstance(last, Finished)
    assert 20 <= last.reasoning_tokens <= 20 + len(FORCED_CLOSE)
    ids = tuple(token for event in events if isinstance(event, Piece) for token in event.token_ids)
    assert PROMPT + ids == script.prompts[1] + ids_of("Short.")


async def test_thinking_that_the_source_ends_is_closed_and_the_answer_follows() -> None:
    script = Script("round and round and", "Short.", ends=FinishReason.LENGTH)
    events = await events_of(script, thinking(max_tokens=50))
    assert text_of(events) == "Short."
    assert script.prompts[1] == PROMPT + ids_of("round and round and" + FORCED_CLOSE)


async def test_the_cap_waits_for_a_whole_character() -> None:
    script = Script("🍣🍣🍣", "ok")
    await events_of(script, thinking(reasoning_tokens=6))
    assert script.prompts[1] == PROMPT + ids_of("🍣🍣" + FORCED_CLOSE)


async def test_a_model_that_thinks_although_it_should_not_is_made_to_answer() -> None:
    script = Script("<think>hm hm", "Yes.")
    plan = thinking(reasoning_opened=False, reasoning_tokens=0)
    events = await events_of(script, plan)
    assert text_of(events) == "Yes."


async def test_a_stray_closing_tag_at_the_start_is_dropped() -> None:
    events = await events_of(Script("</think>\n\nYes."), thinking(reasoning_opened=False, reasoning_tokens=0))
    assert text_of(events) == "Yes."


async def test_a_stop_string_ends_the_answer_and_is_not_sent() -> None:
    script = Script("one STOP two")
    events = await events_of(script, DecodingPlan(PROMPT, stop=("STOP", "never")))
    assert text_of(events) == "one "
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.STOP
    assert script.closed == 1


async def test_what_looks_like_a_stop_string_but_is_not_is_sent() -> None:
    events = await events_of(Script("one STO"), DecodingPlan(PROMPT, stop=("STOP",)))
    assert text_of(events) == "one STO"


async def test_max_tokens_counts_the_answer_over_a_continuation() -> None:
    events = await events_of(Script("world"), DecodingPlan(PROMPT, sent_ids=ids_of("hello "), max_tokens=8))
    assert text_of(events) == "wo"
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.reason, last.completion_tokens, last.prompt_tokens) == (FinishReason.LENGTH, 2, len("ask: hello "))


async def test_a_character_that_is_never_ended_is_not_sent() -> None:
    events = await events_of(Script(ids_of("ok🍣")[:-1], ends=FinishReason.LENGTH), DecodingPlan(PROMPT))
    assert text_of(events) == "ok"


def test_a_prompt_that_ends_inside_a_character_gives_it_once() -> None:
    detokenizer = Detokenizer(decode)
    detokenizer.prime(ids_of("see 🍣")[:-2])
    said = [detokenizer.push(token) for token in ids_of("🍣")[-2:]]
    assert said == [None, ("🍣", ids_of("🍣")[-2:])]


async def test_a_constrained_answer_behind_reasoning_is_a_request_of_its_own() -> None:
    script = Script("I weigh it.</think>", '{"yes": true}')
    events = await events_of(script, thinking(constrained=True))
    assert script.constrained == [False, True]
    assert script.prompts[1] == PROMPT + ids_of("I weigh it.</think>")
    assert text_of(events) == '{"yes": true}'
    assert text_of(events, Channel.REASONING) == "I weigh it."


@pytest.mark.parametrize("ends", [FinishReason.STOP, FinishReason.LENGTH])
async def test_reasoning_that_ends_without_its_tag_is_closed_before_a_constrained_answer(ends: FinishReason) -> None:
    script = Script("I weigh it", '{"yes": true}', ends=ends)
    events = await events_of(script, thinking(constrained=True))
    assert script.constrained == [False, True]
    assert text_of(events) == '{"yes": true}'


async def test_an_answer_that_repeats_itself_six_times_is_ended() -> None:
    script = Script("Well: " + "again and " * 50)
    events = await events_of(script, DecodingPlan(prompt_ids=PROMPT))
    assert text_of(events).rstrip() == ("Well: " + "again and " * 6).rstrip()
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.LENGTH
    assert script.closed == 1


async def test_reasoning_that_repeats_itself_is_closed_and_the_answer_follows() -> None:
    script = Script("Hm. " + "wait, or " * 50, "Yes.")
    events = await events_of(script, thinking())
    assert text_of(events) == "Yes."
    assert len(text_of(events, Channel.REASONING)) < 100


@pytest.mark.parametrize("text", ["a|" * 11, "1, 2, 3, 4, 5, 6, 7, 8, 9", "once more " * 5 + "and once more " * 5])
async def test_rules_of_tables_and_what_is_said_five_times_are_no_repetition(text: str) -> None:
    events = await events_of(Script(text), DecodingPlan(prompt_ids=PROMPT))
    assert text_of(events) == text


def test_a_pattern_is_told_by_comparing_the_tail_with_itself() -> None:
    tokens = [1, 2, 3, 4, 9, 9, 9, 9] + [5, 6, 7] * 8
    detector = RepetitionDetector()
    told = [at for at, token in enumerate(tokens) if detector.push(token)]
    naive = [
        at
        for at in range(len(tokens))
        if any(
            (tail := tokens[: at + 1][-6 * length :]) and len(tail) == 6 * length and tail == tail[:length] * 6
            for length in range(3, 65)
        )
    ]
    assert told == naive != []
