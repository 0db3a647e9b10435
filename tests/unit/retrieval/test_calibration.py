"""A collection's threshold: where it lies, and what it is in collections of 1, 3, 20 and 10,000 passages."""

import numpy as np
import pytest

from kefu.retrieval.calibration.out_of_domain import OUT_OF_DOMAIN_QUESTIONS
from kefu.retrieval.domain.calibration import CALIBRATION, DEFAULT_MIN_RELEVANCE, MAX_TITLES, Calibration, calibrate
from kefu.retrieval.domain.example_questions import LEAST_EXAMPLES
from kefu.retrieval.domain.filters import Facts, SearchFilter
from kefu.retrieval.index.passage_index import IndexedDocument, IndexedPassage, PassageIndex
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.query import QueryTexts, make_query
from kefu.retrieval.ranking.ranker import CollectionQuery, rank
from kefu.retrieval.vectorstore.faiss_store import FaissVectors
from kefu.text.language import language_of
from tests.unit.retrieval.shared_analyzer import analyzer

DIMENSION = 384
SUBJECTS = ("kettle", "sofa", "refund", "parcel", "voucher", "invoice", "lamp", "mattress", "locker", "coupon")
DETAILS = ("fees", "periods", "colours", "limits", "forms", "labels", "names", "sizes", "places", "hours")


def vector(text: str) -> np.ndarray:  # type: ignore[type-arg]
    """Like e5: texts without a word in common still have a cosine of about 0.75, the same text one of 1."""
    total = np.zeros(DIMENSION)
    for word in analyzer().split(text):
        total += np.random.default_rng(abs(hash_of(word))).normal(size=DIMENSION)
    total /= np.linalg.norm(total)
    common = np.ones(DIMENSION) / np.sqrt(DIMENSION)
    total = np.sqrt(0.75) * common + np.sqrt(0.25) * total
    return (total / np.linalg.norm(total)).astype(np.float32)


def hash_of(word: str) -> int:
    return int.from_bytes(word.encode()[:8].ljust(8, b"\0"), "little")


def relevances(count: int) -> tuple[list[float], list[float]]:
    """Those of titles and of foreign questions, asked of a collection of so many passages."""
    titles = [f"{SUBJECTS[n % 10]} {DETAILS[n // 10 % 10]} {n}" for n in range(count)]
    index = PassageIndex(FaissVectors(DIMENSION))
    for number, title in enumerate(titles):
        vectors = np.stack([vector(title)]).astype(np.float16)
        passage = IndexedPassage(f"p{number}", analyzer().terms(title), vectors)
        index.put(IndexedDocument(f"d{number}", Facts("en"), [passage]))
    mark, terms = index.lexical_input()
    index.use_lexical(mark, PassageIndex.build_lexical(terms))
    sentences = {language: np.stack([vector("opening hours"), vector("the weather")]) for language in ("en", "zh")}
    background = EmbeddingBaseline(sentences, sentences)

    def best(question: str) -> float:
        asked = make_query(
            QueryTexts.as_written(question), {question: vector(question)}, analyzer(), background, index.languages
        )
        hits = rank([CollectionQuery(index, asked)], 1, SearchFilter("2026-11-25")).hits
        return hits[0][1].relevance if hits else 0.0

    return [best(title) for title in titles[:MAX_TITLES]], [best(each) for each in OUT_OF_DOMAIN_QUESTIONS["en"]]


@pytest.mark.parametrize("passages", [1, 3, 20, 10_000])
def test_collections_of_any_size_answer_their_titles_and_refuse_foreign_questions(passages: int) -> None:
    yes, no = relevances(passages)
    made = calibrate(yes, no, "titles", 0.0)
    assert made.answered >= 0.95
    assert made.refused >= 0.95


def test_the_fewer_titles_the_nearer_the_threshold_is_to_the_usual_one() -> None:
    by_titles = {n: calibrate([0.98] * n, [0.6] * 96, "titles", 0.0).min_relevance for n in (0, 1, 3, 20, 200)}
    assert by_titles[0] == DEFAULT_MIN_RELEVANCE
    assert by_titles[1] == pytest.approx(DEFAULT_MIN_RELEVANCE, abs=0.01)
    assert by_titles[3] == pytest.approx(DEFAULT_MIN_RELEVANCE, abs=0.02)
    assert list(by_titles.values()) == sorted(by_titles.values())
    assert by_titles[200] == pytest.approx(0.6, abs=0.02)


def test_titles_are_easy_and_do_not_raise_the_threshold() -> None:
    assert calibrate([1.0] * 200, [0.1] * 96, "titles", 0.0).min_relevance < DEFAULT_MIN_RELEVANCE
    assert calibrate([1.0] * 200, [0.99] * 96, "titles", 0.0).min_relevance < 0.66
    assert calibrate([0.45] * 200, [0.6] * 96, "titles", 0.0).min_relevance < DEFAULT_MIN_RELEVANCE


