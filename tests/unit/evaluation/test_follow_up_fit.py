"""The fit of what tells a follow-up question."""

import json
from pathlib import Path

from kefu.evaluation.conversations.follow_up_fit import fit, report
from kefu.evaluation.conversations.question_set import ConversationQuestion, load_questions
from kefu.retrieval.ranking.follow_up import LENGTH, WEIGHTS

ROOT = Path(__file__).parents[3]


def question(number: int, text: str, *before: str) -> ConversationQuestion:
    return ConversationQuestion(f"q-{number}", "en", text, "direct", "no", before)


def test_words_that_only_follow_ups_have_get_a_weight_and_titles_stand_alone() -> None:
    things = ["lamps", "sofas", "kettles", "beds", "chairs", "desks", "shelves", "rugs"]
    questions = [question(at, f"and for {each}?", "How long is the warranty?") for at, each in enumerate(things)]
    questions += [question(10 + at, f"how long is the warranty on my {each}?") for at, each in enumerate(things)]
    weights = fit(questions, ["Opening hours", "Ways to pay", "Warranty", "Our shops", "Delivery and fees"])
    telling = {name for name, weight in weights.items() if weight > 0}
    assert telling & {"and", "^ and", "and for", "^ and for", "for"}
    assert not telling & {"warranty", "my", LENGTH}


def test_the_weights_in_the_repository_tell_follow_ups_of_other_companies() -> None:
    calibrate = sorted((ROOT / "tests/data/evidence/calibrate").iterdir())
    said = report([each for folder in calibrate for each in load_questions(folder)])
    assert float(said.partition("AUC ")[2][:5]) > 0.87, said
    weights = json.loads((ROOT / "services/kefu/retrieval/ranking" / WEIGHTS).read_text())
    assert 100 < len(weights) < 1_000
