"""A model that the catalog does not know sits the exam behind customers, and all routers know its marks."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from kefu.common.errors import EngineDead
from kefu.common.redis.commands import RedisCommands
from kefu.generation.v1 import generation_pb2 as gen
from kefu.router.answering.writing.prompt import NOT_FOUND
from kefu.router.config import Timing
from kefu.router.domain.generation import Message, Role
from kefu.router.exam.cases import exam_cases
from kefu.router.exam.marks import Marks
from kefu.router.exam.marks_store import MarksStore
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import Step, make_hit
from tests.unit.router.exam.scripted_models import ACCEPT, REFUSE, ScriptedModel, perfect_model

_TIMING = Timing(exam_check_seconds=0.05)
_ROLES = {
    gen.ChatMessage.ROLE_SYSTEM: Role.SYSTEM,
    gen.ChatMessage.ROLE_USER: Role.USER,
    gen.ChatMessage.ROLE_ASSISTANT: Role.ASSISTANT,
}
_SECONDS = 60.0
Plays = Callable[[gen.GenerateRequest], tuple[Sequence[Step], Sequence[float]]]


class Sitting:
    """Plays a scripted model in a replica, and answers what is no part of the exam as a customer's question."""

    def __init__(self, model: ScriptedModel) -> None:
        self._model = model

    def __call__(self, request: gen.GenerateRequest) -> tuple[Sequence[Step], Sequence[float]]:
        messages = [Message(_ROLES[each.role], each.content) for each in request.chat.messages]
        verdict = self._model.verdict(messages)
        if verdict is not None:
            return ["A"], [math.log(each) for each in (ACCEPT if verdict else REFUSE)]
        reply = self._model.reply_to(messages)
        return [reply or "Refunds take 7 days [1]."], ()


@asynccontextmanager
async def open_exam(redis: RedisServer, plays: Plays) -> AsyncIterator[RouterHarness]:
    """A router in front of a replica that plays so from the first request on."""
    async with open_router_harness(redis, timing=_TIMING, model_exam=True, answer_profile="auto", routers=0) as harness:
        harness.replica.plays = plays
        await harness.start_router()
        yield harness


async def marks_in(harness: RouterHarness, model_id: str = "weights") -> Marks | None:
    async with harness.open_store() as store:
        return await MarksStore(RedisCommands(store)).get(model_id)


async def until_marked(harness: RouterHarness) -> Marks:
    async with asyncio.timeout(_SECONDS):
        while (marks := await marks_in(harness)) is None:
            await asyncio.sleep(0.05)
    return marks


async def test_an_unknown_model_sits_the_exam_once_for_all_routers(own_redis: RedisServer) -> None:
    async with open_exam(own_redis, Sitting(perfect_model())) as harness:
        await harness.start_router()
        marks = await until_marked(harness)
        assert (marks.profile(), marks.right, marks.accepted_faulty) == ("verified", 1.0, 0.0)
        asked = len(exam_cases()) + sum(each.sentences for each in marks.reading.values())
        assert len(harness.replica.calls) == asked
        await harness.start_router()
        await asyncio.sleep(0.5)
        assert len(harness.replica.calls) == asked


async def test_until_its_marks_are_there_answers_are_the_evidence(own_redis: RedisServer) -> None:
    held = asyncio.Event()
    async with open_exam(own_redis, lambda _request: ([held, NOT_FOUND], ())) as harness:
        harness.knowledge.hits = [make_hit("Refunds take 7 days.")]
        client = await harness.client()
        before = await client.ask("How long does a refund take?")
        assert before.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
        assert await marks_in(harness) is None
        harness.replica.plays = Sitting(perfect_model())
        held.set()
        await until_marked(harness)


async def test_a_model_of_the_catalog_and_a_named_profile_need_no_exam(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, timing=_TIMING, model_exam=True, answer_profile="evidence") as harness:
        await asyncio.sleep(0.5)
        assert harness.replica.calls == []
    async with open_router_harness(own_redis, timing=_TIMING, model_exam=False, answer_profile="auto") as harness:
        await asyncio.sleep(0.5)
        assert harness.replica.calls == []


async def test_a_model_that_fails_has_no_marks(own_redis: RedisServer) -> None:
    async with open_exam(own_redis, lambda _request: ([EngineDead("dead")], ())) as harness:
        async with asyncio.timeout(_SECONDS):
            while not harness.replica.calls:
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        assert await marks_in(harness) is None
        assert len(harness.replica.calls) <= 20  # it is broken off, and not begun anew at once


async def test_a_poor_models_marks_leave_the_answers_as_they_are(own_redis: RedisServer) -> None:
    poor = ScriptedModel(lambda _case: NOT_FOUND, lambda _is_right: True)
    async with open_exam(own_redis, Sitting(poor)) as harness:
        harness.knowledge.hits = [make_hit("Refunds take 7 days.")]
        assert (await until_marked(harness)).profile() == "evidence"
        answer = await (await harness.client()).ask("How long does a refund take?")
        assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
