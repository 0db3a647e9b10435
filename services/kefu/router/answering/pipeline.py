"""
The pipeline of an answer: decide what a message is answered with, and carry the decision out.

A stage returns an `AnswerOutcome`, and the pipeline alone tells the turn's readers of it. Only the generator writes to
the draft itself, since its answer is streamed.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BackendUnavailable, DraftNotFound, Overloaded, VersionNotFound
from kefu.router import metrics
from kefu.router.actions.asked_action import known_texts
from kefu.router.actions.procedures.procedure_runner import ProcedureRunner
from kefu.router.actions.request import ActionRequest, OfferedActions
from kefu.router.admission.scheduler import AdmissionScheduler, SlotRequest
from kefu.router.answering.action_answer import act, action_request, ask_again, asked_still, offered_below
from kefu.router.answering.answer_cache import AnswerCache
from kefu.router.answering.attachments.replies import note_of, reply_to_files
from kefu.router.answering.clarification import chosen_passages, clarify, subjects_of
from kefu.router.answering.decision import (
    Act,
    AskAgain,
    Clarify,
    Continue,
    Decision,
    Generate,
    GiveCached,
    GiveCanned,
    GiveCurated,
    GiveEvidence,
    GiveExcerpt,
    HandOver,
    Refuse,
    ReplyToFiles,
    Settle,
    TurnDown,
    after_evidence,
    after_question,
    after_reading,
    after_search,
    before_search,
    gives_way_to_reply,
    may_be_evidence,
    passages_to_read,
    relevant_passages,
)
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.evidence_answer import Evidence, EvidenceFinder, evidence_answer
from kefu.router.answering.explaining.notes import decision_made, evidence_read, search_made
from kefu.router.answering.fallback import give_excerpt, hand_over, turn_away
from kefu.router.answering.history import previous_question
from kefu.router.answering.outcome import AnswerBasis, AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.answering.triage.message_traits import intent_likelihoods
from kefu.router.answering.triage.reader import TriageReader
from kefu.router.answering.triage.signals import Sender
from kefu.router.answering.writing.generator import AnswerGenerator
from kefu.router.config import RouterConfig
from kefu.router.dispatch.relay import RESERVE_SECONDS, ReplicaChooser
from kefu.router.domain.handoff import Handoff, HandoffReason
from kefu.router.domain.turn import AnswerSource, BrownOut, Passage, PendingInput
from kefu.router.guardrails.prompt_injection import passage_for_model
from kefu.router.nlu.question_splitting import split_questions
from kefu.router.nlu.sensitive_topics import EMERGENCIES
from kefu.router.replicas.retrieval_client import CuratedAnswer, RetrievalClient, SearchLate, SearchResult
from kefu.router.storage.desk_index import DeskRoom

_log = structlog.stdlib.get_logger()
_LEAST_CANDIDATES = 20
"""Passages that are asked for: evidence is chosen among more than are likely to hold it."""
_BEFORE_WHICH_ACTIONS_ARE_OFFERED = (HandoffReason.NOTHING_RELEVANT, HandoffReason.OWN_CASE)
_WITHOUT_DRAFT = (DraftNotFound, VersionNotFound)
"""The draft of knowledge is gone, or not loaded where it was searched."""
_COMPARED_SECONDS = 0.3
"""How long a message is compared at most where no action waits for it: after that its words alone are read."""
_COMPARED_LONGER_SECONDS = 0.1
"""How much longer than the search that may take, where no rule waits for it: it goes on beside the search."""
_MOST_QUERY = 4000  # characters; see SearchRequest.query


class AnswerPipeline:
    """Answers questions, each in the way that is right for it."""

    def __init__(
        self,
        config: RouterConfig,
        retrieval: RetrievalClient,
        search_admission: AdmissionScheduler,
        pool: ReplicaChooser,
        cache: AnswerCache | None = None,
        desk_room: DeskRoom | None = None,
        actions: ProcedureRunner | None = None,
        triage: TriageReader | None = None,
    ) -> None:
        """`search_admission`: the slots of turns that search."""
        self._config = config
        self._retrieval = retrieval
        self._search_admission = search_admission
        self._cache = cache
        self._desk_room = desk_room
        self._actions = actions
        self._triage = triage
        self._generator = AnswerGenerator(config, pool)
        self._evidence = EvidenceFinder(retrieval, self._generator, config.search_seconds)

    async def answer(self, question: Question, draft: AnswerDraft) -> AnswerOutcome:
        """Decide what a question is answered with, carry that out, and say it through the draft.

        Raises CollectionNotFound, and DeadlineExceeded in mid-answer. Raises Overloaded before anything was said, where
        more is asked than can be answered. Whatever else fails is answered by a handoff.
        """
        decision = _continuation(draft) or before_search(question)
        if isinstance(decision, ReplyToFiles):
            decision = await self._with_subjects(question, draft, decision)
        if gives_way_to_reply(decision):
            owed = await self._decide_by_owed_outcome(question, draft)
            decision = owed or await self._decide_by_choice(question, draft) or decision
        if decision is None:
            question, decision = await self._decide_over_draft(question, draft)
        if draft.triage is None:
            decision = await self._decide_by_triage(question, draft, decision)
        why = draft.explanation
        why.decision, why.detail = decision_made(decision)
        why.profile = self._generator.profile.name
        outcome = await self._carry_out(decision, question, draft)
        if outcome.handoff is not None and not await self._can_come_to_desk(question, outcome.handoff):
            metrics.DESK_TURNED_AWAY.labels(question.principal.tenant).inc()
            outcome = turn_away(question, outcome, was_begun=draft.log.text_bytes > 0)
        outcome = offered_below(question, asked_still(question, outcome), draft.offers)
        return _said(_noted(question, outcome, draft), draft)

    async def _with_subjects(self, question: Question, draft: AnswerDraft, decision: ReplyToFiles) -> ReplyToFiles:
        """What the customer may want to know about files without a word, where there is time to look that up."""
        if not question.attached_words:
            return decision
        try:
            async with self._search_admission.slot(_slot_request(question)):
                found = await self._retrieve(question, draft, question.attached_words, "")
        except (Overloaded, BackendUnavailable, *_WITHOUT_DRAFT) as error:
            _log.info("attachment.not_searched", cause=error.message)
            return decision
        return decision if found.gives_instructions else ReplyToFiles(subjects_of(question, found.passages))

    async def _decide_by_triage(self, question: Question, draft: AnswerDraft, decision: Decision) -> Decision:
        """The decision on a message that was not read while it was made: it needed no search, or there was none."""
        is_for_person = isinstance(decision, HandOver) and decision.reason is not HandoffReason.OVERLOADED
        is_compared = is_for_person and question.brown_out is BrownOut.NONE
        cosines = await self._compared(question, _COMPARED_SECONDS) if is_compared else None
        person = await self._read(question, draft, cosines)
        if person is None or isinstance(decision, Continue | HandOver):
            return decision
        is_owed = isinstance(decision, Settle) and await self._decide_by_owed_outcome(question, draft) is not None
        return decision if is_owed else person

    async def _read(
        self, question: Question, draft: AnswerDraft, cosines: Mapping[str, float] | None
    ) -> HandOver | None:
        """Read the message, and note it in the draft. Returns the decision of a rule that calls a person."""
        if self._triage is None:
            return None
        sender = Sender(question.principal, question.request, question.session_id)
        draft.triage = await self._triage.read(question.message, cosines, sender, question.settings.triage_rules)
        if not draft.triage.needs_person:
            return None
        return HandOver(HandoffReason.TRIAGE, detail=", ".join(draft.triage.rules))

    async def _compared(self, question: Question, most: float) -> Mapping[str, float] | None:
        """The message's cosine to known ones; None for a choice, and where that takes more than `most` seconds."""
        seconds = min(self._search_seconds(question), most)
        if self._actions is None or question.choice or seconds <= 0:
            return None
        return await self._actions.compared(question.principal, question.request.text, seconds)

    async def _decide_by_owed_outcome(self, question: Question, draft: AnswerDraft) -> Decision | None:
        """The decision where a change was begun, and its customer was not told what came of it."""
        owes = self._actions is not None and await self._actions.owes_outcome(action_request(question, draft))
        return Settle(None) if owes else None

    async def _decide_by_choice(self, question: Question, draft: AnswerDraft) -> Decision | None:
        """The decision where an action asked the customer for something, and the message names it.

        Who names one of several things may want something else of it: "cancel the kettle", asked whose progress to see.
        """
        if self._actions is None:
            return None
        request = action_request(question, draft)
        wanted, pending = await self._actions.chosen(request), question.pending
        if wanted is None:
            return None
        if isinstance(pending, PendingInput) and not question.choice:
            cosines = await self._compared(question, _COMPARED_SECONDS)
            if cosines is not None:
                wanted = await self._actions.asked_for_instead(_wish(question, draft, cosines), cosines) or wanted
        return Act(wanted)

    async def _decide_over_draft(self, question: Question, draft: AnswerDraft) -> tuple[Question, Decision]:
        """As `_decide_under_load`; over live where the draft that an experiment has drawn is gone or not loaded yet."""
        try:
            return await self._decide_under_load(question, draft)
        except _WITHOUT_DRAFT as error:
            if question.over_live is None:
                raise
            _log.warning("experiment.over_live", draft=question.request.draft, cause=error.message)
            draft.fell_back = True
            request = replace(question.request, draft="", staged_settings="")
            question = replace(question, request=request, settings=question.over_live, knowledge_version="")
            return await self._decide_under_load(question, draft)

    async def _decide_under_load(self, question: Question, draft: AnswerDraft) -> tuple[Question, Decision]:
        """Decide by the search once there is a slot for it. Returns the question with what it has to do without.

        Raises as `answer` does.
        """
        if question.brown_out is BrownOut.HANDOFF:
            if await self._takes_for_load(question):
                return question, HandOver(HandoffReason.OVERLOADED)
            question = replace(question, brown_out=BrownOut.WITHOUT_MODEL)
        try:
            async with self._search_admission.slot(_slot_request(question)) as level:
                question = _searching_at(level, question)
                draft.brown_out = question.brown_out
                decision = await self._decide_by_search(question, draft)
                if draft.triage is not None:
                    decision = after_reading(question.message, decision, draft.triage.reading)
                return question, decision
        except Overloaded:
            if await self._takes_for_load(question):
                return question, HandOver(HandoffReason.OVERLOADED)
            raise

    async def _decide_by_search(self, question: Question, draft: AnswerDraft) -> Decision:
        """The decision by the tenant's actions, else by the pages; a rule that calls a person goes before both.

        Where there are no actions the message is read beside the search, which takes longer; without rules nobody waits
        for a comparison that takes longer still.
        """
        has_actions = self._actions is not None and await self._actions.has_actions(question.principal.tenant)
        most = self._config.search_seconds if has_actions else _COMPARED_SECONDS
        comparing = asyncio.create_task(self._compared(question, most), name="comparison of a message")
        try:
            if self._actions is None or not has_actions:
                decision = await self._decide_by_pages(question, draft)
                if not question.settings.triage_rules:
                    await asyncio.wait([comparing], timeout=_COMPARED_LONGER_SECONDS)
                is_waited_for = bool(question.settings.triage_rules) or comparing.done()
                person = await self._read(question, draft, await comparing if is_waited_for else None)
                if person is not None and isinstance(decision, HandOver):
                    person = replace(person, nearest=decision.nearest)
                return person or decision
            cosines = await comparing
        finally:
            await cancel_and_wait(comparing)
        if person := await self._read(question, draft, cosines):
            return person
        wanted = None if cosines is None else await self._actions.asked_for(_wish(question, draft, cosines), cosines)
        if isinstance(wanted, OfferedActions):
            draft.explanation.offered_actions = wanted.titles
        elif wanted is not None:
            return Act(wanted)
        if wanted is not None and _may_offer_actions(question):
            offer = Clarify(wanted.titles, is_unsure=True)
            decision = await self._decide_by_pages(question, draft) if wanted.is_before_person else None
            is_for_person = isinstance(decision, HandOver) and decision.reason in _BEFORE_WHICH_ACTIONS_ARE_OFFERED
            if decision is None or is_for_person:
                return offer
            draft.offers = wanted.titles
            return decision
        return after_question(question, await self._decide_by_pages(question, draft))

    async def _decide_by_pages(self, question: Question, draft: AnswerDraft) -> Decision:
        try:
            found = await self._search(question, draft)
        except BackendUnavailable as error:
            _log.warning("search.unavailable", cause=error.message)
            if isinstance(error, SearchLate):
                raise self._search_admission.refusal(_slot_request(question), "too_late") from error
            return HandOver(HandoffReason.SEARCH_UNAVAILABLE)
        question = replace(question, knowledge_version=found.version)
        decision = after_search(question, found)
        if self._cache is not None and not question.attachments and isinstance(decision, Generate | GiveExcerpt):
            answer = await self._cache.find(question, found)
            if answer is not None:
                return GiveCached(answer)
        profile = self._generator.profile
        if not profile.is_proven or not may_be_evidence(decision):
            return decision
        parts = () if question.choice else split_questions(question.text)
        if profile.writes and not isinstance(decision, GiveExcerpt):
            searches = await self._searches_for(question, draft, parts, found)
            if searches is not None and any(relevant_passages(question, each) for each in searches):
                return Generate(passages_to_read(question, searches), found)
        if len(parts) > 1 and (several := await self._decide_on_parts(question, draft, parts)) is not None:
            return several
        evidence = await self._evidence_of(question, draft, found)
        if profile.writes and evidence.may_be_read and not isinstance(decision, GiveExcerpt):
            return Generate(passages_to_read(question, [found]), found)
        return after_evidence(question, decision, evidence, found)

    async def _searches_for(
        self, question: Question, draft: AnswerDraft, parts: Sequence[str], found: SearchResult
    ) -> list[SearchResult] | None:
        """What was found for a message, and for each of several questions in it. None: staff answered one of them."""
        searches = [found]
        try:
            for number, part in enumerate(parts if len(parts) > 1 else ()):
                searches.append(await self._retrieve(question, draft, part, parts[0] if number else ""))
        except BackendUnavailable as error:
            _log.warning("search.unavailable", cause=error.message)
        return None if any(each.curated is not None for each in searches) else searches

    async def _decide_on_parts(
        self, question: Question, draft: AnswerDraft, parts: Sequence[str]
    ) -> GiveEvidence | HandOver | None:
        """Each question of a message is searched and answered; None where none of them can be.

        A person answers what the pages do not, behind what they do.
        """
        answers: list[Evidence | CuratedAnswer] = []
        passages: list[Passage] = []
        answered = 0
        for number, part in enumerate(parts):
            try:
                found = await self._answer_to_part(question, draft, part, parts[0] if number else "")
            except BackendUnavailable as error:
                _log.warning("search.unavailable", cause=error.message)
                return None
            if isinstance(found, CuratedAnswer):
                answers.append(found)
                answered += 1
                continue
            passages += found.passages
            shown = {piece.text for each in answers if isinstance(each, Evidence) for piece in each.pieces}
            if found.bears:
                answered += 1
                if not shown.issuperset(piece.text for piece in found.pieces):
                    answers.append(found)
        if not answers:
            return None
        if answered == len(parts):
            return GiveEvidence(tuple(answers))
        return HandOver(HandoffReason.NOTHING_RELEVANT, tuple(passages), evidence_answer(question, answers).text)

    async def _answer_to_part(
        self, question: Question, draft: AnswerDraft, part: str, first: str
    ) -> Evidence | CuratedAnswer:
        """What is found for one question of a message.

        Where it leans on the first one, or nothing bears on it by itself, it is asked behind that as well, and the
        evidence counts that bears more. Raises BackendUnavailable, CollectionNotFound.
        """
        found = await self._retrieve(question, draft, part, first)
        if found.curated is not None:
            return found.curated
        leans, asked = found.used_history, found.read_as or part
        alone = await self._retrieve(question, draft, part, "") if leans else found
        evidence = await self._evidence_among(question, draft, asked, "", alone)
        if not first or (evidence.bears and not leans):
            return evidence
        behind = found if leans else await self._retrieve(question, draft, f"{first}\n{part}"[-_MOST_QUERY:], "")
        evidence_behind = await self._evidence_among(question, draft, asked, first, behind)
        return max(evidence, evidence_behind, key=lambda each: each.bearing)

    async def _evidence_of(self, question: Question, draft: AnswerDraft, found: SearchResult) -> Evidence:
        """The evidence for a whole message."""
        attached = question.attached_words if found.used_history else ""
        before = _question_before(question) if found.used_history and not attached else ""
        return await self._evidence_among(question, draft, found.read_as or question.text, before, found, attached)

    async def _evidence_among(
        self, question: Question, draft: AnswerDraft, asked: str, before: str, found: SearchResult, attached: str = ""
    ) -> Evidence:
        """The evidence among all that was found, or in what was chosen."""
        began = time.monotonic()
        chosen = chosen_passages(question.choice, found.passages)
        passages = tuple(map(passage_for_model, chosen or found.passages))
        weight = self._generator.profile.choice_weight
        evidence = await self._evidence.find(question, asked, before, passages, weight, attached)
        draft.explanation.add_evidence(evidence_read(evidence, time.monotonic() - began))
        return evidence

    async def _carry_out(self, decision: Decision, question: Question, draft: AnswerDraft) -> AnswerOutcome:
        match decision:
            case Continue(saved):
                about = saved.context
                draft.basis = AnswerBasis(about.searched, about.query, about.gives_instructions)
                asked = about.query or question.text

                async def in_saved(told: Sequence[Passage]) -> Evidence:
                    return await self._evidence.find(question, asked, "", told, choice_weight=0.0)

                return await self._generator.write(question, draft, about.passages, in_saved)
            case Generate(passages, found):
                draft.basis = _under_load(draft.basis, question)
                shown = tuple(map(passage_for_model, passages))

                async def in_told(told: Sequence[Passage]) -> Evidence:
                    return await self._evidence_of(question, draft, replace(found, passages=tuple(told)))

                outcome = await self._generator.write(question, draft, shown, in_told)
                if self._cache is not None and not question.attachments:
                    await self._cache.keep(question, found, outcome, draft)
                return outcome
            case GiveEvidence(parts):
                answer = evidence_answer(question, parts)
                draft.rest_on(replace(_under_load(draft.basis, question), passages=answer.passages))
                return answer.outcome()
            case GiveExcerpt(passages):
                shown = tuple(map(passage_for_model, passages))
                outcome = give_excerpt(question, shown, HandoffReason.OVERLOADED)
                if outcome.handoff is not None and not await self._takes_for_load(question):
                    raise self._search_admission.refusal(_slot_request(question), "too_late")
                draft.rest_on(replace(_under_load(draft.basis, question), passages=shown))
                return outcome
            case GiveCached(answer):
                draft.rest_on(replace(draft.basis, passages=answer.passages))
                return answer.outcome()
            case GiveCurated(curated):
                draft.rest_on(draft.basis)
                return AnswerOutcome(AnswerSource.CURATED, text=curated.answer)
            case Clarify(choices, is_unsure):
                draft.rest_on(draft.basis)
                return clarify(question, choices, is_unsure=is_unsure)
            case HandOver(reason, nearest, self_service, detail):
                if question.is_none_of_them:
                    draft.basis = AnswerBasis(query=question.text)  # this is what went unanswered, not the reply
                if reason is HandoffReason.OVERLOADED:
                    draft.basis = _under_load(draft.basis, question)
                if draft.basis.searched:
                    draft.rest_on(draft.basis)
                return hand_over(question, reason, nearest, detail, said_before=self_service)
            case ReplyToFiles(subjects):
                outcome, draft.attachment_note = reply_to_files(question, subjects)
                return outcome
            case TurnDown():
                draft.rest_on(draft.basis)
                reply = question.message.in_its_variant(question.replies.out_of_scope)
                return AnswerOutcome(AnswerSource.CANNED, text=reply)
            case Refuse():
                refusal = question.message.in_its_variant(question.replies.refused_topic)
                return AnswerOutcome(AnswerSource.REFUSED, text=refusal)
            case Act(wanted):
                assert self._actions is not None  # noqa: S101 - it found the action
                return act(question, await self._actions.run(wanted, action_request(question, draft)))
            case Settle(consent):
                assert self._actions is not None  # noqa: S101 - it asked for consent
                return act(question, await self._actions.settle(action_request(question, draft), consent))
            case AskAgain():
                assert isinstance(question.pending, PendingInput)  # noqa: S101 - it was asked for
                return ask_again(question.pending)
            case GiveCanned(intent):
                return AnswerOutcome(AnswerSource.CANNED, text=question.replies.reply_to(intent))

    async def _can_come_to_desk(self, question: Question, handoff: Handoff) -> bool:
        """Whether a person can be called: the customer is at the desk already, in an emergency, or there is room."""
        if self._desk_room is None or question.waits_for_person or handoff.subject in EMERGENCIES:
            return True
        return await self._desk_room.is_left(question.principal.tenant)

    async def _takes_for_load(self, question: Question) -> bool:
        """Whether a customer may be handed over for load: who waits for a person anyway, and whom the desk takes."""
        if question.waits_for_person:
            return True
        tenant, per_agent = question.principal.tenant, question.settings.overload_handoffs_per_agent
        return self._desk_room is not None and await self._desk_room.takes_for_load(tenant, per_agent)

    async def _search(self, question: Question, draft: AnswerDraft) -> SearchResult:
        """Search, and note in the draft's basis how. Raises BackendUnavailable, CollectionNotFound."""
        began = time.monotonic()
        try:
            found, query = await self._found(question, draft)
        finally:
            seconds = time.monotonic() - began
            metrics.SEARCH_SECONDS.observe(seconds)
            draft.basis = AnswerBasis(search_seconds=seconds)
        draft.basis = AnswerBasis(
            searched=True,
            query=query,
            gives_instructions=found.gives_instructions,
            embedding=found.embedding,
            search_seconds=seconds,
        )
        return found

    async def _found(self, question: Question, draft: AnswerDraft) -> tuple[SearchResult, str]:
        """What the search found, and the query where it differs from the message."""
        request = question.request
        text = question.text[-_MOST_QUERY:]  # several messages answered as one may be longer than a search takes
        query = "" if text == request.text else text
        if question.choice:
            by_staff = await self._retrieve(question, draft, question.choice, "")
            if by_staff.curated is not None:  # the choice was their question
                return by_staff, query
        if question.attached_words:
            return await self._found_with_files(question, draft, text), query  # what was read off files is in no query
        earlier = _question_before(question)[-_MOST_QUERY:]
        found = await self._retrieve(question, draft, text, earlier)
        if found.used_history:
            return found, f"{earlier} {text}"[-_MOST_QUERY:]
        return found, query

    async def _found_with_files(self, question: Question, draft: AnswerDraft, text: str) -> SearchResult:
        """What the search found for a message, with what was read off its files where the message leans on that.

        Where nothing relevant is found for the message by itself, both are searched for together. A curated answer is
        for what the customer wrote alone, and the question is read as it was written.
        """
        alone = await self._retrieve(question, draft, text, question.attached_words)
        if alone.used_history:
            return replace(alone, read_as="")
        if alone.curated is not None or relevant_passages(question, alone):
            return alone
        behind = await self._retrieve(question, draft, f"{question.attached_words}\n{text}"[-_MOST_QUERY:], "")
        if not relevant_passages(question, behind):
            return alone
        return replace(behind, curated=None, used_history=True, read_as="", embedding=b"")

    async def _retrieve(self, question: Question, draft: AnswerDraft, text: str, earlier: str) -> SearchResult:
        """Search for a text, which may lean on an earlier one. Raises BackendUnavailable, CollectionNotFound."""
        request = question.request
        seconds = self._search_seconds(question)
        if seconds <= 0:
            raise BackendUnavailable("No time is left to search.")
        began = time.monotonic()
        found = await self._retrieval.search(
            question.principal,
            text,
            history=(earlier,) if earlier else (),
            collections=request.collections,
            as_of=question.as_of,
            filters=request.filters,
            draft=request.draft,
            version=question.knowledge_version,
            top_k=max(question.settings.max_passages, _LEAST_CANDIDATES),
            seconds=seconds,
            with_embedding=question.settings.cache_answers,
        )
        least = question.settings.least_relevance
        draft.explanation.add_search(search_made(text, earlier, found, time.monotonic() - began, least))
        return found

    def _search_seconds(self, question: Question) -> float:
        """How long a search may take now; 0 or less where no time is left."""
        deadline = question.request.deadline
        most = self._config.search_seconds
        return most if deadline is None else min(most, deadline - time.monotonic() - RESERVE_SECONDS)


