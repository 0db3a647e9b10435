"""A question back, when a message fits several subjects. Over real gRPC, with a real Redis."""

import pytest
import pytest_asyncio

from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as pb
from tests.support.router_harness import RouterClient, RouterHarness
from tests.support.scripted_services import make_hit
from tests.support.tenant_fixtures import replace_settings

WARRANTIES = [
    make_hit("A repair under warranty is free.", title="Warranty repairs", relevance=0.9, n=1),
    make_hit("The extended warranty adds two years.", title="Extended warranty", relevance=0.86, n=2),
    make_hit("Batteries wear out.", title="Batteries", relevance=0.6, n=3),
]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def harness(module_harness: RouterHarness) -> RouterHarness:
    await module_harness.begin()
    module_harness.knowledge.hits = WARRANTIES
    module_harness.replica.frames = ["The extended warranty adds two years [1]."]
    return module_harness


@pytest_asyncio.fixture(loop_scope="module")
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


async def test_a_word_that_fits_several_subjects_is_asked_back_about_without_a_model(
    harness: RouterHarness, customer: RouterClient
) -> None:
    answer = await customer.ask("warranty?")
    assert answer.kinds == ["turn_started", "passages_found", "text_delta", "turn_completed"]
    assert answer.text == "Which of these do you mean?\n1. Warranty repairs\n2. Extended warranty"
    assert list(answer.completed.choices) == ["Warranty repairs", "Extended warranty"]
    assert answer.completed.source == pb.ANSWER_SOURCE_CLARIFYING
    assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
    assert harness.replica.calls == []
    assert (await customer.turns(answer.session))[0].completed.choices == answer.completed.choices


async def test_the_customer_is_asked_in_their_language(harness: RouterHarness, customer: RouterClient) -> None:
    harness.knowledge.hits = [
        make_hit("保修免费。", title="保修范围", n=1, language="zh"),
        make_hit("延保两年。", title="延长保修", n=2),
    ]
    assert (await customer.ask("保修")).text == "请问您想了解哪一项？\n1. 保修范围\n2. 延长保修"


async def test_nobody_is_asked_back_twice(harness: RouterHarness, customer: RouterClient) -> None:
    first = await customer.ask("warranty?")
    second = await customer.ask("warranty", first.session)
    assert second.completed.source == pb.ANSWER_SOURCE_GENERATED


async def test_a_word_that_leans_on_the_question_before_is_not_asked_back_about(
    harness: RouterHarness, customer: RouterClient
) -> None:
    first = await customer.ask("How long does the repair of a phone take?")
    asked = await customer.ask("The warranty?", first.session)
    assert asked.completed.source == pb.ANSWER_SOURCE_CLARIFYING  # it is another subject
    repair = make_hit(
        "The repair of a phone under warranty takes 9 days.", title="Warranty repairs", relevance=0.9, n=1
    )
    harness.knowledge.by_word["repair"] = [repair, *WARRANTIES[1:]]  # what the scripted search takes for leaning
    again = await customer.ask("How long does the repair of a phone take?")
    assert (await customer.ask("And the warranty?", again.session)).completed.source == pb.ANSWER_SOURCE_GENERATED


async def test_a_number_in_reply_stands_for_the_subject_of_that_number(
    harness: RouterHarness, customer: RouterClient
) -> None:
    first = await customer.ask("warranty?")
    reply = await customer.ask("2", first.session)
    assert reply.completed.source == pb.ANSWER_SOURCE_GENERATED
    search = harness.knowledge.requests[-1]
    assert search.query == "warranty? Extended warranty"
    assert "Question: warranty? Extended warranty" in harness.replica.calls[-1].request.chat.messages[-1].content


async def test_a_reply_in_words_is_searched_with_the_message_before(
    harness: RouterHarness, customer: RouterClient
) -> None:
    first = await customer.ask("warranty?")
    await customer.ask("the extended one for my phone", first.session)
    search = harness.knowledge.requests[-1]
    assert (search.query, list(search.history)) == ("the extended one for my phone", ["warranty?"])


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("How long is the warranty?", WARRANTIES),
        ("warranty", WARRANTIES[:1]),
        ("warranty", [WARRANTIES[0], WARRANTIES[2]]),
        ("extended warranty", WARRANTIES),  # the very name of one
        ("warranty", [WARRANTIES[0], make_hit("More.", title="Warranty repairs", relevance=0.9, n=1)]),
    ],
)
async def test_what_is_clear_enough_is_answered(
    harness: RouterHarness, customer: RouterClient, text: str, hits: list[kb.SearchHit]
) -> None:
    harness.knowledge.hits = hits
    assert (await customer.ask(text)).completed.source != pb.ANSWER_SOURCE_CLARIFYING


async def test_a_tenant_may_do_without_being_asked_back(customer: RouterClient) -> None:
    await replace_settings(customer, asks_back=False)
    assert (await customer.ask("warranty?")).completed.source == pb.ANSWER_SOURCE_GENERATED


NEARLY_RELEVANT = [
    make_hit("A card is valid for 3 years.", title="Gift cards", headings=["Validity"], relevance=0.45, n=1),
    make_hit("一张卡有效期 3 年。", title="礼品卡", language="zh", relevance=0.45, n=2),
    make_hit("A voucher is valid for 30 days.", title="How long is my birthday voucher valid?", relevance=0.4, n=3),
]
ASKED = "until when does that card thing work"
DID_YOU_MEAN = """I'm not sure that I understood. Did you mean one of these?
1. Gift cards › Validity
2. How long is my birthday voucher valid?
3. None of these: a person"""


