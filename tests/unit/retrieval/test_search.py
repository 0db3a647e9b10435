"""Words, vectors, scoring and relevance, without a model: vectors here are made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from kefu.retrieval.documents.chunking import texts_to_embed
from kefu.retrieval.domain.chunk_header import ChunkHeader, chunk_header_text, is_standalone_question
from kefu.retrieval.domain.filters import ALWAYS, Audience, Facts, SearchFilter, Validity
from kefu.retrieval.index.bm25 import LexicalScores, LexicalView
from kefu.retrieval.index.passage_index import IndexedDocument, IndexedPassage, PassageIndex
from kefu.retrieval.ranking.baseline import EmbeddingBaseline, baseline_for
from kefu.retrieval.ranking.ranker import CollectionQuery, ScoredPassage, rank
from kefu.retrieval.ranking.relevance import Features, relevance
from kefu.retrieval.ranking.score_margin import DEFAULT_MARGIN
from kefu.retrieval.ranking.signals import Query
from kefu.retrieval.text.analyzer import Analyzer, TermGroup
from kefu.retrieval.text.user_dictionary import parse_dictionary
from kefu.retrieval.vectorstore.faiss_store import FaissVectors
from kefu.retrieval.vectorstore.vector_store import PassageVectors, inner_products
from kefu.text.language import language_of
from tests.unit.retrieval.shared_analyzer import analyzer

LEVELS = {"en": 0.0, "zh": 0.0}
TODAY = SearchFilter("2026-11-25")


def unit(*values: float) -> np.ndarray:  # type: ignore[type-arg]
    vector = np.zeros(8, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def document(
    ident: str,
    text: str,
    *vectors: np.ndarray,  # type: ignore[type-arg]
    validity: Validity = ALWAYS,
    facts: Facts | None = None,
    head: ChunkHeader | None = None,
) -> IndexedDocument:
    passage = IndexedPassage(f"{ident}-p", analyzer().terms(text), np.stack(vectors).astype(np.float16), head)
    return IndexedDocument(ident, facts or Facts(language_of(text), validity), [passage])


def index_of(*documents: IndexedDocument) -> PassageIndex:
    index = PassageIndex(FaissVectors(8))
    for each in documents:
        index.put(each)
    mark, terms = index.lexical_input()
    index.use_lexical(mark, PassageIndex.build_lexical(terms))
    return index


def ask(text: str, vector: np.ndarray) -> Query:  # type: ignore[type-arg]
    language = language_of(text)
    translated = analyzer().translated_groups(text, language, ("en", "zh"))
    return Query(vector, analyzer().query_groups(text), translated, language, LEVELS, np.zeros(8, np.float32), LEVELS)


def found(index: PassageIndex, question: Query, count: int = 5, wanted: SearchFilter = TODAY) -> list[ScoredPassage]:
    return [scored for _, scored in rank([CollectionQuery(index, question)], count, wanted).hits]


def documents(scored: list[ScoredPassage]) -> list[str]:
    return [each.entry.document for each in scored]


def test_words_are_stemmed_paired_and_salted() -> None:
    assert analyzer().split("Returning ITEMS to the 商店退货") == ["return", "item", "商店", "店退", "退货"]
    assert not set(analyzer().terms("退货").tolist()) & set(Analyzer(b"other").terms("退货").tolist())


def test_a_word_that_the_collection_lacks_raises_the_bound_of_bm25() -> None:
    view = LexicalView({number: analyzer().terms(f"shipping item {number}") for number in range(20)})
    known, unknown = (view.scores(analyzer().query_groups(text)) for text in ("shipping", "shipping zebrafish"))
    assert known.bm25.max() == unknown.bm25.max() > 0
    assert known.relative.max() > 2 * unknown.relative.max()
    assert known.coverage.max() == pytest.approx(1)
    assert unknown.coverage.max() < 0.5


def test_a_collection_of_one_passage_has_meaningful_coverage() -> None:
    view = LexicalView({7: analyzer().terms("Returns are free within thirty days")})
    assert view.scores(analyzer().query_groups("free returns")).coverage.tolist() == pytest.approx([1.0])
    assert view.scores(analyzer().query_groups("free submarines")).coverage[0] < 0.5
    assert LexicalView({}).scores(analyzer().query_groups("free")).bm25.tolist() == []


def test_exact_and_approximate_search_add_remove_and_find_alike() -> None:
    generator = np.random.default_rng(1)
    vectors = generator.normal(size=(3000, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    exact, approximate = FaissVectors(16), FaissVectors(16, exact_up_to=1000)
    for store in (exact, approximate):
        for number, vector in enumerate(vectors.astype(np.float16)):
            [rows] = store.put(f"d{number}", number % 3, [PassageVectors(number, "p", vector[None])])
        assert store.nearest(vectors[42:43], 1) == [[42]]
        assert {number % 3 for number in store.nearest(vectors[42:43], 10)[0]} == {0, 1, 2}
        assert {number % 3 for number in store.nearest(vectors[42:43], 10, frozenset({1}))[0]} == {1}
        assert store.nearest(vectors[42:43], 10, frozenset({7})) == [[]]
        [rows] = store.put("d42", 0, [PassageVectors(9000, "p", vectors[42:43].astype(np.float16))])
        assert store.nearest(vectors[42:43], 1) == [[9000]]
        store.remove("d42")
        assert 9000 not in store.nearest(vectors[42:43], 10)[0]
        assert not store.vectors(rows).any()
        assert len(store) == 2999
    assert (exact.is_approximate, approximate.is_approximate) == (False, True)


def test_inner_products_are_those_of_the_stored_half_precision() -> None:
    rows = np.concatenate([np.random.default_rng(1).normal(size=(99, 384)), np.full((1, 384), 6e-8)]).astype(np.float16)
    queries = np.random.default_rng(2).normal(size=(384, 2)).astype(np.float32)
    assert np.allclose(inner_products(rows, queries), rows.astype(np.float64) @ queries, rtol=1e-4, atol=1e-4)
    assert inner_products(rows[:0], queries).shape == (0, 2)
    numbers = np.array([0, -0.0, 1, -1, 0.1, 65504, -6.1e-5, 5.96e-8], np.float16)  # the last one is the least of all
    widened = inner_products(np.diag(numbers).astype(np.float16), np.ones((8, 1), np.float32))[:, 0]
    assert widened.tolist() == numbers.astype(np.float32).tolist()


def test_a_window_lifts_its_passage_and_words_break_the_tie() -> None:
    question = unit(1.0)
    index = index_of(
        document("plain", "about parcels", unit(1, 1)),
        document("window", "about lorries", unit(1, 1), unit(1, 0.2), unit(0, 1)),
        document("words", "about refunds", unit(1, 1)),
    )
    order = documents(found(index, ask("refunds", question)))
    assert order.index("words") < order.index("plain")
    assert order.index("window") < order.index("plain")


def test_a_question_in_another_language_is_ranked_by_its_embedding() -> None:
    index = index_of(
        document("right", "退货需要在三十天之内", unit(1, 0.3)),
        *(document(f"brand{number}", f"Kefu 品牌故事 {number}", unit(1, 0.6, number / 50)) for number in range(30)),
    )
    best = found(index, ask("How many days do I have to return my Kefu kettle?", unit(1.0)), 1)[0]
    assert best.entry.document == "right"
    assert best.features.other_language


def test_what_does_not_hold_on_the_day_hides_nothing() -> None:
    old = [document(f"old{n}", "fee five", unit(1, n / 1000), validity=Validity("", "2025-12-31")) for n in range(300)]
    index = index_of(*old, document("new", "fee seven", unit(1, 1), validity=Validity("2026-01-01")))
    assert documents(found(index, ask("fee", unit(1.0)))) == ["new"]


def test_what_is_not_wanted_takes_no_place_among_the_best_and_leaves_with_its_last_document() -> None:
    staff = Facts("en", audience=Audience.STAFF)
    kettle = Facts("en", metadata=(("product", "kettle"),))
    index = index_of(
        *(document(f"s{n}", f"fee five {n}", unit(1, n / 1000), facts=staff) for n in range(300)),
        document("all", "fee seven", unit(1, 1), facts=Facts("en")),
        document("kettle", "fee nine", unit(1, 0.9), facts=kettle),
        document("中", "费用", unit(1, 0.8), facts=Facts("zh")),
    )
    question = ask("fee", unit(1.0))
    assert set(documents(found(index, question))) == {"all", "kettle", "中"}
    assert len(found(index, question, wanted=SearchFilter(TODAY.day, Audience.STAFF))) == 5
    for expected, wanted in (
        ({"kettle"}, SearchFilter(TODAY.day, metadata=(("product", "kettle"),))),
        ({"kettle", "all", "中"}, SearchFilter(TODAY.day, metadata=(("product", ""), ("product", "kettle")))),
        (set[str](), SearchFilter(TODAY.day, metadata=(("product", "kettle"), ("region", "eu")))),
        ({"中"}, SearchFilter(TODAY.day, languages=frozenset({"zh"}))),
    ):
        assert set(documents(found(index, question, wanted=wanted))) == expected
    index.put(document("all", "fee seven", unit(1, 1), facts=staff))
    assert "all" not in documents(found(index, question))
    for number in range(300):
        index.remove(f"s{number}")
    index.remove("all")
    assert index.selection(TODAY) is None
    assert sorted(index.languages) == ["en", "zh"]


def test_removing_a_document_takes_effect_before_the_words_are_rebuilt() -> None:
    index = index_of(document("a", "zebrafish", unit(1.0)), document("b", "parcel", unit(0, 1)))
    index.remove("a")
    assert documents(found(index, ask("zebrafish", unit(1.0)))) == ["b"]
    index.remove("b")
    assert found(index, ask("zebrafish", unit(1.0))) == []


def test_relevance_grows_with_nearness_and_with_shared_words() -> None:
    def of(cosine: float, coverage: float, *, other: bool = False) -> float:
        return relevance(
            Features(
                cosine, cosine, coverage / 3, coverage, other, baseline=0.77, header_cosine=cosine, score_lead=0.05
            )
        )

    assert of(0.9, 0.9) > 0.9
    assert of(0.78, 0.0) < 0.1
    assert of(0.9, 0.9) > of(0.85, 0.9) > of(0.85, 0.2)
    assert of(0.9, 0, other=True) > of(0.8, 0, other=True)


def test_background_levels_follow_the_passages_language() -> None:
    sentences = {"en": np.stack([unit(1.0)]), "zh": np.stack([unit(0, 1)])}
    background = EmbeddingBaseline(sentences, sentences)
    levels = background.mean_cosines(unit(1.0))
    assert (baseline_for(levels, "en"), baseline_for(levels, "fr"), baseline_for(levels, "zh")) == (1.0, 1.0, 0.0)


def test_traditional_characters_meet_simplified_ones_and_japanese_stays() -> None:
    assert analyzer().split("頭髮") == analyzer().split("头发")
    assert texts_to_embed("退貨", (), "頭髮") == texts_to_embed("退货", (), "头发")
    assert analyzer().split("発送は東京から")[0] != analyzer().split("东京")[0]


def test_a_code_is_a_word_of_its_own_however_it_is_joined() -> None:
    assert "smg973u" in analyzer().split("Case for SM-G973U, black")
    assert "smg973u" in analyzer().split("SMG973U")
    assert "38" not in analyzer().split("3.8 stars")


def test_a_chinese_question_meets_the_words_of_an_english_passage_and_the_other_way() -> None:
    index = index_of(
        document("other", "Delivery takes three days", unit(1, 0.5)),
        document("right", "The warranty of a kettle lasts two years", unit(1, 0.5, 0.1)),
        document("andere", "配送需要三天", unit(1, 0.5)),
        document("对", "水壶的保修期是两年", unit(1, 0.5, 0.1)),
    )
    chinese = found(index, ask("保修多久", unit(1.0)))
    assert documents([each for each in chinese if each.features.other_language])[0] == "right"
    english = found(index, ask("How long is the warranty?", unit(1.0)))
    assert documents([each for each in english if each.features.other_language])[0] == "对"
    assert max(each.coverage for each in english if each.features.other_language) > 0.3


def test_a_chinese_question_is_put_into_english_word_by_word_where_there_are_english_documents() -> None:
    assert (
        analyzer().english_gloss("保修期多长？ SM-G973U", "zh", ("zh", "en")) == "guarantee period many length sm g973u"
    )
    assert analyzer().english_gloss("保修期多长？", "zh", ("zh",)) == ""
    assert analyzer().english_gloss("保修期多长？" * 100, "zh", ("zh", "en")) == ""
    assert analyzer().english_gloss("How long is the warranty?", "en", ("zh", "en")) == ""


def test_english_passages_are_ranked_by_a_chinese_question_s_english_too_and_pass_no_better_chinese_one() -> None:
    english = (document("near", "Delivery", unit(1)), document("right", "Warranty", unit(1, 0.4)))
    question = ask("多久", unit(1, 0.1))
    both = replace(question, english_vector=unit(0, 1))
    for chinese, without, with_it in (
        (unit(1, 0, 0.2), ["near", "中文", "right"], ["right", "中文", "near"]),
        (unit(1, 0.05), ["中文", "near", "right"], ["中文", "right", "near"]),
    ):
        index = index_of(*english, document("中文", "配送", chinese))
        plain, crossed = found(index, question), found(index, both)
        assert (documents(plain), documents(crossed)) == (without, with_it)
        scores = [{each.entry.document: each.score for each in hits} for hits in (plain, crossed)]
        assert scores[1]["right"] == pytest.approx(scores[0]["near"])
        assert scores[1]["中文"] == scores[0]["中文"]


def test_a_word_with_several_translations_counts_once_by_the_best() -> None:
    view = LexicalView(
        {1: analyzer().terms("warranty guarantee repair"), 2: analyzer().terms("warranty of the kettle")}
    )
    question = analyzer().translated_groups("保修", "zh", ("en",))
    assert question is not None
    assert view.scores(question).bm25.max() <= view.scores(question).upper_bound


def test_bm25_of_a_word_is_that_of_its_best_term_in_each_passage() -> None:
    texts = ("warranty", "guarantee guarantee warranty", "kettle", "guarantee of a kettle", "repair")
    view = LexicalView({number: analyzer().terms(text) for number, text in enumerate(texts)})

    def group(**weights: float) -> TermGroup:
        return analyzer().vocabulary_terms(list(weights)), np.array(list(weights.values()), np.float32)

    def alone(**weights: float) -> LexicalScores:
        return view.scores([group(**weights)])

    both = alone(warranty=1.0, guarantee=0.5, absent=1.0)
    holders = 3
    rarity = both.upper_bound / alone(warranty=1.0).upper_bound
    expected = np.maximum(
        alone(warranty=1.0).bm25,
        0.5 * alone(guarantee=1.0).bm25 * alone(warranty=1.0).upper_bound / alone(guarantee=1.0).upper_bound,
    )
    assert np.allclose(both.bm25, expected * rarity)
    assert np.count_nonzero(both.coverage == 1) == holders
    together = view.scores([group(warranty=1.0, guarantee=0.5), group(absent=1.0), group(kettle=1.0)])
    assert np.allclose(together.bm25, alone(warranty=1.0, guarantee=0.5).bm25 + alone(kettle=1.0).bm25)
    assert together.coverage[3] == max(together.coverage) < 1


def test_a_word_with_synonyms_is_one_group_and_words_have_the_terms_that_they_have_alone() -> None:
    words = Analyzer(b"salt", parse_dictionary("保修=质保=warranty"))
    groups = words.query_groups("the warranty of a kettle, kettles")
    assert [len(terms) for terms, _ in groups] == [3, 1]
    assert [terms.tolist() for terms, _ in words.query_groups("kettle")] == [groups[1][0].tolist()]
    mixed = ["kettles", "退货", "returns"]
    assert words.vocabulary_terms(mixed).tolist() == [words.vocabulary_terms([each])[0] for each in mixed]


def test_equal_scores_are_sorted_by_document() -> None:
    names = ("d", "b", "a", "c")
    index = index_of(*(document(name, f"thing {name * 3}", unit(1, 0.5)) for name in names))
    assert documents(found(index, ask("zzz", unit(1)))) == ["a", "b", "c", "d"]


def test_the_head_of_a_question_and_answer_is_the_question() -> None:
    assert chunk_header_text("FAQ", ["Can I return a gift?"]) == "Can I return a gift?"
    assert chunk_header_text("Returns", ["Gifts"]) == "Returns\nGifts"
    assert chunk_header_text("", []) == ""
    assert all(map(is_standalone_question, ("礼品卡怎么退", "How to pay a bill", "Is it safe?", "Can I return it")))
    assert not any(map(is_standalone_question, ("Payments", "几何学", "How long", "How long it takes", "多久")))


def test_a_passage_is_found_by_the_question_above_it_and_titles_that_many_share_say_nothing() -> None:
    far, near = unit(1, 1), unit(1, 0.1)
    index = index_of(
        document("faq", "answer", far, near, head=ChunkHeader(1, is_question=True)),
        document("plain", "answer again", unit(1, 0.8)),
        document("shared", "text", far, near, head=ChunkHeader(2, is_question=False)),
        document("shared too", "another text", far, far, head=ChunkHeader(2, is_question=False)),
    )
    hits = {each.entry.document: each for each in found(index, ask("zzz", unit(1.0)))}
    assert documents(list(hits.values()))[0] == "faq"
    assert hits["shared"].score == pytest.approx(hits["shared too"].score)
    assert hits["faq"].header_cosine > 0.9 > hits["faq"].cosine


def test_passages_with_the_same_words_are_one_hit() -> None:
    index = index_of(
        document("a", "Returns are free.", unit(1, 0.2)),
        document("b", "Returns are  FREE", unit(1, 0.2)),
        document("c", "Returns are free in 2026", unit(1, 0.3)),
    )
    hits = found(index, ask("Are returns free?", unit(1.0)))
    assert documents(hits) == ["a", "c"]
    assert [entry.document for entry in hits[0].duplicates] == ["b"]


def test_the_best_document_stands_apart_from_the_next_three_of_all_collections_that_may_be_found() -> None:
    question, staff = ask("boiling kettle", unit(1)), Facts("en", audience=Audience.STAFF)
    alone = [document("a", "how a kettle boils", unit(1))]
    others = [document(name, f"about {name}s", unit(1, 1)) for name in ("lamp", "sofa")]
    searched = [CollectionQuery(index_of(*alone), question), CollectionQuery(index_of(*others), question)]
    assert rank(searched[:1], 1, TODAY).score_margin == DEFAULT_MARGIN
    best, second = (hit.score for _, hit in rank(searched, 2, TODAY).hits)
    far = rank(searched, 1, TODAY).score_margin
    assert far == pytest.approx(best - second, abs=0.1)  # and a little for the words
    near = CollectionQuery(index_of(document("c", "how a kettle boils water", unit(1))), question)
    assert rank([*searched, near], 1, TODAY).score_margin < far
    hidden = CollectionQuery(index_of(document("c", "how a kettle boils water", unit(1), facts=staff)), question)
    assert rank([*searched, hidden], 1, SearchFilter("2026-11-25", Audience.EVERYONE)).score_margin == far


def test_a_subject_line_moves_how_far_a_document_stands_apart_and_no_hit() -> None:
    index = index_of(document("a", "how a kettle boils", unit(1)), document("b", "about sofas", unit(0, 1)))
    question, line = ask("boiling", unit(1, 1)), ask("kettle", unit(1))
    plain, with_line = (rank([CollectionQuery(index, question, each)], 2, TODAY) for each in (None, line))
    assert with_line.hits == plain.hits
    assert with_line.score_margin > plain.score_margin
