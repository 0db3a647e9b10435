"""Measuring answers: what counts as right, what is remembered, and the four arms against an engine that is scripted."""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from kefu.common.auth import Principal
from kefu.evaluation.answer_match import is_hit, is_too_long, keyword_share, normalised, token_f1
from kefu.evaluation.answer_set import ExpectedAnswer, grade_answer, load_answer_set
from kefu.evaluation.arms import Arm, ArmRunner, without_timeouts
from kefu.evaluation.dataset import BadQuestionSet, SetQuestion
from kefu.evaluation.recorded_replicas import RecordedPool, Recording
from kefu.evaluation.results import grade_arms
from kefu.evaluation.set_retrieval_client import SetRetrievalClient
from kefu.router.config import RouterConfig
from kefu.router.domain.generation import (
    Accepted,
    Frame,
    GenerationEnd,
    GenerationEvent,
    GenerationRequest,
    Message,
    Role,
)
from kefu.router.domain.turn import Passage, Usage
from tests.support.table import table


@table(
    ("answer", "wanted", "right"),
    [
        ("It is Andrew Jackson [1].", [["Andrew Jackson"]], True),
        ("It is ANDREW-JACKSON.", [["andrew jackson"]], True),
        ("In 2017.", [["20"]], False),
        ("It takes 20 days.", [["20"]], True),
        ("It takes 20days", [["20"]], True),
        ("A mean of 74.84.", [["74.84"]], True),
        ("A mean of 7484.", [["74.84"]], False),
        ("In all 1,388 of them", [["1388"]], True),
        ("The first 12, then 3.", [["123"]], False),
        ("漢語、法語和英語", [["汉语", "法语", "英语"]], True),
        ("汉语和法语", [["汉语", "法语", "英语"]], False),
        ("共有60家单位", [["59"], ["60家"]], True),
        ("4 分 51 秒", [["4分51秒"]], True),
        ("See [12].", [["12"]], False),
        ("With 4:51 left", [["4:51"]], True),
        ("With 14:51 left", [["4:51"]], False),
        ("They won 24–10.", [["24-10"]], True),
        ("It costs $1,200.", [["$1,200"]], True),
        ("It costs $11,200.", [["$1,200"]], False),
        ("", [["x"]], False),
        ("x", [list[str]()], False),
    ],
)
def test_an_answer_is_right_when_all_strings_of_one_list_occur(
    answer: str, wanted: list[list[str]], right: bool
) -> None:
    assert is_hit(answer, wanted) is right


def test_normalising_keeps_decimal_points_alone() -> None:
    assert normalised("Ｖｅｒ. 1.5, the “Best”!") == "ver1.5thebest"


def test_an_answer_that_reads_the_page_out_is_wrong() -> None:
    wanted = ExpectedAnswer(language="en", answers=(("word",),))
    assert grade_answer("word " * 40, wanted).score == 1.0
    assert grade_answer("word " * 70, wanted).score == 0.0
    assert is_too_long("字" * 121, "zh")
    assert not is_too_long("字" * 120 + "[1]", "zh")


def test_keywords_are_counted_and_f1_falls_with_length() -> None:
    assert keyword_share("Open Settings and tap Save", ["settings", "save", "undo", "copy"]) == 0.5
    assert token_f1("seven days", ["seven days"]) == 1.0
    assert 0 < token_f1("It takes about seven days from now", ["seven days"]) < 0.5
    assert token_f1("退款七天", ["七天"]) == pytest.approx(2 * 2 / 6)


