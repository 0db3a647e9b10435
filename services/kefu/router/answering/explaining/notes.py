"""Notes for an explanation: the pipeline's own values, as an `Explanation` keeps them. Pure functions."""

import re
from collections.abc import Callable

from kefu.router.actions.request import WantedAction
from kefu.router.answering.decision import Act, Continue, Decision, GiveCanned, HandOver, TurnDown
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.evidence.evidence_answer import Evidence
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.domain.explanation import (
    MOST_FOUND,
    MOST_PIECES,
    EvidenceRead,
    FoundPassage,
    ModelChecked,
    PieceRead,
    SearchMade,
    clipped,
)
from kefu.router.domain.turn import AnswerSource, Passage
from kefu.router.replicas.retrieval_client import SearchResult

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def search_made(
    query: str, history: str, found: SearchResult, seconds: float, least_relevance: Callable[[Passage], float]
) -> SearchMade:
    """A search, with the best of what it found. `least_relevance`: from which relevance on a passage may answer."""
    return SearchMade(
        clipped(query),
        clipped(history),
        used_history=found.used_history,
        read_as=clipped(found.read_as),
        language=found.language,
        found=tuple(
            FoundPassage(each.name, clipped(each.title), round(each.relevance, 4), round(least_relevance(each), 4))
            for each in found.passages[:MOST_FOUND]
        ),
        curated=found.nearest,
        apart=round(found.apart, 4),
        min_apart=round(found.min_apart, 4),
        gives_instructions=found.gives_instructions,
        revision=found.revision,
        seconds=round(seconds, 4),
    )


def evidence_read(evidence: Evidence, seconds: float) -> EvidenceRead:
    """Evidence, with the pieces that were chosen and the best of the others."""
    scores = {each.piece: each.score for each in evidence.ranked}
    others = [each.piece for each in evidence.ranked if each.piece not in evidence.pieces][:MOST_PIECES]
    pieces = [
        PieceRead(
            clipped(piece.text),
            evidence.passages[piece.passage].name,
            None if piece not in scores else round(scores[piece], 3),
            chosen=piece in evidence.pieces,
        )
        for piece in (*evidence.pieces[:MOST_FOUND], *others)
    ]
    return EvidenceRead(
        clipped(evidence.asked),
        round(evidence.bearing, 4),
        evidence.bears,
        tuple(pieces),
        is_compared=evidence.is_compared,
        seconds=round(seconds, 4),
    )


def decision_made(decision: Decision) -> tuple[str, str]:
    """The kind of a decision, such as "give_evidence", and what it is about: a reason, an intent, an action."""
    kind = _CAPITAL.sub("_", type(decision).__name__).lower()
    match decision:
        case HandOver(reason, _, _, detail):
            return kind, f"{reason}: {detail}" if detail else str(reason)
        case GiveCanned(intent):
            return kind, str(intent)
        case TurnDown(is_unsure):
            return kind, "by relevance" if is_unsure else ""
        case Act(wanted):
            return kind, wanted.action.id if isinstance(wanted, WantedAction) else wanted.procedure.id
        case Continue():
            return kind, "begun by another router"
        case _:
            return kind, ""


def model_checked(draft: AnswerDraft, outcome: AnswerOutcome, seconds: float) -> ModelChecked:
    """What became of the model's words."""
    proof, received = draft.proof, draft.received
    replaced = ""
    if outcome.handoff is not None:
        replaced = "handoff"
    elif outcome.source is AnswerSource.EXTRACTIVE:
        replaced = "evidence"
    return ModelChecked(
        outcome.model,
        outcome.replica,
        "" if received is None else received.fingerprint,
        check="" if proof is None else proof.check,
        cut="" if proof is None else clipped(proof.refused),
        literal="" if proof is None else clipped(proof.literal or proof.chain.blocked or ""),
        replaced_by=replaced,
        continuations=0 if received is None else received.continuations,
        seconds=round(seconds, 4),
    )
