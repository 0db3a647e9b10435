"""Searches collections that are in this process's memory."""

import asyncio
import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from kefu.common.text.chinese import simplified
from kefu.common.text.language import language_of
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.filters import SearchFilter
from kefu.retrieval.embedders import BatchingEmbedder, Vectors
from kefu.retrieval.index.curated_answers import Match, nearest
from kefu.retrieval.ranking.baseline import EmbeddingBaseline
from kefu.retrieval.ranking.query import make_question, with_before
from kefu.retrieval.ranking.ranker import Ranking, Scored, Searched, rank
from kefu.retrieval.ranking.score_margin import USUALLY_APART, subject_of
from kefu.retrieval.ranking.signals import Question
from kefu.retrieval.replica.live_collection import LiveCollection


class SearchResult(NamedTuple):
    """What a search found, before its texts are read."""

    hits: list[tuple[CollectionKey, Scored]]
    match: tuple[CollectionKey, Match] | None
    language: str
    embed_seconds: float
    used_history: bool
    revision: str
    """Of the knowledge that was searched; see SearchResponse.revision."""
    vector: Vectors
    """The question's embedding."""
    apart: float = USUALLY_APART
    """How far the best document stands apart from the next ones; see apart.py."""
    min_apart: float = 0.0
    """From where on it counts as an answer, for the collection that holds the best passage; 0: however near."""


class EmbeddedQuestion(NamedTuple):
    """A question and its embeddings."""

    text: str
    vector: Vectors
    english: Sequence[Vectors | None]
    """Of its English, for each collection: its dictionary says how Chinese is cut; None: not needed there."""


class Searcher:
    """`thread` ranks: one at a time, and beside the event loop."""

    def __init__(self, embedder: BatchingEmbedder, background: EmbeddingBaseline, thread: Executor) -> None:
        self._embedder = embedder
        self._background = background
        self._thread = thread

    async def search(
        self,
        collections: Sequence[LiveCollection],
        text: str,
        count: int,
        wanted: SearchFilter,
        *,
        before: str = "",
        with_subject: bool = False,
    ) -> SearchResult:
        """The best passages of some collections, and the nearest curated answer.

        `before` is the question before this one, which it may lean on; curated answers are matched without it. A
        subject line is embedded for collections that mind how far a document stands apart, or `with_subject`.
        """
        language = language_of(text)
        revision = _revision(collections)  # before the search: what changes meanwhile makes another one
        began = time.monotonic()
        asked = await self._embed(collections, text)
        embedded = time.monotonic() - began
        if not collections:
            return SearchResult([], None, language, embedded, False, revision, asked.vector)
        subject = None
        if (with_subject or any(live.min_apart for live in collections)) and (line := subject_of(text)):
            began = time.monotonic()
            subject = await self._embed(collections, line)
            embedded += time.monotonic() - began
        ranking = await self._rank(collections, asked, None, subject, count, wanted)
        if before and ranking.may_lean:
            began = time.monotonic()
            both = with_before(before, text)
            leaning = await self._embed(collections, both)
            embedded += time.monotonic() - began
            ranking = await self._rank(collections, asked, leaning, subject, count, wanted)
        matches = [live.curated.match(text, asked.vector, language, wanted) for live in collections]
        best = nearest(matches)
        return SearchResult(
            [(collections[place].key, scored) for place, scored in ranking.hits],
            (collections[matches.index(best)].key, best) if best else None,
            language,
            embedded,
            ranking.used_history,
            revision,
            asked.vector,
            ranking.apart,
            collections[ranking.hits[0][0]].min_apart if ranking.hits else 0.0,
        )

    async def _embed(self, collections: Sequence[LiveCollection], text: str) -> EmbeddedQuestion:
        english: list[str] = [""] * len(collections)
        if (language := language_of(text)) == "zh":
            loop = asyncio.get_running_loop()
            english = await loop.run_in_executor(self._thread, _in_english, collections, text, language)
        texts = list(dict.fromkeys((simplified(text), *filter(None, english))))
        vectors = dict(zip(texts, await self._embedder.queries(texts), strict=True))
        return EmbeddedQuestion(text, vectors[texts[0]], [vectors[each] if each else None for each in english])

    async def _rank(
        self,
        collections: Sequence[LiveCollection],
        asked: EmbeddedQuestion,
        leaning: EmbeddedQuestion | None,
        subject: EmbeddedQuestion | None,
        count: int,
        wanted: SearchFilter,
    ) -> Ranking:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, _rank_all, collections, self._background, asked, leaning, subject, count, wanted
        )


def _revision(collections: Sequence[LiveCollection]) -> str:
    states = sorted((live.key.member, live.info.incarnation, live.last_change) for live in collections)
    return hashlib.sha256(json.dumps(states).encode()).hexdigest()[:32] if states else ""


def _in_english(collections: Sequence[LiveCollection], text: str, language: str) -> list[str]:
    return [live.words.in_english(text, language, live.index.languages) for live in collections]


def _rank_all(
    collections: Sequence[LiveCollection],
    background: EmbeddingBaseline,
    asked: EmbeddedQuestion,
    leaning: EmbeddedQuestion | None,
    subject: EmbeddedQuestion | None,
    count: int,
    wanted: SearchFilter,
) -> Ranking:
    def question(place: int, asked: EmbeddedQuestion) -> Question:
        live = collections[place]
        return make_question(
            asked.text, asked.vector, live.words, background, live.index.languages, asked.english[place]
        )

    return rank(
        [
            Searched(
                live.index,
                question(place, asked),
                leaning and question(place, leaning),
                subject and question(place, subject),
            )
            for place, live in enumerate(collections)
        ],
        count,
        wanted,
    )
