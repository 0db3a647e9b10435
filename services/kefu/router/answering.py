"""What one message is answered with: a fixed reply, a curated answer, the model, an excerpt, or a person."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import structlog

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, PromptTooLong
from kefu.router import metrics
from kefu.router.answer import AnswerFilter
from kefu.router.config import RouterConfig
from kefu.router.context import leans_on_history, merged, question_before
from kefu.router.decide import Generate, GiveCurated, HandOver, decide, handoff_summary
from kefu.router.events import PassagesFound
from kefu.router.extract import excerpt
from kefu.router.frames import Ended, Order
from kefu.router.intents import Intent, intent_of
from kefu.router.knowledge import Found, Knowledge
from kefu.router.language import Language, language_of
from kefu.router.literals import Evidence
from kefu.router.model import AnswerSource, Citation, FinishReason, Handoff, HandoffReason, Passage, Turn, Usage
from kefu.router.prompt import Budget, Prompt, build_prompt
from kefu.router.relay import NoReplica, Patience, Pool, Relay
from kefu.router.settings import Rules
from kefu.router.tokens import TokenEstimate
from kefu.router.turn_log import TurnLog

_log = structlog.stdlib.get_logger()
_LEAST_CANDIDATES = 5
_MOST_QUERY = 4000  # characters; see SearchRequest.query


@dataclass(frozen=True)
class Ask:
    """One customer message, checked. `arrived` and `deadline` are monotonic."""

    text: str
    arrived: float
    request_id: str = ""
    collections: tuple[str, ...] = ()
    user: str = ""
    on_busy: str = ""
    as_of: str = ""
    resumable: bool = False
    thinks: bool = False
    reasoning_tokens: int = 0
    """0: the server's default."""
    shows_reasoning: bool = False
    max_tokens: int | None = None
    temperature: float | None = None
    language: Language | None = None
    deadline: float | None = None


@dataclass(frozen=True)
class Question:
    """A message in its place: what it says together with those it supersedes, and what was said before."""

    ask: Ask
    text: str
    carried: str
    """The part of it that stands in superseded messages."""
    language: Language
    as_of: str
    history: Sequence[Turn]
    rules: Rules
    principal: Principal
    replica: str
    """Preferred: it answered last in this session."""


@dataclass
class Draft:
    """A turn as it is being answered; `log` has what its readers were told. Seconds, where time is meant."""

    log: TurnLog
    arrived: float
    finish: FinishReason = FinishReason.STOP
    source: AnswerSource = AnswerSource.NONE
    passages: tuple[Passage, ...] = ()
    searched: bool = False
    query: str = ""
    handoff: Handoff | None = None
    citations: tuple[Citation, ...] = ()
    usage: Usage | None = None
    model: str = ""
    replica: str = ""
    queue_seconds: float | None = None
    search_seconds: float | None = None
    first_text_seconds: float | None = None
    filter: AnswerFilter | None = field(default=None, repr=False)

    def say(self, text: str) -> None:
        """More of the answer."""
        if text:
            self.seen()
            self.log.say(text)

    def seen(self) -> None:
        """The customer sees something."""
        if self.first_text_seconds is None:
            self.first_text_seconds = time.monotonic() - self.arrived
            metrics.FIRST_TEXT_SECONDS.observe(self.first_text_seconds)

    def cite(self) -> None:
        """Tie what was said so far to passages; also for an answer that was stopped half way."""
        if self.filter is not None:
            self.citations = self.filter.citations()


