"""The command line in a process of its own, and the scripted services that it calls over real gRPC."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio

from kefu.common.auth import open_keyring
from kefu.common.errors import BackendUnavailable, ServiceError, TurnNotFound
from kefu.common.permissions import permissions_of
from kefu.common.rpc.server import serving
from kefu.retrieval.v1 import knowledge_pb2 as kpb
from kefu.retrieval.v1 import knowledge_pb2_grpc as krpc
from kefu.router.v1 import admin_pb2 as apb
from kefu.router.v1 import admin_pb2_grpc as arpc
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.testing.suite import CommandResult
from tests.support.forked_processes import run_command
from tests.support.grpc_calls import BOOTSTRAP_KEY, INTERNAL_KEY

ANSWER = "You have 15 days [1], 十五天。"


class ScriptedChat(rpc.ChatServiceServicer):
    """A chat service with one answer to every question, or `error`. With `endless` it writes until it is stopped."""

    def __init__(self) -> None:
        self.requests: list[pb.ConverseRequest] = []
        self.resumed: list[pb.ResumeTurnRequest] = []
        self.deleted: list[str] = []
        self.stopped = asyncio.Event()
        self.error: ServiceError | None = None
        self.endless = False
        self.endless_from = 0
        """From this request on, counted from 1, it is endless; 0: from none."""
        self.cut_first = False

    async def Converse(self, request: pb.ConverseRequest, context: object) -> AsyncIterator[pb.ConverseEvent]:
        self.requests.append(request)
        if self.error:
            raise self.error
        session = "sessions/s1" if request.session == "sessions/-" else request.session
        yield pb.ConverseEvent(turn_started=pb.TurnStarted(session=session, turn=f"{session}/turns/t1", language="en"))
        passage = pb.SourcePassage(number=1, name="collections/help/documents/d/passages/p", title="Returns\x1b[2J")
        passage.headings.append("Periods")
        yield pb.ConverseEvent(passages_found=pb.PassagesFound(passages=[passage]))
        if self.endless or 0 < self.endless_from <= len(self.requests):
            yield pb.ConverseEvent(text_delta=pb.TextDelta(offset=0, text="one"))
            await self.stopped.wait()
            yield pb.ConverseEvent(
                turn_completed=pb.TurnCompleted(finish_reason=pb.FINISH_REASON_STOPPED, text_bytes=3)
            )
            return
        yield pb.ConverseEvent(text_delta=pb.TextDelta(offset=0, text="You have"))
        if self.cut_first and len(self.requests) == 1:
            raise BackendUnavailable("The replica went away.")
        rest = ANSWER.removeprefix("You have")
        yield pb.ConverseEvent(text_delta=pb.TextDelta(offset=8, text=rest))
        size = len(ANSWER.encode())
        completed = pb.TurnCompleted(
            finish_reason=pb.FINISH_REASON_STOP, source=pb.ANSWER_SOURCE_GENERATED, text_bytes=size, model="scripted"
        )
        completed.citations.add(start=0, end=16, number=1, passage=passage.name, title="Returns")
        yield pb.ConverseEvent(turn_completed=completed)

    async def ResumeTurn(self, request: pb.ResumeTurnRequest, context: object) -> AsyncIterator[pb.ConverseEvent]:
        self.resumed.append(request)
        raise TurnNotFound("It is gone; send the message again.")
        yield pb.ConverseEvent()

    async def StopTurn(self, request: pb.StopTurnRequest, context: object) -> pb.StopTurnResponse:
        assert request.turn == "sessions/s1/turns/t1"
        self.stopped.set()
        return pb.StopTurnResponse()

    async def DeleteSession(self, request: pb.DeleteSessionRequest, context: object) -> pb.DeleteSessionResponse:
        self.deleted.append(request.name)
        return pb.DeleteSessionResponse()

    async def ListSessions(self, request: pb.ListSessionsRequest, context: object) -> pb.ListSessionsResponse:
        number = int(request.page_token or 0)
        page = pb.ListSessionsResponse(next_page_token=str(number + 1) if number < 2 else "")
        page.sessions.add(name=f"sessions/s{number}", title="hello", state=pb.Session.STATE_BOT)
        return page


class ScriptedDocuments(krpc.KnowledgeServiceServicer):
    """A knowledge service that keeps documents, curated answers and a dictionary in memory."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.document_starts: dict[str, kpb.DocumentStart] = {}
        self.starts: list[kpb.ImportStart] = []
        self.searches: list[kpb.SearchRequest] = []
        self.dictionary = kpb.Dictionary()
        self.curated: dict[str, kpb.CuratedAnswer] = {}
        self.calibrated: list[str] = []
        self.deleted: list[str] = []
        self.error: ServiceError | None = None

    async def ImportDocuments(
        self, request_iterator: AsyncIterator[kpb.ImportDocumentsRequest], context: object
    ) -> AsyncIterator[kpb.ImportDocumentsResponse]:
        path = ""
        async for request in request_iterator:
            if self.error:
                raise self.error
            match request.WhichOneof("part"):
                case "start":
                    self.starts.append(request.start)
                case "document":
                    if path:
                        yield self._result(path)
                    path = request.document.path
                    self.documents[path], self.document_starts[path] = b"", request.document
                case _:
                    self.documents[path] += request.data
        if path:
            yield self._result(path)

    def _result(self, path: str) -> kpb.ImportDocumentsResponse:
        result = kpb.DocumentResult(path=path, outcome=kpb.DocumentResult.OUTCOME_CREATED, passages=1)
        if not self.documents[path]:
            result.outcome = kpb.DocumentResult.OUTCOME_FAILED
            result.reason, result.message = "EMPTY_DOCUMENT", "It is empty."
        return kpb.ImportDocumentsResponse(result=result)

    async def ListDocuments(self, request: kpb.ListDocumentsRequest, context: object) -> kpb.ListDocumentsResponse:
        named = [kpb.Document(name=f"{request.collection}/documents/{path}", path=path) for path in self.documents]
        return kpb.ListDocumentsResponse(documents=named)

    async def DeleteDocument(self, request: kpb.DeleteDocumentRequest, context: object) -> kpb.DeleteDocumentResponse:
        del self.documents[request.name.partition("/documents/")[2]]
        return kpb.DeleteDocumentResponse()

    async def PutCuratedAnswer(
        self, request: kpb.PutCuratedAnswerRequest, context: object
    ) -> kpb.PutCuratedAnswerResponse:
        stored = request.curated_answer
        stored.name = stored.name or f"{request.collection}/curatedAnswers/a{len(self.curated)}"
        self.curated[stored.name] = stored
        warnings = ["“Why?” has another answer."] if list(stored.questions) == ["Why?"] else []
        return kpb.PutCuratedAnswerResponse(curated_answer=stored, warnings=warnings)

    async def ListCuratedAnswers(
        self, request: kpb.ListCuratedAnswersRequest, context: object
    ) -> kpb.ListCuratedAnswersResponse:
        return kpb.ListCuratedAnswersResponse(curated_answers=self.curated.values())

    async def DeleteCuratedAnswer(
        self, request: kpb.DeleteCuratedAnswerRequest, context: object
    ) -> kpb.DeleteCuratedAnswerResponse:
        del self.curated[request.name]
        return kpb.DeleteCuratedAnswerResponse()

    async def ListCollections(
        self, request: kpb.ListCollectionsRequest, context: object
    ) -> kpb.ListCollectionsResponse:
        return kpb.ListCollectionsResponse()

    async def CalibrateCollection(
        self, request: kpb.CalibrateCollectionRequest, context: object
    ) -> kpb.CalibrateCollectionResponse:
        self.calibrated.append(request.name)
        return kpb.CalibrateCollectionResponse()

    async def DeleteCollection(
        self, request: kpb.DeleteCollectionRequest, context: object
    ) -> kpb.DeleteCollectionResponse:
        self.deleted.append(request.name)
        return kpb.DeleteCollectionResponse()

    async def PutDictionary(self, request: kpb.PutDictionaryRequest, context: object) -> kpb.PutDictionaryResponse:
        self.dictionary = request.dictionary
        return kpb.PutDictionaryResponse(dictionary=self.dictionary)

    async def GetDictionary(self, request: kpb.GetDictionaryRequest, context: object) -> kpb.GetDictionaryResponse:
        return kpb.GetDictionaryResponse(dictionary=self.dictionary)

    async def Search(self, request: kpb.SearchRequest, context: object) -> kpb.SearchResponse:
        self.searches.append(request)
        found = kpb.SearchResponse(query_language="en", apart=0.012, min_apart=0.03 if "never" in request.query else 0)
        found.read_as = "How long is it never?" if "nver" in request.query else ""
        hit = found.hits.add(score=1.5, relevance=0.91)
        hit.passage.title, hit.passage.text, hit.passage.path = "Returns", "Within 15 days.", "help/returns.md"
        hit.passage.audience, hit.passage.metadata["product"] = kpb.AUDIENCE_STAFF, "kettle"
        hit.signals.cosine, hit.signals.rerank = 0.87, 0.25
        match = found.curated_match
        match.question, match.cosine, match.least_cosine, match.reason = "How long?", 0.7, 0.85, "TOO_FAR"
        if "never" in request.query:
            match.cosine, match.reason = 0.96, "NEGATION"
            match.query_words.append("never")
        return found


