"""Golden questions over gRPC: kept, asked over live and over drafts, compared; nothing of it counts as a customer's."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import grpc
import pytest

from kefu.common.auth import Scope
from kefu.common.errors import KnowledgeMoved
from kefu.office.golden_questions import question_asker
from kefu.office.webhooks.payloads import webhook_event
from kefu.retrieval.v1 import draft_pb2 as drafts
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.router.config import Timing
from kefu.router.domain.events import DomainEvent, GoldenAnswersLost, TurnStored
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import desk_pb2 as desk
from kefu.router.v1 import golden_pb2 as pb
from kefu.router.v1 import insight_pb2, insight_pb2_grpc
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

QUESTION = "How long do refunds take?"
RIGHT, WRONG = "Refunds take 7 days [1].", "Refunds take 9 days [1]."
DRAFT = "collections/help/drafts/d1"


class Events:
    """Keeps domain events."""

    def __init__(self) -> None:
        self.seen: list[DomainEvent] = []

    def on_event(self, event: DomainEvent) -> None:
        self.seen.append(event)


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
async def harness(own_redis: RedisServer, events: Events) -> AsyncIterator[RouterHarness]:
    timing = Timing(golden_check_seconds=0.05)
    async with open_router_harness(own_redis, timing=timing, observers=[events], golden_hour=-1) as opened:
        opened.knowledge.hits = [make_hit("Refunds take 7 days.")]
        yield opened


def refunds(name: str = "refunds") -> pb.GoldenQuestion:
    must = [pb.GoldenQuestion.Alternatives(texts=["7 days", "seven days"])]
    return pb.GoldenQuestion(name=f"goldenQuestions/{name}", text=QUESTION, must=must, must_not=["9 days"])


async def put(root: RouterClient, question: pb.GoldenQuestion, revision: int = 0) -> pb.GoldenQuestion:
    request = pb.PutGoldenQuestionRequest(question=question, revision=revision)
    return (await root.golden.PutGoldenQuestion(request, metadata=root.metadata)).question


async def run(root: RouterClient, *names: str) -> tuple[pb.GoldenRun, list[pb.GoldenResult]]:
    request = pb.RunGoldenQuestionsRequest(questions=[f"goldenQuestions/{each}" for each in names])
    events = [each async for each in root.golden.RunGoldenQuestions(request, metadata=root.metadata)]
    assert (events[0].WhichOneof("event"), events[-1].WhichOneof("event")) == ("started", "finished")
    return events[-1].finished, [each.result for each in events[1:-1]]


def say(harness: RouterHarness, answer: str) -> None:
    """Have the model give this answer, and the pages hold it."""
    harness.replica.frames = [answer]
    harness.knowledge.hits = [make_hit(answer.removesuffix(" [1].") + ".")]


async def eventually(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.05)


async def test_questions_are_put_imported_exported_and_deleted(harness: RouterHarness) -> None:
    root = await harness.client()
    stored = await put(root, refunds())
    assert (stored.revision, stored.language, stored.person, stored.kind) == (
        1,
        "en",
        pb.GoldenQuestion.PERSON_NO,
        "direct",
    )
    made = await put(root, pb.GoldenQuestion(text="积分多久过期？", must_not=["一年"]))
    assert made.name.startswith("goldenQuestions/q-")
    assert made.language == "zh"
    failed = await expect_failure(lambda: put(root, refunds(), revision=7))
    assert (failed.code, failed.reason) == (grpc.StatusCode.ABORTED, "STALE_REVISION")
    for bad, says in (
        (pb.GoldenQuestion(name="goldenQuestions/x"), "text"),
        (pb.GoldenQuestion(name="goldenQuestions/X", text="a"), "1 to 63"),
        (pb.GoldenQuestion(text="a", kind="nonsense"), "kind"),
        (pb.GoldenQuestion(text="a", must=[pb.GoldenQuestion.Alternatives()]), "without an alternative"),
        (pb.GoldenQuestion(text="a", must_not=["…"]), "nothing is left"),
        (pb.GoldenQuestion(text="a", before=["b"] * 11), "at most 10"),
    ):
        with pytest.raises(grpc.aio.AioRpcError, match=says):
            await put(root, bad)
    lines = (await root.golden.ExportGoldenQuestions(pb.ExportGoldenQuestionsRequest(), metadata=root.metadata)).lines
    assert [json.loads(line)["text"] for line in lines.decode().splitlines()] == ["积分多久过期？", QUESTION]
    bad_lines = pb.ImportGoldenQuestionsRequest(lines=lines + b'{"_id": "n"}\nnonsense\n')
    refused = await root.golden.ImportGoldenQuestions(bad_lines, metadata=root.metadata)
    assert (refused.imported, [error.line for error in refused.errors]) == (0, [3, 4])
    await root.golden.DeleteGoldenQuestion(pb.DeleteGoldenQuestionRequest(name=made.name), metadata=root.metadata)
    again = await root.golden.ImportGoldenQuestions(
        pb.ImportGoldenQuestionsRequest(lines=lines), metadata=root.metadata
    )
    assert again.imported == 2
    listed = await root.golden.ListGoldenQuestions(pb.ListGoldenQuestionsRequest(), metadata=root.metadata)
    assert [(each.name, each.revision) for each in listed.questions] == [(made.name, 1), ("goldenQuestions/refunds", 2)]
    agent = await harness.client(await harness.create_key("default", Scope.DESK))
    failed = await expect_failure(lambda: put(agent, refunds()))
    assert (failed.code, failed.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    other = await harness.client(await harness.create_key("other", Scope.KNOWLEDGE))
    found = await other.golden.ListGoldenQuestions(pb.ListGoldenQuestionsRequest(), metadata=other.metadata)
    assert not found.questions


async def test_an_import_has_the_limits_of_a_put(harness: RouterHarness) -> None:
    root = await harness.client()
    row = {"_id": "long", "language": "en", "text": "a", "kind": "direct", "person": "no"}
    lines = [json.dumps({**row, **more}) for more in ({"note": "n" * 1001}, {"_id": "many", "must": [["x"]] * 21})]
    request = pb.ImportGoldenQuestionsRequest(lines="\n".join(lines).encode())
    refused = await root.golden.ImportGoldenQuestions(request, metadata=root.metadata)
    assert (refused.imported, [each.line for each in refused.errors]) == (0, [1, 2])
    assert "at most 20" in refused.errors[1].text


async def test_a_key_of_some_collections_sees_asks_and_changes_their_questions_alone(harness: RouterHarness) -> None:
    root = await harness.client()
    await put(root, refunds())
    other = refunds("other")
    other.collections.append("collections/other")
    await put(root, other)
    say(harness, RIGHT)
    before, _ = await run(root)
    limited = await harness.create_key("default", Scope.KNOWLEDGE, collections=frozenset({"help"}))
    keeper = await harness.client(limited)
    own = await put(keeper, refunds("own"))
    assert own.collections == ["collections/help"]
    listed = await keeper.golden.ListGoldenQuestions(pb.ListGoldenQuestionsRequest(), metadata=keeper.metadata)
    assert [each.name for each in listed.questions] == ["goldenQuestions/own"]
    exported = await keeper.golden.ExportGoldenQuestions(pb.ExportGoldenQuestionsRequest(), metadata=keeper.metadata)
    assert [json.loads(line)["_id"] for line in exported.lines.splitlines()] == ["own"]
    done, _ = await run(keeper)
    assert (done.questions, done.right) == (1, 1)
    got = await keeper.golden.GetGoldenRun(pb.GetGoldenRunRequest(name=before.name), metadata=keeper.metadata)
    assert (got.run.questions, len(got.results)) == (2, 0)
    delete = pb.DeleteGoldenQuestionRequest(name="goldenQuestions/other")
    get = pb.GetGoldenQuestionRequest(name="goldenQuestions/refunds")
    for refused, reason in (
        (lambda: keeper.golden.GetGoldenQuestion(get, metadata=keeper.metadata), "GOLDEN_QUESTION_NOT_FOUND"),
        (lambda: keeper.golden.DeleteGoldenQuestion(delete, metadata=keeper.metadata), "GOLDEN_QUESTION_NOT_FOUND"),
        (lambda: run(keeper, "other"), "GOLDEN_QUESTION_NOT_FOUND"),
        (lambda: put(keeper, refunds("other")), "BAD_REQUEST"),
        (lambda: put(keeper, other), "COLLECTION_NOT_FOUND"),
    ):
        assert (await expect_failure(refused)).reason == reason
    await run(root, "other")  # it is still there


async def test_a_run_is_compared_with_the_last_and_counts_for_no_customer(
    harness: RouterHarness, events: Events
) -> None:
    root = await harness.client()
    await put(root, refunds())
    say(harness, RIGHT)
    first, [result] = await run(root)
    assert (first.right, first.lost, result.change) == (1, 0, pb.GoldenResult.CHANGE_UNSPECIFIED)
    assert (result.answer.text, result.answer.source) == (RIGHT, chat.ANSWER_SOURCE_GENERATED)
    say(harness, WRONG)
    calls = len(harness.replica.calls)
    second, [lost] = await run(root, "refunds")
    assert (second.lost, second.lost_questions, lost.asked_again) == (1, ["goldenQuestions/refunds"], True)
    assert len(harness.replica.calls) == calls + 2  # it is asked once more before it counts
    assert (lost.before.text, lost.answer.text) == (RIGHT, WRONG)
    assert lost.answer.why == "it says “9 days”"
    third, [wrong] = await run(root)
    assert (third.still_wrong, wrong.change) == (1, pb.GoldenResult.CHANGE_STILL_WRONG)
    say(harness, RIGHT)
    fourth, _ = await run(root)
    assert fourth.gained == 1
    listed = await root.golden.ListGoldenRuns(pb.ListGoldenRunsRequest(), metadata=root.metadata)
    demanded = [each for each in listed.runs if each.trigger == pb.GoldenRun.TRIGGER_DEMAND]
    assert [(each.name, each.state) for each in demanded] == [
        (each.name, pb.GoldenRun.STATE_FINISHED) for each in (fourth, third, second, first)
    ]
    got = await root.golden.GetGoldenRun(pb.GetGoldenRunRequest(name=second.name), metadata=root.metadata)
    assert [each.before.text for each in got.results] == [RIGHT]
    shown = await root.golden.GetGoldenQuestion(
        pb.GetGoldenQuestionRequest(name="goldenQuestions/refunds"), metadata=root.metadata
    )
    assert shown.question.last.verdict == pb.GoldenAnswer.VERDICT_RIGHT
    changed = await put(root, refunds())
    assert changed.revision == 2
    fresh = await root.golden.ListGoldenQuestions(pb.ListGoldenQuestionsRequest(), metadata=root.metadata)
    assert not fresh.questions[0].HasField("last")  # it was not asked since
    failed = await expect_failure(lambda: run(root, "gone"))
    assert (failed.code, failed.reason) == (grpc.StatusCode.NOT_FOUND, "GOLDEN_QUESTION_NOT_FOUND")
    failed = await expect_failure(
        lambda: root.golden.GetGoldenRun(pb.GetGoldenRunRequest(name="goldenRuns/gone"), metadata=root.metadata)
    )
    assert (failed.code, failed.reason) == (grpc.StatusCode.NOT_FOUND, "GOLDEN_RUN_NOT_FOUND")
    assert {str(each.priority) for each in harness.knowledge.callers} == {"interactive"}  # retrieval knows no classes
    assert not [each for each in events.seen if isinstance(each, TurnStored)]
    assert not (await root.chat.ListSessions(chat.ListSessionsRequest(), metadata=root.metadata)).sessions
    conversations = await root.desk.ListConversations(desk.ListConversationsRequest(), metadata=root.metadata)
    assert not conversations.conversations


async def test_what_is_handed_over_reaches_neither_desk_nor_open_questions(harness: RouterHarness) -> None:
    root = await harness.client()
    await put(
        root,
        pb.GoldenQuestion(
            name="goldenQuestions/person",
            text="I want to talk to a person",
            kind="person",
            person=pb.GoldenQuestion.PERSON_REQUIRED,
        ),
    )
    harness.knowledge.hits = []
    await put(root, refunds())
    done, results = await run(root)
    verdicts = {each.question: each.answer.verdict for each in results}
    assert verdicts == {
        "goldenQuestions/person": pb.GoldenAnswer.VERDICT_RIGHT,
        "goldenQuestions/refunds": pb.GoldenAnswer.VERDICT_REFUSED,
    }
    assert done.right == 1
    conversations = await root.desk.ListConversations(desk.ListConversationsRequest(), metadata=root.metadata)
    assert not conversations.conversations
    async with grpc.aio.insecure_channel(f"127.0.0.1:{harness.routers[0].port}") as channel:
        insight = insight_pb2_grpc.InsightServiceStub(channel)
        open_ones = await insight.ListUnanswered(insight_pb2.ListUnansweredRequest(), metadata=root.metadata)
        numbers = await insight.GetNumbers(insight_pb2.GetNumbersRequest(), metadata=root.metadata)
    assert (open_ones.total_questions, numbers.total.questions) == (0, 0)


async def test_a_draft_that_loses_an_answer_is_held_and_one_that_does_not_is_promoted(
    harness: RouterHarness, events: Events
) -> None:
    root = await harness.client()
    await put(root, refunds())
    await put(
        root,
        pb.GoldenQuestion(
            name="goldenQuestions/elsewhere", text=QUESTION, must_not=["x"], collections=["collections/other"]
        ),
    )
    say(harness, RIGHT)
    wrong = kb.CuratedMatch(curated_answer=kb.CuratedAnswer(answer="In 9 days."), applies=True)
    harness.knowledge.curated_by_draft[DRAFT] = wrong
    scripted = harness.knowledge.drafts
    scripted.add(DRAFT, promote_when_green=True)
    await eventually(lambda: scripted.reports)
    [report] = scripted.reports
    assert (report.check.passed, report.check.failed, report.check.lost) == (0, 1, ["goldenQuestions/refunds"])
    assert scripted.drafts[DRAFT].state == drafts.Draft.STATE_HELD
    name = report.check.message.partition(":")[0]
    found = await root.golden.GetGoldenRun(pb.GetGoldenRunRequest(name=name), metadata=root.metadata)
    [result] = found.results
    assert (result.before.text, result.answer.text, result.asked_again) == (RIGHT, "In 9 days.", True)
    assert (found.run.trigger, found.run.draft) == (pb.GoldenRun.TRIGGER_DRAFT, DRAFT)
    await eventually(lambda: [each for each in events.seen if isinstance(each, GoldenAnswersLost)])
    [told] = [each for each in events.seen if isinstance(each, GoldenAnswersLost)]
    payload = webhook_event(told)
    assert payload is not None
    assert payload[1] == {"run": name, "trigger": "draft", "draft": DRAFT, "questions": ["goldenQuestions/refunds"]}
    wrong.curated_answer.answer = "In 7 days."
    scripted.add(DRAFT, promote_when_green=True)
    await eventually(lambda: scripted.drafts[DRAFT].state == drafts.Draft.STATE_PROMOTED)
    assert scripted.reports[-1].check.passed == 1
    asked = [each for each in harness.knowledge.requests if each.draft]
    assert {each.draft for each in asked} == {DRAFT}


async def test_a_green_draft_whose_promotion_failed_is_promoted_at_the_next_look(harness: RouterHarness) -> None:
    root = await harness.client()
    await put(root, refunds())
    say(harness, RIGHT)
    scripted = harness.knowledge.drafts
    scripted.promote_error = KnowledgeMoved("Another version became live.")
    scripted.add(DRAFT, promote_when_green=True)
    await eventually(lambda: scripted.drafts[DRAFT].state == drafts.Draft.STATE_PROMOTED)
    assert scripted.promote_error is None
    assert len(scripted.reports) == 1  # it is not asked again


async def test_a_question_that_cannot_be_asked_ends_neither_the_run_nor_the_check(harness: RouterHarness) -> None:
    root = await harness.client()
    await put(root, refunds())
    gone = refunds("gone")
    gone.collections.append("collections/gone")
    await put(root, gone)
    harness.knowledge.without.add("collections/gone")
    say(harness, RIGHT)
    done, results = await run(root)
    assert (done.state, done.right, done.not_asked) == (pb.GoldenRun.STATE_FINISHED, 1, 1)
    [unasked] = [each for each in results if each.question == "goldenQuestions/gone"]
    assert unasked.answer.verdict == pb.GoldenAnswer.VERDICT_UNSPECIFIED
    assert unasked.answer.why == "There is no collections/gone."


async def test_a_draft_that_is_not_loaded_yet_is_asked_later_and_never_answered_from_live(
    harness: RouterHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_asker, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(question_asker, "_MOST_TRIES", 3)
    root = await harness.client()
    await put(root, refunds())
    say(harness, RIGHT)
    harness.knowledge.loads_drafts = False
    scripted = harness.knowledge.drafts
    scripted.add(DRAFT, promote_when_green=True)
    await eventually(lambda: scripted.reports)
    [report] = scripted.reports
    assert (report.check.passed, report.check.failed) == (0, 1)
    assert scripted.drafts[DRAFT].state == drafts.Draft.STATE_HELD
    assert len([each for each in harness.knowledge.requests if each.draft]) == 3


async def test_a_night_is_run_once_by_one_router(own_redis: RedisServer) -> None:
    hour = datetime.now(UTC).hour
    timing = Timing(golden_check_seconds=0.05)
    async with open_router_harness(own_redis, routers=2, timing=timing, golden_hour=hour) as harness:
        await _assert_one_night(harness)


async def _assert_one_night(harness: RouterHarness) -> None:
    harness.knowledge.hits = [make_hit("Refunds take 7 days.")]
    root = await harness.client()
    await put(root, refunds())

    async def nights() -> list[pb.GoldenRun]:
        listed = await root.golden.ListGoldenRuns(pb.ListGoldenRunsRequest(), metadata=root.metadata)
        return [each for each in listed.runs if each.trigger == pb.GoldenRun.TRIGGER_NIGHT]

    async with harness.open_store() as store:
        await store.delete("kefu:1:{tenant:default}:golden-night")  # the one that was over before there was a question
    async with asyncio.timeout(30):
        while [each.state for each in await nights()] != [pb.GoldenRun.STATE_FINISHED]:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)  # several looks of both routers
    assert len(await nights()) == 1


async def test_a_question_is_proposed_from_an_answer_and_from_a_hand_over(harness: RouterHarness) -> None:
    root = await harness.client()
    say(harness, RIGHT)
    answered = await root.ask(f"{QUESTION} Call me: 13812345678.")
    turn = f"{answered.session}/turns/{answered.started.turn.rpartition('/')[2]}"
    request = pb.ProposeGoldenQuestionRequest(turn=turn)
    found = await root.golden.ProposeGoldenQuestion(request, metadata=root.metadata)
    assert "13812345678" not in found.question.text
    assert [list(each.texts) for each in found.question.must] == [["7 days"]]
    assert found.question.person == pb.GoldenQuestion.PERSON_NO
    stored = await put(root, found.question)
    done, _ = await run(root, stored.name.rpartition("/")[2])
    assert done.right == 1
    knowledge = await harness.client(await harness.create_key("default", Scope.KNOWLEDGE))
    failed = await expect_failure(lambda: knowledge.golden.ProposeGoldenQuestion(request, metadata=knowledge.metadata))
    assert (failed.code, failed.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    gone = pb.ProposeGoldenQuestionRequest(turn=f"{answered.session}/turns/gone")
    failed = await expect_failure(lambda: root.golden.ProposeGoldenQuestion(gone, metadata=root.metadata))
    assert (failed.code, failed.reason) == (grpc.StatusCode.NOT_FOUND, "TURN_NOT_FOUND")
