"""ReviewService over a real router and a real Redis: all that Kefu said, why, and what people say of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import grpc.aio
import pytest

from kefu.common.auth import Scope
from kefu.common.pagination import encode_token
from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands
from kefu.office.insight.conversations.index import ConversationIndex
from kefu.office.insight.reviews.book import ReviewBook
from kefu.office.insight.reviews.review_store import ReviewStore, now_judged
from kefu.office.insight.reviews.sample import ReviewVerdict
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn, TurnState
from kefu.router.storage import keys
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import review_pb2 as pb
from kefu.router.v1 import review_pb2_grpc as rpc
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import bearer_metadata, expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until_async

REFUND = "How long does a refund take?"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as opened:
        opened.knowledge.by_word = {
            "refund": [make_hit("Refunds take 7 days.")],
            "parcel": [make_hit("A parcel arrives within 3 days.")],
        }
        opened.replica.frames = ["Refunds take 7 days [1]."]
        yield opened


class Reviewer:
    """A person at the desk."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self.stub = rpc.ReviewServiceStub(channel)
        self.metadata = bearer_metadata(key)

    async def found(self, **wanted: object) -> list[str]:
        """The questions of the turns that are found."""
        request = pb.ReviewServiceListConversationsRequest(**wanted)  # pyright: ignore[reportArgumentType] - fields
        response = await self.stub.ListConversations(request, metadata=self.metadata)
        return [match.turn.question for one in response.conversations for match in one.matches]

    async def until_found(self, count: int) -> None:
        """Return once so many turns are found."""

        async def met() -> bool:
            return len(await self.found()) == count

        await wait_until_async(met)

    async def explained(self, turn: str) -> pb.ExplainAnswerResponse:
        return await self.stub.ExplainAnswer(pb.ExplainAnswerRequest(turn=turn), metadata=self.metadata)

    async def judge(self, turn: str, verdict: pb.Verdict.ValueType, note: str = "") -> None:
        request = pb.JudgeAnswerRequest(turn=turn, verdict=verdict, note=note, reviewer="Mei")
        await self.stub.JudgeAnswer(request, metadata=self.metadata)

    async def today(self) -> pb.GetReviewSampleResponse:
        day = str(datetime.now(UTC).date())
        return await self.stub.GetReviewSample(pb.GetReviewSampleRequest(day=day), metadata=self.metadata)

    async def numbers(self) -> pb.GetReviewNumbersResponse:
        return await self.stub.GetReviewNumbers(pb.GetReviewNumbersRequest(), metadata=self.metadata)


@pytest.fixture
async def reviewer(harness: RouterHarness) -> AsyncIterator[Reviewer]:
    key = await harness.create_key("acme", Scope.DESK)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{harness.routers[0].port}") as channel:
        yield Reviewer(channel, key)


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client(await harness.create_key("acme", Scope.CHAT))


async def test_conversations_are_found_by_what_was_said_and_by_what_became_of_it(
    harness: RouterHarness, reviewer: Reviewer, customer: RouterClient
) -> None:
    refund = await customer.ask(REFUND)
    await customer.ask("How fast is a parcel?")
    await customer.ask("你好")
    await customer.ask("I want to talk to a person")
    rating = chat.RateTurnRequest(turn=refund.started.turn, rating=chat.RATING_DOWN)
    await customer.chat.RateTurn(rating, metadata=customer.metadata)
    await reviewer.until_found(4)

    assert await reviewer.found() == ["I want to talk to a person", "你好", "How fast is a parcel?", REFUND]
    assert await reviewer.found(words="REFUND 7") == [REFUND]  # in the question, and in the answer
    assert await reviewer.found(words="refund submarine") == []
    assert await reviewer.found(languages=["zh"]) == ["你好"]
    assert await reviewer.found(ratings=[chat.RATING_DOWN]) == await reviewer.found(reopened=True) == [REFUND]
    assert await reviewer.found(reasons=[chat.Handoff.REASON_CUSTOMER_ASKED]) == ["I want to talk to a person"]
    assert (await reviewer.found(handed_over=True))[0] == "I want to talk to a person"
    assert REFUND not in await reviewer.found(handed_over=True)
    assert REFUND in await reviewer.found(sources=[chat.ANSWER_SOURCE_GENERATED])
    first = await reviewer.stub.ListConversations(
        pb.ReviewServiceListConversationsRequest(page_size=3), metadata=reviewer.metadata
    )
    assert (len(first.conversations), first.looked_at) == (3, 3)
    assert await reviewer.found(page_size=3, page_token=first.next_page_token) == [REFUND]
    other = bearer_metadata(await harness.create_key("other", Scope.DESK))
    nothing = await reviewer.stub.ListConversations(pb.ReviewServiceListConversationsRequest(), metadata=other)
    assert not nothing.conversations
    for foreign in map(encode_token, ("not mine", "nan", "inf")):
        refused = await expect_failure(lambda token=foreign: reviewer.found(page_token=token))
        assert refused.reason == "BAD_REQUEST"


