"""What a model may do follows from how it did in the exam."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from kefu.router.answering.writing.prompt import NOT_FOUND
from kefu.router.domain.generation import Message
from kefu.router.exam.cases import ExamCase, cases_version, exam_cases
from kefu.router.exam.examiner import CaseResult, ModelUnavailable, sit_exam
from kefu.router.exam.grade import Grade
from kefu.router.exam.marks import MARKS, RIGHT_SENTENCES, Marks, ReadingMarks, WritingMarks, cannot_write
from tests.support.table import table
from tests.unit.router.exam.scripted_models import ScriptedModel, perfect_model, perfect_reply


def always(_is_right: bool) -> bool:
    return True


def never(_is_right: bool) -> bool:
    return False


def rightly(is_right: bool) -> bool:
    return is_right


def yes(case: ExamCase) -> str:
    return "Yes, of course [1]." if case.language == "en" else "可以的[1]。"


def nothing(_case: ExamCase) -> str:
    return NOT_FOUND


def invented(case: ExamCase) -> str:
    """A right answer where there is one, and an invented one where there is none."""
    return case.answer or ("It is 1,234 euros [1]." if case.language == "en" else "是 1234 元[1]。")


async def test_a_perfect_model_writes_and_verifies() -> None:
    results: list[CaseResult] = []
    model = perfect_model()
    marks = await sit_exam(model, done=results.append)
    assert (marks.right, marks.harmful, marks.accepted_right, marks.accepted_faulty) == (1.0, 0.0, 1.0, 0.0)
    assert (marks.profile(), marks.shortcomings()) == ("verified", [])
    assert marks.cases == cases_version()
    assert {result.case.id for result in results} == {case.id for case in exam_cases()}
    assert len(model.asked) == len(exam_cases()) + sum(each.sentences for each in marks.reading.values())
    assert MARKS.validate_json(MARKS.dump_json(marks)) == marks


async def test_a_model_that_says_yes_to_everything_may_do_nothing() -> None:
    marks = await sit_exam(ScriptedModel(yes, always))
    assert not marks.writes
    assert (marks.accepted_right, marks.accepted_faulty) == (1.0, 1.0)
    assert marks.writing["no"].harmful == marks.writing["no"].cases
    assert marks.writing["not_found"].harmful == marks.writing["not_found"].cases
    assert marks.profile() == "evidence"


async def test_a_model_that_never_finds_anything_may_do_nothing() -> None:
    marks = await sit_exam(ScriptedModel(nothing, never))
    assert (marks.harmful, marks.writes) == (0.0, False)
    assert marks.writing["direct"].not_found == marks.writing["direct"].cases
    assert marks.profile() == "evidence"


async def test_a_model_that_invents_where_nothing_is_found_may_do_nothing() -> None:
    marks = await sit_exam(ScriptedModel(invented, rightly))
    assert (marks.harmful, marks.writes, marks.verifies) == (0.2, False, False)
    assert marks.profile() == "evidence"


async def test_a_model_that_accepts_every_sentence_writes_and_does_not_verify() -> None:
    for accepts in (always, never):
        marks = await sit_exam(ScriptedModel(perfect_reply, accepts))
        assert (marks.writes, marks.verifies, marks.profile()) == (True, False, "full")
        assert len(marks.shortcomings()) == 1


def _marks(right: int, harmful: int, accepted_right: int, accepted_faulty: int) -> Marks:
    reading = {RIGHT_SENTENCES: ReadingMarks(100, accepted_right), "row": ReadingMarks(100, accepted_faulty)}
    return Marks({"direct": WritingMarks(100, right, harmful)}, reading, "v", "2026-01-01")


@table(
    ("right", "harmful", "accepted_right", "accepted_faulty", "expected"),
    [
        (85, 5, 90, 20, "verified"),
        (84, 5, 90, 20, "evidence"),
        (85, 6, 90, 20, "evidence"),
        (85, 5, 89, 20, "full"),
        (85, 5, 90, 21, "full"),
        (0, 0, 100, 0, "evidence"),
    ],
)
def test_the_profile_follows_the_thresholds(
    right: int, harmful: int, accepted_right: int, accepted_faulty: int, expected: str
) -> None:
    marks = _marks(right, harmful, accepted_right, accepted_faulty)
    assert marks.profile() == expected
    assert bool(marks.shortcomings()) is (expected != "verified")


def test_a_model_that_does_not_write_chooses_where_the_catalog_says_so() -> None:
    poor, good = _marks(10, 50, 0, 100), _marks(100, 0, 0, 100)
    assert [poor.profile(name) for name in ("choice", "evidence", "full", "")] == ["choice", *["evidence"] * 3]
    assert good.profile("choice") == "full"


def test_no_marks_are_no_permission() -> None:
    assert Marks({}, {}, "v", "2026-01-01").profile() == "evidence"


async def test_an_exam_until_it_is_decided_ends_when_the_model_has_failed_and_not_before() -> None:
    for reply in (yes, nothing, invented):
        poor = ScriptedModel(reply, always)
        marks = await sit_exam(poor, until_decided=True, parallel=1)
        asked = sum(each.cases for each in marks.writing.values())
        assert asked < len(exam_cases())
        assert marks.profile() == "evidence"
    good = await sit_exam(perfect_model(), until_decided=True)
    assert sum(each.cases for each in good.writing.values()) == len(exam_cases())


@table(
    ("not_right", "harmful", "expected"), [(9, 3, False), (10, 0, True), (4, 4, True), (0, 0, False), (60, 60, True)]
)
def test_what_keeps_a_model_from_writing_is_what_its_marks_say(not_right: int, harmful: int, expected: bool) -> None:
    assert cannot_write(not_right, harmful, 60) is expected
    marks = Marks({"direct": WritingMarks(60, 60 - not_right, harmful)}, {}, "v", "2026-01-01")
    assert marks.writes is not expected


async def test_a_model_that_cannot_choose_does_not_verify() -> None:
    class Mute(ScriptedModel):
        async def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> None:
            return None

    marks = await sit_exam(Mute(perfect_reply, rightly))
    assert (marks.accepted_right, marks.profile()) == (0.0, "full")


async def test_a_reply_that_does_not_come_in_time_is_none() -> None:
    class Slow(ScriptedModel):
        async def write(self, messages: Sequence[Message]) -> str:
            await asyncio.sleep(60)
            return ""

    results: list[CaseResult] = []
    marks = await sit_exam(Slow(yes, always), cases=exam_cases()[:3], done=results.append, seconds=0.01)
    assert [result.grade for result in results] == [Grade.WANTING] * 3
    assert marks.right == 0.0


async def test_a_model_that_is_away_has_no_marks_and_nothing_is_asked_any_more() -> None:
    asked = 0

    class Away(ScriptedModel):
        async def write(self, messages: Sequence[Message]) -> str:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0.01)
            raise ModelUnavailable("no replica is known")

    with pytest.raises(ModelUnavailable, match="no replica is known"):
        await sit_exam(Away(yes, always), parallel=2)
    assert asked <= 4
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("exam ")]


async def test_no_more_cases_run_at_a_time_than_are_wanted_and_each_question_waits_for_its_turn() -> None:
    running = most = turns = 0

    @asynccontextmanager
    async def turn() -> AsyncIterator[None]:
        nonlocal running, most, turns
        running, turns = running + 1, turns + 1
        most = max(most, running)
        await asyncio.sleep(0)
        yield
        running -= 1

    model = perfect_model()
    await sit_exam(model, turns=turn, parallel=3)
    assert (most, turns) == (3, len(model.asked))


async def test_the_wait_for_a_turn_takes_no_time_from_the_model() -> None:
    @asynccontextmanager
    async def late() -> AsyncIterator[None]:
        await asyncio.sleep(0.3)
        yield

    marks = await sit_exam(perfect_model(), cases=exam_cases()[:1], turns=late, seconds=0.2)
    assert marks.right == 1.0
