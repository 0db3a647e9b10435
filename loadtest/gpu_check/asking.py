"""Answers of a replica over gRPC, each with its times, and whether it came whole."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from kefu.common.rpc.status import failure_of
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1.generation_pb2_grpc import GenerationServiceStub
from loadtest.harness.questions import endless_questions, help_center

if TYPE_CHECKING:
    from kefu.generation.v1.generation_pb2_grpc import GenerationServiceAsyncStub

INSTRUCTIONS = "You are a customer-service assistant. Answer from the passage alone, in the customer's language."
_PASSAGE_CHARACTERS = 1600
"""About 400 tokens of English: what the documented capacity was computed for."""


@dataclass
class Answer:
    """One answer. Times are in seconds from the question."""

    text: str = ""
    reasoning: str = ""
    token_ids: list[int] = field(default_factory=list[int])
    frames: list[int] = field(default_factory=list[int])
    """Token ids after each frame: places at which it can be continued."""
    first: float | None = None
    total: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    fingerprint: str = ""
    finish: str = ""
    failure: str = ""
    """Empty: it came whole."""


@asynccontextmanager
async def open_replica(address: str, key: str) -> AsyncIterator["ReplicaClient"]:
    """A client of one replica while the block runs."""
    async with grpc.aio.insecure_channel(address) as channel:
        yield ReplicaClient(GenerationServiceStub(channel), (("authorization", f"Bearer {key}"),))


class ReplicaClient:
    """Asks one replica."""

    def __init__(self, stub: "GenerationServiceAsyncStub", metadata: tuple[tuple[str, str], ...]) -> None:
        self._stub = stub
        self._metadata = metadata

    async def describe(self) -> pb.DescribeModelResponse:
        """The model of the replica."""
        return await self._stub.DescribeModel(pb.DescribeModelRequest(), metadata=self._metadata)

    async def ask(
        self, request: pb.GenerateRequest, *, into: Answer | None = None, leave_after_frames: int | None = None
    ) -> Answer:
        """The answer, or as much of it as came. `leave_after_frames`: cancel then, which is no failure.

        `into` is filled while it comes, for whoever has to watch it.
        """
        answer, began = into or Answer(), time.monotonic()
        call: Any = self._stub.Generate(request, metadata=self._metadata)
        completed = False
        try:
            async for event in call:
                completed = _receive(answer, event, time.monotonic() - began)
                if leave_after_frames is not None and len(answer.frames) >= leave_after_frames:
                    call.cancel()
                    return answer
            if not completed:
                answer.failure = "ended without Completed"
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
            answer.failure = f"{failure.code.name} {failure.reason or failure.message[:80]}"
        finally:
            answer.total = time.monotonic() - began
        return answer

    async def ask_all(self, requests: Sequence[pb.GenerateRequest], at_once: int) -> list[Answer]:
        """All answers, so many at once, each begun as soon as another has ended."""
        places = asyncio.Semaphore(at_once)

        async def one(request: pb.GenerateRequest) -> Answer:
            async with places:
                return await self.ask(request)

        return list(await asyncio.gather(*map(one, requests)))

    async def until_idle(self, seconds: float) -> float | None:
        """Seconds until the replica runs nothing more; None: it still does after `seconds`."""
        began = time.monotonic()
        while (elapsed := time.monotonic() - began) < seconds:
            # A new call reports at once; an open one may wait a second.
            watching: Any = self._stub.WatchLoad(pb.WatchLoadRequest(caller="gpu-check"), metadata=self._metadata)
            report = await watching.read()
            watching.cancel()
            if report.running == 0 and report.waiting == 0 and report.owed_tokens == 0:
                return elapsed
            await asyncio.sleep(0.05)
        return None


def make_request(text: str, **fields: Any) -> pb.GenerateRequest:
    """A greedy request with instructions and one message."""
    messages = [
        pb.ChatMessage(role=pb.ChatMessage.ROLE_SYSTEM, content=INSTRUCTIONS),
        pb.ChatMessage(role=pb.ChatMessage.ROLE_USER, content=text),
    ]
    return pb.GenerateRequest(chat=pb.ChatPrompt(messages=messages), temperature=0.0, **fields)


def make_prompts(count: int, seed: int) -> list[str]:
    """Messages as a router makes them: a passage of the sample and a question, no two alike; the same for a seed."""
    articles = [path.read_text("utf-8") for path in sorted(help_center().rglob("*.md"))]
    questions = endless_questions(seed)
    return [
        f"Passage [1]: {articles[number % len(articles)][:_PASSAGE_CHARACTERS]}\n\nQuestion: {next(questions).text}"
        for number in range(count)
    ]


def _receive(answer: Answer, event: pb.GenerateEvent, at: float) -> bool:
    """Take an event; whether it was the last one."""
    match event.WhichOneof("event"):
        case "accepted":
            answer.prompt_tokens, answer.fingerprint = event.accepted.prompt_tokens, event.accepted.fingerprint
        case "delta":
            delta = event.delta
            if answer.first is None and delta.text:
                answer.first = at
            if delta.channel == pb.Delta.CHANNEL_REASONING:
                answer.reasoning += delta.text
            else:
                answer.text += delta.text
            answer.token_ids += delta.token_ids
            answer.frames.append(len(answer.token_ids))
        case "completed":
            done = event.completed
            answer.cached_tokens = done.cached_prompt_tokens
            answer.completion_tokens, answer.reasoning_tokens = done.completion_tokens, done.reasoning_tokens
            answer.finish = pb.Completed.FinishReason.Name(done.finish_reason).removeprefix("FINISH_REASON_")
            return True
        case _:
            answer.failure = "an event of no known kind"
    return False
