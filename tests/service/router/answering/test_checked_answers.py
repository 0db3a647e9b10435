"""What a customer sees of a model's answer that is checked: whole sentences that passed, or the evidence."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from kefu.common.errors import EngineDead
from kefu.generation.v1 import generation_pb2 as gen
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until

ASK = "How long does a refund take?"
PAGE = "A refund takes 7 business days. A refund to a card takes 3 days more."
FIRST = "A refund takes 7 business days"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, answer_profile="full", replicas=2) as opened:
        opened.knowledge.hits = [make_hit(PAGE)]
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


def script(harness: RouterHarness, *frames: str | Exception | asyncio.Event) -> None:
    for replica in harness.replicas:
        replica.frames = list(frames)


async def test_what_passes_is_shown_word_for_word_with_its_citation(
    harness: RouterHarness, customer: RouterClient
) -> None:
    script(harness, "A refund ", "takes 7 business", " days [1]. A refund to a card takes 3 days more [1].")
    answer = await customer.ask(ASK)
    assert answer.text == f"{FIRST} [1]. A refund to a card takes 3 days more [1]."
    assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED
    assert answer.cited_spans == [(FIRST, 1), ("A refund to a card takes 3 days more", 1)]


async def test_nothing_is_shown_before_a_sentence_is_whole(harness: RouterHarness, customer: RouterClient) -> None:
    waits = asyncio.Event()
    script(harness, "A refund takes 7 business days [1]. ", "A refund to ", waits, "a card takes 3 days more [1].")
    seen: list[str] = []

    async def read() -> None:
        async for event in customer.converse(ASK):
            seen.append(event.text_delta.text)  # noqa: PERF401 - it is looked at while it grows

    reading = asyncio.create_task(read())
    await wait_until(lambda: any(seen))
    assert "".join(seen) == f"{FIRST} [1]."
    waits.set()
    await reading
    assert "".join(seen) == f"{FIRST} [1]. A refund to a card takes 3 days more [1]."


@pytest.mark.parametrize(
    "written",
    [
        "A refund never takes 7 business days [1].",
        "How long does a refund take [1].",
        "I wait 7 business days for my refund [1].",
        "退款 7 个工作日到账。",
        "A refund takes 30 business days [1].",
        "The page says: “Refunds arrive whenever we feel like sending them back.”",
        "Pirates love treasure, parrots and wooden legs above everything else.",
        " \n",
    ],
)
async def test_instead_of_what_does_not_pass_the_page_itself_answers(
    harness: RouterHarness, customer: RouterClient, written: str
) -> None:
    script(harness, written[:9], written[9:])
    answer = await customer.ask(ASK)
    assert answer.text.startswith(FIRST)
    assert answer.kinds == ["turn_started", "passages_found", "text_delta", "turn_completed"]
    assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
    assert answer.completed.timings.HasField("first_text")
    assert [citation.number for citation in answer.completed.citations] == [1]
    assert answer.found.passages[0].number == 1


async def test_what_was_shown_stays_when_a_later_sentence_does_not_pass(
    harness: RouterHarness, customer: RouterClient
) -> None:
    script(harness, f"{FIRST} [1]. A refund to a card never", " takes 3 days more [1]. And so on.")
    answer = await customer.ask(ASK)
    assert answer.text == f"{FIRST} [1]."
    assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED
    assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
    [turn] = await customer.turns(answer.session)
    assert turn.text == answer.text


async def test_half_a_sentence_is_not_shown_where_the_model_was_cut_off(
    harness: RouterHarness, customer: RouterClient
) -> None:
    for replica in harness.replicas:
        replica.finish = gen.Completed.FINISH_REASON_LENGTH
    script(harness, f"{FIRST} [1]. A refund to a card takes")
    assert (await customer.ask(ASK)).text == f"{FIRST} [1]."
    script(harness, "A refund takes")
    assert (await customer.ask("How long do refunds take?")).text.startswith(FIRST)


async def test_another_replica_goes_on_in_the_middle_of_a_sentence_that_is_held(
    harness: RouterHarness, customer: RouterClient
) -> None:
    script(harness, "A refund takes ", "7 ", EngineDead("dead"))
    for replica in harness.replicas:
        replica.continued = ["A refund takes ", "7 ", "business days [1]."]
    answer = await customer.ask(ASK)
    assert answer.text == f"{FIRST} [1]."
    assert sum(len(replica.calls) for replica in harness.replicas) == 2


async def test_without_a_replica_that_goes_on_the_page_itself_answers(
    harness: RouterHarness, customer: RouterClient
) -> None:
    script(harness, "A refund takes ", EngineDead("dead"))
    answer = await customer.ask(ASK)
    assert answer.text.startswith(FIRST)
    assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE


async def test_what_a_simulated_engine_imitates_is_shown_as_it_comes(
    harness: RouterHarness, customer: RouterClient
) -> None:
    for replica in harness.replicas:  # a replica describes itself anew with each process
        replica.answer_profile, replica.boot_id = "unchecked", "another"
    script(harness, "(simulated answer: no model wrote this) ", "and more")
    async with asyncio.timeout(10):
        while not (text := (await customer.ask(ASK)).text).startswith("(simulated"):
            await asyncio.sleep(0.1)
    assert text == "(simulated answer: no model wrote this) and more"
