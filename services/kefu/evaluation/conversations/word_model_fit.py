"""
The fit of the word models, which tell what kind of question a message is:

    python -m kefu.evaluation.conversations.word_model_fit COMPANY... --calibrate COMPANY... [--write]

    follow_up    it leans on the one before (kefu/retrieval/ranking/follow_up_words.json). A question with `before`
                 does, one without stands alone; so do the titles and headings of the pages, which stand for the few
                 words that customers type ("opening hours", "Can I pay by card?").
    comparison   it compares two things (kefu/router/grounding/comparison_words.json): questions of that kind.

L1 leaves the words that tell. Questions of the companies behind --calibrate are not learnt from: they report.

Needs scikit-learn (pip install 'kefu[sentence-transformers]').
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from kefu.evaluation.conversations.question_set import load_questions
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.retrieval.documents.chunking import chunk_document
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.ranking import follow_up
from kefu.router.grounding import question_kind
from kefu.text.word_model import CONSTANT, word_features

_FEWEST = 5
"""Questions that a word must be in."""
_KEFU = Path(__file__).parents[2]


@dataclass(frozen=True)
class WordModel:
    """A word model that can be learnt."""

    is_one: Callable[[ConversationQuestion], bool]
    """Whether a question is of the kind."""
    log_odds: Callable[[str], float]
    """As the service says it."""
    path: Path
    strength: float
    """The inverse strength of L1. Of 0.3, 1 and 3 the one with the best AUC on the companies that report."""
    is_balanced: bool
    """Whether both kinds count the same: how often it occurs is another in each conversation."""
    with_headings: bool
    """Whether headings are learnt from, as others."""


def _leans(one: ConversationQuestion) -> bool:
    return bool(one.before)


def _compares(one: ConversationQuestion) -> bool:
    return one.kind == "comparison"


_FOLLOW_UPS = _KEFU / "retrieval" / "ranking" / follow_up.WORDS
_COMPARISONS = _KEFU / "router" / "grounding" / question_kind.WORDS
MODELS = {
    "follow_up": WordModel(
        _leans, follow_up.follow_up_log_odds, _FOLLOW_UPS, 0.3, is_balanced=True, with_headings=True
    ),
    "comparison": WordModel(
        _compares, question_kind.comparison_log_odds, _COMPARISONS, 1.0, is_balanced=False, with_headings=False
    ),
}


def headings_of(folder: Path) -> list[str]:
    """The titles and headings of a company's pages."""
    parsed = [parse_document(page.name, page.read_bytes()) for page in (folder / "help_center").rglob("*.md")]
    inner = (heading for each in parsed for chunk in chunk_document(each) for heading in chunk.headings)
    return sorted({*(each.title for each in parsed), *inner})


def fit(model: WordModel, questions: Sequence[ConversationQuestion], headings: Sequence[str]) -> dict[str, float]:
    """The weights of the features that count."""
    linear: Any = import_module("sklearn.linear_model")
    extraction: Any = import_module("sklearn.feature_extraction")
    others = headings if model.with_headings else ()
    vectorizer = extraction.DictVectorizer()
    found = [word_features(text) for text in (*(each.text for each in questions), *others)]
    for each in found:
        del each[CONSTANT]  # the intercept, which L1 must not shrink
    rows = vectorizer.fit_transform(found)
    often = np.asarray((rows != 0).sum(0)).ravel() >= _FEWEST
    weight = "balanced" if model.is_balanced else None
    fitted = linear.LogisticRegression(
        C=model.strength, l1_ratio=1, solver="liblinear", class_weight=weight, random_state=0
    )
    fitted.fit(rows[:, often], [*map(model.is_one, questions), *(False for _ in others)])
    named = zip(vectorizer.get_feature_names_out()[often], fitted.coef_[0], strict=True)
    weights = {str(name): round(float(weight), 3) for name, weight in named}
    return {CONSTANT: round(float(fitted.intercept_[0]), 3)} | {
        name: weight for name, weight in weights.items() if weight
    }


def report(model: WordModel, questions: Sequence[ConversationQuestion]) -> str:
    """How well the weights in the repository tell the two apart."""
    metrics: Any = import_module("sklearn.metrics")
    is_one = np.array([model.is_one(each) for each in questions])
    found = np.array([model.log_odds(each.text) for each in questions])
    auc = metrics.roc_auc_score(is_one, found)
    threshold = np.quantile(found[~is_one], 0.9)
    return (
        f"{is_one.sum()} of {len(questions)}: AUC {auc:.3f}; {(found[is_one] > threshold).mean():.2f} of them found "
        f"with a tenth of the others, {(found[is_one] > 0).mean():.2f} above 0 with {(found[~is_one] > 0).mean():.3f}"
    )


def main() -> None:
    """Fit, and with --write replace the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("companies", nargs="+", type=Path, metavar="COMPANY", help="folder with questions.jsonl")
    parser.add_argument("--calibrate", nargs="+", type=Path, default=[], metavar="COMPANY", help="those that report")
    parser.add_argument("--write", action="store_true", help="replace the weights in the repository")
    options = parser.parse_args()
    questions = [each for folder in options.companies for each in load_questions(folder)]
    headings = [each for folder in options.companies for each in headings_of(folder)]
    for name, model in MODELS.items():
        weights = fit(model, questions, headings)
        sys.stdout.write(f"{name}: {len(weights)} weights\n")
        if options.write:
            model.path.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n")
    apart = [each for folder in options.calibrate for each in load_questions(folder)]
    for name, model in MODELS.items() if apart else ():
        sys.stdout.write(f"{name}, those that report: {report(model, apart)}\n")


if __name__ == "__main__":
    main()
