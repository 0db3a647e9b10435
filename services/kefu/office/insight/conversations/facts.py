"""Turn facts: what a turn is found and sampled by, some 150 bytes. They hold no word of the customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pydantic

from kefu.office.insight.turn_counters import question_hash, turn_counters
from kefu.router.domain.explanation import Explanation
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, Rating, Turn, TurnState

LOW_SUPPORT = 0.5
"""An answer is held up badly by the pages where a sentence of it, or its evidence, has less than this."""
LONG_CONVERSATION = 6
"""From so many questions on a conversation is long."""
_REPLACES = ("evidence", "handoff")


@dataclass(frozen=True)
class TurnFacts:
    """What a turn is found by. `time` in seconds since the epoch."""

    time: float
    language: str = ""
    source: AnswerSource = AnswerSource.NONE
    reason: HandoffReason | None = None
    """Of a handoff."""
    checked: bool = False
    """A sentence of the model did not pass a check, or a literal of it was not in the evidence."""
    replaced: bool = False
    """The pages' words, or a person, came in place of the model's."""
    support: float = 1.0
    """How far the pages hold the answer up, 0 to 1: by its weakest sentence, or by its evidence. 1: not measured."""
    action: str = ""
    """The action or procedure that answered."""
    arm: str = ""
    """What it was answered over in an experiment, "live" or "draft"; empty: it is part of none."""
    asked: str = ""
    """See `question_hash`."""
    answered: bool = False
    """Whether it is a whole answer of Kefu's from the knowledge base; see `turn_counters`."""
    tried: bool = False


TURN_FACTS = pydantic.TypeAdapter(TurnFacts)
"""Turn facts to JSON and back."""


@dataclass(frozen=True)
class KnownTurn:
    """A turn's facts together with what came after it."""

    turn_id: str
    facts: TurnFacts
    rating: Rating = Rating.NONE
    reopened: bool = False
    """Rated down, or the next question of the session asks the same."""
    is_long: bool = False
    """The conversation is long."""

    @property
    def has_low_support(self) -> bool:
        """Whether the pages hardly hold the answer up."""
        return self.facts.answered and self.facts.support < LOW_SUPPORT


def facts_of(turn: Turn, state: TurnState, explanation: Explanation | None) -> TurnFacts:
    """The facts of a stored turn."""
    counted, done = turn_counters(turn, state), turn.completed
    checks = None if explanation is None else explanation.checks
    return TurnFacts(
        round(turn.create_time, 3),
        turn.language,
        AnswerSource.PERSON if turn.agent else AnswerSource.NONE if done is None else done.source,
        reason=None if turn.handoff is None else turn.handoff.reason,
        checked=checks is not None and bool(checks.check or checks.literal),
        replaced=checks is not None and checks.replaced_by in _REPLACES,
        support=_support(turn, explanation),
        action=explanation.detail if explanation is not None and explanation.decision == "act" else "",
        arm=turn.arm or "",
        asked=question_hash(turn.question) if turn.question else "",
        answered=counted is not None and counted.answered,
        tried=counted is not None and counted.tried,
    )


def known_turns(facts: Mapping[str, TurnFacts], ratings: Mapping[str, Rating]) -> list[KnownTurn]:
    """The turns of one session in their order, each with what came after it, as the numbers count it."""
    order = sorted(facts)  # ids sort by time
    tried = [turn_id for turn_id in order if facts[turn_id].tried]
    after: dict[str, TurnFacts] = {one: facts[next_one] for one, next_one in pairwise(tried)}
    is_long = sum(bool(each.asked) for each in facts.values()) >= LONG_CONVERSATION
    return [
        KnownTurn(
            turn_id,
            facts[turn_id],
            ratings.get(turn_id, Rating.NONE),
            reopened=_is_reopened(facts[turn_id], after.get(turn_id), ratings.get(turn_id, Rating.NONE)),
            is_long=is_long,
        )
        for turn_id in order
    ]


def _is_reopened(facts: TurnFacts, after: TurnFacts | None, rating: Rating) -> bool:
    if not facts.answered or rating is Rating.UP:
        return False
    return rating is Rating.DOWN or (after is not None and after.asked == facts.asked)


def _support(turn: Turn, explanation: Explanation | None) -> float:
    supports: Sequence[float] = () if turn.completed is None else [each.share for each in turn.completed.supports]
    looked = () if explanation is None else explanation.evidence
    return round(min((1.0, *supports, *(each.bearing for each in looked if each.bears))), 3)
