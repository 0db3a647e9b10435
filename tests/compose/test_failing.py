"""Containers that leave, die, are joined or are of another release: customers notice nothing. Run in this order."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import grpc
import grpc.aio
import pytest
import yaml

from kefu.common.rpc.status import failure_of
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.compose.asking import CHINESE, ENGLISH, LONG, MOST_TOKENS, Answer, ask
from tests.compose.containers import DEPLOY, Containers, docker, until
from tests.compose.replicas import WRITING, continuations, kill_prepared, killed_in_the_middle, known_replicas
from tests.support.grpc_calls import bearer_metadata

pytestmark = pytest.mark.timeout(2400)
OTHER_MODEL = "smollm2-135m"


@pytest.fixture(scope="module", autouse=True)
def writing(kefu: Containers) -> Iterator[None]:
    with kefu.changed(router=WRITING):
        yield


async def test_what_a_model_writes_comes_word_by_word(kefu: Containers) -> None:
    request = pb.ConverseRequest(session="sessions/-", text=LONG, collections=["collections/help"])
    async with kefu.customers() as channel:
        call = rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(kefu.key))
        events = [event async for event in call]
    assert Answer(events).completed.source == pb.ANSWER_SOURCE_GENERATED
    assert sum(event.HasField("text_delta") for event in events) > 5


async def test_routers_are_replaced_one_by_one_under_load_without_a_failed_turn(kefu: Containers) -> None:
    before = set(kefu.ids("router"))
    stop, answered, failed = asyncio.Event(), list[str](), list[str]()
    questions = ("Hello!", "你好", ENGLISH)

    async def customer(number: int) -> None:
        async with kefu.customers() as channel:
            while not stop.is_set():
                try:
                    answer = await ask(channel, kefu.key, questions[number % len(questions)])
                    answered.append(answer.turn)
                except grpc.aio.AioRpcError as error:
                    failed.append(str(failure_of(error)))
                await asyncio.sleep(0.05)

    customers = [asyncio.create_task(customer(number)) for number in range(6)]
    await kefu.replace("router")
    stop.set()
    await asyncio.gather(*customers)
    assert failed == []
    assert len(answered) > 20
    after = set(kefu.ids("router"))
    assert len(after) == 2
    assert not after & before
    kefu.up()
    assert set(kefu.ids("router")) == after, "compose takes them for what its file says"


async def test_a_router_more_is_used_without_a_word_to_nginx(kefu: Containers) -> None:
    kefu.up("--no-recreate", "--scale", "router=3")
    [nginx] = kefu.ids("nginx")
    addresses = {address for one in kefu.ids("router") for address in kefu.addresses(one, "_inside")}
    assert len(addresses) == 3
    async with kefu.customers() as channel:

        async def used() -> set[str]:
            await asyncio.gather(*(ask(channel, kefu.key, "Hello!") for _ in range(6)))
            lines = docker("logs", "--tail", "40", nginx)
            return set(re.findall(r'"upstream":"([\d.]+):50051"', lines))

        async with asyncio.timeout(60):
            while not addresses <= await used():
                await asyncio.sleep(1)
        kefu.up("--no-recreate", "--scale", "router=2")
        for _ in range(20):
            await ask(channel, kefu.key, "Hello!")


async def test_a_replica_that_dies_in_mid_answer_is_not_noticed(kefu: Containers) -> None:
    kefu.up("--no-recreate", "--scale", "generation=2")
    try:
        until(lambda: known_replicas(kefu) == {2}, 60)
        running = kefu.replicas()
        async with kefu.customers() as channel:
            broken_off, answer = await killed_in_the_middle(kefu, channel)
        assert answer.text.startswith(broken_off)
        assert len(answer.text) > len(broken_off)
        assert continuations(kefu) == 1
        until(lambda: any(kefu.inspect(one)["RestartCount"] for one in running), 60)
    finally:
        kefu.up("--no-recreate", "--scale", "generation=1")


async def test_a_replica_with_another_model_takes_over_an_answer_from_its_text(kefu: Containers) -> None:
    """As while a model is rolled out: the fingerprints differ, so the token ids of one mean nothing to the other."""
    with kefu.changed(generation_next=other_model()):
        until(lambda: known_replicas(kefu) == {2}, 60)
        before = continuations(kefu)
        async with kefu.customers() as channel:
            broken_off, answer = await killed_in_the_middle(kefu, channel)
        assert answer.text.startswith(broken_off)
        assert len(answer.text) > len(broken_off)
        assert continuations(kefu) == before + 1


def other_model() -> dict[str, Any]:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["generation"]
    return service | {"environment": {**service["environment"], "KEFU_GENERATION_MODEL": OTHER_MODEL}}


async def test_another_model_is_rolled_out_and_back_while_customers_ask(kefu: Containers) -> None:
    stop, models = asyncio.Event(), set[str]()

    async def customer() -> None:
        while not stop.is_set():
            models.add(await written_by(kefu, ENGLISH))
            await asyncio.sleep(2)  # the replica that comes needs the processors to start

    before = await model_of_today(kefu)
    customers = [asyncio.create_task(customer()) for _ in range(2)]
    kefu.variables["KEFU_MODEL"] = OTHER_MODEL
    await asyncio.to_thread(kefu.compose, "run", "--rm", "weights")
    await kefu.replace("generation")
    assert await model_of_today(kefu) == OTHER_MODEL
    del kefu.variables["KEFU_MODEL"]
    await kefu.replace("generation")
    assert await model_of_today(kefu) == before
    stop.set()
    await asyncio.gather(*customers)
    assert models <= {"", before, OTHER_MODEL}


async def model_of_today(kefu: Containers) -> str:
    """The model whose words customers read."""
    for question in (ENGLISH, LONG, CHINESE) * 3:
        if model := await written_by(kefu, question):
            return model
    raise AssertionError("nine answers, and no model wrote one")


async def written_by(kefu: Containers, question: str) -> str:
    """The model that wrote the answer; "" for a hand-over, which one of 135 million parameters may bring about too."""
    async with kefu.customers() as channel:
        answer = await ask(channel, kefu.key, question)
    assert answer.text
    return answer.completed.model if answer.completed.source == pb.ANSWER_SOURCE_GENERATED else ""


async def test_knowledge_and_sessions_survive_a_killed_redis_and_an_answer_goes_on_meanwhile(kefu: Containers) -> None:
    [redis] = kefu.ids("redis")
    async with kefu.customers() as channel, kill_prepared(redis) as kill:
        first = await ask(channel, kefu.key, "Hello!")
        request = pb.ConverseRequest(
            session="sessions/-", text=LONG, collections=["collections/help"], max_tokens=MOST_TOKENS
        )
        events: list[pb.ConverseEvent] = []
        async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(kefu.key)):
            events.append(event)
            if event.HasField("text_delta") and not kill.done:
                await kill.now()
        written = Answer(events)
        assert kill.done
        assert written.completed.source == pb.ANSWER_SOURCE_GENERATED
        await asyncio.to_thread(until, lambda: kefu.inspect(redis)["RestartCount"] >= 1, 60)
        await asyncio.to_thread(kefu.until_healthy)
        second = await once_more(lambda: ask(channel, kefu.key, ENGLISH, session_of(first)))
        assert second.text
        chat = rpc.ChatServiceStub(channel)

        async def kept() -> bool:
            turns = await chat.ListTurns(
                pb.ListTurnsRequest(session=session_of(written)), metadata=bearer_metadata(kefu.key)
            )
            return [one.text.encode() for one in turns.turns if one.name == written.turn] == [written.text]

        async with asyncio.timeout(60):
            while not await kept():
                await asyncio.sleep(0.5)


def session_of(answer: Answer) -> str:
    return answer.turn.partition("/turns/")[0]


async def once_more(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """As a client does that is told to come back: routers connect anew."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await call()
            except grpc.aio.AioRpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                await asyncio.sleep(1)


def test_logs_hold_no_secret_and_nothing_that_was_said(kefu: Containers) -> None:
    logs = kefu.logs()
    assert '"event":"edge"' in logs
    for path in kefu.secrets.iterdir():
        for line in path.read_text().splitlines():
            word = line.split()[-1] if line.split() else ""
            if len(word) >= 16 and "CERTIFICATE" not in line and "KEY" not in line:
                assert word not in logs, f"{path.name} is in the logs"
                assert word.rpartition("_")[2].partition("@")[0] not in logs
    for said in (ENGLISH, CHINESE, LONG, "你好", "3 years from the day of purchase"):
        assert said not in logs
