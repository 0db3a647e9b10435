"""The search over live collections."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from kefu.common.batches import Batcher
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.filters import SearchFilter
from kefu.retrieval.embedders import BatchingEmbedder, Vectors
from kefu.retrieval.index.curated_answers import CuratedMatch, best_match
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.follow_up import is_follow_up, may_be_follow_up
from kefu.retrieval.ranking.instruction_probe import InstructionProbe, probe_for
from kefu.retrieval.ranking.query import QueryTexts, make_query, ranked_part, with_previous_question
from kefu.retrieval.ranking.query_rewrite import read_as
from kefu.retrieval.ranking.ranker import CollectionQuery, Ranking, ScoredPassage, nearest_vectors, rank
from kefu.retrieval.ranking.score_margin import DEFAULT_MARGIN, subject_line
from kefu.retrieval.ranking.signals import Query
from kefu.retrieval.replica.live_collection import LiveCollection
from kefu.retrieval.replica.search_memory import SearchMemory, question_digest
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.vectorstore.vector_store import Labels
from kefu.text.language import language_of


class SearchResult(NamedTuple):
    """The result of a search, before its texts are read."""

    hits: list[tuple[CollectionKey, ScoredPassage]]
    curated_match: tuple[CollectionKey, CuratedMatch] | None
    language: str
    embed_seconds: float
    used_history: bool
    revision: str
    """Revision of the knowledge that was searched; see SearchResponse.revision."""
    vector: Vectors
    """The question's embedding."""
    score_margin: float = DEFAULT_MARGIN
    """See score_margin.py."""
    min_score_margin: float = 0.0
    """Least margin of an answer, for the collection with the best passage; 0: any."""
    instruction_score: float | None = None
    """See instruction_probe.py; None: the embedder has no probe."""
    read_as: str = ""
    """The question as it was read for the collection with the best passage, where that differs from what was written.
    """


class EmbeddedQuestion(NamedTuple):
    """A question with its embeddings."""

    texts: Sequence[QueryTexts]
    """The question as it is read for each collection; as it is written without any."""
    vectors: Mapping[str, Vectors]
    """Embeddings of these texts."""
    own: Sequence[Vectors]
    """The question's vector for each collection."""


class _LookUp(NamedTuple):
    """A look-up of one search's nearest passages in one collection."""

    query: CollectionQuery
    passages: int
    """That the search is for."""
    search_filter: SearchFilter


_LOOK_UPS = 64
"""Most look-ups together."""


