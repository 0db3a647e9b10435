"""What a customer sees where the evidence is the answer: the pages' own words, chosen by code or by the model."""

import math
from collections.abc import AsyncIterator

import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

TIERS = """| | Silver | Gold | Platinum |
|---|---|---|---|
| Express delivery | ¥18 | free | free |
| Birthday coupon | ¥20 | ¥50 | ¥100 |"""


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, answer_profile="evidence") as opened:
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


async def test_the_page_answers_and_no_model_is_asked(harness: RouterHarness, customer: RouterClient) -> None:
    harness.knowledge.hits = [make_hit("A refund takes 7 days. Parcels go out on Friday.")]
    answer = await customer.ask("How long does a refund take?")
    assert answer.text == "A refund takes 7 days. [1]"
    assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
    assert answer.cited_spans == [("A refund takes 7 days.", 1)]
    assert [call for replica in harness.replicas for call in replica.calls if call.request.caller] == []


async def test_a_yes_no_question_that_is_not_certain_gets_the_pages_sentence_as_it_is(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.knowledge.hits = [make_hit("Furniture is delivered on Friday for a fee.", title="Furniture")]
    answer = await customer.ask("Is furniture delivered on Friday?")
    assert answer.text == "Furniture is delivered on Friday for a fee. [1]"


async def test_a_comparison_shows_both_columns(harness: RouterHarness, customer: RouterClient) -> None:
    harness.knowledge.hits = [make_hit(TIERS, title="Membership tiers")]
    answer = await customer.ask("What is the difference between Gold and Platinum?")
    assert "Gold ¥50; Platinum ¥100" in answer.text
    assert "¥20" not in answer.text


async def test_two_questions_are_searched_and_answered_each(harness: RouterHarness, customer: RouterClient) -> None:
    harness.knowledge.by_word = {
        "gift": [make_hit("A gift card is valid for 3 years.", title="Gift cards", n=2)],
        "refund": [make_hit("A refund takes 7 days.", n=1)],
    }
    answer = await customer.ask("How long does a refund take? And how long is a gift card valid?")
    assert answer.text == "A refund takes 7 days. [1]\n\nA gift card is valid for 3 years. [2]"
    assert [number for _, number in answer.cited_spans] == [1, 2]


async def test_a_second_question_that_leans_on_the_first_is_asked_behind_it(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.knowledge.by_word = {
        "lamp": [
            make_hit(
                "A lamp has a warranty of 3 years. The bulb has a warranty of 1 year.", title="Lamps", relevance=0.99
            )
        ]
    }
    harness.knowledge.hits = [make_hit("Parcels go out on Friday.", title="Parcels", relevance=0.06, n=2)]
    answer = await customer.ask("How long is the warranty of a lamp? And how long is it for the bulb?")
    assert "3 years" in answer.text
    assert "The bulb has a warranty of 1 year." in answer.text
    assert "Friday" not in answer.text


async def test_a_piece_that_answers_both_questions_stands_once(harness: RouterHarness, customer: RouterClient) -> None:
    harness.knowledge.hits = [make_hit("A refund takes 7 days, a refund of points takes 9 days.", n=1)]
    answer = await customer.ask("How long does a refund take? And how long does a refund of points take?")
    assert answer.text == "A refund takes 7 days, a refund of points takes 9 days. [1]"
    assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE


async def test_what_the_pages_do_not_answer_goes_to_a_person(harness: RouterHarness, customer: RouterClient) -> None:
    harness.knowledge.hits = [make_hit("Lamps are yellow.", title="Lamps", relevance=0.06)]
    answer = await customer.ask("Who repairs bicycles in Chengdu on Sundays?")
    assert answer.completed.finish_reason == pb.FINISH_REASON_HANDOFF


async def test_where_pieces_are_about_as_good_the_model_chooses(own_redis: RedisServer) -> None:
    hits = [
        make_hit("The red lamp costs ¥30.", title="Lamps", n=1),
        make_hit("The tan lamp costs ¥40.", title="Lamps", n=2),
        make_hit("The old lamp costs ¥50.", title="Lamps", n=3),
    ]
    async with open_router_harness(own_redis, answer_profile="choice") as harness:
        harness.knowledge.hits = hits
        (replica,) = harness.replicas
        replica.frames, replica.choice_log_probabilities = ["C"], [math.log(0.001), math.log(0.001), math.log(0.998)]
        answer = await (await harness.client()).ask("What does the lamp of my aunt cost?")
        (request,) = [call.request for call in replica.calls if call.request.choices]
        assert list(request.choices) == ["A", "B", "C"]
        assert "C. Lamps: The old lamp costs ¥50." in request.chat.messages[-1].content
        assert answer.text == "The old lamp costs ¥50. [1]"


async def test_a_model_that_cannot_be_had_leaves_the_choice_to_the_ranking(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, answer_profile="choice", first_token_seconds=0.5, attempts=1) as harness:
        harness.knowledge.hits = [
            make_hit(f"Lamp {name} costs ¥{n}0.", title="Lamps", n=n) for n, name in ((1, "a"), (2, "b"))
        ]
        (replica,) = harness.replicas
        replica.frames = [RuntimeError("broken")]
        answer = await (await harness.client()).ask("What does a lamp cost?")
        assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
        assert "costs ¥" in answer.text
