"""From a SearchRequest to a SearchResponse: hits with their texts, reranked if there is a reranker."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from kefu.common.auth import Scope, caller
from kefu.retrieval.api.access import named_collection, own_collections
from kefu.retrieval.api.messages import curated_match_message, hit_message, passage_message
from kefu.retrieval.api.search_request import parse_search_request
from kefu.retrieval.api.targets import Targets, version_text
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.filters import SearchFilter
from kefu.retrieval.ranking.query import ranked_part, with_previous_question
from kefu.retrieval.ranking.ranker import ScoredPassage
from kefu.retrieval.ranking.reranker import TimeLimitedReranker
from kefu.retrieval.replica.replica import Replica
from kefu.retrieval.storage.knowledge_store import KnowledgeStore
from kefu.retrieval.storage.records import dump_vectors
from kefu.retrieval.storage.version_store import VersionStore
from kefu.retrieval.v1 import knowledge_pb2 as pb

_RESPONSE_RESERVE_SECONDS = 0.02
"""Part of the caller's time that is kept for the response."""


class SearchResponder:
    """Answers searches of this replica's collections."""

    def __init__(self, store: KnowledgeStore, replica: Replica, reranker: TimeLimitedReranker | None) -> None:
        self._store = store
        self._replica = replica
        self._reranker = reranker
        self._targets = Targets(replica, VersionStore(store))

    async def response(
        self, request: pb.SearchRequest, time_remaining: Callable[[], float | None]
    ) -> pb.SearchResponse:
        """The response to a request. `time_remaining` gives the caller's remaining seconds; None: no limit."""
        began = time.monotonic()
        query = parse_search_request(request, sees_staff=Scope.KNOWLEDGE in caller().scopes)
        if request.collections:
            keys = list(dict.fromkeys(named_collection(name, "collections") for name in request.collections))
        else:
            here = set(self._replica.collections())
            keys = [key for key in await own_collections(self._store) if key in here]
        keys = await self._targets.to_search(keys, request.draft, request.version, time_remaining())
        count = max(query.count, self._reranker.passages) if self._reranker else query.count
        found = await self._replica.search(
            keys, query.query, count, query.search_filter, previous_question=query.previous_question
        )
        response = pb.SearchResponse(
            query_language=found.language,
            used_history=found.used_history,
            revision=found.revision,
            version=version_text(keys),
            apart=found.score_margin,
            min_apart=found.min_score_margin,
            instruction_score=found.instruction_score,
            read_as=found.read_as,
            query_embedding=dump_vectors(found.vector.astype(np.float16)) if request.with_embedding else b"",
        )
        hits = await self._hits(found.hits, query.search_filter)
        if self._reranker and hits:
            question = (
                with_previous_question(query.previous_question, query.query)
                if found.used_history
                else ranked_part(query.query)
            )
            hits = await rerank(self._reranker, question, hits, time_remaining())
        response.hits.extend(hits[: query.count])
        if found.curated_match is not None:
            key, match = found.curated_match
            response.curated_match.CopyFrom(curated_match_message(key, match))
        response.embed.FromNanoseconds(round(found.embed_seconds * 1e9))
        response.total.FromNanoseconds(round((time.monotonic() - began) * 1e9))
        return response

    async def _hits(
        self, found: list[tuple[CollectionKey, ScoredPassage]], search_filter: SearchFilter
    ) -> list[pb.SearchHit]:
        """The hits with their texts, without those just deleted or no longer admitted by the filter."""
        hits: list[pb.SearchHit | None] = [None] * len(found)
        for key in {key for key, _ in found}:
            positions = [position for position, (owner, _) in enumerate(found) if owner == key]
            entries = [found[position][1].entry for position in positions]
            infos, texts = await self._store.hits(key, [(entry.document, entry.passage) for entry in entries])
            for position, entry, text in zip(positions, entries, texts, strict=True):
                info = infos.get(entry.document)
                if info is not None and text is not None and search_filter.admits(info.facts):
                    hits[position] = hit_message(
                        key,
                        passage_message(key, info, entry.passage, text),
                        found[position][1],
                        self._replica.min_relevance(key),
                    )
        return [hit for hit in hits if hit is not None]


async def rerank(
    reranker: TimeLimitedReranker, question: str, hits: Sequence[pb.SearchHit], seconds_left: float | None
) -> list[pb.SearchHit]:
    """The hits sorted by the reranker's scores, or as they came when the scores do not arrive in time.

    `seconds_left` is the caller's remaining time; None: no limit.
    """
    texts = ["\n".join(filter(None, (hit.passage.title, *hit.passage.headings, hit.passage.text))) for hit in hits]
    seconds = None if seconds_left is None else max(seconds_left - _RESPONSE_RESERVE_SECONDS, 0.0)
    scores = await reranker.scores(question, texts, seconds)
    if scores is None:
        return list(hits)
    for hit, score in zip(hits, scores, strict=True):
        hit.score = hit.signals.rerank = score
    return sorted(hits, key=lambda hit: -hit.score)
