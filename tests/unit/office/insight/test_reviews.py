"""Samples and estimates of reviews: what is drawn, and how often the interval holds the truth."""

import random
from collections.abc import Mapping
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from kefu.common.redis.commands import RedisCommands
from kefu.office.insight.conversations.facts import TurnFacts, facts_of, known_turns
from kefu.office.insight.conversations.index import MOST_CHARACTERS, ConversationIndex
from kefu.office.insight.conversations.search import ConversationFilter
from kefu.office.insight.reviews.estimate import ReviewedCell, estimate
from kefu.office.insight.reviews.sample import Candidate, Stratum, allocation, draw, sizes_of, stratum_of
from kefu.router.domain.experiment import Arm
from kefu.router.domain.explanation import (
    EXPLANATION,
    MOST_PARTS,
    EvidenceRead,
    Explanation,
    FoundPassage,
    PieceRead,
    SearchMade,
)
from kefu.router.domain.turn import AnswerSource, Rating, Turn, TurnState
from kefu.router.storage.packed_text import unpacked

RECORDED: Mapping[Stratum, tuple[int, int]] = {
    Stratum.ORDINARY: (140, 129),
    Stratum.LOW_SUPPORT: (20, 10),
    Stratum.REPLACED: (15, 9),
    Stratum.REOPENED: (15, 5),
    Stratum.LONG: (10, 7),
}
"""200 conversations with known verdicts, by stratum: how many there are, and how many of them were answered rightly."""


@pytest.mark.parametrize("count", [20, 60])
def test_the_interval_holds_the_truth_in_95_of_100_draws_from_200_conversations(count: int) -> None:
    chance = random.Random(18)
    truth = sum(right for _, right in RECORDED.values()) / sum(size for size, _ in RECORDED.values())
    verdicts = {stratum: [at < right for at in range(size)] for stratum, (size, right) in RECORDED.items()}
    sizes = {stratum: size for stratum, (size, _) in RECORDED.items()}
    drawn = allocation(sizes, count)
    held = 0
    for _ in range(100):
        cells = [
            ReviewedCell(stratum, sizes[stratum], tuple(chance.sample(known, drawn[stratum])))
            for stratum, known in verdicts.items()
        ]
        found = estimate(cells)
        assert found is not None
        assert found.count == count
        held += found.low <= truth <= found.high
    assert held >= 95


def test_an_estimate_weighs_each_stratum_by_its_answers_and_not_by_its_reviews() -> None:
    found = estimate([ReviewedCell("ordinary", 90, (True,) * 5), ReviewedCell("replaced", 10, (False,) * 5)])
    assert found is not None
    assert found.share == pytest.approx(0.9)
    assert found.low < 0.9 <= found.high
    everything = estimate([ReviewedCell("ordinary", 4, (True, True, True, False))])
    assert everything is not None
    assert (everything.low, everything.share, everything.high) == (0.75, 0.75, 0.75)


def test_days_with_few_reviews_weigh_by_their_answers_and_handovers_count_as_unresolved() -> None:
    busy, quiet = ReviewedCell("ordinary", 90, (True,)), ReviewedCell("ordinary", 10, (False,) * 9)
    found = estimate([busy, quiet])
    assert found is not None
    assert found.share == pytest.approx(0.9)
    assert found.high - found.low > 0.5  # one review stands for nine tenths: that says little
    resolved = estimate([busy, quiet], besides=100)
    assert resolved is not None
    assert resolved.share == pytest.approx(0.45)
    assert estimate([ReviewedCell("ordinary", 90, ())]) is None


def test_half_of_the_sample_is_ordinary_and_what_a_stratum_lacks_goes_to_others() -> None:
    assert allocation({Stratum.ORDINARY: 1000}, 20) == {Stratum.ORDINARY: 20}
    flagged = {Stratum.ORDINARY: 1000, Stratum.REPLACED: 3, Stratum.REOPENED: 100}
    assert allocation(flagged, 20) == {Stratum.ORDINARY: 10, Stratum.REPLACED: 3, Stratum.REOPENED: 7}
    assert allocation({Stratum.ORDINARY: 3, Stratum.LONG: 40}, 20) == {Stratum.ORDINARY: 3, Stratum.LONG: 17}
    assert allocation({Stratum.ORDINARY: 40, Stratum.LONG: 1}, 20) == {Stratum.ORDINARY: 19, Stratum.LONG: 1}
    assert allocation({Stratum.LONG: 2}, 20) == {Stratum.LONG: 2}


