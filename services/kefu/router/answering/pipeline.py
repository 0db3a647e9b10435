"""
The pipeline of an answer: stages that decide what a message is answered with, then the decision is carried out.

The stages stand in `AnswerPipeline.__init__`, in the order in which a message passes them; each has its file in
`stages/`. One more is one more line there. Only the generator writes to the draft while an answer is made, since its
words are streamed; what the others have to say is said at the end.
"""

from kefu.router.actions.procedures.procedure_runner import ProcedureRunner
from kefu.router.admission.scheduler import AdmissionScheduler
from kefu.router.answering.answer_cache import AnswerCache
from kefu.router.answering.desk_capacity import DeskCapacity
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.evidence.evidence_answer import EvidenceFinder
from kefu.router.answering.evidence.question_evidence import QuestionEvidence
from kefu.router.answering.explaining.notes import decision_made
from kefu.router.answering.knowledge_search import KnowledgeSearch
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.answering.search_slots import SearchSlots
from kefu.router.answering.stages.act import ActOrLookUp
from kefu.router.answering.stages.admit import Admit
from kefu.router.answering.stages.apply_rules import ApplyRules
from kefu.router.answering.stages.carry_out import CarryOut
from kefu.router.answering.stages.finish import Finish
from kefu.router.answering.stages.look_up import LookUpPages
from kefu.router.answering.stages.read import Read
from kefu.router.answering.stages.resume import resume
from kefu.router.answering.stages.stage import AnswerTurn, Stage
from kefu.router.answering.stages.take_reply import TakeReply
from kefu.router.answering.triage.reader import TriageReader
from kefu.router.answering.turn_actions import TurnActions
from kefu.router.answering.writing.generator import AnswerGenerator
from kefu.router.config import RouterConfig
from kefu.router.dispatch.relay import ReplicaChooser
from kefu.router.replicas.retrieval_client import RetrievalClient
from kefu.router.storage.desk_index import DeskRoom


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
        generator = self._generator = AnswerGenerator(config, pool)
        seconds = config.search_seconds
        slots, desk = SearchSlots(search_admission), DeskCapacity(desk_room)
        search, wanted = KnowledgeSearch(retrieval, seconds), TurnActions(actions, seconds)
        finder = EvidenceFinder(retrieval, generator, seconds)
        evidence = QuestionEvidence(finder, lambda: generator.profile.choice_weight)
        rules = ApplyRules(triage, wanted)
        look_up = LookUpPages(slots, search, evidence, generator, cache)
        self._stages: tuple[Stage, ...] = (
            resume,
            Read(slots, search),
            TakeReply(wanted),
            Admit(slots, desk, [ActOrLookUp(wanted, rules, look_up)]),
            rules,
        )
        self._carry_out = CarryOut(generator, evidence, wanted, slots, desk, cache)
        self._finish = Finish(desk)

    async def answer(self, question: Question, draft: AnswerDraft) -> AnswerOutcome:
        """Decide what a question is answered with, carry that out, and say it through the draft.

        Raises CollectionNotFound, and DeadlineExceeded in mid-answer. Raises Overloaded before anything was said, where
        more is asked than can be answered. Whatever else fails is answered by a handoff.
        """
        turn = AnswerTurn(question, draft)
        for stage in self._stages:
            turn = await stage(turn)
        assert turn.decision is not None  # noqa: S101 - the search decides at the latest
        why = draft.explanation
        why.decision, why.detail = decision_made(turn.decision)
        why.profile = self._generator.profile.name
        outcome = await self._carry_out(turn.decision, turn.question, draft)
        return await self._finish(outcome, turn.question, draft)
