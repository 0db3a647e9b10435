"""
Explanation: why an answer is what it is, as the answering pipeline decided it. Plain values, kept beside the turn.

It holds words of the customer and of pages, as the turn does, and lives and is erased with it. What is long is clipped,
so that an explanation stays within a few kilobytes.
"""

from dataclasses import dataclass, field

import pydantic

MOST_FOUND = 10
"""Passages named of a search, the best ones."""
MOST_PIECES = 5
"""Pieces of evidence named beside those that were chosen."""
MOST_PARTS = 6
"""Searches, and looks for evidence, that are kept of one answer."""
_MOST_CHARACTERS = 240


@dataclass(frozen=True)
class FoundPassage:
    """A passage that a search found."""

    name: str
    title: str
    relevance: float
    least: float
    """The relevance from which on a passage may answer: the tenant's, or that of its collection. 0: none was set."""


@dataclass(frozen=True)
class NearestCurated:
    """The curated answer that came nearest to the question; see CuratedMatch of the retrieval contract."""

    name: str
    question: str
    cosine: float
    least_cosine: float
    reason: str = ""
    """Why it does not apply. Empty: it applies."""
    question_words: tuple[str, ...] = ()
    query_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchMade:
    """One search for a question, or for a part of one."""

    query: str
    history: str = ""
    """The earlier question that was sent along."""
    used_history: bool = False
    """Whether the search read the question with the earlier one."""
    read_as: str = ""
    """How the question was read, where that differs from what was written."""
    language: str = ""
    found: tuple[FoundPassage, ...] = ()
    curated: NearestCurated | None = None
    apart: float = 0.0
    """How far the best document stands apart from the next ones."""
    min_apart: float = 0.0
    gives_instructions: bool = False
    revision: str = ""
    """Of the knowledge that was searched."""
    seconds: float = 0.0


@dataclass(frozen=True)
class PieceRead:
    """A piece of evidence. `passage` is a name; `score` compares pieces of one question only."""

    text: str
    passage: str
    score: float | None = None
    chosen: bool = False


@dataclass(frozen=True)
class EvidenceRead:
    """What was looked at to find the evidence for a question."""

    asked: str
    bearing: float
    """How likely the chosen pieces answer the question, 0 to 1."""
    bears: bool
    """Whether that is enough."""
    pieces: tuple[PieceRead, ...] = ()
    first_word: str = ""
    """What code said before it, "Yes." or "No.", of answers of releases that did."""
    is_quoted: bool = False
    """Whether it was given in quotation marks, of answers of releases that did."""
    computation: str = ""
    """The figure that was computed, of answers of releases that did."""
    is_compared: bool = True
    seconds: float = 0.0


@dataclass(frozen=True)
class ModelChecked:
    """What became of the model's words."""

    model: str = ""
    replica: str = ""
    fingerprint: str = ""
    """Of the weights that wrote the answer."""
    check: str = ""
    """The check that a sentence did not pass; empty: all passed."""
    cut: str = ""
    """That sentence."""
    literal: str = ""
    """The figure, address or code that the evidence does not hold; nothing was shown from there on."""
    replaced_by: str = ""
    """What is said in place of the model's words, or behind them: evidence, quotation, handoff, or nothing."""
    continuations: int = 0
    """Times that a replica broke off and another one went on."""
    seconds: float = 0.0


@dataclass
class Explanation:
    """Why an answer is what it is; filled in as the answer is made."""

    decision: str = ""
    """What the message was answered with: one of the kinds of `answering/decision.py`, such as "give_evidence"."""
    detail: str = ""
    """The reason of a handoff, the intent of a canned reply, the action or procedure, by its name."""
    searches: list[SearchMade] = field(default_factory=list[SearchMade])
    evidence: list[EvidenceRead] = field(default_factory=list[EvidenceRead])
    checks: ModelChecked | None = None
    """None: no model was asked to write."""
    profile: str = ""
    """The answer profile; see `answer_profiles`."""
    offered_actions: tuple[str, ...] = ()
    """Titles of actions that the message may have asked for."""

    def add_search(self, search: SearchMade) -> None:
        """Keep a search, unless there are too many."""
        if len(self.searches) < MOST_PARTS:
            self.searches.append(search)

    def add_evidence(self, evidence: EvidenceRead) -> None:
        """Keep a look for evidence, unless there are too many."""
        if len(self.evidence) < MOST_PARTS:
            self.evidence.append(evidence)


EXPLANATION = pydantic.TypeAdapter(Explanation)
"""Explanations to JSON and back. Unknown fields of a newer release are ignored."""


def clipped(text: str) -> str:
    """A text as an explanation keeps it."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"
