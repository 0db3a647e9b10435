"""
The fit of what tells a follow-up question, which writes kefu/retrieval/ranking/follow_up_weights.json:

    python -m kefu.evaluation.conversations.follow_up_fit COMPANY... --calibrate COMPANY... [--write]

A question with `before` leans on another, one without stands alone; so do the titles and headings of the pages, which
stand for the few words that customers type ("opening hours", "Can I pay by card?"). L1 leaves the words that tell.
Questions of the companies behind --calibrate are not learnt from: they report.

Needs scikit-learn (pip install 'kefu[sentence-transformers]').
"""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from kefu.evaluation.conversations.question_set import ConversationQuestion, load_questions
from kefu.retrieval.documents.chunking import chunk_document
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.ranking.follow_up import WEIGHTS, features, follow_up_log_odds

_FEWEST = 5
"""Questions that a word must be in."""
_STRENGTH = 0.3
"""The inverse strength of L1. Of 0.3, 1 and 3 the one with the best AUC on the companies that report."""
_WRITTEN = Path(__file__).parents[2] / "retrieval" / "ranking" / WEIGHTS


def headings_of(folder: Path) -> list[str]:
    """The titles and headings of a company's pages."""
    parsed = [parse_document(page.name, page.read_bytes()) for page in (folder / "help_center").rglob("*.md")]
    inner = (heading for each in parsed for chunk in chunk_document(each) for heading in chunk.headings)
    return sorted({*(each.title for each in parsed), *inner})


def fit(questions: Sequence[ConversationQuestion], headings: Sequence[str]) -> dict[str, float]:
    """The weights of the features that count; that of "" is the constant."""
    linear: Any = import_module("sklearn.linear_model")
    extraction: Any = import_module("sklearn.feature_extraction")
    vectorizer = extraction.DictVectorizer()
    rows = vectorizer.fit_transform([*(features(each.text) for each in questions), *map(features, headings)])
    often = np.asarray((rows != 0).sum(0)).ravel() >= _FEWEST
    model = linear.LogisticRegression(
        C=_STRENGTH, l1_ratio=1, solver="liblinear", class_weight="balanced", random_state=0
    )
    model.fit(rows[:, often], [*(bool(each.before) for each in questions), *(False for _ in headings)])
    named = zip(vectorizer.get_feature_names_out()[often], model.coef_[0], strict=True)
    weights = {str(name): round(float(weight), 3) for name, weight in named}
    return {"": round(float(model.intercept_[0]), 3)} | {name: weight for name, weight in weights.items() if weight}


def report(questions: Sequence[ConversationQuestion]) -> str:
    """How well the weights in the repository tell the two apart."""
    metrics: Any = import_module("sklearn.metrics")
    leans = np.array([bool(each.before) for each in questions])
    found = np.array([follow_up_log_odds(each.text) for each in questions])
    auc = metrics.roc_auc_score(leans, found)
    threshold = np.quantile(found[~leans], 0.9)
    return (
        f"{leans.sum()} follow-ups, {(~leans).sum()} others: AUC {auc:.3f}; "
        f"{(found[leans] > threshold).mean():.2f} of them found with a tenth of the others"
    )


def main() -> None:
    """Fit, and with --write replace the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("companies", nargs="+", type=Path, metavar="COMPANY", help="folder with questions.jsonl")
    parser.add_argument("--calibrate", nargs="+", type=Path, default=[], metavar="COMPANY", help="those that report")
    parser.add_argument("--write", action="store_true", help=f"replace {WEIGHTS}")
    options = parser.parse_args()
    questions = [each for folder in options.companies for each in load_questions(folder)]
    weights = fit(questions, [each for folder in options.companies for each in headings_of(folder)])
    sys.stdout.write(f"{len(weights)} weights\n")
    if options.write:
        _WRITTEN.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n")
    if options.calibrate:
        sys.stdout.write(report([each for folder in options.calibrate for each in load_questions(folder)]) + "\n")


if __name__ == "__main__":
    main()
