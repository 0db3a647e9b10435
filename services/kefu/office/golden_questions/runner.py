"""Runs over golden questions: asked some at once, behind customers, judged, compared, and kept."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Principal
from kefu.common.resource_names import new_turn_id
from kefu.office.golden_questions.golden_question import (
    Change,
    GoldenAnswer,
    GoldenQuestion,
    GoldenResult,
    GoldenRun,
    RunState,
    Trigger,
    summed,
)
from kefu.office.golden_questions.question_asker import QuestionAsker
from kefu.office.golden_questions.question_store import GoldenQuestionStore
from kefu.office.golden_questions.run_store import GoldenRunStore

RunEvent = GoldenRun | GoldenResult


@dataclass(frozen=True)
class RunOrder:
    """What is to be run. `keeps_answers`: whether an answer over live is the one that the next is compared with."""

    questions: Sequence[GoldenQuestion]
    trigger: Trigger
    draft: str = ""
    author: str = ""
    keeps_answers: bool = True


class GoldenRunner:
    """Runs over golden questions. `parallel`: questions that this router asks at once, of all tenants together."""

    def __init__(
        self, asker: QuestionAsker, questions: GoldenQuestionStore, runs: GoldenRunStore, *, parallel: int
    ) -> None:
        self._asker = asker
        self._questions = questions
        self._runs = runs
        self._parallel = parallel
        self._slots = asyncio.Semaphore(parallel)

    async def run(self, principal: Principal, order: RunOrder) -> AsyncGenerator[RunEvent, None]:
        """The run as it begins, each result as it is known, and the run as it ended.

        When its reader leaves, it stops, and what was found is kept. Raises DraftNotFound, BackendUnavailable.
        """
        tenant = principal.tenant
        run = GoldenRun(
            new_turn_id(), order.trigger, order.draft, time.time(), len(order.questions), author=order.author
        )
        before: Mapping[str, GoldenAnswer] = {}
        if not order.draft:
            before = await self._questions.answers(tenant, order.questions)
        results: list[GoldenResult] = []
        await self._runs.begin(tenant, run)
        try:
            yield run
            async with aclosing(self._results(principal, order, before)) as found:
                async for result in found:
                    results.append(result)
                    run = _with(run, results)
                    await self._runs.update(tenant, run, result)
                    yield result
            run = replace(run, state=RunState.FINISHED, end_time=time.time())
            await self._runs.update(tenant, run)
        finally:
            if run.state is RunState.RUNNING:
                await self._runs.update(tenant, replace(run, state=RunState.STOPPED, end_time=time.time()))
        yield run

    async def whole(self, principal: Principal, order: RunOrder) -> GoldenRun:
        """A run, when it is over. Raises as `run` does."""
        last: RunEvent | None = None
        async with aclosing(self.run(principal, order)) as events:
            async for event in events:
                last = event
        assert isinstance(last, GoldenRun)  # noqa: S101 - the last event is the run
        return last

    async def _results(
        self, principal: Principal, order: RunOrder, before: Mapping[str, GoldenAnswer]
    ) -> AsyncGenerator[GoldenResult, None]:
        """Each result as it is known. No more questions are begun than can be asked at once."""
        left = iter(order.questions)
        asking = set[asyncio.Task[GoldenResult]]()
        try:
            while True:
                for golden in islice(left, self._parallel - len(asking)):
                    result = self._result(principal, golden, order, before.get(golden.id))
                    asking.add(asyncio.create_task(result, name="golden question"))
                if not asking:
                    return
                done, asking = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in asking:
                await cancel_and_wait(task)

    async def _result(
        self, principal: Principal, golden: GoldenQuestion, order: RunOrder, before: GoldenAnswer | None
    ) -> GoldenResult:
        async with self._slots:
            result = await self._asked(principal, golden, order.draft, before)
            if result.change is Change.LOST:
                again = await self._asked(principal, golden, order.draft, before)
                result = replace(again, asked_again=True)
        if not order.draft and order.keeps_answers and result.answer.verdict is not None:
            await self._questions.set_answer(principal.tenant, golden, result.answer)
        return result

    async def _asked(
        self, principal: Principal, golden: GoldenQuestion, draft: str, before: GoldenAnswer | None
    ) -> GoldenResult:
        if draft:
            before = await self._asker.ask(principal, golden)
        answer = await self._asker.ask(principal, golden, draft)
        question = golden.question
        return GoldenResult(golden.id, question.text, question.language, answer, before)


def _with(run: GoldenRun, results: Sequence[GoldenResult]) -> GoldenRun:
    numbers: dict[str, Any] = summed(results)
    return replace(run, **numbers)
