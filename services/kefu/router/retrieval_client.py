"""The retrieval service, as the router sees it."""

import asyncio
from dataclasses import dataclass

import grpc.aio

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, CollectionNotFound
from kefu.common.metadata_filters import Pairs
from kefu.common.rpc.interceptor import internal_metadata
from kefu.common.rpc.status import failure_of
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc
from kefu.router.domain.turn import Passage

_LATE_SECONDS = 0.05
"""Less than is kept back of the customer's deadline for what is said without a search."""


@dataclass(frozen=True)
class Curated:
    """A curated answer that applies to the question as it was asked."""

    name: str
    answer: str
    language: str


@dataclass(frozen=True)
class SearchResult:
    """What a search found, best first; passages are numbered as they came."""

    passages: tuple[Passage, ...]
    curated: Curated | None
    used_history: bool = False
    """The question was understood with the one before it; a curated answer is for the question alone even then."""
    revision: str = ""
    """The state of the knowledge that was searched; see SearchResponse.revision."""
    embedding: bytes = b""
    """The question's, when it was asked for."""
    too_near: bool = False
    """The best document stands less apart from the next ones than its collection wants of an answer."""


class RetrievalClient:
    """Searches on behalf of customers."""

    def __init__(self, channel: grpc.aio.Channel, internal_key: str) -> None:
        self._stub = rpc.KnowledgeServiceStub(channel)
        self._internal_key = internal_key

    async def search(
        self,
        principal: Principal,
        query: str,
        *,
        history: tuple[str, ...] = (),
        collections: tuple[str, ...],
        as_of: str,
        filters: Pairs = (),
        top_k: int,
        seconds: float,
        with_embedding: bool = False,
    ) -> SearchResult:
        """Search within `seconds`; `history` is what was asked before.

        Raises CollectionNotFound, and BackendUnavailable for all that is no answer.
        """
        request = pb.SearchRequest(
            query=query,
            history=history,
            collections=[f"collections/{name}" for name in collections],
            as_of=as_of,
            audience=pb.AUDIENCE_EVERYONE,
            filters=[pb.Filter(key=key, value=value) for key, value in filters],
            top_k=top_k,
            with_embedding=with_embedding,
        )
        # A service that is being restarted is waited for, as long as the search may take.
        call = self._stub.Search(
            request, timeout=seconds, metadata=internal_metadata(self._internal_key, principal), wait_for_ready=True
        )
        try:
            async with asyncio.timeout(seconds + _LATE_SECONDS):  # should gRPC be late with its own time-out
                response = await call
        except TimeoutError:
            raise BackendUnavailable("The knowledge base was not searched in time.") from None
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
            if failure.reason == CollectionNotFound.reason:
                raise CollectionNotFound(failure.message) from error
            raise BackendUnavailable(
                f"The knowledge base could not be searched ({failure.code.name}: {failure.message})."
            ) from error
        finally:
            call.cancel()
        return _found(response)


def _found(response: pb.SearchResponse) -> SearchResult:
    passages = tuple(
        Passage(
            number=number,
            name=hit.passage.name,
            title=hit.passage.title,
            headings=tuple(hit.passage.headings),
            text=hit.passage.text,
            uri=hit.passage.uri,
            relevance=hit.relevance,
            language=hit.passage.language,
            min_relevance=hit.signals.min_relevance,
        )
        for number, hit in enumerate(response.hits, start=1)
    )
    curated = None
    if response.HasField("curated_match") and response.curated_match.applies:
        answer = response.curated_match.curated_answer
        curated = Curated(answer.name, answer.answer, answer.language)
    too_near = response.apart < response.min_apart
    return SearchResult(passages, curated, response.used_history, response.revision, response.query_embedding, too_near)
