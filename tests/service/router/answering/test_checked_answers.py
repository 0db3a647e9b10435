"""What a customer sees of a model's answer: whole sentences that are proven; else the evidence, or a person comes."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence

import pytest

from kefu.common.errors import EngineDead
from kefu.generation.v1 import generation_pb2 as gen
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import ScriptedCall, make_hit
from tests.support.waiting import wait_until

ASK = "How long does a refund take?"
PAGE = "A refund takes 7 business days. A refund to a card takes 3 days more."
FIRST = "A refund takes 7 business days"
UNCLEAR, UNANSWERED = "Lamps are yellow. Bicycles stand on tables.", "Who repairs bicycles in Chengdu on Sundays?"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, answer_profile="full", replicas=2) as opened:
        opened.knowledge.hits = [make_hit(PAGE)]
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


def script(
    harness: RouterHarness, *frames: str | Exception | asyncio.Event, again: Sequence[str] | None = None
) -> None:
    """What the replicas write, and what they write `again` where a sentence failed."""
    for replica in harness.replicas:
        replica.frames = list(frames)
        replica.by_word = {} if again is None else {"The passages do not bear out": again}


def calls(harness: RouterHarness) -> list[ScriptedCall]:
    """The calls that had an answer written, in their order."""
    made = [call for replica in harness.replicas for call in replica.calls]
    return sorted((each for each in made if each.request.max_tokens > 1), key=lambda call: call.began)


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


async def test_the_day_of_the_question_proves_no_number(harness: RouterHarness, customer: RouterClient) -> None:
    """The model is not told the day: on every 30th, "30 days" would have passed."""
    script(harness, "A refund takes 30 business days [1].")
    assert "30" not in (await customer.ask(ASK, as_of="2026-12-30")).text


@pytest.mark.parametrize(
    "written",
    [
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


async def test_a_later_sentence_that_does_not_pass_is_left_out(harness: RouterHarness, customer: RouterClient) -> None:
    script(
        harness,
        f"{FIRST} [1]. A refund to a card takes 30",
        " days more [1]. A refund to a card takes 3 days more [1].",
    )
    answer = await customer.ask(ASK)
    assert answer.text == f"{FIRST} [1]. A refund to a card takes 3 days more [1]."
    assert len(calls(harness)) == 1
    assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED
    assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
    [turn] = await customer.turns(answer.session)
    assert turn.text == answer.text


async def test_an_answer_whose_first_sentence_does_not_pass_is_written_once_more(
    harness: RouterHarness, customer: RouterClient
) -> None:
    script(harness, "A refund takes 30 ", "business days [1]. It is quick.", again=[f"{FIRST} [1]."])
    answer = await customer.ask(ASK)
    assert answer.text == f"{FIRST} [1]."
    assert answer.kinds == ["turn_started", "passages_found", "text_delta", "turn_completed"]
    assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED
    first, second = [call.request.chat.messages for call in calls(harness)]
    assert second[: len(first)] == first
    written, refused = second[len(first) :]
    assert written.content.startswith("A refund takes 30 business days [1].")
    assert "“A refund takes 30 business days.”" in refused.content


async def test_an_answer_is_written_no_third_time(harness: RouterHarness, customer: RouterClient) -> None:
    harness.knowledge.hits = [make_hit(UNCLEAR, relevance=0.51)]
    script(harness, "Bicycles are repaired by 30 people [1].", again=["Bicycles are repaired by 40 people [1]."])
    answer = await customer.ask(UNANSWERED)
    assert len(calls(harness)) == 2
    assert answer.completed.finish_reason == pb.FINISH_REASON_HANDOFF
    assert answer.handoff.reason == pb.Handoff.REASON_UNSUPPORTED_ANSWER
    assert (list(answer.completed.citations), "0 people" in answer.text, "yellow" in answer.text) == ([], False, False)


@pytest.mark.parametrize("written", ["NOT_FOUND", "NOT_FOUND.\n\nThe passages speak of cards."])
async def test_where_the_model_finds_no_answer_a_person_comes_and_nothing_is_quoted(
    harness: RouterHarness, customer: RouterClient, written: str
) -> None:
    script(harness, written)
    answer = await customer.ask(ASK)
    assert answer.completed.finish_reason == pb.FINISH_REASON_HANDOFF
    assert answer.handoff.reason == pb.Handoff.REASON_NOTHING_RELEVANT
    assert (list(answer.completed.citations), "refund" in answer.text, len(calls(harness))) == ([], False, 1)


async def test_what_a_sum_comes_to_may_be_said(harness: RouterHarness, customer: RouterClient) -> None:
    script(harness, "A refund to a card takes 7 + 3 = 10 days [1]. So wait 10 business days for a refund [1].")
    answer = await customer.ask("How long does a refund to a card take?")
    assert answer.text == "A refund to a card takes 7 + 3 = 10 days [1]. So wait 10 business days for a refund [1]."


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
    assert len(calls(harness)) == 2


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


SECOND = "A refund to a card takes 3 days more"
_YES, _NO = ([math.log(odds) for odds in each] for each in ((0.5, 0.3, 0.2), (0.49, 0.01, 0.5)))


@pytest.fixture
async def verifying(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, answer_profile="verified") as opened:
        opened.knowledge.hits = [make_hit(PAGE)]
        opened.replica.frames = [f"{FIRST} [1]. ", f"{SECOND} [1]."]
        yield opened


@pytest.mark.parametrize(
    ("odds", "text"),
    [
        ({"check this": _YES}, f"{FIRST} [1]. {SECOND} [1]."),
        ({f"“{SECOND}.”": _NO, "check this": _YES}, f"{FIRST} [1]."),
    ],
    ids=["both", "the first"],
)
async def test_a_sentence_that_the_model_confirms_with_even_odds_is_shown(
    verifying: RouterHarness, odds: dict[str, list[float]], text: str
) -> None:
    verifying.replica.odds_by_word = odds
    answer = await (await verifying.client()).ask(ASK)
    assert answer.text == text
    assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED
    [writing] = calls(verifying)
    prompt = writing.request.chat.messages
    readings = [call.request for call in verifying.replica.calls if call.request.choices]
    assert [list(each.choices) for each in readings] == [["A", "B", "C"]] * 2
    assert all(each.chat.messages[: len(prompt)] == prompt for each in readings)
    assert {each.chat.messages[-2].content for each in readings} == {f"{FIRST}.", f"{FIRST}. {SECOND}."}


async def test_an_answer_whose_first_sentence_is_not_confirmed_is_written_once_more(verifying: RouterHarness) -> None:
    verifying.replica.odds_by_word = {f"“{FIRST}.”": _NO, "check this": _YES}
    verifying.replica.by_word = {"do not bear out": [f"{SECOND} [1]."]}
    answer = await (await verifying.client()).ask(ASK)
    assert answer.text == f"{SECOND} [1]."
    assert len(calls(verifying)) == 2


async def test_with_a_replica_that_cannot_choose_no_word_of_the_model_is_shown(verifying: RouterHarness) -> None:
    answer = await (await verifying.client()).ask(ASK)
    assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
    assert answer.text == f"{PAGE} [1]"
    verifying.knowledge.hits = [make_hit(UNCLEAR, relevance=0.51)]
    verifying.replica.frames = ["Lamps are yellow, and bicycles stand on tables [1]."]
    answer = await (await verifying.client()).ask(UNANSWERED)
    assert answer.completed.finish_reason == pb.FINISH_REASON_HANDOFF
    assert "yellow" not in answer.text