class Searcher:
    """Searches live collections. Ranking runs on `thread`, one search at a time.

    Where a vector store is fast with many queries at once, as on a GPU, searches that come together ask it together.
    """

    def __init__(self, embedder: BatchingEmbedder, baseline: EmbeddingBaseline, thread: Executor) -> None:
        self._embedder = embedder
        self._baseline = baseline
        self._thread = thread
        self._probe = probe_for(embedder.embedder.id)
        self._memory = SearchMemory[SearchResult]()
        self._look_ups: Batcher[_LookUp, list[list[int]]]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Search while the block runs."""
        batcher = Batcher[_LookUp, list[list[int]]].open("look-up-vectors", self._look_up, _next_look_ups)
        async with batcher as self._look_ups:
            yield

    async def search(
        self,
        collections: Sequence[LiveCollection],
        text: str,
        count: int,
        search_filter: SearchFilter,
        *,
        previous_question: str = "",
        to_calibrate: bool = False,
    ) -> SearchResult:
        """The best passages of some collections, and the nearest curated answer. The question is read for each of them.

        `previous_question` is searched in front of one that leans on it (follow_up.py); curated answers are matched
        without it. A subject line is embedded
        for collections with a least score margin. Passages are ranked by the first 1,000
        characters of either text, curated answers are matched with all of them. `to_calibrate`: as if the
        collections were not calibrated yet, with all that goes into score margins.
        """
        if to_calibrate or not collections:
            return await self._search(
                collections, text, count, search_filter, previous_question, to_calibrate=to_calibrate
            )
        members = [live.key.label for live in collections]
        question = question_digest(text, previous_question, members, count, search_filter)
        state = tuple(live.state for live in collections)
        if (known := self._memory.recall(question, state)) is not None:
            return known._replace(embed_seconds=0.0)
        result = await self._search(
            collections, text, count, search_filter, previous_question, to_calibrate=to_calibrate
        )
        if not _holds_words_of_question(result):
            self._memory.remember(question, state, result)
        return result

    async def _search(
        self,
        collections: Sequence[LiveCollection],
        text: str,
        count: int,
        search_filter: SearchFilter,
        previous_question: str,
        *,
        to_calibrate: bool,
    ) -> SearchResult:
        language = language_of(text)
        revision = _revision(collections)  # before the search: a change meanwhile makes another revision
        began = time.monotonic()
        question = await self._embed(collections, ranked_part(text))
        embedded = time.monotonic() - began
        vector = question.own[0]
        instruction_score = self._probe.message_score(vector) if self._probe else None
        if not collections:
            return SearchResult(
                *([], None, language, embedded, False, revision, vector), instruction_score=instruction_score
            )
        subject = None
        if (to_calibrate or any(live.min_score_margin for live in collections)) and (
            subject_text := subject_line(ranked_part(text))
        ):
            began = time.monotonic()
            subject = await self._embed(collections, subject_text)
            embedded += time.monotonic() - began
        ranking = await self._rank(collections, question, subject, count, search_filter)
        used_history = False
        if previous_question and may_be_follow_up(text, ranking.relevance):
            began = time.monotonic()
            both = await self._embed(collections, with_previous_question(previous_question, text))
            embedded += time.monotonic() - began
            behind = await self._rank(collections, both, subject, count, search_filter)
            if used_history := is_follow_up(text, ranking.relevance, behind.relevance):
                ranking = behind
        matches = [
            live.curated.match((text, texts.reading.text), own, language, search_filter)
            for live, texts, own in zip(collections, question.texts, question.own, strict=True)
        ]
        best = best_match(matches)
        hits = ranking.hits if to_calibrate else _by_examples(ranking.hits, collections, question)
        of_best = ranking.hits[0][0] if ranking.hits else 0
        return SearchResult(
            [(collections[number].key, scored) for number, scored in hits],
            (collections[matches.index(best)].key, best) if best else None,
            language,
            embedded,
            used_history,
            revision,
            vector,
            ranking.score_margin,
            collections[of_best].min_score_margin if ranking.hits else 0.0,
            instruction_score,
            read_as(text, question.texts[of_best].reading),
        )

    async def _embed(self, collections: Sequence[LiveCollection], text: str) -> EmbeddedQuestion:
        loop = asyncio.get_running_loop()
        read = await loop.run_in_executor(self._thread, _read_all, collections, text)
        texts = list(dict.fromkeys(chain.from_iterable(each.embedded for each in read)))
        vectors = dict(zip(texts, await self._embedder.queries(texts), strict=True))
        return EmbeddedQuestion(read, vectors, [each.vector(vectors) for each in read])

    async def _rank(
        self,
        collections: Sequence[LiveCollection],
        question: EmbeddedQuestion,
        subject: EmbeddedQuestion | None,
        count: int,
        search_filter: SearchFilter,
    ) -> Ranking:
        loop = asyncio.get_running_loop()
        asked = (collections, self._baseline, question, subject)
        if not any(live.index.vectors.is_batched for live in collections):
            return await loop.run_in_executor(self._thread, _rank_all, *asked, self._probe, count, search_filter)
        queries = await loop.run_in_executor(self._thread, _collection_queries, *asked)
        nearest = await asyncio.gather(
            *(self._look_ups.submit(_LookUp(query, count, search_filter)) for query in queries)
        )
        queries = [replace(query, nearest=found) for query, found in zip(queries, nearest, strict=True)]
        return await loop.run_in_executor(
            self._thread, _rank_queries, queries, collections, self._probe, count, search_filter
        )

    async def _look_up(self, look_ups: list[_LookUp]) -> list[list[list[int]]]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, _look_up_together, look_ups)


def _holds_words_of_question(result: SearchResult) -> bool:
    return bool(result.read_as) or (result.curated_match is not None and result.curated_match[1].differing is not None)


def _by_examples(
    hits: Sequence[tuple[int, ScoredPassage]], collections: Sequence[LiveCollection], question: EmbeddedQuestion
) -> list[tuple[int, ScoredPassage]]:
    """The hits with a relevance that also goes by the example questions of their collections."""
    found: list[tuple[int, ScoredPassage]] = []
    for number, scored in hits:
        if (examples := collections[number].example_questions) is not None:
            relevance = float(examples.relevance(np.array([scored.relevance]), question.own[number][None])[0])
            found.append((number, replace(scored, relevance=relevance)))
        else:
            found.append((number, scored))
    return found


def _revision(collections: Sequence[LiveCollection]) -> str:
    return _revision_of(
        tuple(sorted((live.key.member, live.info.incarnation, live.last_change) for live in collections))
    )


@lru_cache(maxsize=64)
def _revision_of(states: tuple[tuple[str, str, ChangeId], ...]) -> str:
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()[:32] if states else ""


def _read_all(collections: Sequence[LiveCollection], text: str) -> list[QueryTexts]:
    return [QueryTexts.of(text, live.analyzer, live.index) for live in collections] or [QueryTexts.as_written(text)]


def _collection_queries(
    collections: Sequence[LiveCollection],
    baseline: EmbeddingBaseline,
    question: EmbeddedQuestion,
    subject: EmbeddedQuestion | None,
) -> list[CollectionQuery]:
    def query(number: int, embedded: EmbeddedQuestion) -> Query:
        live = collections[number]
        return make_query(embedded.texts[number], embedded.vectors, live.analyzer, baseline, live.index.languages)

    return [
        CollectionQuery(
            live.index,
            query(number, question),
            subject and query(number, subject),
        )
        for number, live in enumerate(collections)
    ]


def _next_look_ups(waiting: Sequence[_LookUp]) -> Sequence[int]:
    return range(min(_LOOK_UPS, len(waiting)))


def _look_up_together(look_ups: Sequence[_LookUp]) -> list[list[list[int]]]:
    """Look up the nearest passages of several searches, with one call for those of the same part of a collection."""
    groups: dict[tuple[int, int, Labels | None], list[int]] = {}
    for at, (query, passages, search_filter) in enumerate(look_ups):
        selection = query.index.selection(search_filter)
        key = id(query.index), nearest_vectors(passages), selection.labels if selection else None
        groups.setdefault(key, []).append(at)
    found: list[list[list[int]]] = [[]] * len(look_ups)
    for (_, count, labels), members in groups.items():
        directions = [look_ups[at].query.directions() for at in members]
        nearest = iter(look_ups[members[0]].query.index.vectors.nearest(np.concatenate(directions), count, labels))
        for at, own in zip(members, directions, strict=True):
            found[at] = list(islice(nearest, len(own)))
    return found


def _rank_all(
    collections: Sequence[LiveCollection],
    baseline: EmbeddingBaseline,
    question: EmbeddedQuestion,
    subject: EmbeddedQuestion | None,
    probe: InstructionProbe | None,
    count: int,
    search_filter: SearchFilter,
) -> Ranking:
    queries = _collection_queries(collections, baseline, question, subject)
    return _rank_queries(queries, collections, probe, count, search_filter)


def _rank_queries(
    queries: Sequence[CollectionQuery],
    collections: Sequence[LiveCollection],
    probe: InstructionProbe | None,
    count: int,
    search_filter: SearchFilter,
) -> Ranking:
    ranking = rank(queries, count, search_filter)
    if probe is None:
        return ranking
    hits = [(number, _with_instructions(scored, collections[number], probe)) for number, scored in ranking.hits]
    return replace(ranking, hits=hits)


def _with_instructions(scored: ScoredPassage, live: LiveCollection, probe: InstructionProbe) -> ScoredPassage:
    entry, known = scored.entry, live.index.instructing_windows
    if entry.number not in known:
        vectors = live.index.vectors.vectors(entry.rows)
        known[entry.number] = probe.instructing_window(vectors, has_header=entry.header is not None)
    window = known[entry.number]
    return scored if window is None else replace(scored, instructing_window=window)
