"""
The answer generator: an answer in the model's words, each sentence proven before it is shown (`proof`).

An answer whose first sentence is not proven is written once more. Where that fails too the pages' own words answer, if
they clearly bear on the question; else a person does.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from kefu.common.errors import PromptTooLong
from kefu.router import metrics
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.evidence.choice_prompt import LETTERS
from kefu.router.answering.evidence.evidence_answer import CLEAR_BEARING, Evidence, evidence_answer
from kefu.router.answering.explaining.notes import model_checked
from kefu.router.answering.fallback import give_excerpt
from kefu.router.answering.handoff_text import handoff_of
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.answering.writing.prompt import Budget, Prompt, build_prompt
from kefu.router.answering.writing.proof import Proof, SecondReading, Unproven
from kefu.router.answering.writing.second_reading import (
    LEAST_PROBABILITY,
    VERDICTS,
    rewriting_prompt,
    second_reading_prompt,
)
from kefu.router.answering.writing.token_estimate import TokenEstimate
from kefu.router.config import RouterConfig
from kefu.router.dispatch.choice import choose
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import NoReplica, Relay, RelayFactory, RelayPolicy, ReplicaChooser
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.answer_profiles import AnswerProfile, profile_for
from kefu.router.domain.generation import GenerationEnd, GenerationRequest, Message
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, BrownOut, FinishReason, Passage, Usage
from kefu.router.guardrails.answer_checks import AnswerChecks, AskedText
from kefu.router.guardrails.answer_filter import AnswerFilter, SentenceFilter
from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.guardrails.prompt_injection import gives_instructions, message_for_model, turn_for_model
from kefu.router.nlu.message import CustomerMessage
from kefu.text.language import AnswerLanguage

_log = structlog.stdlib.get_logger()
_BRIEFLY: dict[AnswerLanguage, str] = {"en": "Answer in one or two sentences.", "zh": "请用一两句话回答。"}
EvidenceSource = Callable[[Sequence[Passage]], Awaitable[Evidence]]
"""Finds the evidence in the passages that the customer was told of."""


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
        self, question: Question, draft: AnswerDraft, passages: tuple[Passage, ...], find_evidence: EvidenceSource
    ) -> AnswerOutcome:
        """Stream an answer from passages into the draft, or go on with what is saved of one.

        Where the model has no answer that is proven, the outcome is the evidence, or else a handoff. Raises
        DeadlineExceeded in mid-answer.
        """
        began = time.monotonic()
        outcome = await self._write(question, draft, passages, find_evidence)
        draft.explanation.checks = model_checked(draft, outcome, time.monotonic() - began)
        return outcome

    async def _write(
        self, question: Question, draft: AnswerDraft, passages: tuple[Passage, ...], find_evidence: EvidenceSource
    ) -> AnswerOutcome:
        budget = self._budget()
        # What is saved of an answer cites passages by the numbers that the customer was told.
        prompt = self._prompt(question, passages, budget, keep_numbers=draft.saved is not None)
        told = passages if draft.saved is not None else prompt.passages
        draft.rest_on(replace(draft.basis, passages=told))
        try:
            try:
                said = await self._attempt(question, draft, prompt)
            except PromptTooLong as error:
                # The estimate was short: shorten by the counts that came back, and ask once more.
                factor = 0.9 * error.max_prompt_tokens / max(error.prompt_tokens, 1)
                self._estimate.learn([message.content for message in prompt.messages], error.prompt_tokens)
                smaller = Budget(round(prompt.tokens * factor), round(budget.history * min(factor, 1) / 2))
                prompt = self._prompt(question, prompt.passages, smaller, keep_numbers=True)
                said = await self._attempt(question, draft, prompt)
            if _may_be_written_anew(draft):
                said = await self._attempt(question, draft, _anew(question, draft, prompt))
        except (NoReplica, PromptTooLong) as error:
            _log.warning("answer.no_model", cause=str(error), began=bool(draft.log.text_bytes))
            if draft.saved is not None:  # nobody can go on with what a dead router left
                draft.begin_anew()
                return await self._write(question, draft, passages, find_evidence)
            said = draft.so_far()
            if isinstance(draft.proof, Unproven):
                draft.say(draft.proof.chain.break_off())
            return await self._otherwise(question, draft, said, find_evidence, HandoffReason.MODEL_UNAVAILABLE)
        return await self._ended(question, draft, said, find_evidence)

    async def _attempt(self, question: Question, draft: AnswerDraft, prompt: Prompt) -> AnswerOutcome:
        """Have an answer written, and show what is proven of it. Raises NoReplica, PromptTooLong."""
        request, settings, told = question.request, question.settings, draft.basis.passages
        max_tokens = request.max_tokens or settings.max_answer_tokens
        if question.brown_out >= BrownOut.SHORTER_ANSWER:
            max_tokens = (max_tokens + 1) // 2
        preferred = draft.relay.address if draft.relay is not None else question.replica
        relay = draft.relay = self._relays.relay(question.principal, preferred=preferred, session=question.session_id)
        literals = self._literals(question, draft, told, is_read_again=self.profile.verifies)
        instructions = prompt.messages[0].content
        if self.profile.is_proven:
            asked = AskedText(
                draft.basis.query or question.text,
                question.language,
                told,
                literals,
                is_read_again=self.profile.verifies,
            )
            checks = AnswerChecks(asked)
            draft.proof = Proof(
                SentenceFilter(told, question.text, instructions),
                checks,
                draft.say,
                self._second_reading(question, relay, prompt) if self.profile.verifies else None,
            )
        else:
            draft.proof = Unproven(AnswerFilter(told, literals, question.text, instructions), draft.say)
        asked_for = self._generation(question, prompt, max_tokens)
        try:
            written = await self._relay(relay, asked_for, draft, request.deadline)
        finally:
            await draft.proof.close()
        if relay.prompt_tokens:
            self._estimate.learn([message.content for message in prompt.messages], relay.prompt_tokens)
        return replace(draft.so_far(), finish=written.finish or FinishReason.STOP, usage=written.usage)

    async def _relay(
        self, relay: Relay, asked: GenerationRequest, draft: AnswerDraft, first_by: float | None
    ) -> _Written:
        """Stream what the model writes into the draft, until it ends, or nothing more of it will be shown."""
        proof = draft.proof
        assert proof is not None  # noqa: S101 - set by _attempt
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
                proof.push(frame.text)
                if proof.is_over or proof.chain.blocked is not None:
                    break
                if draft.log.text_bytes > self._config.max_answer_bytes:
                    written = _Written(FinishReason.LENGTH)
                    break
        await proof.finish(is_whole=written.finish is FinishReason.STOP)
        return written

    async def _ended(
        self, question: Question, draft: AnswerDraft, said: AnswerOutcome, find_evidence: EvidenceSource
    ) -> AnswerOutcome:
        """The outcome of an answer that was written."""
        proof = draft.proof
        assert proof is not None  # noqa: S101 - set by _attempt
        if proof.literal or proof.chain.blocked is not None:
            _log.warning("answer.literal_withheld")  # which one is in the handoff: a log holds nothing that was said
            metrics.LITERALS_WITHHELD.inc()
        elif proof.check:
            _log.info("answer.check_failed", check=proof.check)
            metrics.CHECKS_FAILED.labels(proof.check).inc()
        if proof.is_not_found:
            return self._handed_over(question, draft, said, HandoffReason.NOTHING_RELEVANT)
        if isinstance(proof, Unproven) and proof.is_over:
            draft.say(proof.chain.break_off())
            return self._handed_over(question, draft, said, HandoffReason.UNSUPPORTED_ANSWER, proof.literal)
        if draft.log.text_bytes:
            cited = {"citations": proof.chain.citations(), "supports": proof.chain.supports()}
            return replace(said, finish=FinishReason.STOP, is_cut=True, **cited) if proof.is_cut else said
        detail = proof.literal or (proof.chain.blocked or "")
        reason = HandoffReason.UNSUPPORTED_ANSWER if proof.is_over or detail else HandoffReason.EMPTY_ANSWER
        return await self._otherwise(question, draft, said, find_evidence, reason, detail)

    async def _otherwise(
        self,
        question: Question,
        draft: AnswerDraft,
        said: AnswerOutcome,
        find_evidence: EvidenceSource,
        reason: HandoffReason,
        detail: str = "",
    ) -> AnswerOutcome:
        """What answers where the model wrote nothing that can be shown: the evidence, or a person.

        What takes the place of words that were not proven has to bear clearly.

        Behind sentences that were shown nothing more is said.
        """
        proof = draft.proof
        if draft.log.text_bytes:
            if isinstance(proof, Proof):
                return replace(said, finish=FinishReason.STOP, is_cut=True)
            return self._handed_over(question, draft, said, reason, detail)
        told = draft.basis.passages
        made_by = {"model": said.model, "replica": said.replica, "usage": said.usage}
        least = CLEAR_BEARING if reason is HandoffReason.UNSUPPORTED_ANSWER else 0.0
        evidence = await find_evidence(told)
        if evidence.bears and evidence.bearing >= least:
            return replace(evidence_answer(question, (evidence,), told).outcome(), **made_by)
        if reason is HandoffReason.MODEL_UNAVAILABLE:
            return replace(give_excerpt(question, told, reason), **made_by)
        return self._handed_over(question, draft, said, reason, detail)

    def _second_reading(self, question: Question, relay: Relay, prompt: Prompt) -> SecondReading:
        """Asks the replica that writes, whose cache holds the prompt. What cannot be read again is not proven."""

        async def read_again(before: str, sentence: str) -> bool:
            messages = second_reading_prompt(prompt.messages, before, sentence, question.language)
            odds = await self._chosen(question, messages, VERDICTS, relay.address)
            return odds is not None and odds[0] >= LEAST_PROBABILITY

        return read_again

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
        return await self._chosen(question, messages, LETTERS[:count], question.replica)

    async def _chosen(
        self, question: Question, messages: Sequence[Message], choices: Sequence[str], replica: str
    ) -> tuple[float, ...] | None:
        """How probable each choice is; None where no model can say."""
        prompt = tuple(messages)
        request = GenerationRequest(
            messages=prompt,
            estimated_tokens=self._estimate.of_messages([message.content for message in prompt]),
            max_tokens=1,
            deadline=question.request.deadline,
            choices=tuple(choices),
        )
        relay = self._relays.relay(question.principal, preferred=replica, session=question.session_id)
        try:
            return await choose(relay, request, first_frame_deadline=question.request.deadline)
        except (NoReplica, PromptTooLong) as error:
            _log.warning("answer.not_chosen", cause=str(error))
            return None

    def _budget(self) -> Budget:
        return Budget(self._config.prompt_tokens or self.profile.prompt_tokens, self._config.history_tokens)

    def _prompt(
        self,
        question: Question,
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
    def _literals(
        question: Question, draft: AnswerDraft, passages: Sequence[Passage], *, is_read_again: bool
    ) -> LiteralEvidence:
        texts = [question.settings.instructions]
        messages = [] if draft.basis.gives_instructions else [question.message]
        messages += [CustomerMessage(turn.full_question) for turn in question.history if not turn.gives_instructions]
        texts += [message.text for message in messages if message.text and not gives_instructions(message)]
        texts += [turn.text for turn in question.history if turn.completed is None or not turn.completed.choices]
        sources = [("\n".join((passage.title, *passage.headings)), passage.text) for passage in passages]
        if is_read_again:  # it tells of what a figure is, and better
            return LiteralEvidence([*texts, *("\n".join(source) for source in sources)])
        return LiteralEvidence(texts, sources, question.text)


def _instructions(question: Question) -> str:
    own = question.settings.instructions
    if question.brown_out < BrownOut.SHORTER_ANSWER:
        return own
    return f"{own}\n{_BRIEFLY[question.language]}".strip()


def _anew(question: Question, draft: AnswerDraft, prompt: Prompt) -> Prompt:
    """The prompt that has the answer written once more, and says which sentence failed."""
    written = "" if draft.received is None else draft.received.partial_answer().text
    failed = "" if draft.proof is None else draft.proof.refused
    return replace(prompt, messages=rewriting_prompt(prompt.messages, written, failed, question.language))


def _may_be_written_anew(draft: AnswerDraft) -> bool:
    """Whether nothing is shown of an answer since its first sentence is not proven."""
    proof = draft.proof
    return isinstance(proof, Proof) and bool(proof.refused) and not draft.log.text_bytes and proof.chain.blocked is None
