"""Asking the questions of a set: each in a session of its own, which is erased afterwards."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from kefu.client import NEW_SESSION, Answer, Client
from kefu.common.errors import SessionNotFound
from kefu.evaluation.conversations.outcome import Outcome, outcome_of
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.verdict import Judgement, Shown, judge
from kefu.router.v1 import chat_pb2 as pb

_FIXED = (pb.ANSWER_SOURCE_CANNED, pb.ANSWER_SOURCE_REFUSED)
_SUPPORTED = 0.5
"""Of an answer's sentence, the part that a sentence of the pages must hold to be what the answer shows."""


@dataclass(frozen=True)
class FoundPassage:
    """A passage that was found for a question."""

    title: str
    relevance: float


@dataclass(frozen=True)
class JudgedAnswer:
    """A question, what a customer was shown for it, and the verdict."""

    question: ConversationQuestion
    shown: Shown
    judgement: Judgement
    outcome: Outcome
    source: str
    """Where the text comes from: generated, curated …"""
    finish: str
    """How the answer ended: stop, handoff …"""
    handoff: str
    """Why a person was called; empty when none was."""
    passages: tuple[FoundPassage, ...]
    model: str
    first_text: float | None
    """Seconds to the first text; None without any."""
    total: float | None
    """Seconds to the end."""

    @property
    def text(self) -> str:
        """All that was shown of an answer, what was withdrawn first."""
        return "\n".join(self.shown.all_texts)


async def ask_all(
    client: Client, questions: Sequence[ConversationQuestion], collection: str, parallel: int = 1
) -> AsyncGenerator[JudgedAnswer, None]:
    """Ask all questions of a collection, `parallel` of them at once. Yields each as it is judged.

    Raises ServiceError when a question cannot be asked.
    """
    waiting = iter(questions)
    running = {_begin(client, one, collection) for _, one in zip(range(parallel), waiting, strict=False)}
    done = set["asyncio.Task[JudgedAnswer]"]()
    try:
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                following = next(waiting, None)
                if following is not None:
                    running.add(_begin(client, following, collection))
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *done, return_exceptions=True)


def _begin(client: Client, question: ConversationQuestion, collection: str) -> "asyncio.Task[JudgedAnswer]":
    return asyncio.create_task(ask(client, question, collection))


async def ask(client: Client, question: ConversationQuestion, collection: str) -> JudgedAnswer:
    """Ask one question, after the customer's earlier messages, and judge the answer. Raises ServiceError.

    The session is erased in the end: what was handed over must not fill the desk, nor the list of open questions.
    """
    session = NEW_SESSION
    try:
        for text in question.before:
            session = (await _converse(client, session, text, collection))[0].session
        answer, withdrawn = await _converse(client, session, question.text, collection)
        session = answer.session
    finally:
        if session != NEW_SESSION:
            with suppress(SessionNotFound):  # without its store a router keeps none
                await client.delete_session(session)
    return _judged(question, answer, withdrawn)


async def _converse(client: Client, session: str, text: str, collection: str) -> tuple[Answer, tuple[str, ...]]:
    """An answer, and the texts that were shown and taken back."""
    answer, withdrawn = Answer(), list[str]()
    async with aclosing(client.converse(session, text, collections=[f"collections/{collection}"])) as events:
        async for event in events:
            before = answer.joined
            answer.add(event)
            if not answer.joined.startswith(before):
                withdrawn.append(before.decode("utf-8", "replace"))
    return answer, tuple(withdrawn)


def _judged(question: ConversationQuestion, answer: Answer, withdrawn: tuple[str, ...]) -> JudgedAnswer:
    done = answer.completed or pb.TurnCompleted()
    handed_over = answer.handoff is not None
    shown = Shown(
        "" if answer.handoff is not None else answer.text,
        withdrawn,
        handed_over=handed_over,
        asks_back=done.source == pb.ANSWER_SOURCE_CLARIFYING,
        is_fixed=done.source in _FIXED,
    )
    judgement = judge(question, shown)
    supports = [one.evidence for one in done.supports if one.share >= _SUPPORTED]
    return JudgedAnswer(
        question=question,
        shown=shown,
        judgement=judgement,
        outcome=outcome_of(question, shown, judgement, supports),
        source=pb.AnswerSource.Name(done.source).removeprefix("ANSWER_SOURCE_").lower(),
        finish=pb.FinishReason.Name(done.finish_reason).removeprefix("FINISH_REASON_").lower(),
        handoff=""
        if answer.handoff is None
        else pb.Handoff.Reason.Name(answer.handoff.reason).removeprefix("REASON_").lower(),
        passages=tuple(FoundPassage(one.title, round(one.relevance, 3)) for one in answer.passages),
        model=done.model,
        first_text=answer.first_text,
        total=answer.total,
    )
