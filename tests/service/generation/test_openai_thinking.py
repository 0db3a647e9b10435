"""Models that reason behind the openai engine: a plain question gets its answer, and thoughts are none of it."""

import asyncio
import gc
import inspect
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from kefu.common.errors import CannotChoose
from kefu.generation.engine import Channel, Event, Finished, FinishReason, GenerationRequest, Message, Piece
from kefu.generation.engines.openai import OpenAIEngine, OpenAISettings, open_openai
from kefu.generation.engines.openai_thoughts import Closing
from tests.support.reasoning_server import ANSWER, TEMPLATES, THOUGHTS, Behaviour, ReasoningServer, reasoning_server
from tests.support.table import table

R1 = (TEMPLATES / "deepseek-r1-distill-qwen.jinja").read_text("utf-8")
KEEPS_BLOCKS = R1.replace("content.split('</think>')[-1]", "content")
"""R1's template, had it left an assistant's message as it is; other models' do."""
QWEN3 = (TEMPLATES / "qwen3.jinja").read_text("utf-8")
R1_NAME = "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"
BUDGET = 64
ASKED = GenerationRequest(messages=(Message("system", "Be brief."), Message("user", "Is it?")), max_tokens=20)


@asynccontextmanager
async def known(server: ReasoningServer, model: str = R1_NAME) -> AsyncIterator[OpenAIEngine]:
    """An engine that has found out how its server answers."""
    settings = OpenAISettings(server.url, "k", model, 1000, True, BUDGET, check_seconds=0.05)
    async with open_openai(settings) as engine, aclosing(engine.availability()) as changes:
        assert await anext(changes)
        server.behaviour.asked.clear()
        yield engine


async def events_of(engine: OpenAIEngine, request: GenerationRequest = ASKED) -> list[Event]:
    return [event async for event in engine.generate(request)]


def said(events: list[Event], channel: Channel) -> str:
    return "".join(one.text for one in events if isinstance(one, Piece) and one.channel is channel).strip()


def waiting_generators() -> list[str]:
    """What the client of an answer is read through, as long as it is neither used up nor closed."""
    alive = [one.__qualname__ for one in gc.get_objects() if inspect.isasyncgen(one) and one.ag_frame]
    return [name for name in alive if name.startswith(("AsyncStream.", "Response."))]


@table(
    ("behaviour", "model", "closing"),
    [
        (Behaviour(R1, "vllm"), R1_NAME, Closing.R1_TURN),
        (Behaviour(R1), R1_NAME, Closing.R1_TURN),
        (Behaviour(KEEPS_BLOCKS, "vllm"), "served-as-this", Closing.PREFIX),
        (Behaviour(KEEPS_BLOCKS), "served-as-this", Closing.PREFIX),
        (Behaviour(R1, continues="sglang"), R1_NAME, Closing.PREFIX),
        (Behaviour(R1, "vllm", continues="llama.cpp"), R1_NAME, Closing.R1_TURN),
        (Behaviour(R1, "vllm", continues="llama.cpp"), "served-as-this", Closing.PREFIX),
        (Behaviour(QWEN3, "vllm"), "Qwen/Qwen3-8B", Closing.SWITCH),
        (Behaviour(QWEN3), "Qwen/Qwen3-8B", Closing.SWITCH),
    ],
)
async def test_a_plain_question_is_answered_at_once_and_within_its_tokens(
    behaviour: Behaviour, model: str, closing: Closing
) -> None:
    with reasoning_server(behaviour) as server:
        async with known(server, model) as engine:
            events = await events_of(engine)
    assert (said(events, Channel.REASONING), said(events, Channel.TEXT)) == ("", ANSWER)
    [asked] = behaviour.asked
    assert asked["max_tokens"] == ASKED.max_tokens
    assert ("continue_final_message" in asked) == (closing is Closing.PREFIX)
    assert ("chat_template_kwargs" in asked) == (closing is not Closing.R1_TURN)