class ScriptedAdmin(arpc.AdminServiceServicer):
    """An admin service that keeps settings in memory."""

    def __init__(self) -> None:
        self.settings = apb.TenantSettings(max_passages=5)
        self.revision: int = 1

    async def GetTenantSettings(
        self, request: apb.GetTenantSettingsRequest, context: object
    ) -> apb.GetTenantSettingsResponse:
        return apb.GetTenantSettingsResponse(settings=self.settings, revision=self.revision)

    async def UpdateTenantSettings(
        self, request: apb.UpdateTenantSettingsRequest, context: object
    ) -> apb.UpdateTenantSettingsResponse:
        assert request.revision == self.revision
        self.settings, self.revision = request.settings, request.revision + 1
        return apb.UpdateTenantSettingsResponse(revision=self.revision)

    async def CreateKey(self, request: apb.CreateKeyRequest, context: object) -> apb.CreateKeyResponse:
        return apb.CreateKeyResponse(key=apb.Key(name="tenants/default/keys/k"), secret=f"kefu_k_{request.scopes}")


@dataclass
class CliHarness:
    """The scripted services, and the command line with their address."""

    folder: Path
    port: int
    chat: ScriptedChat = field(default_factory=ScriptedChat)
    knowledge: ScriptedDocuments = field(default_factory=ScriptedDocuments)
    admin: ScriptedAdmin = field(default_factory=ScriptedAdmin)

    def environment(self) -> dict[str, str]:
        """This process's environment, with the address and key of the services."""
        address = f"127.0.0.1:{self.port}"
        given = {"KEFU_SERVER": address, "KEFU_KNOWLEDGE_SERVER": address, "KEFU_KEY": BOOTSTRAP_KEY}
        return {**os.environ, **given, "KEFU_DATA_DIR": str(self.folder / "kefu")}

    async def start(self, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
        """Start `kefu ARGUMENTS...` and leave it running; the caller waits for its end."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "kefu.cli", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**self.environment(), **environment},
            cwd=self.folder,
        )

    async def __call__(self, *arguments: str, stdin: bytes = b"", **environment: str) -> CommandResult:
        """Run `kefu ARGUMENTS...` to its end; the test fails when it shows a traceback."""
        given = {**self.environment(), **environment}
        done = await run_command(*arguments, environment=given, folder=self.folder, stdin=stdin)
        assert "Traceback" not in done.err
        return done


@asynccontextmanager
async def open_cli_harness(folder: Path) -> AsyncIterator[CliHarness]:
    """Scripted services behind one real server; commands run in `folder`."""
    one = CliHarness(folder, 0)

    def register(server: grpc.aio.Server) -> None:
        rpc.add_ChatServiceServicer_to_server(one.chat, server)
        krpc.add_KnowledgeServiceServicer_to_server(one.knowledge, server)
        arpc.add_AdminServiceServicer_to_server(one.admin, server)

    permissions = permissions_of(
        "kefu.router.v1.ChatService",
        "kefu.router.v1.AdminService",
        "kefu.retrieval.v1.KnowledgeService",
    )
    async with AsyncExitStack() as stack:
        keyring = await stack.enter_async_context(open_keyring(INTERNAL_KEY, BOOTSTRAP_KEY))
        server = serving("127.0.0.1:0", register, keyring=keyring, permissions=permissions, drain_seconds=1)
        one.port = (await stack.enter_async_context(server)).port
        yield one