class Answering:
    """Answers questions; holds no state between them but the token estimate."""

    def __init__(self, config: RouterConfig, knowledge: Knowledge, pool: Pool) -> None:
        self._config = config
        self._knowledge = knowledge
        self._pool = pool
        self._estimate = TokenEstimate()
        self._patience = Patience(config.first_token_seconds, config.between_token_seconds, config.attempts)

    async def answer(self, question: Question, draft: Draft) -> None:
        """Answer into the draft. Raises CollectionNotFound; whatever else fails is answered by handing over."""
        intent = intent_of(question.text)
        if intent is Intent.PERSON:
            self._hand_over(question, draft, HandoffReason.CUSTOMER_ASKED)
        elif intent is not None:
            draft.source = AnswerSource.CANNED
            draft.say(question.rules.texts[question.language].reply_to(intent))
        else:
            await self._look_up(question, draft)

    async def _look_up(self, question: Question, draft: Draft) -> None:
        began = time.monotonic()
        try:
            found, draft.query = await self._search(question)
        except BackendUnavailable as error:
            _log.warning("search.unavailable", cause=error.message)
            self._hand_over(question, draft, HandoffReason.SEARCH_UNAVAILABLE)
            return
        finally:
            draft.search_seconds = time.monotonic() - began
            metrics.SEARCH_SECONDS.observe(draft.search_seconds)
        draft.searched = True
        rules = question.rules
        match decide(found, min_relevance=rules.min_relevance, max_passages=rules.max_passages):
            case GiveCurated(curated):
                draft.log.find(PassagesFound((), draft.query))
                draft.source = AnswerSource.CURATED
                draft.say(curated.answer)
            case HandOver(reason):
                draft.log.find(PassagesFound((), draft.query))
                self._hand_over(question, draft, reason, nearest=found.passages)
            case Generate(passages):
                await self._generate(question, draft, passages)

    async def _search(self, question: Question) -> tuple[Found, str]:
        ask = question.ask
        seconds = self._config.search_seconds
        if ask.deadline is not None:
            seconds = min(seconds, ask.deadline - time.monotonic())
        if seconds <= 0:
            raise BackendUnavailable("No time is left to search.")

        async def search(query: str) -> Found:
            return await self._knowledge.search(
                question.principal,
                query,
                collections=ask.collections,
                as_of=question.as_of,
                top_k=max(question.rules.max_passages, _LEAST_CANDIDATES),
                seconds=seconds,
            )

        text = question.text[-_MOST_QUERY:]  # several messages answered as one may be longer than a search takes
        earlier = question_before(question.history)
        if not earlier or not leans_on_history(text):
            return await search(text), "" if text == ask.text else text
        query = f"{earlier} {text}"[-_MOST_QUERY:]
        async with asyncio.TaskGroup() as group:
            plain = group.create_task(_outcome(search(text)))
            leaning = group.create_task(_outcome(search(query)))
        plain_found, leaning_found = plain.result(), leaning.result()
        if isinstance(plain_found, Exception):
            raise plain_found
        if isinstance(leaning_found, Exception):
            return plain_found, ""
        found, from_history = merged(plain_found, leaning_found)
        return found, query if from_history else ""

    async def _generate(self, question: Question, draft: Draft, passages: tuple[Passage, ...]) -> None:
        ask, rules = question.ask, question.rules
        budget = Budget(self._config.prompt_tokens, self._config.history_tokens)
        prompt = self._prompt(question, passages, budget)
        draft.passages = prompt.passages
        draft.log.find(PassagesFound(prompt.passages, draft.query))
        draft.filter = AnswerFilter(prompt.passages, self._evidence(question, prompt.passages))
        relay = Relay(self._pool, self._patience, question.principal, preferred=question.replica)
        max_tokens = ask.max_tokens or rules.max_answer_tokens
        try:
            try:
                await self._relay(relay, self._order(question, prompt, max_tokens), draft)
            except PromptTooLong as error:
                # The estimate was short: shorten by the counts that came back, and ask once more.
                factor = 0.9 * error.max_prompt_tokens / max(error.prompt_tokens, 1)
                self._estimate.learn([message.content for message in prompt.messages], error.prompt_tokens)
                smaller = Budget(round(prompt.tokens * factor), round(budget.history * min(factor, 1) / 2))
                shorter = self._prompt(question, draft.passages, smaller, keep_numbers=True)
                retry = Relay(self._pool, self._patience, question.principal, preferred=relay.address)
                relay = retry
                await self._relay(retry, self._order(question, shorter, max_tokens), draft)
        except (NoReplica, PromptTooLong) as error:
            _log.warning("answer.no_model", cause=str(error), began=bool(draft.log.text_bytes))
            self._without_model(question, draft)
            return
        finally:
            draft.model, draft.replica = relay.model, relay.address
            draft.cite()
        if relay.prompt_tokens:
            self._estimate.learn([message.content for message in prompt.messages], relay.prompt_tokens)
        self._conclude(question, draft)

    async def _relay(self, relay: Relay, order: Order, draft: Draft) -> None:
        chain = draft.filter
        assert chain is not None  # noqa: S101 - set by _generate
        draft.source = AnswerSource.GENERATED
        async with aclosing(relay.frames(order)) as frames:
            async for frame in frames:
                if isinstance(frame, Ended):
                    draft.usage = frame.usage
                    draft.finish = FinishReason.LENGTH if frame.cut else FinishReason.STOP
                    break
                if frame.reasoning:
                    draft.log.think(frame.text)
                    continue
                draft.say(chain.push(frame.text))
                if chain.blocked is not None:
                    break
                if draft.log.text_bytes > self._config.max_answer_bytes:
                    draft.finish = FinishReason.LENGTH
                    break
        draft.say(chain.finish())

    def _conclude(self, question: Question, draft: Draft) -> None:
        chain = draft.filter
        if chain is not None and chain.blocked is not None:
            _log.warning("answer.literal_withheld", literal=chain.blocked)
            metrics.LITERALS_WITHHELD.inc()
            draft.say(chain.break_off())
            self._hand_over(
                question, draft, HandoffReason.UNSUPPORTED_ANSWER, nearest=draft.passages, detail=chain.blocked
            )
        elif not draft.log.text_bytes:
            self._hand_over(question, draft, HandoffReason.EMPTY_ANSWER, nearest=draft.passages)

    def _without_model(self, question: Question, draft: Draft) -> None:
        """No replica answered: an excerpt in the customer's language if nothing was said yet, else a person."""
        draft.finish = FinishReason.STOP
        readable = [
            passage
            for passage in draft.passages
            if (passage.language or language_of(passage.text)) == question.language
        ]
        if draft.log.text_bytes or not readable:
            if draft.filter is not None:
                draft.say(draft.filter.break_off())
            self._hand_over(question, draft, HandoffReason.MODEL_UNAVAILABLE, nearest=draft.passages)
            return
        passage = readable[0]
        text = excerpt(passage, question.text)
        draft.filter = None
        draft.source = AnswerSource.EXTRACTIVE
        draft.citations = (Citation(0, len(text.encode()), passage.number, passage.name, passage.title, passage.uri),)
        draft.say(f"{text} [{passage.number}]")

    def _hand_over(
        self,
        question: Question,
        draft: Draft,
        reason: HandoffReason,
        *,
        nearest: Sequence[Passage] = (),
        detail: str = "",
    ) -> None:
        language = question.language
        summary = handoff_summary(language, reason, question.text, question.history, nearest, detail)
        draft.handoff = Handoff(reason, question.rules.texts[language].handoff(reason), summary)
        draft.finish = FinishReason.HANDOFF
        if not draft.log.text_bytes:
            draft.source = AnswerSource.CANNED
        draft.seen()
        draft.log.hand_over(draft.handoff)
        metrics.HANDOFFS.labels(reason).inc()

    def _prompt(
        self, question: Question, passages: Sequence[Passage], budget: Budget, *, keep_numbers: bool = False
    ) -> Prompt:
        return build_prompt(
            question.text,
            question.language,
            passages,
            question.history,
            instructions=question.rules.instructions,
            budget=budget,
            estimate=self._estimate,
            keep_numbers=keep_numbers,
        )

    def _order(self, question: Question, prompt: Prompt, max_tokens: int) -> Order:
        ask = question.ask
        thinking = (ask.reasoning_tokens or self._config.reasoning_tokens) if ask.thinks else None
        return Order(
            messages=prompt.messages,
            # Answers are shorter than they may be: half is what is owed on average, and the replica knows better soon.
            estimated_tokens=prompt.tokens + max_tokens // 2 + (thinking or 0) // 2,
            max_tokens=max_tokens,
            temperature=question.rules.temperature if ask.temperature is None else ask.temperature,
            reasoning_tokens=thinking,
        )

    @staticmethod
    def _evidence(question: Question, passages: Sequence[Passage]) -> Evidence:
        texts = [question.text, question.rules.instructions, question.as_of]
        texts += ["\n".join((passage.title, *passage.headings, passage.text)) for passage in passages]
        for turn in question.history:
            texts += [turn.asked, turn.text]
        return Evidence(texts)


async def _outcome(search: Coroutine[object, object, Found]) -> Found | Exception:
    # A search beside another one must not take that one down with it.
    try:
        return await search
    except Exception as error:  # handed to the one who awaits both
        return error