@table(
    ("behaviour", "model"),
    [
        (Behaviour(R1, "vllm", continues="not"), R1_NAME),
        (Behaviour(R1, continues="not"), R1_NAME),
        (Behaviour(R1, "vllm", continues="refused"), R1_NAME),
        (Behaviour(R1, continues="refused"), R1_NAME),
        (Behaviour(R1, "older vllm"), R1_NAME),
        (Behaviour(R1, "vllm", always_thinks=True), R1_NAME),
        (Behaviour(R1, "vllm"), "served-as-this"),
        (Behaviour(R1), "served-as-this"),
    ],
)
async def test_a_model_that_cannot_be_kept_from_thinking_has_tokens_for_it_and_for_its_answer(
    behaviour: Behaviour, model: str
) -> None:
    with reasoning_server(behaviour) as server:
        async with known(server, model) as engine:
            events = await events_of(engine)
    assert (said(events, Channel.REASONING), said(events, Channel.TEXT)) == (THOUGHTS, ANSWER)
    [asked] = behaviour.asked
    assert asked["max_tokens"] == ASKED.max_tokens + BUDGET
    assert not {"continue_final_message", "add_generation_prompt", "chat_template_kwargs"} & asked.keys()


@table(
    "behaviour",
    [Behaviour(R1, "vllm"), Behaviour(R1), Behaviour(KEEPS_BLOCKS), Behaviour(QWEN3, "vllm"), Behaviour(QWEN3)],
)
async def test_thoughts_that_were_asked_for_come_as_thoughts(behaviour: Behaviour) -> None:
    request = GenerationRequest(messages=ASKED.messages, max_tokens=20, reasoning_tokens=50)
    with reasoning_server(behaviour) as server:
        async with known(server) as engine:
            events = await events_of(engine, request)
    assert (said(events, Channel.REASONING), said(events, Channel.TEXT)) == (THOUGHTS, ANSWER)
    [asked] = behaviour.asked
    assert asked["max_tokens"] == 70


@table("parser", ["", "vllm"])
async def test_thoughts_without_an_end_are_no_answer(parser: str) -> None:
    behaviour = Behaviour(R1, "vllm" if parser else "", continues="not")
    with reasoning_server(behaviour) as server:
        async with known(server) as engine:
            behaviour.ends_in_thought = True
            stopped = await events_of(engine)
            behaviour.ends_in_thought = False
            cut = await events_of(engine, GenerationRequest(messages=ASKED.messages, max_tokens=1, reasoning_tokens=9))
    assert (said(stopped, Channel.REASONING), said(stopped, Channel.TEXT)) == (THOUGHTS, "")
    assert said(cut, Channel.REASONING)
    assert said(cut, Channel.TEXT) == ""
    assert isinstance(cut[-1], Finished)
    assert cut[-1].reason is FinishReason.LENGTH


async def test_thoughts_that_nobody_expected_are_left_and_the_question_is_asked_again_with_tokens_for_them() -> None:
    behaviour = Behaviour(R1, "vllm")
    with reasoning_server(behaviour) as server:
        async with known(server) as engine:
            behaviour.always_thinks = True
            events = await events_of(engine)
    assert said(events, Channel.TEXT) == ANSWER
    assert [asked["max_tokens"] for asked in behaviour.asked] == [20, 20 + BUDGET]


async def test_an_answer_that_is_left_leaves_nothing_open_in_the_client() -> None:
    with reasoning_server(Behaviour(R1)) as server:
        async with known(server) as engine:
            async with aclosing(engine.generate(ASKED)) as events:
                assert [await anext(events) for _ in range(2)]
            async with asyncio.timeout(2):
                while waiting_generators():
                    await asyncio.sleep(0.01)


async def test_a_model_that_thinks_before_it_answers_cannot_choose() -> None:
    behaviour = Behaviour(R1, "vllm", continues="not")
    choosing = GenerationRequest(messages=ASKED.messages, choices=("A", "B"), max_tokens=1)
    with reasoning_server(behaviour) as server:
        async with known(server) as engine:
            with pytest.raises(CannotChoose, match="thinks before each answer"):
                await events_of(engine, choosing)
    assert behaviour.asked == []
