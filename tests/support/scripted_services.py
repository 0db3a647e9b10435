"""Scripted retrieval and generation services: objects that play what a test gives them, over real gRPC."""

import asyncio
import struct
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio

from kefu.common import auth
from kefu.common.auth import open_keyring
from kefu.common.errors import BackendUnavailable, CollectionNotFound, DraftNotFound, VersionNotFound
from kefu.common.permissions import permissions_of
from kefu.common.rpc.server import serving
from kefu.generation.multiplexing import MultiplexedCall
from kefu.generation.v1 import generation_pb2 as gen
from kefu.generation.v1 import generation_pb2_grpc as gen_rpc
from kefu.retrieval.api.read_file import read_stream
from kefu.retrieval.ingest.conversion import ConversionJob, ConvertedDocument, convert
from kefu.retrieval.ingest.conversion_pool import ConversionPool, OnProgress
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.actions.asked_action import known_texts
from kefu.router.answering.triage.message_traits import weights
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.scripted_drafts import ScriptedDrafts

Step = str | float | asyncio.Event | Exception | gen.Delta
Context = grpc.aio.ServicerContext[Any, Any]


def make_hit(
    text: str,
    *,
    title: str = "Refunds",
    headings: Sequence[str] = (),
    relevance: float = 0.9,
    language: str = "en",
    n: int = 1,
) -> kb.SearchHit:
    """A search hit."""
    passage = kb.Passage(
        name=f"collections/help/documents/d{n}/passages/{n}",
        title=title,
        headings=headings,
        text=text,
        language=language,
        path=f"d{n}.md",
    )
    return kb.SearchHit(passage=passage, score=relevance, relevance=relevance)


class _ConvertedHere(ConversionPool):
    """Converts without a process of its own, which takes a second to start."""

    def __init__(self) -> None:
        super().__init__(max_processes=1, seconds=30.0, memory_mib=1024, ocr_pages=0, ocr_page_seconds=30.0)

    async def convert(
        self,
        job: ConversionJob,
        data: bytes,
        on_progress: OnProgress | None = None,
        *,
        seconds: float | None = None,
        tries: int = 2,
    ) -> ConvertedDocument:
        return await asyncio.to_thread(_converted, job, data)


_ONE_AT_A_TIME = threading.Lock()


def _converted(job: ConversionJob, data: bytes) -> ConvertedDocument:
    with _ONE_AT_A_TIME:  # PDFium is not safe in two threads; a service's converters are processes
        return convert(job, data)


