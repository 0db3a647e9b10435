"""
The arms: the same questions answered in four ways, with the router's own prompt, relay and filters.

    closed      the model alone, without passages: what it knows by itself
    rag         the answer of a customer: searched, decided, generated, filtered, or handed off
    oracle      the same with the right documents alone: the most that better retrieval could gain
    extractive  no model: the single best sentence of the passages
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from kefu.common.auth import Principal, Scope
from kefu.evaluation.answer_set import ExpectedAnswer
from kefu.evaluation.set_retrieval_client import SetRetrievalClient
from kefu.router.admission.scheduler import AdmissionBounds, AdmissionScheduler
from kefu.router.admission.search_limit import SearchLimit
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.pipeline import AnswerPipeline
from kefu.router.answering.question import Question
from kefu.router.answering.writing.prompt import Budget, build_prompt
from kefu.router.answering.writing.token_estimate import TokenEstimate
from kefu.router.config import RouterConfig
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import RelayFactory, RelayPolicy, ReplicaChooser
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.generation import Frame, GenerationRequest
from kefu.router.domain.turn import Turn
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.grounding.sentence_selection import best_sentence
from kefu.router.metrics import SEARCH_ADMISSION
from kefu.router.nlu.message import CustomerMessage
from kefu.router.tenants.settings import TenantSettings, effective_settings
from kefu.router.turn_stream.event_log import TurnEventLog

CONCURRENT_QUESTIONS = 16
"""Questions in flight: vLLM on two cores writes six times as much at 16 answers as at one."""
_NO_TIMEOUT_SECONDS = 86_400.0  # a measurement waits, because a time-out would count as a wrong answer
_SOMEBODY = Principal("evaluation", "evaluation", frozenset({Scope.CHAT}))


class Arm(StrEnum):
    """A way to answer."""

    CLOSED = "closed"
    RAG = "rag"
    ORACLE = "oracle"
    EXTRACTIVE = "extractive"


@dataclass(frozen=True)
class ArmAnswer:
    """The answer of an arm, and its origin. Field names are those of the JSON output."""

    id: str
    question: str
    text: str
    source: str
    finish: str
    written: str = ""
    """The model's text before the filters."""
    evidence: tuple[str, ...] = ()
    """The passages for the model, each under its title and headings."""
    blocked: str = ""
    """The literal at which the answer was cut off."""
    citations: int = 0
    prompt_tokens: int = 0
    seconds: float = field(default=0.0, compare=False)
    """Duration; not part of the comparison of answers."""


