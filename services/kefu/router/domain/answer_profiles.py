"""
Answer profiles: what a model can be trusted with. A profile is data. A model's marks in the exam name one
(`kefu.router.exam`), the catalog the one of the models that it knows, and KEFU_ROUTER_ANSWER_PROFILE one for all.

    evidence   the answer is the evidence itself, in the pages' own words; no model is asked
    choice     the same; where several pieces are about as good, the model says which of them answers the question
    full       the model reads whole passages and writes the answer; code proves what must be exact
    verified   the same, and the model reads each of its sentences a second time before it is shown
    unchecked  the words are shown as they come: a simulated engine imitates them and says so
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class AnswerProfile:
    """How answers are made with a model."""

    name: str
    writes: bool
    """Whether the model writes the answer."""
    is_proven: bool = True
    """Whether a sentence of the model is shown only once it is proven."""
    verifies: bool = False
    """Whether the model is asked of each sentence whether the passages say it."""
    choice_weight: float = 0.0
    """What the model's log-probability of a piece counts beside the ranking's score. 0: it is not asked."""
    prompt_tokens: int = 4_000
    """Most tokens of prompt, by estimate, the history among them."""


EVIDENCE = AnswerProfile("evidence", writes=False)
CHOICE = AnswerProfile("choice", writes=False, choice_weight=1.0)
FULL = AnswerProfile("full", writes=True)
VERIFIED = AnswerProfile("verified", writes=True, verifies=True)
UNCHECKED = AnswerProfile("unchecked", writes=True, is_proven=False)
PROFILES = {profile.name: profile for profile in (EVIDENCE, CHOICE, FULL, VERIFIED, UNCHECKED)}


def profile_for(setting: str, named_by_model: str) -> AnswerProfile:
    """The profile of a setting ("auto" or a name) and of what the model in service names; `EVIDENCE` where unknown."""
    return PROFILES.get(named_by_model if setting == "auto" else setting, EVIDENCE)
