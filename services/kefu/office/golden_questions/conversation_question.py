"""A question with what its answer must and must not say, as docs/guides/evaluation.md describes it."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from kefu.office.golden_questions.stated_polarity import Polarity
from kefu.text.language import AnswerLanguage

Person = Literal["required", "allowed", "no"]
Kind = Literal[
    "direct",
    "yes_no",
    "condition",
    "comparison",
    "calculation",
    "follow_up",
    "two_questions",
    "typo",
    "slang",
    "mixed",
    "procedure",
    "order",
    "near_miss",
    "out_of_scope",
    "injection",
    "person",
    "small_talk",
    "complaint",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class ConversationQuestion:
    """A question, and what its answer must and must not say."""

    id: str
    language: AnswerLanguage
    text: str
    kind: Kind
    person: Person
    """Whether a person is required, allowed, or not needed since the documents have the answer."""
    before: tuple[str, ...] = ()
    """The customer's earlier messages in the same conversation, oldest first."""
    polarity: Polarity | None = None
    """Whether what is asked about is so, whichever way the question puts it."""
    must: tuple[tuple[str, ...], ...] = ()
    """Groups of alternatives, of each of which one must occur."""
    must_not: tuple[str, ...] = ()
    """Strings that make an answer harmful."""
    documents: tuple[str, ...] = field(default=(), compare=False)
    note: str = field(default="", compare=False)
    """What is right, in a sentence."""
    evidence: tuple[str, ...] = field(default=(), compare=False)
    """The sentences, lines of a list or rows of a table that answer it, as they stand in the documents."""

    @property
    def is_answerable(self) -> bool:
        """Whether the documents answer it. Small talk needs no document."""
        return self.person == "no" and self.kind != "small_talk"