def write_set(folder: Path, queries: list[dict[str, object]]) -> Path:
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text('{"_id": "d", "title": "T", "text": "Refunds take 7 days."}\n')
    (folder / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq-1\td\t1\n")
    return folder


def test_a_set_without_answers_is_refused_with_a_reason(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "s", [{"_id": "q-1", "text": "How long?", "metadata": {"language": "en"}}])
    with pytest.raises(BadQuestionSet, match=r"metadata\.answers"):
        load_answer_set(folder)


def test_only_questions_that_can_be_judged_are_asked(tmp_path: Path) -> None:
    queries: list[dict[str, object]] = [
        {"_id": "q-1", "text": "How long?", "metadata": {"answers": [["7 days"]]}},
        {"_id": "q-2", "text": "Why?", "metadata": {"answerable": False, "answers": [["x"]]}},
        {"_id": "q-3", "text": "怎么办？", "metadata": {"keywords": ["a"], "history": ["q", "a"]}},
    ]
    _, wanted = load_answer_set(write_set(tmp_path / "s", queries))
    assert list(wanted) == ["q-1", "q-3"]
    assert wanted["q-3"].language == "zh"
    assert load_answer_set(tmp_path / "s", first=1)[1].keys() == {"q-1"}


class Writer:
    """A replica that answers every prompt with the same text, and counts how often it is asked."""

    address, model, progressed_at = "here:1", "scripted", 0.0

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.orders: list[GenerationRequest] = []

    answer_profile = "full"

    def choose(self, *, preferred: str = "", session: str = "", exclude: frozenset[str] = frozenset()) -> "Writer":
        del preferred, session, exclude
        return self

    async def generate(self, request: GenerationRequest, principal: Principal) -> AsyncGenerator[GenerationEvent, None]:
        del principal
        text = self.texts[min(len(self.orders), len(self.texts) - 1)]
        self.orders.append(request)
        yield Accepted(100, "f")
        yield Frame(text, (1, 2))
        yield GenerationEnd(Usage(100, 0, 2, 0), False, (-2.0, -0.5) if request.choices else ())


async def test_what_is_graded_is_what_a_customer_would_see() -> None:
    writer = Writer("Refunds take 90 days.")
    [answered] = await asker(writer).answers(Arm.RAG, {"q-1": QUESTION}, WANTED, lambda: None)
    assert (answered.written, answered.text, answered.blocked) == ("Refunds take 90 days.", "", "90")


PASSAGES = (
    Passage(1, "p1", "Refunds", (), "Refunds take 7 days. Vouchers take 3 days. We refund to the card.", "", 0.9, "en"),
)
QUESTION = "How long do refunds take?"
WANTED = {"q-1": ExpectedAnswer(language="en", answers=(("7 days",),))}


def asker(writer: Writer, recording: Recording | None = None) -> ArmRunner:
    config = without_timeouts(RouterConfig(internal_key="kefu_internal_" + "0" * 64))  # pyright: ignore[reportArgumentType]
    pool = RecordedPool(writer, recording or Recording(None), "f")
    knowledge = SetRetrievalClient({QUESTION: PASSAGES})
    return ArmRunner(config, pool, knowledge, knowledge)


async def test_all_arms_answer_the_same_question_and_are_judged_alike() -> None:
    asking = asker(Writer("Refunds take 7 days [1]."))
    answered = {arm: await asking.answers(arm, {"q-1": QUESTION}, WANTED, lambda: None) for arm in Arm}
    found = grade_arms("set", "scripted", answered, WANTED, {"q-1": SetQuestion("q-1", QUESTION, frozenset("d"), "en")})
    assert [(figures.arm, figures.hit.value) for figures in found.arms] == [(arm, 1.0) for arm in Arm]
    assert answered[Arm.EXTRACTIVE][0].text == "Refunds take 7 days."
    assert found.differences["rag - oracle"].value == 0.0
    assert "| rag | 1.000 [1.000, 1.000] |" in found.markdown()


async def test_the_model_alone_is_shown_no_passage() -> None:
    writer = Writer("I do not know.")
    await asker(writer).answers(Arm.CLOSED, {"q-1": QUESTION}, WANTED, lambda: None)
    assert "Refunds take" not in writer.orders[0].messages[-1].content
    assert QUESTION in writer.orders[0].messages[-1].content


async def test_an_answer_is_asked_for_once_and_remembered_over_runs(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    writer = Writer("Refunds take 7 days.")
    [first] = await asker(writer, Recording(path)).answers(Arm.RAG, {"q-1": QUESTION}, WANTED, lambda: None)
    assert await asker(writer, Recording(path)).answers(Arm.RAG, {"q-1": QUESTION}, WANTED, lambda: None) == [first]
    with path.open("a") as file:
        file.write('{"key": "a line that was cut off')
    [again] = await asker(writer, Recording(path)).answers(Arm.RAG, {"q-1": QUESTION}, WANTED, lambda: None)
    assert len(writer.orders) == 1
    assert again.text == first.text == "Refunds take 7 days."


async def test_a_choice_is_remembered_apart_from_the_answer_to_the_same_prompt(tmp_path: Path) -> None:
    writer = Writer("No")
    free = GenerationRequest((Message(Role.USER, QUESTION),), 10, 1)
    found: list[GenerationEvent] = []
    for request in (free, replace(free, choices=("Yes", "No")), replace(free, choices=("Yes", "No"))):
        source = RecordedPool(writer, Recording(tmp_path / "answers.jsonl"), "f").choose()
        assert source is not None
        *_, end = [event async for event in source.generate(request, Principal("t", "s", frozenset()))]
        found.append(end)
    assert len(writer.orders) == 2
    free_end, *chosen = found
    assert isinstance(free_end, GenerationEnd)
    assert chosen == [replace(free_end, choice_log_probabilities=(-2.0, -0.5))] * 2


async def test_an_answer_broken_off_at_a_figure_is_handed_over() -> None:
    writer = Writer("Refunds take 9 days.")
    [answered] = await asker(writer).answers(Arm.RAG, {"q-1": QUESTION}, WANTED, lambda: None)
    assert (answered.text, answered.finish, len(writer.orders)) == ("", "handoff", 1)
