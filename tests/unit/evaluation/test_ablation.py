"""What each part of answering from evidence does: parts can be left out."""

from kefu.evaluation.conversations.ablation import PARTS, AblationCase, Searched, row, shown
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.router.answering.evidence import evidence_answer
from kefu.router.domain.turn import Passage
from kefu.router.grounding.evidence_ranking import candidate_pieces, ranked_pieces, read_again

_PRICES = "| Plan | Price |\n|---|---|\n| Basic | ¥20 per seat |\n| Team | ¥35 per seat |\n"


def _case(text: str, must: str, reading: float = 2.0) -> AblationCase:
    question = ConversationQuestion("q-1", "en", text, "direct", "no", must=((must,),))
    passages = (Passage(1, "prices", "Prices", (), _PRICES, "", 0.9, language="en"),)
    pieces = candidate_pieces(passages, "en")
    ranked = ranked_pieces(text, "", passages, pieces, [0.8] * len(pieces))
    searched = Searched(text, passages, ranked, read_again(ranked, [reading] * len(ranked)))
    return AblationCase(question, searched, (searched,))


def test_a_part_that_is_left_out_does_nothing() -> None:
    case = _case("Which is cheaper, Basic or Team?", "¥35")
    compared = evidence_answer.compared
    assert "¥35" in shown(case, PARTS)
    assert row("all", [case], PARTS).startswith("| all | 100.0 %")
    assert row("without", [case], PARTS - {"comparison", "pieces nearly as good"}).startswith("| without | 0.0 %")
    assert evidence_answer.compared is compared


def test_what_hardly_bears_is_refused_by_one_part_alone() -> None:
    case = _case("Which of your offices is open on Sundays?", "none", reading=-9.0)
    assert not shown(case, PARTS)
    assert shown(case, PARTS - {"refusing what hardly bears"})
