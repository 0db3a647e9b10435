"""Retrieval on a question set for the router: by the service's own ranker, in this process."""

from collections.abc import Sequence
from dataclasses import dataclass

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable
from kefu.common.metadata_filters import Pairs
from kefu.evaluation.dataset import QuestionSet
from kefu.evaluation.retrieval.run import Evaluation, chunk_set
from kefu.router.domain.turn import Passage
from kefu.router.replicas.retrieval_client import SearchResult
from kefu.text.language import language_of

_MAX_HITS = 50


@dataclass(frozen=True)
class SetRetrievalClient:
    """A stand-in for `kefu.router.replicas.retrieval_client.RetrievalClient`, with results by question text."""

    results: dict[str, tuple[Passage, ...]]
    """Passages by question text, best first."""

    async def search(
        self,
        principal: Principal,
        query: str,
        *,
        history: tuple[str, ...] = (),
        collections: tuple[str, ...],
        as_of: str,
        filters: Pairs = (),
        draft: str = "",
        version: str = "",
        top_k: int,
        seconds: float,
        with_embedding: bool = False,
    ) -> SearchResult:
        """See `RetrievalClient.search`."""
        del principal, history, collections, as_of, filters, draft, version, seconds, with_embedding
        return SearchResult(self.results.get(query.strip(), ())[:top_k], None)

    async def compare(self, principal: Principal, question: str, texts: Sequence[str], seconds: float) -> list[float]:
        """Nothing is embedded here: evidence is ranked by its words."""
        del principal, question, texts, seconds
        raise BackendUnavailable("The results of a question set hold no embeddings.")


def search_results(
    questions: QuestionSet, evaluation: Evaluation, ids: Sequence[str], min_relevance: float = 0.0
) -> SetRetrievalClient:
    """The search results of some questions; `min_relevance` is the collection's calibrated threshold."""
    passages = _Passages(questions, min_relevance)
    chosen = set(ids)
    return SetRetrievalClient(
        {
            one.set_question.text.strip(): tuple(
                passages.of(scored.entry.document, scored.entry.passage, number, scored.relevance)
                for number, scored in enumerate(evaluation.ranking(one), 1)
            )
            for one in evaluation.questions
            if one.set_question.id in chosen
        }
    )


def oracle_results(questions: QuestionSet, evaluation: Evaluation, ids: Sequence[str]) -> SetRetrievalClient:
    """The results with the right documents alone: their passages, by relevance."""
    passages = _Passages(questions)
    chosen = set(ids)
    found: dict[str, tuple[Passage, ...]] = {}
    for one in evaluation.questions:
        asked = one.set_question
        if asked.id not in chosen:
            continue
        ranking = evaluation.ranking(one, len(evaluation.index.entries))
        right = [
            entry
            for scored in ranking
            for entry in (scored.entry, *scored.duplicates)
            if entry.document in asked.relevant
        ]
        keys = [(entry.document, entry.passage) for entry in right]
        keys += [key for key in passages.keys_of(asked.relevant) if key not in keys]  # too far to be a candidate
        found[asked.text.strip()] = tuple(passages.of(*key, number, 1.0) for number, key in enumerate(keys, 1))
    return SetRetrievalClient(found)


class _Passages:
    def __init__(self, questions: QuestionSet, min_relevance: float = 0.0) -> None:
        self._min_relevance = min_relevance
        self._documents = {document.id: (document, chunks) for document, chunks in chunk_set(questions.documents)}
        self._chunks = {
            (document.id, chunk.id): chunk for document, chunks in self._documents.values() for chunk in chunks
        }

    def keys_of(self, documents: frozenset[str]) -> list[tuple[str, str]]:
        return [key for key in self._chunks if key[0] in documents]

    def of(self, document: str, passage: str, number: int, relevance: float) -> Passage:
        about, _ = self._documents[document]
        chunk = self._chunks[document, passage]
        return Passage(
            number=number,
            name=f"collections/set/documents/{document}/passages/{passage}",
            title=about.title,
            headings=chunk.headings,
            text=chunk.text,
            uri="",
            relevance=relevance,
            language=language_of(f"{about.title}\n{about.text}"),
            min_relevance=self._min_relevance,
        )
