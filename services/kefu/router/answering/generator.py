"""The answer generator: an answer in the model's words, checked against the passages while it is written."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from kefu.common.errors import PromptTooLong
from kefu.common.text.language import AnswerLanguage
from kefu.router import metrics
from kefu.router.answering.choice_prompt import LETTERS
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.fallback import give_excerpt
from kefu.router.answering.handoff import handoff_of
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.prompt import Budget, Prompt, build_prompt
from kefu.router.answering.question import Question
from kefu.router.answering.token_estimate import TokenEstimate
from kefu.router.config import RouterConfig
from kefu.router.dispatch.choosing import choose
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import NoReplica, Relay, RelayFactory, RelayPolicy, ReplicaChooser
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.answer_profiles import AnswerProfile, profile_for
from kefu.router.domain.generation import GenerationEnd, GenerationRequest, Message, PartialAnswer
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, BrownOut, FinishReason, Passage, Usage
from kefu.router.grounding.attribution import is_hardly_supported
from kefu.router.grounding.quotation import is_supported, quotation_for
from kefu.router.grounding.sentence_selection import best_sentence
from kefu.router.guardrails.answer_filter import AnswerFilter
from kefu.router.guardrails.evidence import Evidence
from kefu.router.guardrails.prompt_injection import gives_instructions, message_for_model, turn_for_model
from kefu.router.nlu.message import CustomerMessage

_log = structlog.stdlib.get_logger()
_BRIEFLY: dict[AnswerLanguage, str] = {"en": "Answer in one or two sentences.", "zh": "请用一两句话回答。"}
_SAID = 200
"""Characters of a broken answer that tell which sentence it was about."""


@dataclass(frozen=True)
class _Written:
    """How one stream of the model ended; None and None when the answer was broken off at a literal."""

    finish: FinishReason | None = None
    usage: Usage | None = None

    def after(self, earlier: "_Written") -> "_Written":
        """The same, and what an earlier stream of the answer tells where this one tells nothing."""
        return _Written(self.finish or earlier.finish, self.usage or earlier.usage)


class AnswerGenerator:
    """Has answers written by the replicas of a pool; holds no state between answers but the token estimate."""

    def __init__(self, config: RouterConfig, pool: ReplicaChooser) -> None:
        self._config = config
        self._pool = pool
        self._estimate = TokenEstimate()
        self._relays = RelayFactory(
            pool,
            RelayPolicy(config.first_token_seconds, config.between_token_seconds, config.attempts),
            RetryBudget(share=config.retry_share, reserve=config.retry_reserve, per_second=1.0),
            Hedging(share=config.hedge_share),
        )

    async def write(self, question: Question, draft: AnswerDraft, passages: tuple[Passage, ...]) -> AnswerOutcome:
        """Stream an answer from passages into the draft, or go on with what is saved of one.

        Without a model the outcome is an excerpt or a handoff. Raises DeadlineExceeded in mid-answer.
        """
        request, settings = question.request, question.settings
        budget = self._budget()
        prompt = self._prompt(question, draft, passages, budget)
        draft.rest_on(replace(draft.basis, passages=prompt.passages))
        evidence = self._evidence(question, draft, prompt.passages)
        draft.filter = AnswerFilter(prompt.passages, evidence, question.text, prompt.messages[0].content)
        who, session = question.principal, question.session_id
        relay = draft.relay = self._relays.relay(who, preferred=question.replica, session=session)
        max_tokens = request.max_tokens or settings.max_answer_tokens
        if question.brown_out >= BrownOut.SHORTER_ANSWER:
            max_tokens = (max_tokens + 1) // 2
        try:
            try:
                asked = self._generation(question, prompt, max_tokens)
                written = await self._relay(relay, asked, draft, request.deadline)
            except PromptTooLong as error:
                # The estimate was short: shorten by the counts that came back, and ask once more.
                factor = 0.9 * error.max_prompt_tokens / max(error.prompt_tokens, 1)
                self._estimate.learn([message.content for message in prompt.messages], error.prompt_tokens)
                smaller = Budget(round(prompt.tokens * factor), round(budget.history * min(factor, 1) / 2))
                shorter = self._prompt(question, draft, prompt.passages, smaller, keep_numbers=True)
                relay = draft.relay = self._relays.relay(who, preferred=relay.address, session=session)
                asked = self._generation(question, shorter, max_tokens)
                written = await self._relay(relay, asked, draft, request.deadline)
            if draft.filter.blocked is not None:
                again = await self._write_on(question, draft, relay, max_tokens)
                written = again.after(written)
        except (NoReplica, PromptTooLong) as error:
            _log.warning("answer.no_model", cause=str(error), began=bool(draft.log.text_bytes))
            if draft.saved is not None:  # nobody can go on with what a dead router left
                draft.begin_anew()
                return await self.write(question, draft, passages)
            return self._without_model(question, draft)
        if relay.prompt_tokens:
            self._estimate.learn([message.content for message in prompt.messages], relay.prompt_tokens)
        said = replace(draft.so_far(), finish=written.finish or FinishReason.STOP, usage=written.usage)
        return self._checked(question, draft, draft.filter, said)

    async def _write_on(self, question: Question, draft: AnswerDraft, relay: Relay, max_tokens: int) -> _Written:
        """Once more from where an answer was broken off, with nothing but the sentence of the passages nearest to it.

        What was said stays said; when this breaks off too, or cannot begin where that one ended, nothing is changed.
        """
        broken = draft.filter
        assert broken is not None  # noqa: S101 - set by write
        assert draft.received is not None  # noqa: S101 - something was blocked
        received = draft.received.partial_answer()
        kept = broken.released(received.text)
        chain = broken.restarted()
        passages = draft.basis.passages
        nearest = best_sentence(f"{question.text} {broken.text[-_SAID:]}", passages)
        if nearest is None or not chain.resume_from(kept, broken.text):
            return _Written()
        passage = replace(passages[nearest.passage], text=nearest.text)
        budget = self._budget()
        prompt = self._prompt(question, draft, (passage,), budget, keep_numbers=True)
        asked = self._generation(question, prompt, max_tokens)
        if kept:
            asked = replace(asked, continuation=PartialAnswer((), kept, received.fingerprint))
        again = self._relays.relay(question.principal, preferred=relay.address, session=question.session_id)
        draft.filter = chain
        written = _Written()
        try:
            written = await self._relay(again, asked, draft, question.request.deadline)
        except (NoReplica, PromptTooLong) as error:
            _log.warning("answer.not_written_on", cause=str(error))
            if len(chain.text) <= len(broken.text):
                draft.filter = broken  # it was broken off at a literal: that is why it is handed over
        metrics.LITERALS_AVOIDED.labels("no" if draft.filter.blocked else "yes").inc()
        return written

    async def _relay(
        self, relay: Relay, asked: GenerationRequest, draft: AnswerDraft, first_by: float | None
    ) -> _Written:
        """Stream what the model writes into the draft, until it ends or its text is blocked or too long."""
        chain = draft.filter
        assert chain is not None  # noqa: S101 - set by write
        written = _Written()
        if draft.saved is not None:
            asked = replace(asked, continuation=draft.saved.partial)
        async with aclosing(relay.frames(asked, first_frame_deadline=first_by)) as frames:
            async for frame in frames:
                draft.received = relay.received
                if draft.saved is not None:
                    draft.go_on()
                if isinstance(frame, GenerationEnd):
                    written = _Written(FinishReason.LENGTH if frame.cut else FinishReason.STOP, frame.usage)
                    break
                if frame.reasoning:
                    draft.log.add_reasoning(frame.text)
                    continue
                draft.say(chain.push(frame.text))
                if chain.blocked is not None:
                    break
                if draft.log.text_bytes > self._config.max_answer_bytes:
                    written = _Written(FinishReason.LENGTH)
                    break
        draft.say(chain.finish())
        return written

    def _without_model(self, question: Question, draft: AnswerDraft) -> AnswerOutcome:
        """An excerpt if nothing was said yet; else the page's own words end what was begun, or a person takes over."""
        passages, reason = draft.basis.passages, HandoffReason.MODEL_UNAVAILABLE
        so_far, chain = draft.so_far(), draft.filter
        if draft.log.text_bytes and chain is not None:
            draft.say(chain.break_off())
            quotation = quotation_for(draft.basis.query or question.text, chain.text, passages, question.language)
            if quotation is None:
                return self._handed_over(question, draft, so_far, reason)
            draft.say(chain.quote(question.message.in_its_variant(quotation.text), quotation.number))
            return replace(so_far, citations=chain.citations(), supports=chain.supports())
        return replace(give_excerpt(question, passages, reason), model=so_far.model, replica=so_far.replica)

    def _checked(
        self, question: Question, draft: AnswerDraft, chain: AnswerFilter, said: AnswerOutcome
    ) -> AnswerOutcome:
        """The outcome of an answer that was written: with a handoff where it may not stand alone.

        An answer that its passages hold is followed by their own words, where it does not hold them.
        """
        if chain.blocked is not None:
            _log.warning("answer.literal_withheld")  # which one is in the handoff: a log holds nothing that was said
            metrics.LITERALS_WITHHELD.inc()
            draft.say(chain.break_off())
            return self._handed_over(question, draft, said, HandoffReason.UNSUPPORTED_ANSWER, chain.blocked)
        if not draft.log.text_bytes:
            return self._handed_over(question, draft, said, HandoffReason.EMPTY_ANSWER)
        if said.finish is not FinishReason.STOP:
            return said
        if is_hardly_supported(draft.log.text, draft.basis.passages, said.supports):
            return self._handed_over(question, draft, said, HandoffReason.LOW_SUPPORT)
        if not self._quotes(question, chain, said):
            return said
        quotation = quotation_for(
            draft.basis.query or question.text, chain.text, draft.basis.passages, question.language
        )
        if quotation is None:
            return said
        draft.say(chain.quote(question.message.in_its_variant(quotation.text), quotation.number))
        return replace(said, citations=chain.citations(), supports=chain.supports())

    @staticmethod
    def _handed_over(
        question: Question, draft: AnswerDraft, said: AnswerOutcome, reason: HandoffReason, detail: str = ""
    ) -> AnswerOutcome:
        """A person takes over: what was said, if anything was, is withdrawn, and cites nothing any more."""
        return replace(
            said,
            source=AnswerSource.CANNED,
            finish=FinishReason.HANDOFF,
            citations=(),
            supports=(),
            handoff=handoff_of(question, reason, draft.basis.passages, detail),
        )

    @property
    def profile(self) -> AnswerProfile:
        """The profile of the answers that begin now."""
        return profile_for(self._config.answer_profile, self._pool.answer_profile)

    async def choose(self, question: Question, messages: Sequence[Message], count: int) -> tuple[float, ...] | None:
        """See `EvidenceChooser`. A model that cannot be had, or not in time, leaves the choice as it is."""
        prompt = tuple(messages)
        request = GenerationRequest(
            messages=prompt,
            estimated_tokens=self._estimate.of_messages([message.content for message in prompt]),
            max_tokens=1,
            deadline=question.request.deadline,
            choices=tuple(LETTERS[:count]),
        )
        relay = self._relays.relay(question.principal, preferred=question.replica, session=question.session_id)
        try:
            return await choose(relay, request, first_frame_deadline=question.request.deadline)
        except (NoReplica, PromptTooLong) as error:
            _log.warning("evidence.not_chosen", cause=str(error))
            return None

    def _budget(self) -> Budget:
        return Budget(self._config.prompt_tokens or self.profile.prompt_tokens, self._config.history_tokens)

    def _quotes(self, question: Question, chain: AnswerFilter, said: AnswerOutcome) -> bool:
        quote = self.profile.quote if self._config.quote == "profile" else self._config.quote
        match quote:
            case "always":
                return True
            case "unsupported":
                return not is_supported(question.text, chain.text, said.supports)
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
        redact = question.settings.redact_prompts
        return build_prompt(
            message_for_model(question.text, redact=redact),
            question.language,
            passages,
            [turn_for_model(turn, redact=redact) for turn in question.history],
            instructions=_instructions(question),
            budget=budget,
            estimate=self._estimate,
            keep_numbers=keep_numbers,
            searched=draft.basis.query,
            profile=self.profile,
        )

    def _generation(self, question: Question, prompt: Prompt, max_tokens: int) -> GenerationRequest:
        request = question.request
        thinking = (request.reasoning_tokens or self._config.reasoning_tokens) if request.thinks else None
        if thinking is not None and question.brown_out >= BrownOut.SHORTER_ANSWER:
            thinking = (thinking + 1) // 2
        return GenerationRequest(
            messages=prompt.messages,
            # Answers are shorter than they may be: half is what is owed on average, and the replica knows better soon.
            estimated_tokens=prompt.tokens + max_tokens // 2 + (thinking or 0) // 2,
            max_tokens=max_tokens,
            temperature=question.settings.temperature if request.temperature is None else request.temperature,
            reasoning_tokens=thinking,
            # A resumable answer outlives its first reader, whose deadline this is.
            deadline=None if request.resumable else request.deadline,
        )

    @staticmethod
    def _evidence(question: Question, draft: AnswerDraft, passages: Sequence[Passage]) -> Evidence:
        texts = [question.settings.instructions, question.as_of]
        messages = [] if draft.basis.gives_instructions else [question.message]
        messages += [CustomerMessage(turn.full_question) for turn in question.history if not turn.gives_instructions]
        texts += [message.text for message in messages if message.text and not gives_instructions(message)]
        texts += [turn.text for turn in question.history if turn.completed is None or not turn.completed.choices]
        sources = [("\n".join((passage.title, *passage.headings)), passage.text) for passage in passages]
        return Evidence(texts, sources, question.text)


def _instructions(question: Question) -> str:
    own = question.settings.instructions
    if question.brown_out < BrownOut.SHORTER_ANSWER:
        return own
    return f"{own}\n{_BRIEFLY[question.language]}".strip()
