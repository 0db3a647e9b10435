"""Retrieval client: searches the knowledge base on behalf of customers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import grpc.aio

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, CollectionNotFound, DraftNotFound, ServiceError, VersionNotFound
from kefu.common.metadata_filters import Pairs
from kefu.common.rpc.interceptor import internal_metadata
from kefu.common.rpc.status import failure_of
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.router.domain.explanation import NearestCurated, clipped
from kefu.router.domain.turn import Passage
from kefu.router.replicas.retrieval_pool import Method, RetrievalPool

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
_TOO_MUCH = (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
_ALIVE_SECONDS = 5.0
"""Retrieval works where it answered somebody in the last so many seconds: what is late then is late for load."""
_OF_LIVE = (CollectionNotFound, DraftNotFound)
_OF_A_DRAFT = (*_OF_LIVE, VersionNotFound)
_LEAST_INSTRUCTION_SCORE = 0.5
_MOST_WORDS = 12


class SearchLate(BackendUnavailable):
    """The search was not done in time, and others were: more is asked than retrieval can do."""


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
    version: str = ""
    """The version of each collection that was searched; see SearchResponse.version."""
    embedding: bytes = b""
    """The embedding of the question, float16. Empty: it was not asked for."""
    too_close: bool = False
    """The score margin of the best document is smaller than its collection demands for an answer."""
    gives_instructions: bool = False
    """The question tells the assistant what to say, by its embedding; see SearchResponse.instruction_score."""
    read_as: str = ""
    """How the question was read, where that differs from what was written; see SearchResponse.read_as."""
    language: str = ""
    """The question's language as the search recognised it."""
    nearest: NearestCurated | None = None
    """The nearest curated answer, also one that does not apply."""
    apart: float = 0.0
    min_apart: float = 0.0


class RetrievalClient:
    """Searches on behalf of customers, with the internal key.

    `on_call` is told how many seconds each search, comparison and reading took, those that were late among them.
    """

    def __init__(
        self, pool: RetrievalPool, internal_key: str, *, on_call: Callable[[float], None] | None = None
    ) -> None:
        self._pool = pool
        self._internal_key = internal_key
        self._on_call = on_call
        self._answered_at = float("-inf")

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
        """Search within `seconds`. `history`: earlier questions. `top_k`: most passages. `draft`: name of the draft to
        search. `version`: that of an earlier search, to search the same.

        Raises CollectionNotFound, DraftNotFound, and VersionNotFound for a draft that is not loaded there. Raises
        BackendUnavailable for every other failure: SearchLate under load.
        """
        request = pb.SearchRequest(
            query=query,
            history=history,
            collections=[f"collections/{name}" for name in collections],
            as_of=as_of,
            audience=pb.AUDIENCE_EVERYONE,
            filters=[pb.Filter(key=key, value=value) for key, value in filters],
            draft=draft,
            version=version,
            top_k=top_k,
            with_embedding=with_embedding,
        )
        passed_on = _OF_A_DRAFT if draft else _OF_LIVE
        response = await self._call(lambda stubs: stubs.knowledge.Search, request, principal, seconds, passed_on)
        return _search_result(response)

    async def compare(self, principal: Principal, question: str, texts: Sequence[str], seconds: float) -> list[float]:
        """The cosine of a question with each text. Raises BackendUnavailable, also when it takes longer."""
        request = pb.CompareTextsRequest(question=question, texts=texts)
        response = await self._call(lambda stubs: stubs.knowledge.CompareTexts, request, principal, seconds)
        return list(response.cosines)

    async def read(
        self, principal: Principal, question: str, texts: Sequence[str], seconds: float, *, known_only: bool = False
    ) -> list[float] | None:
        """The log-odds that each text answers the question; empty where there is no reader, None where it had no time.

        `known_only`: None unless all of it was read before. Raises BackendUnavailable, also when it takes longer.
        """
        found = await self.reading(principal, question, texts, seconds, known_only=known_only)
        return list(found.answers) if found.answers or not found.reader else None

    async def reading(
        self, principal: Principal, question: str, texts: Sequence[str], seconds: float, *, known_only: bool = False
    ) -> pb.ReadTextsResponse:
        """As `read`, with the reader's id, which is empty where there is none."""
        request = pb.ReadTextsRequest(question=question, texts=texts, known_only=known_only)
        return await self._call(lambda stubs: stubs.knowledge.ReadTexts, request, principal, seconds)

    async def _call(
        self,
        method: Method[RequestT, ResponseT],
        request: RequestT,
        principal: Principal,
        seconds: float,
        passed_on: Sequence[type[ServiceError]] = _OF_LIVE,
    ) -> ResponseT:
        began = time.monotonic()
        try:
            response = await self._pool.call(method, request, seconds, internal_metadata(self._internal_key, principal))
        except TimeoutError:
            raise self._late() from None
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
            if known := next((each for each in passed_on if each.reason == failure.reason), None):
                raise known(failure.message) from error
            if failure.code in _TOO_MUCH:
                raise self._late() from error
            raise BackendUnavailable(f"Retrieval failed ({failure.code.name}: {failure.message}).") from error
        finally:
            if self._on_call is not None:
                self._on_call(time.monotonic() - began)
        self._answered_at = time.monotonic()
        return response

    def _late(self) -> BackendUnavailable:
        text = "Retrieval did not answer in time."
        is_alive = time.monotonic() - self._answered_at < _ALIVE_SECONDS
        return SearchLate(text) if is_alive else BackendUnavailable(text)


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
        *(passages, curated, response.used_history, response.revision, response.version),
        embedding=response.query_embedding,
        too_close=too_near,
        gives_instructions=response.instruction_score >= _LEAST_INSTRUCTION_SCORE,
        read_as=response.read_as,
        language=response.query_language,
        nearest=_nearest(response.curated_match) if response.HasField("curated_match") else None,
        apart=response.apart,
        min_apart=response.min_apart,
    )


def _nearest(match: pb.CuratedMatch) -> NearestCurated:
    return NearestCurated(
        *(match.curated_answer.name, clipped(match.question), round(match.cosine, 4), round(match.least_cosine, 4)),
        reason=match.reason,
        question_words=tuple(match.question_words[:_MOST_WORDS]),
        query_words=tuple(match.query_words[:_MOST_WORDS]),
    )


def _without_instructions(hit: pb.SearchHit) -> str:
    """A passage's text up to where it tells an assistant what to say."""
    text = hit.passage.text
    return text[: hit.instructions_from].rstrip() if hit.HasField("instructions_from") else text
