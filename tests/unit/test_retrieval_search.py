"""Words, vectors, scoring and relevance, without a model: vectors here are made by hand."""

import numpy as np
import pytest

from kefu.common.language import language_of
from kefu.retrieval.background import Background, level_for
from kefu.retrieval.lexical import LexicalView
from kefu.retrieval.passage_index import IndexedDocument, IndexedPassage, PassageIndex
from kefu.retrieval.relevance import Features, relevance
from kefu.retrieval.scorer import Question, rank
from kefu.retrieval.validity import ALWAYS, Validity
from kefu.retrieval.vectors import VectorStore
from kefu.retrieval.words import Words

WORDS = Words(b"salt")
LEVELS = {"en": 0.0, "zh": 0.0}
DAY = "2026-11-25"


def unit(*values: float) -> np.ndarray:  # type: ignore[type-arg]
    vector = np.zeros(8, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def document(ident: str, text: str, *vectors: np.ndarray, validity: Validity = ALWAYS) -> IndexedDocument:  # type: ignore[type-arg]
    passage = IndexedPassage(f"{ident}-p", WORDS.terms(text), np.stack(vectors).astype(np.float16))
    return IndexedDocument(ident, language_of(text), [passage], validity)


def index_of(*documents: IndexedDocument) -> PassageIndex:
    index = PassageIndex(8)
    for each in documents:
        index.put(each)
    mark, terms = index.words_to_build()
    index.use_words(mark, PassageIndex.build_words(terms))
    return index


def ask(text: str, vector: np.ndarray) -> Question:  # type: ignore[type-arg]
    return Question(vector, WORDS.terms(text), language_of(text), LEVELS)


def test_words_are_stemmed_cut_and_salted() -> None:
    assert WORDS.split("Returning ITEMS to the 商店退货") == ["return", "item", "商店", "退货"]
    assert not set(WORDS.terms("退货").tolist()) & set(Words(b"other").terms("退货").tolist())


def test_a_word_that_the_collection_lacks_raises_the_bound_of_bm25() -> None:
    view = LexicalView({number: WORDS.terms(f"shipping item {number}") for number in range(20)})
    known, unknown = (view.scores(WORDS.terms(text)) for text in ("shipping", "shipping zebrafish"))
    assert known.bm25.max() == unknown.bm25.max() > 0
    assert known.relative.max() > 2 * unknown.relative.max()
    assert known.coverage.max() == pytest.approx(1)
    assert unknown.coverage.max() < 0.5


def test_a_collection_of_one_passage_has_meaningful_coverage() -> None:
    view = LexicalView({7: WORDS.terms("Returns are free within thirty days")})
    assert view.scores(WORDS.terms("free returns")).coverage.tolist() == pytest.approx([1.0])
    assert view.scores(WORDS.terms("free submarines")).coverage[0] < 0.5
    assert LexicalView({}).scores(WORDS.terms("free")).bm25.tolist() == []


def test_exact_and_approximate_search_add_remove_and_find_alike() -> None:
    generator = np.random.default_rng(1)
    vectors = generator.normal(size=(3000, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    exact, approximate = VectorStore(16), VectorStore(16, exact_up_to=1000)
    for store in (exact, approximate):
        rows = store.add(vectors.astype(np.float16))
        assert store.nearest(vectors[42], 1).tolist() == [rows[42]]
        store.remove(rows[42:43])
        assert rows[42] not in store.nearest(vectors[42], 10)
        assert not store.vectors(rows[42:43]).any()
        assert len(store) == 2999
    assert (exact.approximate, approximate.approximate) == (False, True)


def test_a_window_lifts_its_passage_and_words_break_the_tie() -> None:
    question = unit(1.0)
    index = index_of(
        document("plain", "about parcels", unit(1, 1)),
        document("window", "about lorries", unit(1, 1), unit(1, 0.2), unit(0, 1)),
        document("words", "about refunds", unit(1, 1)),
    )
    order = [scored.entry.document for scored in rank(index, ask("refunds", question), 3, DAY)]
    assert order.index("words") < order.index("plain")
    assert order.index("window") < order.index("plain")


def test_a_question_in_another_language_is_ranked_by_its_embedding() -> None:
    index = index_of(
        document("right", "退货需要在三十天之内", unit(1, 0.3)),
        *(document(f"brand{number}", f"Kefu 品牌故事 {number}", unit(1, 0.6, number / 50)) for number in range(30)),
    )
    best = rank(index, ask("How many days do I have to return my Kefu kettle?", unit(1.0)), 1, DAY)[0]
    assert best.entry.document == "right"
    assert best.features.other_language


def test_what_does_not_hold_on_the_day_hides_nothing() -> None:
    old = [document(f"old{n}", "fee five", unit(1, n / 1000), validity=Validity("", "2025-12-31")) for n in range(300)]
    index = index_of(*old, document("new", "fee seven", unit(1, 1), validity=Validity("2026-01-01")))
    assert [scored.entry.document for scored in rank(index, ask("fee", unit(1.0)), 5, DAY)] == ["new"]


def test_removing_a_document_takes_effect_before_the_words_are_rebuilt() -> None:
    index = index_of(document("a", "zebrafish", unit(1.0)), document("b", "parcel", unit(0, 1)))
    index.remove("a")
    assert [scored.entry.document for scored in rank(index, ask("zebrafish", unit(1.0)), 5, DAY)] == ["b"]
    index.remove("b")
    assert rank(index, ask("zebrafish", unit(1.0)), 5, DAY) == []


def test_relevance_grows_with_nearness_and_with_shared_words() -> None:
    def of(cosine: float, coverage: float, *, other: bool = False) -> float:
        return relevance(Features(cosine, cosine, coverage / 3, coverage, other, background=0.77))

    assert of(0.9, 0.9) > 0.9
    assert of(0.78, 0.0) < 0.1
    assert of(0.9, 0.9) > of(0.85, 0.9) > of(0.85, 0.2)
    assert of(0.9, 0, other=True) > of(0.8, 0, other=True)


def test_background_levels_follow_the_passages_language() -> None:
    background = Background({"en": np.stack([unit(1.0)]), "zh": np.stack([unit(0, 1)])})
    levels = background.levels(unit(1.0))
    assert (level_for(levels, "en"), level_for(levels, "fr"), level_for(levels, "zh")) == (1.0, 1.0, 0.0)
