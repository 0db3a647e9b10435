"""
The answer generator: an answer in the model's words, each sentence checked against the evidence before it is shown.

What does not pass ends the model's text. If nothing was shown yet, the evidence itself is the answer; else what was
shown stays, and the evidence is quoted behind it where it says nothing else.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from kefu.common.errors import PromptTooLong
from kefu.common.text.language import AnswerLanguage
from kefu.router import metrics
from kefu.router.answering.choice_prompt import LETTERS
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.evidence_answer import NO_EVIDENCE, Evidence, evidence_answer
from kefu.router.answering.explaining.notes import model_checked
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
from kefu.router.domain.generation import GenerationEnd, GenerationRequest, Message
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, BrownOut, FinishReason, Passage, Usage
from kefu.router.grounding.quotation import is_supported, quotation_for
from kefu.router.guardrails.answer_checks import AnswerChecks, Asked, says_otherwise
from kefu.router.guardrails.answer_filter import AnswerFilter
from kefu.router.guardrails.evidence import Evidence as LiteralEvidence
from kefu.router.guardrails.prompt_injection import gives_instructions, message_for_model, turn_for_model
from kefu.router.nlu.message import CustomerMessage

_log = structlog.stdlib.get_logger()
_BRIEFLY: dict[AnswerLanguage, str] = {"en": "Answer in one or two sentences.", "zh": "请用一两句话回答。"}


@dataclass(frozen=True)
class _Written:
    """How the model's stream ended; None and None when the answer was ended before it."""

    finish: FinishReason | None = None
    usage: Usage | None = None


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

    async def write(
        self, question: Question, draft: AnswerDraft, passages: tuple[Passage, ...], evidence: Evidence = NO_EVIDENCE
    ) -> AnswerOutcome:
        """Stream an answer from passages into the draft, or go on with what is saved of one.

        Where the model has no answer that passes, the outcome is the evidence, or else a handoff. Raises
        DeadlineExceeded in mid-answer.
        """
        began = time.monotonic()
        outcome, shown = await self._write(question, draft, passages, evidence)
        draft.explanation.checks = model_checked(draft, outcome, shown, time.monotonic() - began)
        return outcome

    async def _write(
        self, question: Question, draft: AnswerDraft, passages: tuple[Passage, ...], evidence: Evidence
    ) -> tuple[AnswerOutcome, int]:
        """See `write`. Returns as well how many bytes of the model's words the customer has seen."""
        request, settings = question.request, question.settings
        budget = self._budget()
        # What is saved of an answer cites passages by the numbers that the customer was told.
        prompt = self._prompt(question, draft, passages, budget, keep_numbers=draft.saved is not None)
        told = passages if draft.saved is not None else _told(prompt.passages, evidence)
        draft.rest_on(replace(draft.basis, passages=told))
        draft.filter = AnswerFilter(
            told,
            self._literals(question, draft, told),
            question.text,
            prompt.messages[0].content,
            self._check(question, told, evidence),
        )
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
        except (NoReplica, PromptTooLong) as error:
            _log.warning("answer.no_model", cause=str(error), began=bool(draft.log.text_bytes))
            if draft.saved is not None:  # nobody can go on with what a dead router left
                draft.begin_anew()
                return await self._write(question, draft, passages, evidence)
            said, shown = draft.so_far(), draft.log.text_bytes
            draft.say(draft.filter.break_off())
            reason = HandoffReason.MODEL_UNAVAILABLE
            return self._with_evidence(question, draft, said, evidence, reason), shown
        if relay.prompt_tokens:
            self._estimate.learn([message.content for message in prompt.messages], relay.prompt_tokens)
        said = replace(draft.so_far(), finish=written.finish or FinishReason.STOP, usage=written.usage)
        shown = draft.log.text_bytes
        return self._ended(question, draft, said, evidence), shown

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
                if chain.blocked is not None or chain.failed:
                    break
                if draft.log.text_bytes > self._config.max_answer_bytes:
                    written = _Written(FinishReason.LENGTH)
                    break
        draft.say(chain.finish(is_whole=written.finish is FinishReason.STOP))
        return written

    def _ended(self, question: Question, draft: AnswerDraft, said: AnswerOutcome, evidence: Evidence) -> AnswerOutcome:
        """The outcome of an answer that was written, with what is said in place of the rest or behind it."""
        chain = draft.filter
        assert chain is not None  # noqa: S101 - set by write
        if chain.blocked is not None:
            _log.warning("answer.literal_withheld")  # which one is in the handoff: a log holds nothing that was said
            metrics.LITERALS_WITHHELD.inc()
            draft.say(chain.break_off())
            reason = HandoffReason.UNSUPPORTED_ANSWER
            return self._with_evidence(question, draft, said, evidence, reason, chain.blocked)
        if chain.failed:
            _log.info("answer.check_failed", check=chain.failed)
            metrics.CHECKS_FAILED.labels(chain.failed).inc()
            is_strange = chain.failed == "support"
            reason = HandoffReason.LOW_SUPPORT if is_strange else HandoffReason.UNSUPPORTED_ANSWER
            return self._with_evidence(question, draft, said, evidence, reason)
        if not draft.log.text_bytes:
            return self._with_evidence(question, draft, said, evidence, HandoffReason.EMPTY_ANSWER)
        if said.finish is not FinishReason.STOP or not self._quotes(question, chain, said):
            return said
        return self._quoted(question, draft, said, evidence) or said

    def _with_evidence(
        self,
        question: Question,
        draft: AnswerDraft,
        said: AnswerOutcome,
        evidence: Evidence,
        reason: HandoffReason,
        detail: str = "",
    ) -> AnswerOutcome:
        """The evidence in place of what the model did not write, or not well; a handoff for the reason without any.

        Behind what was shown, which is whole sentences that passed, it is a quotation, or nothing more is said.
        """
        chain, told = draft.filter, draft.basis.passages
        assert chain is not None  # noqa: S101 - set by write
        if not draft.log.text_bytes:
            made_by = {"model": said.model, "replica": said.replica, "usage": said.usage}
            if evidence.pieces:
                return replace(evidence_answer(question, (evidence,), told).outcome(), **made_by)
            if reason is HandoffReason.MODEL_UNAVAILABLE:
                return replace(give_excerpt(question, told, reason), **made_by)
            return self._handed_over(question, draft, said, reason, detail)
        if not chain.shows_whole_sentences and reason is not HandoffReason.MODEL_UNAVAILABLE:
            return self._handed_over(question, draft, said, reason, detail)
        ended = replace(
            said, finish=FinishReason.STOP, citations=chain.citations(), supports=chain.supports(), is_cut=True
        )
        quoted = self._quoted(question, draft, ended, evidence)
        if quoted is None and not chain.shows_whole_sentences:
            return self._handed_over(question, draft, said, reason, detail)
        return quoted or ended

    @staticmethod
    def _quoted(
        question: Question, draft: AnswerDraft, said: AnswerOutcome, evidence: Evidence
    ) -> AnswerOutcome | None:
        """The outcome with the best piece of evidence quoted behind it; None where it is said, or says otherwise."""
        chain, passages = draft.filter, draft.basis.passages
        assert chain is not None  # noqa: S101 - set by write
        if evidence.ranked:
            best = evidence.ranked[0].piece
            name = evidence.passages[best.passage].name
            passages = tuple(replace(each, text=best.text) for each in passages if each.name == name)
            if chain.shows_whole_sentences and says_otherwise(chain.text, best.text):
                return None
        quotation = quotation_for(draft.basis.query or question.text, chain.text, passages, question.language)
        if quotation is None:
            return None
        number = passages[quotation.number - 1].number
        draft.say(chain.quote(question.message.in_its_variant(quotation.text), number))
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

    def _check(self, question: Question, told: Sequence[Passage], evidence: Evidence) -> Callable[[str], str] | None:
        """What a sentence must pass; None where nothing is checked."""
        enabled = self._config.enabled_checks
        if not enabled or not self.profile.is_checked:
            return None
        asked = Asked(
            evidence.asked or question.text,
            question.language,
            told,
            before=evidence.before,
            written=question.text,
            ranked=evidence.ranked,
            chosen=evidence.pieces,
        )
        return AnswerChecks(asked, enabled).failed

    @staticmethod
    def _literals(question: Question, draft: AnswerDraft, passages: Sequence[Passage]) -> LiteralEvidence:
        texts = [question.settings.instructions, question.as_of]
        messages = [] if draft.basis.gives_instructions else [question.message]
        messages += [CustomerMessage(turn.full_question) for turn in question.history if not turn.gives_instructions]
        texts += [message.text for message in messages if message.text and not gives_instructions(message)]
        texts += [turn.text for turn in question.history if turn.completed is None or not turn.completed.choices]
        sources = [("\n".join((passage.title, *passage.headings)), passage.text) for passage in passages]
        return LiteralEvidence(texts, sources, question.text)


def _instructions(question: Question) -> str:
    own = question.settings.instructions
    if question.brown_out < BrownOut.SHORTER_ANSWER:
        return own
    return f"{own}\n{_BRIEFLY[question.language]}".strip()


def _told(shown: tuple[Passage, ...], evidence: Evidence) -> tuple[Passage, ...]:
    """The passages that the model is shown, and behind them others that the evidence is from."""
    told = list(shown)
    for index in dict.fromkeys(piece.passage for piece in evidence.pieces):
        passage = evidence.passages[index]
        if all(each.name != passage.name for each in told):
            told.append(replace(passage, number=len(told) + 1))
    return tuple(told)
