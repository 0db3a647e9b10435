"""The fit of the word models."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kefu.evaluation.conversations.question_set import load_questions
from kefu.evaluation.conversations.word_model_fit import MODELS, fit, report
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.text.word_model import CONSTANT, LENGTH

ROOT = Path(__file__).parents[3]
THINGS = ["lamps", "sofas", "kettles", "beds", "chairs", "desks", "shelves", "rugs"]


def question(number: int, text: str, *before: str) -> ConversationQuestion:
    return ConversationQuestion(f"q-{number}", "en", text, "direct", "no", before)


def test_words_that_only_follow_ups_have_get_a_weight_and_titles_stand_alone() -> None:
    questions = [question(at, f"and for {each}?", "How long is the warranty?") for at, each in enumerate(THINGS)]
    questions += [question(10 + at, f"how long is the warranty on my {each}?") for at, each in enumerate(THINGS)]
    weights = fit(MODELS["follow_up"], questions, ["Opening hours", "Ways to pay", "Warranty", "Our shops", "Delivery"])
    telling = {name for name, weight in weights.items() if weight > 0}
    assert telling & {"and", "^ and", "and for", "^ and for", "for"}
    assert not telling & {"warranty", "my", LENGTH}


def test_words_that_only_comparisons_have_get_a_weight() -> None:
    questions = [question(at, f"how quick are {each}?") for at, each in enumerate(THINGS * 3)]
    questions += [
        replace(each, text=f"are {each.text[14:-1]} quicker than rugs?", kind="comparison") for each in questions
    ]
    weights = fit(MODELS["comparison"], questions, ["than", "how quick are"])
    telling = {name for name, weight in weights.items() if weight > 0 and name != CONSTANT}
    assert telling
    assert all("quicker" in name or "than" in name or "rugs" in name or "are" in name for name in telling)


@pytest.mark.parametrize(("name", "least", "fewest"), [("follow_up", 0.88, 100), ("comparison", 0.96, 100)])
def test_the_weights_in_the_repository_tell_questions_of_other_companies(name: str, least: float, fewest: int) -> None:
    calibrate = sorted((ROOT / "loadtest/training/evidence/calibrate").iterdir())
    said = report(MODELS[name], [each for folder in calibrate for each in load_questions(folder)])
    assert float(said.partition("AUC ")[2][:5]) > least, said
    assert fewest < len(json.loads(MODELS[name].path.read_text())) < 2_000