def test_between_real_questions_of_both_kinds_it_lies_half_way() -> None:
    made = calibrate([0.9] * 200, [0.1] * 90, "questions", 0.0)
    assert made.min_relevance == pytest.approx(0.5, abs=0.01)
    assert calibrate([0.99] * 200, [0.4] * 90, "questions", 0.0).min_relevance > 0.6
    assert (made.answerable, made.foreign, made.answered, made.refused) == (200, 90, 1.0, 1.0)


def test_a_few_questions_in_the_wrong_set_move_nothing() -> None:
    clean = calibrate([0.9] * 100, [0.1] * 100, "questions", 0.0).min_relevance
    odd = calibrate([0.9] * 96 + [0.05] * 4, [0.1] * 96 + [0.97] * 4, "questions", 0.0).min_relevance
    assert odd == pytest.approx(clean, abs=0.05)


def test_where_the_two_overlap_it_lies_where_most_are_told_apart() -> None:
    yes = [0.5, 0.6, 0.7, 0.8, 0.9] * 40
    no = [0.1, 0.2, 0.3, 0.55, 0.65] * 40
    made = calibrate(yes, no, "questions", 0.0)
    assert 0.3 < made.min_relevance <= 0.5
    assert made.answered == 1.0
    assert made.refused == 0.6


def test_nothing_to_ask_leaves_the_usual_threshold() -> None:
    assert calibrate([], [0.1], "titles", 0.0).min_relevance == DEFAULT_MIN_RELEVANCE
    assert calibrate([0.9], [], "titles", 0.0).min_relevance == DEFAULT_MIN_RELEVANCE


def test_foreign_questions_are_many_and_in_their_language() -> None:
    for language, questions in OUT_OF_DOMAIN_QUESTIONS.items():
        assert len(set(questions)) == len(questions) >= 40
        assert {language_of(question) for question in questions} == {language}


def both_kinds(count: int, near: float = 0.01) -> Calibration:
    """Told apart by how far their documents stand apart, and not by relevance."""
    relevances = np.linspace(0.5, 1, count).tolist()
    return calibrate(relevances, relevances, "questions", 0.0, score_margins=([0.05] * count, [near] * count))


def test_questions_that_relevance_does_not_tell_apart_are_by_how_far_their_documents_stand_apart() -> None:
    made = both_kinds(100)
    assert 0.01 < made.min_apart < 0.05
    assert made.answered >= 0.87
    assert made.refused == 1.0
    assert 0.01 < both_kinds(20).min_apart < made.min_apart  # fewer say less
    assert CALIBRATION.validate_json(CALIBRATION.dump_json(made)) == made


def test_how_far_they_stand_apart_is_left_aside_where_it_says_little() -> None:
    assert both_kinds(19).min_apart == 0
    assert both_kinds(100, near=0.05).min_apart == 0
    told = calibrate([0.9] * 100, [0.1] * 100, "questions", 0.0, score_margins=([0.05] * 100, [0.01] * 100))
    assert (told.min_apart, told.answered, told.refused) == (0, 1.0, 1.0)  # relevance tells them apart
    assert calibrate([0.9] * 100, [], "questions", 0.0, score_margins=([0.05] * 100, [])).min_apart == 0
    assert calibrate([0.9] * 100, [0.9] * 100, "titles", 0.0).min_apart == 0


def test_what_was_stored_before_there_was_a_second_threshold_has_none() -> None:
    old = b'{"min_relevance":0.4,"source":"titles","answerable":3,"foreign":96,"answered":1,"refused":0.9,"time":1.0}'
    assert CALIBRATION.validate_json(old).min_apart == 0


def questions_about(subject: int, count: int, seed: int) -> np.ndarray:  # type: ignore[type-arg]
    """Embeddings of questions about a subject: near its direction."""
    draw = np.random.default_rng(seed)
    vectors = draw.normal(0, 0.5, (count, DIMENSION)).astype(np.float32)
    vectors[:, subject] += 4
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def remembered(count: int) -> Calibration:
    """Relevance says nothing here; the one kind is about subject 0, the other about subject 1."""
    alike = np.linspace(0.5, 0.99, count).tolist()
    vectors = questions_about(0, count, 1), questions_about(1, count, 2)
    return calibrate(alike, alike, "questions", 0.0, vectors=vectors)


def test_questions_that_were_asked_before_tell_what_a_collection_does_not_hold() -> None:
    made = remembered(100)
    assert (made.answered, made.refused) == (1.0, 1.0)
    stored = CALIBRATION.validate_json(CALIBRATION.dump_json(made))
    assert stored == made
    assert (examples := stored.example_questions) is not None
    usual = np.full(20, 0.9)
    assert (examples.relevance(usual, questions_about(0, 20, 3)) > made.min_relevance).all()
    assert (examples.relevance(usual, questions_about(1, 20, 4)) < made.min_relevance).all()


def test_a_few_questions_are_not_remembered() -> None:
    assert remembered(LEAST_EXAMPLES - 1).example_questions is None
    assert remembered(LEAST_EXAMPLES).example_questions is not None


def test_questions_that_tell_no_more_than_relevance_are_not_remembered() -> None:
    vectors = questions_about(0, 100, 1), questions_about(1, 100, 2)
    assert calibrate([0.9] * 100, [0.1] * 100, "questions", 0.0, vectors=vectors).example_questions is None