async def test_an_answer_says_why_it_is_what_it_is(
    harness: RouterHarness, reviewer: Reviewer, customer: RouterClient
) -> None:
    harness.replica.frames = ["Refunds take 9 days [1]."]  # which no page says
    answer = await customer.ask(REFUND)
    person = await customer.ask("I want to talk to a person", answer.session)
    await reviewer.until_found(2)
    found = await reviewer.explained(answer.started.turn)
    why = found.explanation
    [search] = why.searches
    assert search.query == REFUND
    assert [each.title for each in search.found] == [each.title for each in answer.found.passages]
    assert search.found[0].relevance > search.found[0].min_relevance > 0
    assert search.revision == harness.knowledge.revision
    assert why.decision in ("generate", "give_evidence")
    assert why.model.literal == "9"
    assert why.model.replaced_by in ("evidence", "handoff")
    assert why.model.model != ""
    assert why.model.replica != ""
    assert why.profile != ""
    assert found.turn.marks.checked
    assert found.turn.marks.replaced
    assert found.turn.turn.completed.timings.total.ToNanoseconds() > 0
    assert await reviewer.found(checked=True) == [REFUND]

    handed = (await reviewer.explained(person.started.turn)).explanation
    assert (handed.decision, handed.detail, len(handed.searches)) == ("hand_over", "customer_asked", 0)
    assert (await expect_failure(lambda: reviewer.explained("sessions/no/turns/no"))).reason == "TURN_NOT_FOUND"


async def test_the_questions_are_named_that_a_curated_answer_would_have_answered(
    reviewer: Reviewer, customer: RouterClient
) -> None:
    for asked in (REFUND, "how long does a refund take", "How fast is a parcel?", "How long does the refund take?"):
        await customer.ask(asked)
    await reviewer.until_found(4)
    request = pb.ListMatchingQuestionsRequest(wordings=["How long does a refund take??"], language="en")
    response = await reviewer.stub.ListMatchingQuestions(request, metadata=reviewer.metadata)
    assert {each.question: each.count for each in response.questions} == {
        "How long does the refund take?": 1,
        "how long does a refund take": 2,
    }
    assert response.looked_at == 4
    request.language = "zh"
    assert not (await reviewer.stub.ListMatchingQuestions(request, metadata=reviewer.metadata)).questions


