"""The hits of a search in the order of a reranker."""

from collections.abc import Sequence

from kefu.retrieval.reranking import Reranking
from kefu.retrieval.v1 import knowledge_pb2 as pb

_KEPT_BACK_SECONDS = 0.02
"""Of the caller's time, for the way back."""


async def reranked(
    reranking: Reranking, question: str, hits: Sequence[pb.SearchHit], left: float | None
) -> list[pb.SearchHit]:
    """Sorted by what the reranker says of each; as they came when it does not finish, or not in what is `left` of the
    caller's time.
    """
    texts = ["\n".join(filter(None, (hit.passage.title, *hit.passage.headings, hit.passage.text))) for hit in hits]
    seconds = None if left is None else max(left - _KEPT_BACK_SECONDS, 0.0)
    scores = await reranking.scores(question, texts, seconds)
    if scores is None:
        return list(hits)
    for hit, score in zip(hits, scores, strict=True):
        hit.score = hit.signals.rerank = score
    return sorted(hits, key=lambda hit: -hit.score)