@pytest_asyncio.fixture(loop_scope="module")
async def unsure(harness: RouterHarness) -> RouterHarness:
    harness.knowledge.hits = NEARLY_RELEVANT
    harness.replica.frames = ["A card is valid for 3 years [1]."]
    return harness


async def test_what_is_nearly_relevant_is_asked_back_about_in_the_language_of_the_customer(
    unsure: RouterHarness, customer: RouterClient
) -> None:
    answer = await customer.ask(ASKED)
    assert answer.text == DID_YOU_MEAN
    assert list(answer.completed.choices) == [line[3:] for line in DID_YOU_MEAN.splitlines()[1:]]
    assert answer.completed.source == pb.ANSWER_SOURCE_CLARIFYING
    assert answer.completed.finish_reason == pb.FINISH_REASON_STOP
    assert unsure.replica.calls == []


@pytest.mark.parametrize("reply", ["1", "validity"])
async def test_a_choice_is_answered_from_its_passage_however_relevant_it_is(
    unsure: RouterHarness, customer: RouterClient, reply: str
) -> None:
    first = await customer.ask(ASKED)
    unsure.knowledge.hits = [make_hit("A sofa is delivered.", title="Sofas", relevance=0.9, n=4), *NEARLY_RELEVANT]
    answer = await customer.ask(reply, first.session)
    assert answer.text == "A card is valid for 3 years [1]."
    assert [passage.title for passage in answer.found.passages] == ["Gift cards"]
    search = unsure.knowledge.requests[-1]
    assert (search.query, list(search.history)) == (f"{ASKED} Gift cards › Validity", [])


@pytest.mark.parametrize("reply", ["3", "none of them"])
async def test_whoever_means_none_of_them_gets_a_person_who_is_told_the_question(
    unsure: RouterHarness, customer: RouterClient, reply: str
) -> None:
    first = await customer.ask(ASKED)
    answer = await customer.ask(reply, first.session)
    assert answer.handoff.reason == pb.Handoff.REASON_NOTHING_RELEVANT
    assert f"Asked: {ASKED}" in answer.handoff.summary
    assert len(unsure.knowledge.requests) == 1


async def test_the_second_miss_in_a_row_calls_a_person(unsure: RouterHarness, customer: RouterClient) -> None:
    first = await customer.ask(ASKED)
    second = await customer.ask("I mean that thing, you know", first.session)
    assert second.handoff.reason == pb.Handoff.REASON_NOTHING_RELEVANT
    third = await customer.ask("and that voucher thing, until when", first.session)
    assert third.completed.finish_reason == pb.FINISH_REASON_HANDOFF


async def test_who_was_answered_in_between_is_asked_back_again(unsure: RouterHarness, customer: RouterClient) -> None:
    first = await customer.ask(ASKED)
    await customer.ask("1", first.session)
    again = await customer.ask("and that voucher thing, until when", first.session)
    assert again.completed.source == pb.ANSWER_SOURCE_CLARIFYING
    assert list(unsure.knowledge.requests[-1].history) == [f"{ASKED} Gift cards › Validity"]


@pytest.mark.parametrize("reply", ["1", "is there a student discount"])
async def test_a_question_that_staff_answered_is_offered_and_its_answer_given_word_for_word(
    unsure: RouterHarness, customer: RouterClient, reply: str
) -> None:
    asks = "Is there a student discount?"
    answer = kb.CuratedAnswer(name="collections/help/curatedAnswers/1", questions=[asks], answer="5 %.", language="en")
    unsure.knowledge.curated = kb.CuratedMatch(
        curated_answer=answer, question=asks, cosine=0.93, reason="OTHER_WORDS", least_cosine=0.85
    )
    first = await customer.ask("any deal for students?")
    assert list(first.completed.choices)[:2] == [asks, "Gift cards › Validity"]
    unsure.knowledge.curated = kb.CuratedMatch(
        curated_answer=answer, question=asks, cosine=1, applies=True, least_cosine=0.85
    )
    second = await customer.ask(reply, first.session)
    assert (second.text, second.completed.source) == ("5 %.", pb.ANSWER_SOURCE_CURATED)
    assert unsure.knowledge.requests[-1].query == asks


async def test_what_is_far_from_relevant_calls_a_person(unsure: RouterHarness, customer: RouterClient) -> None:
    unsure.knowledge.hits = [make_hit("A card is valid for 3 years.", title="Gift cards", relevance=0.08)]
    assert (await customer.ask(ASKED)).handoff.reason == pb.Handoff.REASON_NOTHING_RELEVANT


async def test_a_tenant_says_it_in_other_words_or_not_at_all(unsure: RouterHarness, customer: RouterClient) -> None:
    own = admin.TenantSettings.Texts(did_you_mean="Is it one of these?", none_of_these="No. Get me Anna")
    await replace_settings(customer, texts={"en": own})
    first = await customer.ask(ASKED)
    assert first.text == DID_YOU_MEAN.replace("I'm not sure that I understood. Did you mean", "Is it").replace(
        "None of these: a person", "No. Get me Anna"
    )
    assert (await customer.ask("no. get me anna", first.session)).handoff.reason == pb.Handoff.REASON_NOTHING_RELEVANT
    await replace_settings(customer, asks_back=False)
    assert (await customer.ask(ASKED)).handoff.reason == pb.Handoff.REASON_NOTHING_RELEVANT
