"""An answer in the model's words, checked against the passages while it is written."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

import structlog

from kefu.common.errors import PromptTooLong
from kefu.common.text.chinese import match_variant
from kefu.common.text.language import AnswerLanguage
from kefu.router import metrics
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.fallback import give_excerpt, hand_over
from kefu.router.answering.prompt import Budget, Prompt, build_prompt
from kefu.router.answering.question import Question
from kefu.router.answering.token_estimate import TokenEstimate
from kefu.router.config import RouterConfig
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import NoReplica, Patience, Pool, Relay, Relays
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.generation import GenerationEnd, GenerationRequest, PartialAnswer
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, BrownOut, FinishReason, Passage
from kefu.router.grounding.attribution import is_hardly_supported
from kefu.router.grounding.quotation import is_carried, quote
from kefu.router.grounding.sentence_selection import best_sentence
from kefu.router.guardrails.answer_filter import AnswerFilter
from kefu.router.guardrails.evidence import Evidence
from kefu.router.guardrails.prompt_injection import gives_orders, message_for_model, turn_for_model
from kefu.router.turn_stream.events import PassagesFound

_log = structlog.stdlib.get_logger()
_BRIEFLY: dict[AnswerLanguage, str] = {"en": "Answer in one or two sentences.", "zh": "请用一两句话回答。"}
_SAID = 200
"""Characters of a broken answer that tell which sentence it was about."""


class AnswerGenerator:
    """Has answers written by the replicas of a pool; holds no state between them but the token estimate."""

    def __init__(self, config: RouterConfig, pool: Pool) -> None:
        self._config = config
        self._estimate = TokenEstimate()
        self._relays = Relays(
            pool,
            Patience(config.first_token_seconds, config.between_token_seconds, config.attempts),
            RetryBudget(share=config.retry_share, reserve=config.retry_reserve, per_second=1.0),
            Hedging(share=config.hedge_share),
        )

    async def write(self, question: Question, draft: AnswerDraft, passages: tuple[Passage, ...]) -> None:
        """Answer from passages into the draft, or go on with what is saved of an answer; without a model hand over.

        Raises DeadlineExceeded in mid-answer.
        """
        ask, rules = question.ask, question.rules
        budget = Budget(self._config.prompt_tokens, self._config.history_tokens)
        prompt = self._prompt(question, draft, passages, budget)
        draft.passages = prompt.passages
        draft.log.add_passages(PassagesFound(prompt.passages, draft.query))
        evidence = self._evidence(question, prompt.passages)
        draft.filter = AnswerFilter(prompt.passages, evidence, question.text, prompt.messages[0].content)
        who, session = question.principal, question.session_id
        relay = self._relays.relay(who, preferred=question.replica, session=session)
        max_tokens = ask.max_tokens or rules.max_answer_tokens
        if question.brown_out >= BrownOut.SHORTER_ANSWER:
            max_tokens = (max_tokens + 1) // 2
        try:
            try:
                await self._relay(relay, self._order(question, prompt, max_tokens), draft, ask.deadline)
            except PromptTooLong as error:
                # The estimate was short: shorten by the counts that came back, and ask once more.
                factor = 0.9 * error.max_prompt_tokens / max(error.prompt_tokens, 1)
                self._estimate.learn([message.content for message in prompt.messages], error.prompt_tokens)
                smaller = Budget(round(prompt.tokens * factor), round(budget.history * min(factor, 1) / 2))
                shorter = self._prompt(question, draft, draft.passages, smaller, keep_numbers=True)
                relay = self._relays.relay(who, preferred=relay.address, session=session)
                await self._relay(relay, self._order(question, shorter, max_tokens), draft, ask.deadline)
            if draft.filter.blocked is not None and draft.saved is None:
                await self._write_on(question, draft, relay, max_tokens)
        except (NoReplica, PromptTooLong) as error:
            _log.warning("answer.no_model", cause=str(error), began=bool(draft.log.text_bytes))
            if draft.saved is None:
                give_excerpt(question, draft, HandoffReason.MODEL_UNAVAILABLE)
                return
        finally:
            draft.model, draft.replica = relay.model, relay.address
            draft.cite()
        if draft.saved is not None:  # nobody can go on with what a dead router left
            draft.begin_anew()
            await self.write(question, draft, passages)
            return
        if relay.prompt_tokens:
            self._estimate.learn([message.content for message in prompt.messages], relay.prompt_tokens)
        self._conclude(question, draft)

    async def _write_on(self, question: Question, draft: AnswerDraft, relay: Relay, max_tokens: int) -> None:
        """Once more from where an answer was broken off, with nothing but the sentence of the passages nearest to it.

        What was said stays said; when this breaks off too, or cannot begin where that one ended, nothing is changed.
        """
        broken = draft.filter
        assert broken is not None  # noqa: S101 - set by write
        assert draft.received is not None  # noqa: S101 - something was blocked
        received = draft.received.sent()
        kept = broken.released(received.text)
        chain = broken.again()
        nearest = best_sentence(f"{question.text} {broken.text[-_SAID:]}", draft.passages)
        if nearest is None or not chain.go_on(kept, broken.text):
            return
        passage = replace(draft.passages[nearest.passage], text=nearest.text)
        budget = Budget(self._config.prompt_tokens, self._config.history_tokens)
        prompt = self._prompt(question, draft, (passage,), budget, keep_numbers=True)
        order = self._order(question, prompt, max_tokens)
        if kept:
            order = replace(order, continuation=PartialAnswer((), kept, received.fingerprint))
        again = self._relays.relay(question.principal, preferred=relay.address, session=question.session_id)
        draft.filter = chain
        try:
            await self._relay(again, order, draft, question.ask.deadline)
        except (NoReplica, PromptTooLong) as error:
            _log.warning("answer.not_written_on", cause=str(error))
            if len(chain.text) <= len(broken.text):
                draft.filter = broken  # it was broken off at a literal: that is why it is handed over
        metrics.LITERALS_AVOIDED.labels("no" if draft.filter.blocked else "yes").inc()

    async def _relay(self, relay: Relay, order: GenerationRequest, draft: AnswerDraft, first_by: float | None) -> None:
        chain = draft.filter
        assert chain is not None  # noqa: S101 - set by write
        draft.source = AnswerSource.GENERATED
        if draft.saved is not None:
            order = replace(order, continuation=draft.saved.partial)
        async with aclosing(relay.frames(order, first_by=first_by)) as frames:
            async for frame in frames:
                draft.received = relay.received
                if draft.saved is not None:
                    draft.go_on()
                if isinstance(frame, GenerationEnd):
                    draft.usage = frame.usage
                    draft.finish = FinishReason.LENGTH if frame.truncated else FinishReason.STOP
                    break
                if frame.reasoning:
                    draft.log.add_reasoning(frame.text)
                    continue
                draft.say(chain.push(frame.text))
                if chain.blocked is not None:
                    break
                if draft.log.text_bytes > self._config.max_answer_bytes:
                    draft.finish = FinishReason.LENGTH
                    break
        draft.say(chain.finish())

    def _conclude(self, question: Question, draft: AnswerDraft) -> None:
        chain = draft.filter
        if chain is not None and chain.blocked is not None:
            _log.warning("answer.literal_withheld")  # which one is in the hand-over: a log holds nothing that was said
            metrics.LITERALS_WITHHELD.inc()
            draft.say(chain.break_off())
            hand_over(question, draft, HandoffReason.UNSUPPORTED_ANSWER, nearest=draft.passages, detail=chain.blocked)
        elif not draft.log.text_bytes:
            hand_over(question, draft, HandoffReason.EMPTY_ANSWER, nearest=draft.passages)
        elif chain is not None and draft.finish is FinishReason.STOP:
            self._bear_out(question, draft, chain)

    def _bear_out(self, question: Question, draft: AnswerDraft, chain: AnswerFilter) -> None:
        """A person takes over from an answer about something else; another one is followed by the passages' own
        words, where it does not hold them.
        """
        if is_hardly_supported(draft.log.text, draft.passages, draft.supports):
            hand_over(question, draft, HandoffReason.LOW_SUPPORT, nearest=draft.passages)
        elif self._quotes(question, draft, chain):
            said = quote(draft.query or question.text, chain.text, draft.passages, question.language)
            if said is not None:
                draft.say(chain.quote(match_variant(question.text, said.text), said.number))
                draft.cite()

    def _quotes(self, question: Question, draft: AnswerDraft, chain: AnswerFilter) -> bool:
        match self._config.quote:
            case "always":
                return True
            case "unsupported":
                return not is_carried(question.text, chain.text, draft.supports)
            case "never":
                return False

    def _prompt(
        self,
        question: Question,
        draft: AnswerDraft,
        passages: Sequence[Passage],
        budget: Budget,
        *,
        keep_numbers: bool = False,
    ) -> Prompt:
        redact = question.rules.redact_prompts
        return build_prompt(
            message_for_model(question.text, redact=redact),
            question.language,
            passages,
            [turn_for_model(turn, redact=redact) for turn in question.history],
            instructions=_instructions(question),
            budget=budget,
            estimate=self._estimate,
            keep_numbers=keep_numbers,
            searched=draft.query,
        )

    def _order(self, question: Question, prompt: Prompt, max_tokens: int) -> GenerationRequest:
        ask = question.ask
        thinking = (ask.reasoning_tokens or self._config.reasoning_tokens) if ask.thinks else None
        if thinking is not None and question.brown_out >= BrownOut.SHORTER_ANSWER:
            thinking = (thinking + 1) // 2
        return GenerationRequest(
            messages=prompt.messages,
            # Answers are shorter than they may be: half is what is owed on average, and the replica knows better soon.
            estimated_tokens=prompt.tokens + max_tokens // 2 + (thinking or 0) // 2,
            max_tokens=max_tokens,
            temperature=question.rules.temperature if ask.temperature is None else ask.temperature,
            reasoning_tokens=thinking,
            # A resumable answer outlives its first reader, whose deadline this is.
            deadline=None if ask.resumable else ask.deadline,
        )

    @staticmethod
    def _evidence(question: Question, passages: Sequence[Passage]) -> Evidence:
        texts = [question.rules.instructions, question.as_of]
        texts += [
            asked
            for asked in [question.text, *(turn.full_question for turn in question.history)]
            if asked and not gives_orders(asked)
        ]
        texts += [turn.text for turn in question.history if turn.completed is None or not turn.completed.choices]
        sources = [("\n".join((passage.title, *passage.headings)), passage.text) for passage in passages]
        return Evidence(texts, sources, question.text)


def _instructions(question: Question) -> str:
    own = question.rules.instructions
    if question.brown_out < BrownOut.SHORTER_ANSWER:
        return own
    return f"{own}\n{_BRIEFLY[question.language]}".strip()
