"""InsightService over real routers and a real Redis: numbers, documents, unanswered questions."""

import struct
import time
from collections.abc import AsyncIterator, Callable

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kefu.common.auth import Scope
from kefu.common.redis.commands import RedisCommands
from kefu.office.insight.unanswered import UnansweredQuestion, UnansweredStore
from kefu.router import metrics
from kefu.router.domain.events import Replied
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import insight_pb2 as pb
from kefu.router.v1 import insight_pb2_grpc as rpc
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import bearer_metadata, expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until_async


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, routers=2) as opened:
        opened.knowledge.by_word = {"refund": [make_hit("Refunds take 7 days.")]}
        opened.replica.frames = ["Refunds take 7 days [1]."]
        yield opened


class Lead:
    """Someone with an operator key, at a router."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self.stub = rpc.InsightServiceStub(channel)
        self.metadata = bearer_metadata(key)

    async def numbers(self) -> pb.Numbers:
        return (await self.stub.GetNumbers(pb.GetNumbersRequest(), metadata=self.metadata)).total

    async def unanswered(self) -> pb.ListUnansweredResponse:
        return await self.stub.ListUnanswered(pb.ListUnansweredRequest(), metadata=self.metadata)

    async def until(self, holds: Callable[[pb.Numbers], bool]) -> pb.Numbers:
        """The numbers once something holds for them."""

        async def met() -> bool:
            return holds(await self.numbers())

        await wait_until_async(met)
        return await self.numbers()


@pytest.fixture
async def lead(harness: RouterHarness) -> AsyncIterator[Lead]:
    key = await harness.create_key("acme", Scope.SETTINGS)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{harness.routers[1].port}") as channel:
        yield Lead(channel, key)


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client(await harness.create_key("acme", Scope.CHAT))


async def rate(customer: RouterClient, turn: str, rating: chat.Rating.ValueType) -> None:
    await customer.chat.RateTurn(chat.RateTurnRequest(turn=turn, rating=rating), metadata=customer.metadata)


async def test_an_answer_is_assumed_then_confirmed_or_reopened_as_its_customer_says(
    lead: Lead, customer: RouterClient
) -> None:
    answer = await customer.ask("How long does a refund take?")
    numbers = await lead.until(lambda numbers: numbers.assumed == 1)
    assert numbers.questions == 1
    assert dict(numbers.sources) == {"ANSWER_SOURCE_GENERATED": 1}
    assert dict(numbers.languages) == {"en": 1}
    assert numbers.first_text.count == numbers.total.count == 1
    assert 0 < numbers.first_text.p50 <= numbers.total.p99

    await rate(customer, answer.started.turn, chat.RATING_UP)
    numbers = await lead.until(lambda numbers: numbers.confirmed == 1)
    assert (numbers.assumed, numbers.reopened, numbers.rated_up) == (0, 0, 1)
    await rate(customer, answer.started.turn, chat.RATING_DOWN)
    numbers = await lead.until(lambda numbers: numbers.reopened == 1)
    assert (numbers.confirmed, numbers.assumed, numbers.rated_up, numbers.rated_down) == (0, 0, 0, 1)
    await rate(customer, answer.started.turn, chat.RATING_UNSPECIFIED)
    numbers = await lead.until(lambda numbers: numbers.assumed == 1)
    assert (numbers.confirmed, numbers.reopened, numbers.rated_down) == (0, 0, 0)


async def test_an_answer_whose_customer_calls_for_a_person_is_no_longer_assumed(
    lead: Lead, customer: RouterClient
) -> None:
    answer = await customer.ask("How long does a refund take?")
    await customer.ask("I want to talk to a person", answer.session)
    numbers = await lead.until(lambda numbers: numbers.questions == 2)
    assert (numbers.confirmed, numbers.assumed, numbers.reopened) == (0, 0, 0)
    assert dict(numbers.handoffs) == {"REASON_CUSTOMER_ASKED": 1}


async def test_the_hours_add_up_to_the_total_and_other_tenants_see_nothing(
    harness: RouterHarness, lead: Lead, customer: RouterClient
) -> None:
    for _ in range(3):
        await customer.ask("How long does a refund take?")
    await lead.until(lambda numbers: numbers.questions == 3)
    response = await lead.stub.GetNumbers(pb.GetNumbersRequest(), metadata=lead.metadata)
    assert sum(hour.questions for hour in response.hours) == 3
    assert all(hour.start_time.seconds % 3600 == 0 for hour in response.hours)
    other = bearer_metadata(await harness.create_key("other", Scope.SETTINGS))
    assert (await lead.stub.GetNumbers(pb.GetNumbersRequest(), metadata=other)).total.questions == 0


async def test_documents_are_listed_by_how_many_answers_cite_them(lead: Lead, customer: RouterClient) -> None:
    for _ in range(2):
        await customer.ask("How long does a refund take?")
    await lead.until(lambda numbers: numbers.questions == 2)
    use = await lead.stub.ListDocumentUse(pb.ListDocumentUseRequest(), metadata=lead.metadata)
    assert [(one.document, one.citations) for one in use.documents] == [("collections/help/documents/d1", 2)]


async def test_a_span_is_at_most_92_days_and_ends_after_it_begins(lead: Lead) -> None:
    for start, end in ((0, 93 * 86_400), (200, 100)):
        request = pb.GetNumbersRequest(start_time=Timestamp(seconds=start), end_time=Timestamp(seconds=end))
        refused = await expect_failure(lambda request=request: lead.stub.GetNumbers(request, metadata=lead.metadata))
        assert refused.reason == "BAD_REQUEST"


async def test_a_key_without_the_operator_scope_is_refused(lead: Lead, customer: RouterClient) -> None:
    refused = await expect_failure(lambda: lead.stub.GetNumbers(pb.GetNumbersRequest(), metadata=customer.metadata))
    assert refused.reason == "SCOPE_MISSING"


async def test_unanswered_questions_are_grouped_by_their_embeddings_without_personal_data(
    harness: RouterHarness, lead: Lead, customer: RouterClient
) -> None:
    harness.knowledge.embeddings = {
        "Do you sell submarines?": (1.0, 0.05),
        "Are submarines for sale?": (1.0, 0.0),
        "Is the moon open on Sundays?": (0.0, 1.0),
        "Call me at [phone] about the zeppelin": (-1.0, 0.0),
    }
    for question in [*harness.knowledge.embeddings][:3]:
        await customer.ask(question)
    await customer.ask("Call me at 13812345678 about the zeppelin")
    await lead.until(lambda numbers: numbers.questions == 4)
    listed = await lead.unanswered()
    assert listed.total_questions == 4
    assert listed.groups[0].count == 2
    texts = {question.text for question in listed.groups[0].questions}
    assert texts == {"Do you sell submarines?", "Are submarines for sale?"}
    everything = {question.text for group in listed.groups for question in group.questions}
    assert "Call me at [phone] about the zeppelin" in everything
    assert listed.groups[0].central.reason == chat.Handoff.REASON_NOTHING_RELEVANT
    asked = [request.query for request in harness.knowledge.requests if request.top_k == 1]
    assert asked == ["Call me at [phone] about the zeppelin"], "the others' embeddings came with their searches"


async def test_an_answer_rated_down_is_listed_until_the_rating_is_taken_back(
    lead: Lead, customer: RouterClient
) -> None:
    answer = await customer.ask("How long does a refund take?")
    await rate(customer, answer.started.turn, chat.RATING_DOWN)
    await lead.until(lambda numbers: numbers.rated_down == 1)
    [group] = (await lead.unanswered()).groups
    assert group.central.rated_down
    assert group.central.reason == chat.Handoff.REASON_UNSPECIFIED
    await rate(customer, answer.started.turn, chat.RATING_UNSPECIFIED)
    await lead.until(lambda numbers: numbers.rated_down == 0)
    assert not (await lead.unanswered()).groups


async def test_dismissed_questions_are_gone_and_those_of_erased_sessions_too(
    lead: Lead, customer: RouterClient
) -> None:
    first = await customer.ask("Do you sell submarines?", user="u-1")
    second = await customer.ask("Do you sell zeppelins?", user="u-1")
    third = await customer.ask("Do you sell balloons?")
    await lead.until(lambda numbers: numbers.questions == 3)
    request = pb.DismissUnansweredRequest(turns=[third.started.turn, third.started.turn])
    assert (await lead.stub.DismissUnanswered(request, metadata=lead.metadata)).dismissed == 1
    await customer.chat.DeleteSession(chat.DeleteSessionRequest(name=first.session), metadata=customer.metadata)
    listed = await lead.unanswered()
    assert [group.central.turn for group in listed.groups] == [second.started.turn]
    await customer.chat.DeleteUser(chat.DeleteUserRequest(user="u-1"), metadata=customer.metadata)
    assert (await lead.unanswered()).total_questions == 0
    assert (await lead.numbers()).questions == 3, "numbers outlive sessions"


async def test_a_users_questions_are_erased_though_their_session_has_run_out(
    harness: RouterHarness, lead: Lead, customer: RouterClient
) -> None:
    asked = await customer.ask("Do you sell submarines?", user="u-1")
    await lead.until(lambda numbers: numbers.questions == 1)
    session = asked.session.removeprefix("sessions/")
    async with harness.open_store() as store:
        for key in await store.keys(f"kefu:1:{{acme:{session}}}*"):  # pyright: ignore
            await store.delete(key)  # pyright: ignore
    assert (await lead.unanswered()).total_questions == 1
    await customer.chat.DeleteUser(chat.DeleteUserRequest(user="u-1"), metadata=customer.metadata)
    assert (await lead.unanswered()).total_questions == 0


async def test_what_a_person_replied_next_stands_beside_the_question(
    harness: RouterHarness, lead: Lead, customer: RouterClient
) -> None:
    asked = await customer.ask("Do you sell submarines?")
    await lead.until(lambda numbers: numbers.questions == 1)
    session = asked.session.removeprefix("sessions/")
    done = Completed(FinishReason.STOP, AnswerSource.GENERATED)
    async with harness.open_store() as store:
        kept = UnansweredStore(RedisCommands(store), days=30)
        for number, text in enumerate(("Yes, from April. Call 13812345678.", "Anything else?")):
            reply = Turn(f"ffffffff-{number}", "", "en", "", 1.0, text=text, completed=done)
            told = Replied("acme", session, reply)
            await RedisCommands(store).pipeline([kept.reply(told.tenant, told.session_id, told.turn)])
    [group] = (await lead.unanswered()).groups
    assert group.central.reply == "Yes, from April. Call [phone]."


async def test_the_oldest_go_when_there_are_too_many_and_all_that_are_too_old(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness, harness.open_store() as store:
        commands = RedisCommands(store)
        kept = UnansweredStore(commands, days=30, max_kept=3)
        for age in (40 * 86_400, 50, 40, 30, 20):
            vector = struct.pack("<2e", 1.0, 0.0)
            reason = HandoffReason.NOTHING_RELEVANT
            question = UnansweredQuestion(
                "s1", f"t{age}", f"asked {age} s ago", "en", reason, time.time() - age, vector=vector
            )
            await commands.pipeline([kept.put("acme", question)])
        assert [question.turn_id for question in await kept.all("acme", 0)] == ["t20", "t30", "t40"]
        fields: list[bytes] = await store.hkeys("kefu:1:{tenant:acme}:unanswered:s1")  # pyright: ignore
        assert {field.decode().partition(":")[0] for field in fields} == {"t20", "t30", "t40"}


async def test_what_redis_refuses_to_count_is_lost_and_counted_and_answers_go_on(
    harness: RouterHarness, customer: RouterClient
) -> None:
    def lost() -> float:
        return metrics.EVENTS_LOST.labels("store")._value.get()  # pyright: ignore

    async with harness.open_store() as store:
        # A key of another type in the way: Redis refuses to count.
        await store.set("kefu:1:{tenant:acme}:webhooks", "in the way")  # pyright: ignore
    before = lost()
    answer = await customer.ask("How long does a refund take?")
    assert answer.completed.finish_reason == chat.FINISH_REASON_STOP

    async def counted() -> bool:
        return lost() > before

    await wait_until_async(counted)


async def test_a_question_that_was_asked_back_about_is_unanswered_once_it_means_none_of_what_was_offered(
    harness: RouterHarness, customer: RouterClient, lead: Lead
) -> None:
    harness.knowledge.hits = [make_hit("Vouchers last 30 days.", title="Vouchers", relevance=0.45)]
    asked = await customer.ask("until when does that card thing work")
    assert asked.completed.source == chat.ANSWER_SOURCE_CLARIFYING
    counted = await lead.until(lambda numbers: numbers.questions == 1)
    assert counted.assumed + counted.confirmed + counted.reopened == 0
    assert (await lead.unanswered()).total_questions == 0
    await customer.ask("2", asked.session)
    await lead.until(lambda numbers: numbers.questions == 2)
    [group] = (await lead.unanswered()).groups
    assert [question.text for question in group.questions] == ["until when does that card thing work"]
