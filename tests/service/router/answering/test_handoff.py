"""When a person should take over, and what they and the customer are told. Over real gRPC, with a real Redis."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as pb
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import AnswerEvents, RouterClient, RouterHarness
from tests.support.scripted_services import make_hit
from tests.support.table import table
from tests.support.tenant_fixtures import replace_settings

REFUNDS = "Refunds arrive within 7 business days after we receive the parcel."
NEVER = ["Mon-Sun closed"]
ALWAYS = ["Mon-Sun 00:00-24:00"]
Reason = pb.Handoff
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def harness(module_harness: RouterHarness) -> RouterHarness:
    await module_harness.begin()
    module_harness.knowledge.hits = [make_hit(REFUNDS)]
    return module_harness


@pytest_asyncio.fixture(loop_scope="module")
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


def nothing_found(harness: RouterHarness) -> None:
    harness.knowledge.hits = [make_hit("Submarines are long.", title="Submarines", relevance=0.08)]


@pytest.mark.parametrize(
    ("text", "reason", "subject", "told"),
    [
        ("I will sue you if this goes on.", Reason.REASON_SENSITIVE, "legal", "matter for a person"),
        ("你们再不退款我就打12315", Reason.REASON_SENSITIVE, "legal", "专人"),
        ("I want to die", Reason.REASON_SENSITIVE, "self-harm", "emergency services"),
        ("孩子误吞了纽扣电池怎么办", Reason.REASON_SENSITIVE, "emergency", "120"),
        ("You are an idiot!", Reason.REASON_ABUSE, "", "sorry that I couldn't help"),
        ("傻逼机器人", Reason.REASON_ABUSE, "", "很抱歉没能帮到您"),
    ],
)
async def test_what_is_not_for_a_program_goes_to_a_person_at_once(
    harness: RouterHarness,
    customer: RouterClient,
    text: str,
    reason: "pb.Handoff.Reason.ValueType",
    subject: str,
    told: str,
) -> None:
    answer = await customer.ask(text)
    assert answer.kinds == ["turn_started", "handoff", "turn_completed"]
    assert (answer.handoff.reason, answer.handoff.subject) == (reason, subject)
    assert told in answer.handoff.message
    assert harness.knowledge.requests == []


async def test_a_wish_for_a_person_wins_and_an_emergency_beside_it_is_not_overheard(customer: RouterClient) -> None:
    for text in ("My charger caught fire! Let me talk to a human.", "充电宝着火了！转人工"):
        answer = await customer.ask(text)
        assert (answer.handoff.reason, answer.handoff.subject) == (Reason.REASON_CUSTOMER_ASKED, "emergency")
        assert "emergency services" in answer.handoff.message or "120" in answer.handoff.message


async def test_a_tenant_adds_its_own_sensitive_topics_and_refuses_others(
    harness: RouterHarness, customer: RouterClient
) -> None:
    await replace_settings(
        customer, sensitive_topics=["data breach", "裁员"], refused_topics=["politics", "竞争对手 价格"]
    )
    breach = await customer.ask("Was there a breach of my data?")
    assert (breach.handoff.reason, breach.handoff.subject) == (Reason.REASON_SENSITIVE, "data breach")
    assert (await customer.ask("你们要裁員嗎")).handoff.subject == "裁员"
    for text, told in (("What about politics?", "can't talk about that"), ("和竞争对手比价格怎么样", "无法回答")):
        refused = await customer.ask(text)
        assert refused.kinds == ["turn_started", "text_delta", "turn_completed"]
        assert refused.completed.source == pb.ANSWER_SOURCE_REFUSED
        assert told in refused.text
    asked = await customer.ask("Enough politics, connect me to a human")
    assert asked.handoff.reason == Reason.REASON_CUSTOMER_ASKED
    assert harness.knowledge.requests == []


async def test_the_person_learns_what_was_tried_and_told_already(
    harness: RouterHarness, customer: RouterClient
) -> None:
    first = await customer.ask("How late may order 8829104 of 2026-11-20 be if it cost ¥1,388?", user="u-1")
    nothing_found(harness)
    answer = await customer.ask("This is terrible! Mail me at li@example.com or call 13812345678.", first.session)
    handoff = answer.handoff
    kinds = [(pb.Handoff.Slot.Kind.Name(slot.kind).removeprefix("KIND_"), slot.value) for slot in handoff.slots]
    assert kinds == [
        ("NUMBER", "8829104"),
        ("DATE", "2026-11-20"),
        ("AMOUNT", "¥1,388"),
        ("EMAIL", "[email]"),
        ("PHONE", "[phone]"),
    ]
    assert handoff.sentiment == pb.Handoff.SENTIMENT_NEGATIVE
    [tried] = handoff.passages
    assert (tried.title, round(tried.relevance, 2)) == ("Submarines", 0.08)
    assert tried.name == "collections/help/documents/d1/passages/1"
    assert "[email]" in handoff.summary
    assert "13812345678" not in handoff.summary
    assert not handoff.repeated
    assert not handoff.out_of_hours
    stored = (await customer.turns(first.session))[-1].handoff
    assert stored == handoff


async def test_who_waits_for_a_person_is_told_so_in_short_and_nobody_is_called_twice(
    harness: RouterHarness, customer: RouterClient
) -> None:
    first = await customer.ask("转人工")
    again = await customer.ask("转人工！", first.session)
    assert (first.handoff.repeated, again.handoff.repeated) == (False, True)
    assert again.handoff.reason == Reason.REASON_CUSTOMER_ASKED
    assert again.handoff.message == "已经为您呼叫人工客服，请稍候。"
    nothing_found(harness)
    assert (await customer.ask("卖潜水艇吗？", first.session)).handoff.repeated
    # What can be answered is answered meanwhile.
    harness.knowledge.hits = [make_hit(REFUNDS)]
    assert (await customer.ask("How long does a refund take?", first.session)).text


async def test_the_third_question_in_a_row_without_an_answer_is_a_repeated_failure(
    harness: RouterHarness, customer: RouterClient
) -> None:
    nothing_found(harness)
    first = await customer.ask("Do you sell submarines?")
    second = await customer.ask("And diving bells?", first.session)
    third = await customer.ask("And anchors?", first.session)
    reasons = [answer.handoff.reason for answer in (first, second, third)]
    assert reasons == [Reason.REASON_NOTHING_RELEVANT] * 2 + [Reason.REASON_REPEATED_FAILURE]


async def test_two_answers_rated_down_in_a_row_or_one_question_three_times_call_a_person(
    harness: RouterHarness, customer: RouterClient
) -> None:
    async def disliked(answer: AnswerEvents) -> None:
        request = pb.RateTurnRequest(turn=answer.started.turn, rating=pb.RATING_DOWN)
        await customer.chat.RateTurn(request, metadata=customer.metadata)

    first = await customer.ask("How long does a refund take?")
    await disliked(first)
    await disliked(await customer.ask("When do I get my money back?", first.session))
    answer = await customer.ask("And how long for furniture?", first.session)
    assert answer.handoff.reason == Reason.REASON_REPEATED_FAILURE
    assert "couldn't help" in answer.handoff.message

    asked = await customer.ask("退款要多久？")
    await customer.ask("退款要多久", asked.session)
    assert (await customer.ask("退款要多久?!", asked.session)).handoff.reason == Reason.REASON_REPEATED_FAILURE


async def test_outside_business_hours_the_customer_is_told_when_somebody_is_there(customer: RouterClient) -> None:
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=20)
    await replace_settings(customer, business_hours=[f"{day} 10:00-12:00"], time_zone="Asia/Shanghai")
    english, chinese = await customer.ask("agent please"), await customer.ask("转人工")
    for answer in (english, chinese):
        assert answer.handoff.reason == Reason.REASON_CUSTOMER_ASKED
        assert answer.handoff.out_of_hours
        assert answer.handoff.next_opening.ToDatetime().isoformat() == f"{day}T02:00:00"
    assert f"back on {day.day} {day:%B} at 10:00 (UTC+8) and" in english.handoff.message
    assert f"{day.month}月{day.day}日 10:00（UTC+8）上班" in chinese.handoff.message


async def test_within_business_hours_nothing_is_said_of_them(customer: RouterClient) -> None:
    await replace_settings(customer, business_hours=ALWAYS)
    answer = await customer.ask("agent please")
    assert not answer.handoff.out_of_hours
    assert not answer.handoff.HasField("next_opening")
    assert "passing you on" in answer.handoff.message


async def test_when_nobody_will_be_there_no_time_is_promised(customer: RouterClient) -> None:
    await replace_settings(customer, business_hours=NEVER)
    answer = await customer.ask("agent please")
    assert answer.handoff.out_of_hours
    assert not answer.handoff.HasField("next_opening")


async def test_a_tenants_own_words_are_used_for_the_new_cases_too(customer: RouterClient) -> None:
    own = admin.TenantSettings.Texts(handoff_sensitive="Our legal desk will call.", handoff_repeated="We know.")
    await replace_settings(customer, texts={"en": own})
    first = await customer.ask("I will sue you")
    assert first.handoff.message == "Our legal desk will call."
    assert (await customer.ask("I will sue you!", first.session)).handoff.message == "We know."


@table(
    "settings",
    [
        {"business_hours": ["Mon-Fri 9-5"]},
        {"refused_topics": [""]},
        {"sensitive_topics": ["x" * 101]},
        {"refused_topics": ["x"] * 101},
    ],
)
async def test_settings_that_make_no_sense_are_refused(customer: RouterClient, settings: dict[str, list[str]]) -> None:
    assert (await expect_failure(lambda: replace_settings(customer, **settings))).reason == "BAD_REQUEST"


async def test_the_customers_own_case_calls_a_person_and_says_where_it_is_shown(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.knowledge.hits = [make_hit("My orders shows where each order is. Your order number is SL202603150042.")]
    answer = await customer.ask("Where is my order 12345?")
    assert answer.handoff.reason == Reason.REASON_OWN_CASE
    assert answer.handoff.message.startswith(
        "My orders shows where each order is.\n\nI can't look into your own orders"
    )
    assert "SL202603150042" not in answer.handoff.message
    assert [slot.value for slot in answer.handoff.slots] == ["12345"]
    assert harness.replica.calls == []


async def test_the_models_word_for_nothing_found_calls_a_person_and_is_not_shown(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.replica.frames = ["NOT_", "FOUND"]
    answer = await customer.ask("How long does a refund take?")
    assert (answer.text, answer.handoff.reason) == ("", Reason.REASON_NOTHING_RELEVANT)


async def test_a_question_about_another_field_calls_nobody_and_offers_a_person(
    harness: RouterHarness, customer: RouterClient
) -> None:
    harness.knowledge.hits = [make_hit("Submarines are long.", relevance=0.01)]
    answer = await customer.ask("How do ducks sleep?")
    assert (answer.completed.source, answer.completed.finish_reason) == (pb.ANSWER_SOURCE_CANNED, pb.FINISH_REASON_STOP)
    assert "person" in answer.text
    assert (await customer.ask("person", answer.session)).handoff.reason == Reason.REASON_CUSTOMER_ASKED