def _wish(question: Question, draft: AnswerDraft, cosines: Mapping[str, float]) -> ActionRequest:
    """A message that may ask for an action, with how likely it has each intent."""
    intents = intent_likelihoods(question.message, [cosines[text] for text in known_texts()])
    return replace(action_request(question, draft), intents=intents)


def _may_offer_actions(question: Question) -> bool:
    """Whether Kefu may ask which action is meant: never twice in a row, nor of who waits for a person."""
    last = question.history[-1].completed if question.history else None
    has_just_asked = last is not None and bool(last.choices) and last.source is not AnswerSource.ACTION
    return question.settings.asks_back and not question.waits_for_person and not has_just_asked


def _slot_request(question: Question) -> SlotRequest:
    """The request for a slot to search; it is refused while there is time to say so."""
    deadline = question.request.deadline
    return SlotRequest(
        tenant=question.principal.tenant,
        priority=question.principal.priority,
        weight=question.settings.weight,
        size=len(question.text.encode()),
        deadline=None if deadline is None else deadline - RESERVE_SECONDS,
    )


def _searching_at(level: BrownOut, question: Question) -> Question:
    """The question as it is answered at a brown-out level of the search."""
    if level is BrownOut.NONE:
        return question
    return replace(question, brown_out=max(question.brown_out, BrownOut.FEWER_PASSAGES), reads_evidence=False)


