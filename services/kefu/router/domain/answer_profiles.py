"""
Answer profiles: what a model can be trusted with. A profile is data; the model catalog names one for each model
(`NamedModel.answer_profile`), and KEFU_ROUTER_ANSWER_PROFILE one for all.

    evidence   the answer is the evidence itself, in the pages' own words; no model is asked
    choice     the same; where several pieces are about as good, the model says which of them answers the question
    sentence   the model writes a sentence from the sentences that bear most on the question; a quotation follows
    full       the model is shown whole passages, answers as long as the question needs, and is quoted where unsupported
    unchecked  the words are shown as they come: a simulated engine imitates them and says so, or a measurement counts
               what a model writes by itself

Which model has which is measured: docs/benchmarks/answers.md.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class AnswerProfile:
    """How answers are made with a model."""

    name: str
    writes: bool
    """Whether the model writes the answer."""
    is_checked: bool = True
    """Whether a sentence is shown only where it says what the evidence says."""
    choice_weight: float = 0.0
    """What the model's log-probability of a piece counts beside the ranking's score. 0: it is not asked."""
    shown_bytes: int = 600
    """Of sentences, in a prompt; about 130 tokens in either script at 600."""
    prompt_tokens: int = 900
    """Most tokens of prompt, by estimate, the history among them."""
    whole_answers: bool = False
    """Whether the model may answer in more than a sentence, with steps as a list."""
    quote: Literal["always", "unsupported"] = "always"
    """When a quotation follows; see RouterConfig.quote."""


EVIDENCE = AnswerProfile("evidence", writes=False)
CHOICE = AnswerProfile("choice", writes=False, choice_weight=1.0)
SENTENCE = AnswerProfile("sentence", writes=True)
FULL = AnswerProfile(
    "full", writes=True, shown_bytes=12_000, prompt_tokens=4_000, whole_answers=True, quote="unsupported"
)
UNCHECKED = AnswerProfile("unchecked", writes=True, is_checked=False)
PROFILES = {profile.name: profile for profile in (EVIDENCE, CHOICE, SENTENCE, FULL, UNCHECKED)}


def profile_for(setting: str, named_by_model: str) -> AnswerProfile:
    """The profile of a setting ("auto" or a name) and of what the model in service names; `SENTENCE` where unknown."""
    return PROFILES.get(named_by_model if setting == "auto" else setting, SENTENCE)