@dataclass
class ArmRunner:
    """Answers the questions of one set in any arm. `thinks` lets a model think that can."""

    config: RouterConfig
    pool: ReplicaChooser
    searched: SetRetrievalClient
    oracle: SetRetrievalClient
    thinks: bool = False

    def __post_init__(self) -> None:
        self._settings = effective_settings(TenantSettings(), self.config)
        self._rag, self._oracle = (
            AnswerPipeline(self.config, knowledge, _admission(), self.pool)  # pyright: ignore[reportArgumentType] - has what it takes
            for knowledge in (self.searched, self.oracle)
        )

    async def answers(
        self, arm: Arm, texts: Mapping[str, str], expected: Mapping[str, ExpectedAnswer], done: Callable[[], None]
    ) -> list[ArmAnswer]:
        """All answers of an arm, in the order of `expected`. `done` is called after each."""
        gate = asyncio.Semaphore(CONCURRENT_QUESTIONS)

        async def one(each: str) -> ArmAnswer:
            async with gate:
                answered = await self.answer(arm, each, texts[each], expected[each])
            done()
            return answered

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(each)) for each in expected]
        return [task.result() for task in tasks]

    async def answer(self, arm: Arm, ident: str, text: str, expected: ExpectedAnswer) -> ArmAnswer:
        """The answer of an arm to one question."""
        question = self._question(text, expected)
        began = time.monotonic()
        match arm:
            case Arm.EXTRACTIVE:
                return await self._extract(ident, question)
            case Arm.CLOSED:
                return await self._closed(ident, question)
            case Arm.RAG | Arm.ORACLE:
                draft = AnswerDraft(TurnEventLog(), began)
                outcome = await (self._rag if arm is Arm.RAG else self._oracle).answer(question, draft)
                return ArmAnswer(
                    id=ident,
                    question="\n".join((*expected.history, text)),
                    text=draft.log.text if outcome.handoff is None else "",  # it is withdrawn
                    source=outcome.source,
                    finish=outcome.finish,
                    written="" if draft.received is None else draft.received.partial_answer().text,
                    evidence=tuple(
                        "\n".join((each.title, *each.headings, each.text)) for each in outcome.basis.passages
                    ),
                    blocked="" if draft.proof is None else draft.proof.literal,
                    citations=len(outcome.citations),
                    prompt_tokens=outcome.usage.prompt_tokens if outcome.usage is not None else 0,
                    seconds=time.monotonic() - began,
                )

    async def _extract(self, each: str, question: Question) -> ArmAnswer:
        found = await self.searched.search(
            _SOMEBODY,
            question.text,
            collections=(),
            as_of="",
            top_k=self._settings.max_passages,
            seconds=_NO_TIMEOUT_SECONDS,
        )
        best = best_sentence(question.text, found.passages)
        text = "" if best is None else best.text
        return ArmAnswer(each, question.text, text, source="extractive", finish="stop", evidence=(text,))

    async def _closed(self, each: str, question: Question) -> ArmAnswer:
        estimate = TokenEstimate()
        budget = Budget(self.config.prompt_tokens, self.config.history_tokens)
        prompt = build_prompt(
            question.text,
            question.language,
            (),
            question.history,
            instructions="",
            budget=budget,
            estimate=estimate,
        )
        order = GenerationRequest(
            messages=prompt.messages,
            estimated_tokens=prompt.tokens,
            max_tokens=self._settings.max_answer_tokens,
            temperature=self._settings.temperature,
            reasoning_tokens=self.config.reasoning_tokens if self.thinks else None,
        )
        relays = RelayFactory(
            self.pool,
            RelayPolicy(self.config.first_token_seconds, self.config.between_token_seconds, self.config.attempts),
            RetryBudget(share=1.0, reserve=100.0, per_second=1.0),
            Hedging(share=0.0),
        )
        text = "".join([text async for text in _texts(relays, order)])
        return ArmAnswer(each, question.text, text, source="generated", finish="stop", written=text)

    def _question(self, text: str, wanted: ExpectedAnswer) -> Question:
        now = time.monotonic()
        turns = [
            Turn(id="", question=asked, language=wanted.language, as_of="", create_time=0.0, text=said)
            for asked, said in zip(wanted.history[::2], wanted.history[1::2], strict=False)
        ]
        return Question(
            request=TurnRequest(text=text, arrived=now, thinks=self.thinks),
            message=CustomerMessage(text),
            carried="",
            language=wanted.language,
            as_of=datetime.now(UTC).date().isoformat(),
            history=turns,
            settings=self._settings,
            principal=_SOMEBODY,
            replica="",
        )


def without_timeouts(config: RouterConfig) -> RouterConfig:
    """The configuration without time-outs: a small machine reads sixteen prompts one after the other."""
    return config.model_copy(
        update={
            "search_seconds": _NO_TIMEOUT_SECONDS,
            "first_token_seconds": _NO_TIMEOUT_SECONDS,
            "between_token_seconds": _NO_TIMEOUT_SECONDS,
            "hedge_share": 0.0,
        }
    )


async def _texts(relays: RelayFactory, order: GenerationRequest) -> AsyncGenerator[str, None]:
    async with aclosing(relays.relay(_SOMEBODY).frames(order)) as frames:
        async for frame in frames:
            if isinstance(frame, Frame) and not frame.reasoning:
                yield frame.text


def _admission() -> AdmissionScheduler:
    """Slots for all questions that are asked at once."""
    bounds = AdmissionBounds(
        max_running=CONCURRENT_QUESTIONS, max_waiting=0, max_waiting_bytes=0, max_wait_seconds=_NO_TIMEOUT_SECONDS
    )
    return AdmissionScheduler(bounds, SearchLimit(_NO_TIMEOUT_SECONDS), SEARCH_ADMISSION)