def _question_before(question: Question) -> str:
    """The question that this one may lean on. One with a choice holds the last message: it is the one before that."""
    return previous_question(question.history[:-1] if question.choice else question.history)


def _continuation(draft: AnswerDraft) -> Continue | None:
    """Continue what a router that died saved of this turn; where that cannot be, the draft begins anew."""
    if draft.saved is not None and draft.saved.can_be_continued:
        return Continue(draft.saved)
    draft.begin_anew()
    return None


def _noted(question: Question, outcome: AnswerOutcome, draft: AnswerDraft) -> AnswerOutcome:
    """The answer, and behind it what was read off the files that came with the message. A person sees them anyway."""
    if draft.attachment_note or outcome.handoff is not None or not (note := note_of(question)):
        return outcome
    draft.attachment_note = question.message.in_its_variant(note)
    is_begun = bool(outcome.text) or draft.log.text_bytes > 0
    return replace(outcome, text=outcome.text + ("\n\n" if is_begun else "") + draft.attachment_note)


def _said(outcome: AnswerOutcome, draft: AnswerDraft) -> AnswerOutcome:
    """Tell the turn's readers what is still to be said."""
    draft.say(outcome.text)
    if outcome.handoff is not None:
        draft.hand_over(outcome.handoff)
        metrics.HANDOFFS.labels(outcome.handoff.reason).inc()
    return replace(outcome, text="", basis=draft.basis)


def _under_load(basis: AnswerBasis, question: Question) -> AnswerBasis:
    """The basis of an answer that is made with less than it could be, if so."""
    level = question.brown_out
    if level is not BrownOut.NONE:
        metrics.BROWNED_OUT_TURNS.labels(level.name.lower()).inc()
    return replace(basis, brown_out=level)
