"""A customer's message and what comes back: a router before scripted services, over real gRPC, with a real Redis."""

from collections.abc import AsyncIterator

import pytest

from kefu.common.errors import BackendUnavailable, PromptTooLong
from kefu.generation.v1 import generation_pb2 as gen
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

REFUNDS = "Refunds arrive within 7 business days after we receive the parcel."


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as opened:
        opened.knowledge.hits = [make_hit(REFUNDS)]
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


async def test_a_question_is_answered_from_a_passage_with_a_citation(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.replica.frames = ["Refunds arrive ", "within 7 business", " days [1", "]", "."]
    answer = await customer.ask("How long does a refund take?")
    assert answer.kinds == ["turn_started", "passages_found", "text_delta", "turn_completed"]
    assert answer.text == "Refunds arrive within 7 business days [1]."
    assert answer.cited_spans == [("Refunds arrive within 7 business days", 1)]
    assert answer.started.language == "en"
    assert not answer.started.replayed
    assert answer.found.passages[0].text == REFUNDS
    done = answer.completed
    assert (done.finish_reason, done.source) == (pb.FINISH_REASON_STOP, pb.ANSWER_SOURCE_GENERATED)
    assert done.text_bytes == len(answer.text.encode())
    assert done.model == "scripted"
    assert (done.usage.prompt_tokens, done.usage.cached_prompt_tokens) == (100, 40)
    assert done.timings.HasField("search")
    assert done.timings.first_text.ToNanoseconds() <= done.timings.total.ToNanoseconds()
    assert done.citations[0].passage == answer.found.passages[0].name


async def test_the_answer_is_in_the_questions_language(harness: RouterHarness, customer: RouterClient) -> None:
    harness.replica.frames = ["退款将在7个工作日内到账[1]。"]
    answer = await customer.ask("退款要多久？")
    assert answer.started.language == "zh"
    assert "正在回复顾客" in harness.replica.calls[0].request.chat.messages[0].content
    assert answer.cited_spans == [("退款将在7个工作日内到账", 1)]


async def test_what_is_asked_for_wins_over_the_questions_language(
    harness: RouterHarness, customer: RouterClient
) -> None:
    assert (await customer.ask("退款要多久？", language="en")).started.language == "en"
    assert "in English" in harness.replica.calls[0].request.chat.messages[0].content


async def test_the_prompt_has_the_stable_part_first_and_the_question_last(
    harness: RouterHarness, customer: RouterClient
) -> None:
    first = await customer.ask("How long does a refund take?")
    await customer.ask("Who pays for the return of a broken item?", first.session)
    one, two = (call.request.chat.messages for call in harness.replica.calls)
    assert one[:5] == two[:5]
    assert one[0].role == gen.ChatMessage.ROLE_SYSTEM
    assert f"Passage [1] (Refunds)\n{REFUNDS}" in two[-1].content
    assert two[-1].content.index(REFUNDS) < two[-1].content.index("Who pays")
    assert [message.content for message in two[5:7]] == ["How long does a refund take?", first.text]


@pytest.mark.parametrize(
    ("text", "reply"),
    [("Hello!", "How can I help"), ("谢谢", "不客气"), ("Bye", "Goodbye"), ("好的", "随时告诉我")],
)
async def test_what_is_no_question_gets_a_fixed_reply_without_a_search(
    harness: RouterHarness, customer: RouterClient, text: str, reply: str
) -> None:
    answer = await customer.ask(text)
    assert answer.kinds == ["turn_started", "text_delta", "turn_completed"]
    assert reply in answer.text
    assert answer.completed.source == pb.ANSWER_SOURCE_CANNED
    assert not answer.completed.HasField("usage")
    assert harness.knowledge.requests == []
    assert harness.replica.calls == []


async def test_a_greeting_with_a_question_is_a_question(harness: RouterHarness, customer: RouterClient) -> None:
    assert (await customer.ask("hi, how long does a parcel take?")).completed.source == pb.ANSWER_SOURCE_GENERATED


async def test_a_wish_for_a_person_hands_over_and_the_session_waits(
    harness: RouterHarness, customer: RouterClient
) -> None:
    answer = await customer.ask("我要人工客服")
    assert answer.kinds == ["turn_started", "handoff", "turn_completed"]
    assert answer.handoff.reason == pb.Handoff.REASON_CUSTOMER_ASKED
    assert "人工" in answer.handoff.message
    assert answer.completed.finish_reason == pb.FINISH_REASON_HANDOFF
    got = await customer.chat.GetSession(pb.GetSessionRequest(name=answer.session), metadata=customer.metadata)
    assert got.session.state == pb.Session.STATE_WAITING
    assert (await customer.turns(answer.session))[0].text == answer.handoff.message
    assert harness.knowledge.requests == []
    # While nobody has come, Kefu goes on answering.
    assert (await customer.ask("How long does a refund take?", answer.session)).text


async def test_nothing_relevant_hands_over_without_asking_the_model(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.knowledge.hits = [make_hit("Submarines are long.", relevance=0.08)]
    answer = await customer.ask("Do you sell submarines?")
    assert answer.kinds == ["turn_started", "passages_found", "handoff", "turn_completed"]
    assert answer.handoff.reason == pb.Handoff.REASON_NOTHING_RELEVANT
    assert "Do you sell submarines?" in answer.handoff.summary
    assert len(answer.found.passages) == 0
    assert answer.completed.text_bytes == len(answer.handoff.message.encode())
    assert harness.replica.calls == []


async def test_a_curated_answer_that_applies_is_given_word_for_word(
    harness: RouterHarness, customer: RouterClient
) -> None:
    staff = kb.CuratedAnswer(name="collections/help/curatedAnswers/1", answer="Every day, 9:00 to 21:00.")
    harness.knowledge.curated = kb.CuratedMatch(curated_answer=staff, applies=True)
    answer = await customer.ask("When are you open for business?")
    assert answer.text == "Every day, 9:00 to 21:00."
    assert answer.completed.source == pb.ANSWER_SOURCE_CURATED
    assert harness.replica.calls == []


async def test_documents_about_as_good_as_each_other_are_handed_over_where_the_collection_minds(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.knowledge.min_apart = 0.01
    assert (await customer.ask("How long does a refund take?")).completed.source == pb.ANSWER_SOURCE_GENERATED
    harness.knowledge.min_apart = 0.03
    answer = await customer.ask("How long does a refund of a gift take?")
    assert answer.handoff.reason == pb.Handoff.REASON_NOTHING_RELEVANT
    assert len(harness.replica.calls) == 1
    staff = kb.CuratedAnswer(name="collections/help/curatedAnswers/1", answer="Every day, 9:00 to 21:00.")
    harness.knowledge.curated = kb.CuratedMatch(curated_answer=staff, applies=True)
    assert (await customer.ask("When are you open for business?")).text == "Every day, 9:00 to 21:00."


async def test_a_curated_answer_that_does_not_apply_is_not_given(
    harness: RouterHarness, customer: RouterClient
) -> None:
    staff = kb.CuratedAnswer(answer="Every day, 9:00 to 21:00.")
    harness.knowledge.curated = kb.CuratedMatch(curated_answer=staff, applies=False, reason="TOO_FAR")
    assert (await customer.ask("When does the refund arrive?")).completed.source == pb.ANSWER_SOURCE_GENERATED


async def test_a_figure_that_no_evidence_bears_out_is_never_sent(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.replica.frames = ["Refunds arrive", " within 3", "0 business", " days [1]. Call 555-1234."]
    answer = await customer.ask("How long does a refund take?")
    assert answer.kinds == ["turn_started", "passages_found", "text_delta", "handoff", "turn_completed"]
    assert answer.text == "Refunds arrive within…"
    assert answer.handoff.reason == pb.Handoff.REASON_UNSUPPORTED_ANSWER
    assert "(30)" in answer.handoff.summary
    assert answer.completed.finish_reason == pb.FINISH_REASON_HANDOFF


async def test_a_handoff_withdraws_the_text_before_it(harness: RouterHarness, customer: RouterClient) -> None:
    harness.replica.frames = ["Refunds arrive within 7 business days [1]. They", " take 30 hours at most."]
    answer = await customer.ask("How long does a refund take?")
    message = answer.handoff.message
    assert answer.text.startswith("Refunds arrive within 7 business days [1].")
    assert answer.completed.source == pb.ANSWER_SOURCE_CANNED
    assert answer.completed.text_bytes == len(message.encode())
    assert (len(answer.completed.citations), len(answer.completed.supports)) == (0, 0)

    [stored] = await customer.turns(answer.session)
    assert (stored.text, stored.withdrawn) == (message, answer.text)
    resumed = await customer.resume(answer.started.turn, len(answer.text.encode()))
    assert resumed.kinds == ["turn_started", "passages_found", "handoff", "turn_completed"]


async def test_where_the_model_writes_nothing_the_page_answers(harness: RouterHarness, customer: RouterClient) -> None:
    harness.replica.frames = [" ", "\n", "[7]"]
    harness.knowledge.hits = [make_hit(REFUNDS, relevance=0.98)]
    answer = await customer.ask("How long does a refund take?")
    assert answer.text == f"{REFUNDS} [1]"
    assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE


async def test_an_answer_cut_at_its_limit_says_so(harness: RouterHarness, customer: RouterClient) -> None:
    harness.replica.finish = gen.Completed.FINISH_REASON_LENGTH
    answer = await customer.ask("How long does a refund take?", max_tokens=5)
    assert answer.completed.finish_reason == pb.FINISH_REASON_LENGTH
    assert harness.replica.calls[0].request.max_tokens == 5


async def test_reasoning_is_sent_only_when_asked_for_and_never_stored(
    harness: RouterHarness, customer: RouterClient
) -> None:
    thought = gen.Delta(channel=gen.Delta.CHANNEL_REASONING, text="The passage says 7.", token_ids=[1, 2])
    harness.replica.frames = [thought, "7 days [1]."]
    reasoning = pb.ReasoningOptions(max_tokens=64, include=True)
    shown = await customer.ask("How long does a refund take?", reasoning=reasoning)
    assert shown.kinds == ["turn_started", "passages_found", "reasoning_delta", "text_delta", "turn_completed"]
    assert harness.replica.calls[0].request.reasoning.max_tokens == 64
    hidden = await customer.ask("How long does a refund take?", reasoning=pb.ReasoningOptions())
    assert "reasoning_delta" not in hidden.kinds
    assert harness.replica.calls[1].request.reasoning.max_tokens == 512
    plain = await customer.ask("How long does a refund take?")
    assert "reasoning_delta" not in plain.kinds
    assert not harness.replica.calls[2].request.HasField("reasoning")
    async with harness.open_store() as store:
        for key in await store.keys("*"):  # pyright: ignore
            dumped = await store.dump(key)  # pyright: ignore
            assert dumped is not None
            assert b"passage says" not in dumped


async def test_a_question_that_leans_on_the_one_before_is_searched_with_it(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.knowledge.hits = [make_hit("Something else.", relevance=0.08, n=2)]
    harness.knowledge.by_word = {"refund": [make_hit(REFUNDS)]}
    first = await customer.ask("How long does a refund take?")
    second = await customer.ask("and for furniture?", first.session)
    assert [(request.query, *request.history) for request in harness.knowledge.requests] == [
        ("How long does a refund take?",),
        ("and for furniture?", "How long does a refund take?"),
    ]
    assert second.found.query == "How long does a refund take? and for furniture?"
    assert second.found.passages[0].text == REFUNDS
    assert first.found.query == ""


async def test_a_curated_answer_of_the_question_before_is_not_given_again(
    harness: RouterHarness, customer: RouterClient
) -> None:
    staff = kb.CuratedAnswer(answer="Seven days.")
    harness.knowledge.curated, harness.knowledge.curated_when = (
        kb.CuratedMatch(curated_answer=staff, applies=True),
        "refund",
    )
    first = await customer.ask("How long does a refund take?")
    assert first.text == "Seven days."
    answer = await customer.ask("and for furniture?", first.session)
    assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED


async def test_a_prompt_that_is_too_long_is_trimmed_and_asked_once_more(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.knowledge.hits = [make_hit(f"{REFUNDS} {'Further words. ' * 60}", n=n) for n in (1, 2)]
    played = harness.replica.frames

    class Strict(list[object]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter([PromptTooLong(900, 600)] if len(harness.replica.calls) == 1 else played)

    harness.replica.frames = Strict()  # type: ignore[assignment]
    answer = await customer.ask("How long does a refund take?")
    assert answer.text == "Refunds take 7 days [1]."
    long, short = (call.request.chat.messages[-1].content for call in harness.replica.calls)
    assert len(short) < 0.7 * len(long)
    assert short.endswith("\n\nQuestion: How long does a refund take?")


async def test_a_search_that_fails_hands_over(harness: RouterHarness, customer: RouterClient) -> None:
    harness.knowledge.error = BackendUnavailable("down")
    answer = await customer.ask("How long does a refund take?")
    assert answer.kinds == ["turn_started", "handoff", "turn_completed"]
    assert answer.handoff.reason == pb.Handoff.REASON_SEARCH_UNAVAILABLE


async def test_a_search_that_takes_too_long_hands_over(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, search_seconds=0.2) as harness:
        harness.knowledge.delay = 30.0
        answer = await (await harness.client()).ask("How long does a refund take?")
        assert answer.handoff.reason == pb.Handoff.REASON_SEARCH_UNAVAILABLE
        assert answer.completed.timings.total.ToMilliseconds() < 5_000


async def test_without_a_replica_the_customer_gets_the_page_itself(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, replicas=0) as harness:
        customer = await harness.client()
        harness.knowledge.hits = [make_hit(REFUNDS)]
        answer = await customer.ask("How long does a refund take?")
        assert answer.text == f"{REFUNDS} [1]"
        assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
        assert answer.cited_spans == [(REFUNDS, 1)]
        other = await customer.ask("退款要多久？")
        assert other.handoff.reason == pb.Handoff.REASON_MODEL_UNAVAILABLE, "words of another language tell nothing"


async def test_the_search_is_made_for_the_customers_tenant_and_key(harness: RouterHarness) -> None:
    key = await harness.create_key("acme", collections=frozenset({"help", "faq"}))
    customer = await harness.client(key)
    await customer.ask("How long does a refund take?", collections=["collections/faq"], as_of="2026-11-25")
    [request], [principal] = harness.knowledge.requests, harness.knowledge.callers
    assert (list(request.collections), request.as_of) == (["collections/faq"], "2026-11-25")
    assert (principal.tenant, principal.subject, principal.collections) == (
        "acme",
        key.split("_")[1],
        frozenset({"help", "faq"}),
    )


async def test_text_in_the_store_is_what_was_sent(harness: RouterHarness, customer: RouterClient) -> None:
    harness.replica.frames = ["退款", "在7个工作日", "内到账 [9]", "😀[1]。", "  \n"]
    answer = await customer.ask("退款要多久？", user="u-1", request_id="r-1")
    [turn] = await customer.turns(answer.session)
    assert turn.text == answer.text == "退款在7个工作日内到账 😀[1]。"
    assert turn.completed == answer.completed
    assert turn.passages == answer.found.passages
    assert (turn.question, turn.request_id, turn.state) == ("退款要多久？", "r-1", pb.Turn.STATE_FINISHED)
    assert turn.as_of