def test_a_sample_of_a_day_that_grows_keeps_the_same_answers_in_front_and_draws_each_alike() -> None:
    answers = [Candidate("s", f"t{at}", Stratum.ORDINARY) for at in range(400)]
    small, large = draw(answers[:200], "acme/2026-11-25"), draw(answers, "acme/2026-11-25")
    assert sizes_of(answers) == {Stratum.ORDINARY: 400}
    assert len(small) == len(large) == 20
    early = {each.turn_id for each in answers[:200]}
    assert {each for each in large if each.turn_id in early} <= set(small)
    assert draw(answers, "acme/2026-11-26") != large
    times = [0] * 10
    for day in range(300):
        for each in draw(answers[:10], str(day), 5):
            times[int(each.turn_id[1:])] += 1
    assert all(110 <= count <= 190 for count in times)


def test_an_answer_is_in_the_first_stratum_that_it_fits() -> None:
    answer = TurnFacts(1.0, "en", AnswerSource.GENERATED, asked="one", answered=True, tried=True)
    facts = {
        "t1": answer,
        "t2": answer,  # asks the same: the one before is reopened
        "t3": TurnFacts(3.0, "en", AnswerSource.GENERATED, support=0.4, asked="two", answered=True, tried=True),
        "t4": TurnFacts(4.0, "en", AnswerSource.EXTRACTIVE, replaced=True, asked="three", answered=True, tried=True),
        "t5": TurnFacts(5.0, "en", AnswerSource.CANNED, asked="four"),
    }
    strata = [stratum_of(turn) for turn in known_turns(facts, {"t2": Rating.DOWN})]
    assert strata[:4] == [Stratum.REOPENED, Stratum.REOPENED, Stratum.LOW_SUPPORT, Stratum.REPLACED]
    thanked = known_turns(facts, {"t1": Rating.UP})
    assert [turn.reopened for turn in thanked] == [False, False, False, False, False]
    longer = known_turns({**facts, "t6": answer}, {"t1": Rating.UP})
    assert next(stratum_of(turn) for turn in longer) is Stratum.LONG


def test_a_turn_is_found_by_what_it_was_answered_over() -> None:
    turn = Turn("t1", "?", "en", "2026-11-25", 1.0, arm=Arm.DRAFT)
    [known] = known_turns({"t1": facts_of(turn, TurnState.FINISHED, None)}, {})
    assert ConversationFilter(arm="draft").takes(known)
    assert not ConversationFilter(arm="live").takes(known)
    [outside] = known_turns({"t1": facts_of(replace(turn, arm=None), TurnState.FINISHED, None)}, {})
    assert not ConversationFilter(arm="live").takes(outside)


def test_an_explanation_is_kept_within_its_size_and_loses_its_last_parts_first() -> None:
    words = random.Random(7)
    why = Explanation("give_evidence")
    for _ in range(MOST_PARTS + 2):
        text = "".join(chr(words.randrange(0x4E00, 0x9FFF)) for _ in range(240))
        why.add_search(SearchMade(text, found=(FoundPassage("name", "Refunds", 0.5, 0.4),)))
        why.add_evidence(EvidenceRead(text, 0.5, bears=True, pieces=(PieceRead(text, "name", chosen=True),) * 5))
    assert len(why.searches) == len(why.evidence) == MOST_PARTS
    index = ConversationIndex(RedisCommands(Redis()), life=60.0)
    turn = Turn("t1", "?", "en", "2026-11-25", 1.0)
    *_, stored = index.put("acme", "s1", turn, TurnState.FINISHED, why).arguments
    assert len(str(stored)) <= MOST_CHARACTERS
    kept = EXPLANATION.validate_json(unpacked(str(stored)))
    assert kept.decision == "give_evidence"
    assert 1 <= len(kept.searches) < MOST_PARTS
    assert kept.searches[0] == why.searches[0]
