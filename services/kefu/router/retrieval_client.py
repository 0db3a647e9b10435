"""Retrieval client: searches the knowledge base on behalf of customers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import grpc.aio

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, CollectionNotFound
from kefu.common.metadata_filters import Pairs
from kefu.common.rpc.interceptor import internal_metadata
from kefu.common.rpc.status import failure_of
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc
from kefu.router.domain.turn import Passage

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
_LATE_SECONDS = 0.05
"""Less than the part of the customer's deadline that is kept for an answer without a search."""

_LEAST_INSTRUCTION_SCORE = 0.5


@dataclass(frozen=True)
class CuratedAnswer:
    """A curated answer that applies to the question."""

    name: str
    answer: str
    language: str


@dataclass(frozen=True)
class SearchResult:
    """The result of a search. Passages come best first and are numbered in that order."""

    passages: tuple[Passage, ...]
    curated: CuratedAnswer | None
    used_history: bool = False
    """The search read the question with the one before it. A curated answer is for the question alone even then."""
    revision: str = ""
    """The revision of the knowledge that was searched; see SearchResponse.revision."""
    embedding: bytes = b""
    """The embedding of the question, float16. Empty: it was not asked for."""
    too_close: bool = False
    """The score margin of the best document is smaller than its collection demands for an answer."""
    gives_instructions: bool = False
    """The question tells the assistant what to say, by its embedding; see SearchResponse.instruction_score."""
    read_as: str = ""
    """How the question was read, where that differs from what was written; see SearchResponse.read_as."""


class RetrievalClient:
    """Searches on behalf of customers, with the internal key."""

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
        """Search within `seconds`. `history`: earlier questions. `top_k`: most passages.

        Raises CollectionNotFound. Raises BackendUnavailable for every other failure, a late answer among them.
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
        # Wait for a service that is being restarted, within the time of the search.
        call = self._stub.Search(
            request, timeout=seconds, metadata=internal_metadata(self._internal_key, principal), wait_for_ready=True
        )
        try:
            async with asyncio.timeout(seconds + _LATE_SECONDS):  # in case gRPC is late with its own time-out
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
        return _search_result(response)

    async def compare(self, principal: Principal, question: str, texts: Sequence[str], seconds: float) -> list[float]:
        """The cosine of a question with each text. Raises BackendUnavailable, also when it takes longer."""
        request = pb.CompareTextsRequest(question=question, texts=texts)
        response = await self._of_evidence(self._stub.CompareTexts, request, principal, seconds)
        return list(response.cosines)

    async def read(self, principal: Principal, question: str, texts: Sequence[str], seconds: float) -> list[float]:
        """The log-odds that each text answers the question; empty where there is no reader, or no time was left.

        Raises BackendUnavailable, also when it takes longer.
        """
        request = pb.ReadTextsRequest(question=question, texts=texts)
        response = await self._of_evidence(self._stub.ReadTexts, request, principal, seconds)
        return list(response.answers)

    async def _of_evidence(
        self,
        method: Callable[..., grpc.aio.UnaryUnaryCall[RequestT, ResponseT]],
        request: RequestT,
        principal: Principal,
        seconds: float,
    ) -> ResponseT:
        call = method(
            request, timeout=seconds, metadata=internal_metadata(self._internal_key, principal), wait_for_ready=True
        )
        try:
            async with asyncio.timeout(seconds + _LATE_SECONDS):
                return await call
        except TimeoutError:
            raise BackendUnavailable("The evidence was not compared in time.") from None
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
            raise BackendUnavailable(
                f"The evidence could not be compared ({failure.code.name}: {failure.message})."
            ) from error
        finally:
            call.cancel()


def _search_result(response: pb.SearchResponse) -> SearchResult:
    shown = [(hit, text) for hit in response.hits if (text := _without_instructions(hit)).strip()]
    passages = tuple(
        Passage(
            number=number,
            name=hit.passage.name,
            title=hit.passage.title,
            headings=tuple(hit.passage.headings),
            text=text,
            uri=hit.passage.uri,
            relevance=hit.relevance,
            language=hit.passage.language,
            min_relevance=hit.signals.min_relevance,
        )
        for number, (hit, text) in enumerate(shown, start=1)
    )
    curated = None
    if response.HasField("curated_match") and response.curated_match.applies:
        answer = response.curated_match.curated_answer
        curated = CuratedAnswer(answer.name, answer.answer, answer.language)
    too_near = response.apart < response.min_apart
    return SearchResult(
        *(passages, curated, response.used_history, response.revision, response.query_embedding, too_near),
        gives_instructions=response.instruction_score >= _LEAST_INSTRUCTION_SCORE,
        read_as=response.read_as,
    )


def _without_instructions(hit: pb.SearchHit) -> str:
    """A passage's text up to where it tells an assistant what to say."""
    text = hit.passage.text
    return text[: hit.instructions_from].rstrip() if hit.HasField("instructions_from") else text
