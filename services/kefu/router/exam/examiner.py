"""
The examiner: has a model answer the cases, and read sentences about them a second time, with the prompts of customers.

Nothing in between helps the model: its replies are graded as it wrote them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from kefu.router.answering.writing.prompt import Budget, build_prompt
from kefu.router.answering.writing.second_reading import LEAST_PROBABILITY, VERDICTS, second_reading_prompt
from kefu.router.answering.writing.token_estimate import TokenEstimate
from kefu.router.domain.answer_profiles import FULL
from kefu.router.domain.generation import Message
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Passage, Turn
from kefu.router.exam.cases import ExamCase, cases_version, exam_cases
from kefu.router.exam.grade import Grade, grade
from kefu.router.exam.marks import RIGHT_SENTENCES, Marks, ReadingMarks, WritingMarks, cannot_write

_PARALLEL = 2
_SECONDS = 90.0
_HISTORY_TOKENS = 200


class ModelUnavailable(Exception):
    """The model cannot be asked now: nothing is found out about it. The message says why."""


class ExaminedModel(Protocol):
    """A model that sits the exam."""

    async def write(self, messages: Sequence[Message]) -> str:
        """Its reply to a conversation; empty where it has none. Raises ModelUnavailable."""
        ...

    async def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> tuple[float, ...] | None:
        """How probable each of these replies is; None where it cannot tell. Raises ModelUnavailable."""
        ...


@dataclass(frozen=True)
class Reading:
    """A sentence that was read a second time. `kind`: `RIGHT_SENTENCES`, or its fault."""

    kind: str
    sentence: str
    probability: float | None
    """That the passages say it; None where the model could not tell."""

    @property
    def is_accepted(self) -> bool:
        """Whether a customer would be shown it."""
        return self.probability is not None and self.probability >= LEAST_PROBABILITY


@dataclass(frozen=True)
class CaseResult:
    """What came of a case."""

    case: ExamCase
    reply: str
    grade: Grade
    readings: tuple[Reading, ...]


Turns = Callable[[], AbstractAsyncContextManager[None]]
"""Makes a block in which the model is asked once: it begins when nothing goes before it."""


@asynccontextmanager
async def _at_once() -> AsyncIterator[None]:
    yield


async def sit_exam(
    model: ExaminedModel,
    *,
    cases: Sequence[ExamCase] | None = None,
    done: Callable[[CaseResult], None] = lambda _result: None,
    turns: Turns = _at_once,
    parallel: int = _PARALLEL,
    seconds: float = _SECONDS,
    until_decided: bool = False,
) -> Marks:
    """The marks of a model. `done` is called with each case's result. `parallel`: cases at a time.

    A model that does not reply within `seconds` has not replied; the wait for its turn does not count. `until_decided`:
    no further case is begun once the model cannot come to write any more. Raises ModelUnavailable.
    """
    sat = exam_cases() if cases is None else cases
    asker = _Asker(model, turns, seconds)
    gate = asyncio.Semaphore(parallel)
    results: list[CaseResult] = []

    async def one(case: ExamCase) -> None:
        async with gate:
            if until_decided and _has_failed(results, len(sat)):
                return
            result = await _result_of(asker, case)
            results.append(result)
            done(result)

    tasks = [asyncio.create_task(one(case), name=f"exam {case.id}") for case in sat]
    try:
        await asyncio.gather(*tasks)
        return marks_of(results)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _has_failed(results: Sequence[CaseResult], cases: int) -> bool:
    right = sum(result.grade is Grade.RIGHT for result in results)
    harmful = sum(result.grade is Grade.HARMFUL for result in results)
    return cannot_write(len(results) - right, harmful, cases)


def marks_of(results: Sequence[CaseResult]) -> Marks:
    """The marks that results come to."""
    writing: dict[str, WritingMarks] = {}
    for kind in dict.fromkeys(result.case.kind for result in results):
        grades = Counter(result.grade for result in results if result.case.kind == kind)
        writing[kind] = WritingMarks(
            grades.total(), grades[Grade.RIGHT], grades[Grade.HARMFUL], grades[Grade.NOT_FOUND]
        )
    readings = [reading for result in results for reading in result.readings]
    read = Counter(reading.kind for reading in readings)
    accepted = Counter(reading.kind for reading in readings if reading.is_accepted)
    in_order = sorted(read, key=lambda kind: (kind != RIGHT_SENTENCES, kind))
    reading = {kind: ReadingMarks(read[kind], accepted[kind]) for kind in in_order}
    return Marks(writing, reading, cases_version(), datetime.now(UTC).date().isoformat())


@dataclass(frozen=True)
class _Asker:
    """Asks a model in its turn, and no longer than `seconds`."""

    model: ExaminedModel
    turns: Turns
    seconds: float

    async def written(self, messages: Sequence[Message]) -> str:
        async with self.turns():
            try:
                async with asyncio.timeout(self.seconds):
                    return await self.model.write(messages)
            except TimeoutError:
                return ""

    async def probability(self, messages: Sequence[Message]) -> float | None:
        """How probable the first verdict is."""
        async with self.turns():
            try:
                async with asyncio.timeout(self.seconds):
                    chosen = await self.model.choose(messages, VERDICTS)
            except TimeoutError:
                return None
        return None if chosen is None else chosen[0]


async def _result_of(asker: _Asker, case: ExamCase) -> CaseResult:
    prompt = case_prompt(case)
    reply = await asker.written(prompt)
    sentences = [(RIGHT_SENTENCES, sentence) for sentence in case.right]
    sentences += [(faulty.fault, faulty.sentence) for faulty in case.faulty]
    readings: list[Reading] = []
    for kind, sentence in sentences:
        asked = second_reading_prompt(prompt, "", sentence, case.language)
        readings.append(Reading(kind, sentence, await asker.probability(asked)))
    return CaseResult(case, reply, grade(case, reply), tuple(readings))


def case_prompt(case: ExamCase) -> tuple[Message, ...]:
    """The conversation with which a case is asked."""
    prompt = build_prompt(
        case.question,
        case.language,
        [
            Passage(number, f"exam/{number}", each.title, each.headings, each.text, "", 1.0, case.language)
            for number, each in enumerate(case.passages, 1)
        ],
        [_turn(case, asked, said) for asked, said in case.history],
        instructions="",
        budget=Budget(FULL.prompt_tokens, _HISTORY_TOKENS),
        estimate=TokenEstimate(),
    )
    return prompt.messages


def _turn(case: ExamCase, asked: str, said: str) -> Turn:
    completed = Completed(FinishReason.STOP, AnswerSource.GENERATED)
    return Turn("", asked, case.language, "", 0.0, text=said, completed=completed)
