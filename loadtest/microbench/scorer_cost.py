"""
What ranking costs, in milliseconds of CPU a search, without a model: random vectors and words, no Redis, no gRPC.

    python -m loadtest.microbench.scorer_cost [--passages 10000] [--searches 300] [--staff 0.1]

For comparing two states of the code on one machine: the digest of what was found is printed too, and is the same when
the results are.
"""

import hashlib
import time
from typing import Annotated

import numpy as np
import typer

from kefu.retrieval.domain.chunk_header import ChunkHeader
from kefu.retrieval.domain.filters import Audience, Facts, SearchFilter
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.index.passage_index import IndexedDocument, IndexedPassage, PassageIndex
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.query import QueryTexts, make_query
from kefu.retrieval.ranking.ranker import CollectionQuery, Ranking, rank
from kefu.retrieval.text.analyzer import Analyzer
from kefu.retrieval.vectorstore.faiss_store import FaissVectors

_ASKED = [
    "refund",
    "shipping",
    "kettle",
    "order",
    "invoice",
    "account",
    "password",
    "warranty",
    "delivery",
    "return",
    "gift",
    "card",
    "coupon",
]
_DIMENSION, _VECTORS, _WORDS, _VOCABULARY = 384, 5, 120, 20_000
_REPEATED = 3


def main(
    passages: Annotated[int, typer.Option(help="Passages, five vectors each.")] = 10_000,
    searches: Annotated[int, typer.Option(help="Questions.")] = 300,
    staff: Annotated[float, typer.Option(help="Share of documents that the searches must not find.")] = 0.0,
) -> None:
    """Measure and print."""
    draw = np.random.default_rng(1)
    words = Analyzer(b"salt")

    def unit(count: int) -> Vectors:
        rows = draw.normal(size=(count, _DIMENSION)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    vocabulary = np.array([words.hash_text(word) for word in (*_ASKED, *map(str, range(_VOCABULARY)))], np.uint64)
    often = 1 / np.arange(1, len(vocabulary) + 1)
    texts = vocabulary[draw.choice(len(vocabulary), (passages, _WORDS), p=often / often.sum())]
    vectors = unit(passages * _VECTORS).astype(np.float16).reshape(passages, _VECTORS, _DIMENSION)
    index = PassageIndex(FaissVectors(_DIMENSION))
    for number in range(passages):
        hidden = number % 100 < 100 * staff
        passage = IndexedPassage("p", texts[number], vectors[number], ChunkHeader(number // 2, number % 3 == 0))
        audience = Audience.STAFF if hidden else Audience.EVERYONE
        index.put(IndexedDocument(f"d{number}", Facts("en", audience=audience), [passage]))
    mark, terms = index.lexical_input()
    index.use_lexical(mark, PassageIndex.build_lexical(terms))
    sentences = {language: unit(12) for language in ("en", "zh")}
    background = EmbeddingBaseline(sentences, sentences)
    questions = [(" ".join(draw.choice(_ASKED, 6)), vector) for vector in unit(searches)]

    def search(text: str, vector: Vectors) -> Ranking:
        question = make_query(QueryTexts.as_written(text), {text: vector}, words, background, index.languages)
        return rank([CollectionQuery(index, question)], 5, SearchFilter("2026-11-25"))

    found = [[(hit.entry.document, round(hit.score, 5)) for _, hit in search(*one).hits] for one in questions]
    costs: list[float] = []
    for _ in range(_REPEATED):
        began = time.process_time()
        for one in questions:
            search(*one)
        costs.append((time.process_time() - began) * 1000 / searches)
    print(f"{passages} passages: {', '.join(f'{cost:.2f}' for cost in costs)} ms of CPU a search")
    print(f"what was found: {hashlib.sha256(repr(found).encode()).hexdigest()[:16]}")


if __name__ == "__main__":
    typer.run(main)