class ScriptedKnowledge(kb_rpc.KnowledgeServiceServicer):
    """A retrieval service. It returns `hits`, or those of the first key of `by_word` in the question or the history.

    The curated match comes with it when the question holds `curated_when`.
    """

    def __init__(self) -> None:
        self.drafts = ScriptedDrafts()  # pyright: ignore[reportAbstractUsage] - the router calls three methods
        self.reset()

    def reset(self) -> None:
        """Find nothing, and forget all calls."""
        self.drafts.reset()
        self.hits: list[kb.SearchHit] = []
        self.by_word: dict[str, list[kb.SearchHit]] = {}
        self.curated: kb.CuratedMatch | None = None
        self.curated_when = ""
        self.error: Exception | None = None
        self.delay = 0.0
        self.revision = ""
        self.min_apart = 0.0
        """Least score margin; every search reports a margin of .02."""
        self.embeddings: dict[str, Sequence[float]] = {}
        """Query embeddings by question; others have (1, 0)."""
        self.alike: dict[str, Sequence[str]] = {}
        """By question, the texts that mean the same. Other questions are not compared."""
        self.cosines: dict[str, Mapping[str, float]] = {}
        """By question, cosines to texts; to others it is as near as most messages are."""
        self.curated_by_draft: dict[str, kb.CuratedMatch] = {}
        """The curated match of searches over a draft."""
        self.draft_hits: list[kb.SearchHit] = []
        """What a search over a draft finds; nothing: the same as over live."""
        self.loads_drafts = True
        """False: no draft can be searched, as on a replica that has not loaded them."""
        self.without: set[str] = set()
        """Names of collections that there are none of."""
        self.requests: list[kb.SearchRequest] = []
        self.callers: list[auth.Principal] = []
        self.most_at_once = 0
        self._at_once = 0

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service, and that of drafts, to a server."""
        kb_rpc.add_KnowledgeServiceServicer_to_server(self, server)
        self.drafts.register(server)

    async def Search(self, request: kb.SearchRequest, context: Context) -> kb.SearchResponse:
        self.requests.append(request)
        self.callers.append(auth.caller())
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.delay)
        finally:
            self._at_once -= 1
        if self.error is not None:
            raise self.error
        if request.draft and not self.drafts.can_be_searched(request.draft):
            raise DraftNotFound("There is no such draft, or it is no longer open.")
        if request.draft and not self.loads_drafts:
            raise VersionNotFound("This draft is not loaded here yet; search again, or live.")
        if gone := next((each for each in request.collections if each in self.without), ""):
            raise CollectionNotFound(f"There is no {gone}.")
        if request.draft and self.draft_hits:
            return kb.SearchResponse(hits=self.draft_hits, apart=0.02, version="d")
        curated = self.curated if self.curated_when in request.query else None
        curated = self.curated_by_draft.get(request.draft, curated)
        by_question = next((found for word, found in self.by_word.items() if word in request.query), None)
        before = " ".join(request.history)
        by_history = next((found for word, found in self.by_word.items() if word in before), None)
        hits = by_question or by_history or self.hits
        vector = self.embeddings.get(request.query, (1.0, 0.0))
        return kb.SearchResponse(
            hits=hits[: request.top_k or 5],
            curated_match=curated,
            used_history=by_question is None and by_history is not None,
            revision=self.revision,
            apart=0.02,
            min_apart=self.min_apart,
            query_embedding=struct.pack(f"<{len(vector)}e", *vector) if request.with_embedding else b"",
        )

    async def CompareTexts(self, request: kb.CompareTextsRequest, context: Context) -> kb.CompareTextsResponse:
        usual = dict(zip(known_texts(), weights().mean, strict=True))
        cosines = self.cosines.get(request.question)
        if cosines is None and request.question in self.alike:
            cosines = dict.fromkeys(self.alike[request.question], 1.0)
        if cosines is None:
            raise BackendUnavailable("Nothing is embedded here: evidence is ranked by its words.")
        return kb.CompareTextsResponse(cosines=[cosines.get(text, usual.get(text, 0.83)) for text in request.texts])

    async def ReadTexts(self, request: kb.ReadTextsRequest, context: Context) -> kb.ReadTextsResponse:
        return kb.ReadTextsResponse()

    async def ReadFile(
        self, request_iterator: AsyncIterator[kb.ReadFileRequest], context: Context
    ) -> AsyncIterator[kb.ReadFileResponse]:
        """Files are read as retrieval reads them, but in this process."""
        async for response in read_stream(request_iterator, _ConvertedHere()):
            yield response


@dataclass
class ScriptedCall:
    """One Generate call, as the replica saw it."""

    request: gen.GenerateRequest
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    began: float = field(default_factory=time.monotonic)
    cancelled: bool = False
    frames: int = 0


class ScriptedReplica(gen_rpc.GenerationServiceServicer):
    """A replica that writes `frames`, one token id a character, with waits and errors between them.

    In `frames` a str is a frame, a float a pause in seconds, an Event a wait for it, an Exception a failure; a Delta
    is sent as it is. A continuation skips what was sent before.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Write the first answer again, and forget all calls."""
        self.frames: Sequence[Step] = ["Refunds take 7 days [1]."]
        self.continued: Sequence[Step] | None = None
        """Written instead of `frames` by a call that continues an answer."""
        self.by_word: Mapping[str, Sequence[Step]] = {}
        """Written instead of `frames` by a call whose last message holds the word."""
        self.odds_by_word: Mapping[str, Sequence[float]] = {}
        """The log-probabilities of the choices where the last message holds the word."""
        self.boot_id = "boot"
        self.fingerprint = "weights"
        self.answer_profile = ""
        self.owed = 0
        self.accepted = 0
        self.done = 0
        self.works = 0
        """Tokens that it reads or writes for others between two reports."""
        self.finish = gen.Completed.FINISH_REASON_STOP
        self.choice_log_probabilities: Sequence[float] = ()
        self.plays: Callable[[gen.GenerateRequest], tuple[Sequence[Step], Sequence[float]]] | None = None
        """What it writes, and says of choices, by the request; None: the same for every one."""
        self.calls: list[ScriptedCall] = []

    async def DescribeModel(self, request: gen.DescribeModelRequest, context: Context) -> gen.DescribeModelResponse:
        return gen.DescribeModelResponse(
            model="scripted", engine="scripted", fingerprint=self.fingerprint, answer_profile=self.answer_profile
        )

    async def WatchLoad(self, request: gen.WatchLoadRequest, context: Context) -> AsyncIterator[gen.LoadReport]:
        while True:
            yield gen.LoadReport(
                boot_id=self.boot_id,
                owed_tokens=self.owed,
                accepted_tokens=self.accepted,
                done_tokens=self.done,
            )
            self.done += self.works
            await asyncio.sleep(0.1)

    async def Generate(self, request: gen.GenerateRequest, context: Context) -> AsyncIterator[gen.GenerateEvent]:
        async with aclosing(self.answer(request)) as events:
            async for event in events:
                yield event

    async def GenerateMany(
        self, request_iterator: AsyncIterator[gen.GenerateManyRequest], context: Context
    ) -> AsyncIterator[gen.GenerateManyResponse]:
        async with aclosing(MultiplexedCall(self.answer, stall_seconds=30).responses(request_iterator)) as responses:
            async for response in responses:
                yield response

    async def answer(self, request: gen.GenerateRequest) -> AsyncGenerator[gen.GenerateEvent, None]:
        call = ScriptedCall(request)
        self.calls.append(call)
        try:
            self.accepted += request.estimated_tokens
            skip = len(request.continuation.text)
            last = request.chat.messages[-1].content if request.chat.messages else ""
            frames = next((frames for word, frames in self.by_word.items() if word in last), self.frames)
            log_probabilities = next(
                (odds for word, odds in self.odds_by_word.items() if word in last), self.choice_log_probabilities
            )
            if self.plays is not None:
                frames, log_probabilities = self.plays(request)
            yield gen.GenerateEvent(
                accepted=gen.Accepted(prompt_tokens=100, boot_id=self.boot_id, fingerprint=self.fingerprint)
            )
            written = 0
            continues = request.HasField("continuation") and self.continued is not None
            for step in (self.continued or ()) if continues else frames:
                if isinstance(step, (float, int)):
                    await asyncio.sleep(step)
                elif isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Exception):
                    raise step
                elif not isinstance(step, str):
                    yield gen.GenerateEvent(delta=step)
                else:
                    text = step[skip:]
                    skip = max(0, skip - len(step))
                    written += len(text)
                    call.frames += 1
                    delta = gen.Delta(
                        channel=gen.Delta.CHANNEL_TEXT, text=text, token_ids=[ord(character) for character in text]
                    )
                    yield gen.GenerateEvent(delta=delta)
            completed = gen.Completed(
                finish_reason=self.finish,
                prompt_tokens=100,
                cached_prompt_tokens=40,
                completion_tokens=written,
                choice_log_probabilities=log_probabilities,
            )
            yield gen.GenerateEvent(completed=completed)
        except asyncio.CancelledError:
            call.cancelled = True
            raise
        finally:
            call.ended.set()


@asynccontextmanager
async def serve_knowledge(servicer: ScriptedKnowledge, listen: str = "127.0.0.1:0") -> AsyncIterator[str]:
    """The address of a retrieval server that plays `servicer`."""
    async with (
        open_keyring(INTERNAL_KEY) as keyring,
        serving(
            listen,
            servicer.register,
            keyring=keyring,
            permissions=permissions_of("kefu.retrieval.v1.KnowledgeService", "kefu.retrieval.v1.DraftService"),
            drain_seconds=0,
        ) as running,
    ):
        yield f"127.0.0.1:{running.port}"


@asynccontextmanager
async def serve_replica(servicer: ScriptedReplica, listen: str = "127.0.0.1:0") -> AsyncIterator[str]:
    """The address of a generation server that plays `servicer`. Leaving the block cuts its streams."""
    async with (
        open_keyring(INTERNAL_KEY) as keyring,
        serving(
            listen,
            lambda server: gen_rpc.add_GenerationServiceServicer_to_server(servicer, server),
            keyring=keyring,
            permissions=permissions_of("kefu.generation.v1.GenerationService"),
            drain_seconds=0,
        ) as running,
    ):
        yield f"127.0.0.1:{running.port}"