async def test_a_sample_is_judged_and_the_numbers_say_what_that_means_for_all_answers(
    reviewer: Reviewer, customer: RouterClient
) -> None:
    asked = [await customer.ask(REFUND) for _ in range(3)]
    await customer.ask("I want to talk to a person")
    await reviewer.until_found(4)
    sample = await reviewer.today()
    assert {each.turn.turn.name for each in sample.answers} == {each.started.turn for each in asked}
    assert (sample.final, sample.handed_over, sum(each.answers for each in sample.strata)) == (False, 1, 3)
    assert not (await reviewer.numbers()).HasField("resolved")

    await reviewer.judge(asked[0].started.turn, pb.VERDICT_RIGHT)
    await reviewer.judge(asked[1].started.turn, pb.VERDICT_WRONG, "It is 8 days.")
    numbers = await reviewer.numbers()
    assert (numbers.judged, numbers.answers, numbers.handed_over) == (2, 3, 1)
    assert numbers.right.share == pytest.approx(0.5)
    assert numbers.resolved.share == pytest.approx(0.375)  # half of 3 of 4
    assert 0.25 <= numbers.resolved.low <= 0.375 <= numbers.resolved.high <= 0.5  # 1 of 4 is known, 1 is not
    judged = {each.turn.turn.name: each.turn.judgement for each in (await reviewer.today()).answers}
    assert judged[asked[1].started.turn].note == "It is 8 days."
    assert judged[asked[1].started.turn].reviewer == "Mei"
    await reviewer.judge(asked[1].started.turn, pb.VERDICT_UNSPECIFIED)
    assert (await reviewer.numbers()).judged == 1


async def test_a_sample_of_part_of_a_day_is_weighed_by_the_whole_day(own_redis: RedisServer) -> None:
    now = datetime.now(UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    clock, day = [noon.timestamp()], noon.date()
    async with open_redis(own_redis.url) as client:
        commands = RedisCommands(client)
        index = ConversationIndex(commands, life=1e6)
        book = ReviewBook(ReviewStore(commands, days=30), index, life=1e6, now=lambda: clock[0])

        async def answered(name: str, hour: float) -> None:
            time = noon.timestamp() + hour * 3600
            done = Completed(FinishReason.STOP, source=AnswerSource.GENERATED)
            turn = Turn(f"t-{name}", REFUND, "en", str(day), time, completed=done)
            call = index.put("acme", name, turn, TurnState.FINISHED, None)
            await commands.script(call.text, call.keys, call.arguments)

        await answered("a", -1)
        assert (await book.sample("acme", day)).sample is not None
        await book.judge("acme", "a", "t-a", now_judged(ReviewVerdict.RIGHT, "Mei", ""))
        await answered("b", 1)
        clock[0] += 30
        kept = (await book.sample("acme", day)).sample
        assert kept is not None
        assert kept.answers == 1  # it was drawn half a minute ago
        clock[0] = now.timestamp()
        numbers = await book.numbers("acme", day, day)
        assert (numbers.judged, numbers.answers) == (1, 2)


async def test_with_a_session_go_its_texts_and_notes_and_its_verdict_stays(
    own_redis: RedisServer, reviewer: Reviewer, customer: RouterClient
) -> None:
    answer = await customer.ask(REFUND)
    await reviewer.until_found(1)
    await reviewer.today()
    await reviewer.judge(answer.started.turn, pb.VERDICT_WRONG, "The quokka is named.")
    session_id = answer.session.removeprefix("sessions/")
    beside = [f"kefu:1:{{tenant:acme}}:{what}:{session_id}" for what in ("facts", "why", "noted")]
    async with open_redis(own_redis.url) as store:
        assert await store.exists(*beside) == 3
        noted, session = beside[2], f"{keys.session('acme', session_id)}session"
        await store.pexpire(session, 60_000)
        await reviewer.judge(answer.started.turn, pb.VERDICT_WRONG, "The quokka is named.")
        assert 0 < await store.pttl(noted) <= 60_000, "a note ends with its session"
        await customer.ask(REFUND, answer.session)
        await reviewer.until_found(2)
        assert await store.pttl(noted) > 60_000, "and goes on with it"

    await customer.chat.DeleteSession(chat.DeleteSessionRequest(name=answer.session), metadata=customer.metadata)
    async with open_redis(own_redis.url) as store:
        assert await store.exists(*beside) == 0
    assert await reviewer.found() == []
    turn = answer.started.turn
    assert (await expect_failure(lambda: reviewer.explained(turn))).reason == "TURN_NOT_FOUND"
    assert (await expect_failure(lambda: reviewer.judge(turn, pb.VERDICT_RIGHT))).reason == "TURN_NOT_FOUND"
    numbers = await reviewer.numbers()
    assert (numbers.judged, numbers.wrong.share) == (1, 1.0)
