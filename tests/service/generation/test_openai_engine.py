"""The openai engine against a server that speaks chat completions over real HTTP."""

import json
import math
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from kefu.common.errors import BackendUnavailable, BadRequest, CannotChoose, CannotContinue, PromptTooLong, StartupError
from kefu.generation.engine import (
    Channel,
    Continuation,
    Event,
    Finished,
    FinishReason,
    GenerationRequest,
    Message,
    Piece,
    Started,
)
from kefu.generation.engines.openai import OpenAISettings, open_openai

ASKED = GenerationRequest(messages=(Message("system", "Be brief."), Message("user", "Why?")), max_tokens=50)


class ChatServer(ThreadingHTTPServer):
    """Answers with the chunks or the refusal it is given, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.chunks: list[dict[str, Any]] = []
        self.status = 200
        self.refusal: dict[str, Any] = {}
        self.asked: list[dict[str, Any]] = []
        self.whole: dict[str, Any] = {}
        """The answer to a request that does not stream."""


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer  # pyright: ignore[reportIncompatibleVariableOverride] - it serves no other

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(asked := json.loads(body))
        self.send_response(self.server.status)
        if self.server.status != 200:
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({"error": self.server.refusal}).encode())
            return
        if not asked["stream"]:
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(self.server.whole).encode())
            return
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for chunk in self.server.chunks:
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        return


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def chunk(finish: str | None = None, **delta: str) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def settings(server: ChatServer, *, reasoning: bool = False) -> OpenAISettings:
    return OpenAISettings(f"http://127.0.0.1:{server.server_port}/v1", "k", "m", 1000, reasoning, 64)


async def events_of(settings: OpenAISettings, request: GenerationRequest = ASKED) -> list[Event]:
    async with open_openai(settings) as engine:
        return [event async for event in engine.generate(request)]


def said(events: list[Event], channel: Channel) -> str:
    return "".join(event.text for event in events if isinstance(event, Piece) and event.channel is channel)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_is_read_under_its_older_and_its_newer_name(server: ChatServer, field: str) -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    server.chunks = [
        chunk(**{field: "hm "}),
        chunk(**{field: "hm"}),
        chunk(content="因为"),
        chunk(content="。", finish="stop"),
        chunk() | {"choices": [], "usage": usage},
    ]
    events = await events_of(settings(server, reasoning=True))
    assert isinstance(events[0], Started)
    assert (said(events, Channel.REASONING), said(events, Channel.TEXT)) == ("hm hm", "因为。")
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.reason, last.prompt_tokens, last.completion_tokens) == (FinishReason.STOP, 12, 5)


async def test_a_think_block_in_the_content_is_split_off(server: ChatServer) -> None:
    server.chunks = [chunk(content="<thi"), chunk(content="nk>hm</th"), chunk(content="ink>\n\nYes", finish="length")]
    events = await events_of(settings(server))
    assert (said(events, Channel.REASONING), said(events, Channel.TEXT)) == ("hm", "Yes")
    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.LENGTH


async def test_the_request_is_passed_on(server: ChatServer) -> None:
    server.chunks = [chunk(content="ok", finish="stop")]
    request = GenerationRequest(messages=ASKED.messages, max_tokens=9, temperature=0.5, seed=3, stop=("X",))
    await events_of(settings(server), request)
    (asked,) = server.asked
    assert asked["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    assert (asked["model"], asked["max_tokens"], asked["temperature"], asked["seed"]) == ("m", 9, 0.5, 3)
    assert (asked["stop"], asked["stream"]) == (["X"], True)


async def test_an_answer_that_was_begun_cannot_be_gone_on_with_and_it_says_so(server: ChatServer) -> None:
    for before in (Continuation(token_ids=(1,)), Continuation(text="so")):
        with pytest.raises(CannotContinue):
            await events_of(settings(server), GenerationRequest(messages=ASKED.messages, continuation=before))
    async with open_openai(settings(server)) as engine:
        assert not engine.describe().supports_token_continuation


async def test_what_is_open_beyond_what_the_server_runs_counts_as_waiting(server: ChatServer) -> None:
    server.chunks = [chunk(content="ok"), chunk(content=".", finish="stop")]
    for most, load in ((2, (2, 1, 0.0, 2)), (0, (3, 0, 0.0, 0))):
        async with open_openai(replace(settings(server), max_running=most)) as engine, AsyncExitStack() as stack:
            for _ in range(3):
                events = await stack.enter_async_context(aclosing(engine.generate(ASKED)))
                assert isinstance(await anext(events), Started)
                assert isinstance(await anext(events), Piece)
            assert engine.load() == load


async def test_a_prompt_that_is_too_long_there_is_too_long_here(server: ChatServer) -> None:
    server.status = 400
    server.refusal = {"message": "This model's maximum context length is 1000 tokens.", "code": 400}
    with pytest.raises(PromptTooLong):
        await events_of(settings(server))


async def test_a_server_that_fails_or_is_not_there_is_unavailable(server: ChatServer) -> None:
    server.status = 500
    with pytest.raises(BackendUnavailable):
        await events_of(settings(server))
    with pytest.raises(BackendUnavailable):
        await events_of(OpenAISettings("http://127.0.0.1:9/v1", "", "m", 1000, False, 64))


async def test_a_server_must_be_configured() -> None:
    with pytest.raises(StartupError, match="KEFU_GENERATION_OPENAI_URL"):
        await events_of(OpenAISettings("", "", "m", 1000, False, 64))


def judged(**log_probabilities: float) -> dict[str, Any]:
    """A completion of one token, with the most probable ones."""
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in log_probabilities.items()]
    content = [top[0] | {"top_logprobs": top}] if top else None
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "Well"},
        "finish_reason": "length",
        "logprobs": {"content": content, "refusal": None} if top else None,
    }
    usage = {"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 13}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def choosing(*choices: str) -> GenerationRequest:
    return GenerationRequest(messages=ASKED.messages, choices=choices, max_tokens=1, temperature=0.2, top_p=0.5)


async def test_choices_are_weighed_by_the_log_probabilities_of_the_server(server: ChatServer) -> None:
    server.whole = judged(No=-0.5, Well=-1.0, Y=-5.0, Yes=-2.5)
    started, piece, last = await events_of(settings(server), choosing("Yes, it is", "No", "Maybe"))
    assert isinstance(started, Started)
    assert piece == Piece(Channel.TEXT, "No")
    assert isinstance(last, Finished)
    assert last[:5] == (FinishReason.STOP, 12, 0, 1, 0)
    yes, no, maybe = last.choice_log_probabilities
    assert (no - yes, no - maybe) == pytest.approx((2.0, 5.5))  # what is not listed: the least of all, less 1
    assert math.exp(yes) + math.exp(no) + math.exp(maybe) == pytest.approx(1.0)
    (asked,) = server.asked
    assert (asked["max_tokens"], asked["logprobs"], asked["top_logprobs"], asked["temperature"]) == (1, True, 20, 1.0)
    assert not {"top_p", "stream_options"} & asked.keys()


async def test_choices_that_begin_with_the_same_token_of_the_server_are_refused(server: ChatServer) -> None:
    server.whole = judged(Y=-0.5, No=-1.0)
    with pytest.raises(BadRequest, match="'Yes' and 'Yep'"):
        await events_of(settings(server), choosing("Yes", "Yep", "No"))


async def test_a_server_without_log_probabilities_cannot_choose(server: ChatServer) -> None:
    server.whole = judged()
    with pytest.raises(CannotChoose):
        await events_of(settings(server), choosing("Yes", "No"))


async def test_choosing_fails_as_answering_does(server: ChatServer) -> None:
    server.status = 400
    server.refusal = {"message": "This model's maximum context length is 1000 tokens.", "code": 400}
    with pytest.raises(PromptTooLong):
        await events_of(settings(server), choosing("Yes", "No"))
    with pytest.raises(BackendUnavailable):
        await events_of(OpenAISettings("http://127.0.0.1:9/v1", "", "m", 1000, False, 64), choosing("Yes", "No"))
