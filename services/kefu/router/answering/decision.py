"""What becomes of a question once it was searched."""

from dataclasses import dataclass

from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import Passage
from kefu.router.retrieval_client import CuratedAnswer, SearchResult


@dataclass(frozen=True)
class GiveCurated:
    """Staff wrote the answer: give it word for word."""

    curated: CuratedAnswer


@dataclass(frozen=True)
class Generate:
    """These passages may hold the answer."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class HandOver:
    """A person should take over."""

    reason: HandoffReason


def decide(
    found: SearchResult, *, min_relevance: float, max_passages: int, calibrated: bool = True
) -> GiveCurated | Generate | HandOver:
    """A curated answer that applies, else the passages relevant enough, else a person. No model is asked.

    `calibrated`: a collection's own threshold goes before `min_relevance`.
    """
    if found.curated is not None:
        return GiveCurated(found.curated)
    relevant = tuple(
        passage
        for passage in found.passages
        if passage.relevance >= ((calibrated and passage.min_relevance) or min_relevance)
    )[:max_passages]
    return Generate(relevant) if relevant else HandOver(HandoffReason.NOTHING_RELEVANT)
