"""The commands as a person types them, in a process of their own, against scripted services over real gRPC."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import grpc.aio
import pytest

from kefu.common.auth import Scope, open_keyring
from kefu.common.errors import BackendUnavailable, CollectionNotFound, Overloaded, ServiceError, SessionBusy
from kefu.common.serving import serving
from kefu.retrieval.v1 import knowledge_pb2 as kpb
from kefu.retrieval.v1 import knowledge_pb2_grpc as krpc
from kefu.router.v1 import admin_pb2 as apb
from kefu.router.v1 import admin_pb2_grpc as arpc
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.support.calling import BOOTSTRAP_KEY, INTERNAL_KEY
from tests.support.ports import free_port

ANSWER = "You have 15 days [1], 十五天。"


class Chat(rpc.ChatServiceServicer):
    """Answers every question alike, or fails as told; with `endless`, writes until it is stopped."""

    def __init__(self) -> None:
        self.requests: list[pb.ConverseRequest] = []
        self.stopped = asyncio.Event()
        self.error: ServiceError | None = None
        self.endless = False
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
        if self.endless:
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

    async def StopTurn(self, request: pb.StopTurnRequest, context: object) -> pb.StopTurnResponse:
        assert request.turn == "sessions/s1/turns/t1"
        self.stopped.set()
        return pb.StopTurnResponse()

    async def ListSessions(self, request: pb.ListSessionsRequest, context: object) -> pb.ListSessionsResponse:
        number = int(request.page_token or 0)
        page = pb.ListSessionsResponse(next_page_token=str(number + 1) if number < 2 else "")
        page.sessions.add(name=f"sessions/s{number}", title="hello", state=pb.Session.STATE_BOT)
        return page


class Knowledge(krpc.KnowledgeServiceServicer):
    """Takes documents in and remembers them."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.kinds: dict[str, int] = {}
        self.starts: list[kpb.ImportStart] = []
        self.error: ServiceError | None = None

    async def ImportDocuments(
        self, request_iterator: AsyncIterator[kpb.ImportDocumentsRequest], context: object
    ) -> AsyncIterator[kpb.ImportDocumentsResponse]:
        if self.error:
            raise self.error
        path = ""
        async for request in request_iterator:
            match request.WhichOneof("part"):
                case "start":
                    self.starts.append(request.start)
                case "document":
                    if path:
                        yield self._result(path)
                    path = request.document.path
                    self.documents[path], self.kinds[path] = b"", request.document.kind
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

    async def ListCollections(
        self, request: kpb.ListCollectionsRequest, context: object
    ) -> kpb.ListCollectionsResponse:
        return kpb.ListCollectionsResponse()

    async def Search(self, request: kpb.SearchRequest, context: object) -> kpb.SearchResponse:
        found = kpb.SearchResponse(query_language="en")
        hit = found.hits.add(score=1.5, relevance=0.91)
        hit.passage.title, hit.passage.text, hit.passage.path = "Returns", "Within 15 days.", "help/returns.md"
        hit.signals.cosine = 0.87
        match = found.curated_match
        match.question, match.cosine, match.reason = "How long?", 0.7, "TOO_FAR"
        return found


class Admin(arpc.AdminServiceServicer):
    """Keeps settings."""

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


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


@dataclass
class Kefu:
    """Scripted services, and the command line pointed at them."""

    folder: Path
    port: int
    chat: Chat = field(default_factory=Chat)
    knowledge: Knowledge = field(default_factory=Knowledge)
    admin: Admin = field(default_factory=Admin)

    def environment(self) -> dict[str, str]:
        address = f"127.0.0.1:{self.port}"
        given = {"KEFU_SERVER": address, "KEFU_KNOWLEDGE_SERVER": address, "KEFU_KEY": BOOTSTRAP_KEY}
        return {**os.environ, **given, "KEFU_DATA_DIR": str(self.folder / "kefu")}

    async def start(self, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "kefu.cli", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**self.environment(), **environment},
            cwd=self.folder,
        )

    async def __call__(self, *arguments: str, stdin: bytes = b"", **environment: str) -> Done:
        process = await self.start(*arguments, **environment)
        out, err = await process.communicate(stdin)
        assert "Traceback" not in err.decode()
        return Done(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
async def kefu(tmp_path: Path) -> AsyncIterator[Kefu]:
    async with scripted(tmp_path) as one:
        yield one


@asynccontextmanager
async def scripted(folder: Path) -> AsyncIterator[Kefu]:
    one = Kefu(folder, 0)

    def register(server: grpc.aio.Server) -> None:
        rpc.add_ChatServiceServicer_to_server(one.chat, server)
        krpc.add_KnowledgeServiceServicer_to_server(one.knowledge, server)
        arpc.add_AdminServiceServicer_to_server(one.admin, server)

    scopes = {
        "kefu.router.v1.ChatService": (Scope.CHAT,),
        "kefu.router.v1.AdminService": (Scope.OPERATOR,),
        "kefu.retrieval.v1.KnowledgeService": (Scope.KNOWLEDGE,),
    }
    async with AsyncExitStack() as stack:
        keyring = await stack.enter_async_context(open_keyring(INTERNAL_KEY, BOOTSTRAP_KEY))
        server = serving("127.0.0.1:0", register, keyring=keyring, scopes=scopes, drain=1)
        one.port = (await stack.enter_async_context(server)).port
        yield one


async def test_alone_it_prints_its_help(kefu: Kefu) -> None:
    done = await kefu()
    for command in ("up", "import", "ask", "chat", "search", "sessions", "keys", "status", "logs", "down", "doctor"):
        assert command in done.out.split()


async def test_ask_prints_the_answer_its_sources_and_times(kefu: Kefu) -> None:
    done = await kefu("ask", "How long?", "--user", "u1", "-c", "help")
    assert done.status == 0
    assert done.out.startswith(ANSWER + "\n")
    assert "Sources" in done.out
    assert "[1] Returns" in done.out
    assert "Periods" in done.out
    assert "carries: You have 15 days" in done.out
    assert "first text" in done.out
    assert "total" in done.out
    assert "kefu ask --session s1" in done.out
    (request,) = kefu.chat.requests
    assert (request.user, list(request.collections)) == ("u1", ["collections/help"])
    assert request.request_id


async def test_what_a_terminal_would_obey_is_not_printed(kefu: Kefu) -> None:
    assert "\x1b" not in (await kefu("ask", "How long?")).out


async def test_ask_as_json_is_one_document_with_everything(kefu: Kefu) -> None:
    answer = json.loads((await kefu("ask", "How long?", "--json")).out)
    assert answer["text"] == ANSWER
    assert answer["finish_reason"] == "FINISH_REASON_STOP"
    assert answer["citations"][0]["number"] == 1
    assert answer["passages"][0]["headings"] == ["Periods"]
    assert answer["client_seconds"]["total"] > 0


async def test_ask_reads_a_question_from_standard_input(kefu: Kefu) -> None:
    await kefu("ask", "-", stdin="退货要几天？\n".encode())
    assert kefu.chat.requests[0].text == "退货要几天？"


async def test_ctrl_c_stops_the_answer_and_tells_so_by_its_status(kefu: Kefu) -> None:
    kefu.chat.endless = True
    process = await kefu.start("ask", "Tell me everything")
    assert process.stdout is not None
    assert await process.stdout.readexactly(3) == b"one"
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(kefu.chat.stopped.wait(), 10)
    out, err = await process.communicate()
    assert process.returncode == 130
    assert b"stopped" in out
    assert b"Traceback" not in err


async def test_a_lost_connection_is_mended_with_the_same_request_id(kefu: Kefu) -> None:
    kefu.chat.cut_first = True
    done = await kefu("ask", "How long?")
    assert done.status == 0
    assert done.out.startswith(ANSWER + "\n")
    first, second = kefu.chat.requests
    assert first == second


async def test_chat_goes_on_in_its_session_until_a_new_one_is_asked_for(kefu: Kefu) -> None:
    done = await kefu("chat", stdin=b"first\nsecond\n/sources\n/new\nthird\n/nonsense\n/quit\nnever\n")
    assert done.status == 0
    assert [(one.text, one.session) for one in kefu.chat.requests] == [
        ("first", "sessions/-"),
        ("second", "sessions/s1"),
        ("third", "sessions/-"),
    ]
    assert "There is no /nonsense" in done.out
    assert "kefu chat --session s1" in done.out


async def test_chat_survives_bytes_that_are_not_utf8(kefu: Kefu) -> None:
    assert (await kefu("chat", stdin=b"caf\xe9?\n")).status == 0
    assert kefu.chat.requests[0].text == "caf\ufffd?"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SessionBusy("This session is answering."), "This session is answering. (SESSION_BUSY) Wait until"),
        (Overloaded("Too much to do.", retry_after=7), "Too much to do. (OVERLOADED) Try again in 7 s."),
    ],
)
async def test_a_failed_call_is_one_sentence_with_its_reason_and_advice(
    kefu: Kefu, error: ServiceError, said: str
) -> None:
    kefu.chat.error = error
    done = await kefu("ask", "How long?")
    assert done.status == 1
    assert said in done.err
    assert done.out == ""


async def test_when_nobody_answers_it_asks_whether_kefu_is_running(kefu: Kefu) -> None:
    address = f"127.0.0.1:{free_port()}"
    done = await kefu("ask", "How long?", "--server", address)
    assert done.status == 69
    assert done.err == f"Nothing answers at {address}. Is Kefu running? Start it with `kefu up`.\n"


async def test_a_wrong_key_is_said_to_be_one(kefu: Kefu) -> None:
    done = await kefu("ask", "How long?", KEFU_KEY="kefu_x_" + "0" * 64)
    assert done.status == 1
    assert "UNAUTHENTICATED" in done.err
    assert "--key" in done.err


async def test_the_local_key_is_not_sent_to_another_machine(kefu: Kefu) -> None:
    await kefu("doctor")
    folder = kefu.folder / "kefu"
    folder.mkdir(exist_ok=True)
    keys = {"bootstrap": BOOTSTRAP_KEY, "internal": INTERNAL_KEY, "redis_password": "x"}
    (folder / "keys.json").write_text(json.dumps(keys))
    local = await kefu("env", KEFU_KEY="")
    assert f"export KEFU_KEY={BOOTSTRAP_KEY}" in local.out
    elsewhere = await kefu("env", "--server", "kefu.example:50051", KEFU_KEY="")
    assert BOOTSTRAP_KEY not in elsewhere.out + elsewhere.err
    assert elsewhere.status == 1


async def test_import_sends_files_whole_and_tells_what_became_of_each(kefu: Kefu) -> None:
    docs = kefu.folder / "docs"
    docs.mkdir()
    (docs / "big.md").write_bytes(b"x" * 2_500_000)
    (docs / "bad.md").write_bytes(b"\xff\xfe broken")
    (docs / "empty.md").touch()
    (docs / "photo.jpg").touch()
    (kefu.folder / "pins.csv").write_text("question,answer\na,b\n")
    done = await kefu("import", "docs", "--create", "-c", "shop", "--curated", "pins.csv")
    assert done.status == 1, "one document failed"
    assert "3 created, 0 updated, 0 unchanged, 1 failed, 1 skipped" in done.out
    assert "docs/empty.md: It is empty. (EMPTY_DOCUMENT)" in done.out
    assert "files like .jpg are not read" in done.out
    assert kefu.knowledge.documents["docs/big.md"] == b"x" * 2_500_000
    assert kefu.knowledge.documents["docs/bad.md"] == b"\xff\xfe broken"
    curated = [path for path, kind in kefu.knowledge.kinds.items() if kind == kpb.DocumentStart.KIND_CURATED_ANSWERS]
    assert [path.rpartition("/")[2] for path in curated] == ["pins.csv"]
    (start,) = kefu.knowledge.starts
    assert (start.collection, start.create) == ("collections/shop", True)


async def test_import_as_json_is_one_document(kefu: Kefu) -> None:
    (kefu.folder / "a.md").write_text("text")
    done = await kefu("import", "a.md", "--json")
    assert json.loads(done.out) == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "failed": [],
        "skipped": [],
        "passages": 1,
    }


async def test_import_into_a_collection_that_is_not_there_says_how_to_make_it(kefu: Kefu) -> None:
    kefu.knowledge.error = CollectionNotFound("There is no collection help.")
    (kefu.folder / "a.md").write_text("text")
    done = await kefu("import", "a.md")
    assert done.status == 1
    assert "--create" in done.err


async def test_import_of_nothing_is_a_sentence(kefu: Kefu) -> None:
    done = await kefu("import")
    assert done.status == 1
    assert "Name files or folders" in done.err


async def test_search_shows_scores_signals_and_why_a_curated_answer_does_not_apply(kefu: Kefu) -> None:
    done = await kefu("search", "How long?")
    assert done.status == 0
    assert "relevance 0.91" in done.out
    assert "cosine 0.870" in done.out
    assert "Within 15 days." in done.out
    assert "does not apply: the question is not near enough" in done.out
    found = json.loads((await kefu("search", "How long?", "--json")).out)
    assert found["curated_match"]["reason"] == "TOO_FAR"


async def test_sessions_alone_lists_all_pages(kefu: Kefu) -> None:
    listed = json.loads((await kefu("sessions", "--json")).out)
    assert [one["name"] for one in listed] == ["sessions/s0", "sessions/s1", "sessions/s2"]
    assert "s2" in (await kefu("sessions")).out


async def test_settings_are_changed_one_by_one(kefu: Kefu) -> None:
    done = await kefu("settings", "set", "temperature=0.5", "texts.en.greeting=Hi!", "--unset", "max_passages")
    assert done.status == 0
    assert kefu.admin.settings.temperature == 0.5
    assert kefu.admin.settings.texts["en"].greeting == "Hi!"
    assert not kefu.admin.settings.HasField("max_passages")
    assert "texts.en.greeting" in (await kefu("settings", "get")).out
    wrong = await kefu("settings", "set", "colour=red")
    assert wrong.status == 1
    assert "There is no setting colour" in wrong.err
    assert (await kefu("settings", "set", "max_passages=many")).status == 1


async def test_a_new_key_is_alone_on_standard_output(kefu: Kefu) -> None:
    done = await kefu("keys", "create", "--scope", "chat", "--scope", "knowledge")
    assert done.out == f"kefu_k_{[apb.SCOPE_CHAT, apb.SCOPE_KNOWLEDGE]}\n"
    assert "cannot be read again" in done.err
    assert (await kefu("keys", "create", "--scope", "root")).status == 1


async def test_a_key_can_be_made_without_any_service(kefu: Kefu) -> None:
    done = await kefu("keys", "generate", "internal", KEFU_SERVER="nowhere:1")
    assert done.status == 0
    assert done.out.startswith("kefu_internal_")


async def test_nothing_is_deleted_without_being_asked_or_told(kefu: Kefu) -> None:
    done = await kefu("sessions", "delete", "s1")
    assert done.status == 1
    assert "--yes" in done.err


async def test_logs_and_down_say_that_nothing_ran(kefu: Kefu) -> None:
    assert "kefu up never ran here" in (await kefu("logs")).err
    down = await kefu("down")
    assert down.status == 1
    assert "not running" in down.err


async def test_doctor_judges_this_machine(kefu: Kefu) -> None:
    findings = json.loads((await kefu("doctor", "--json")).out)
    by_subject = {finding["subject"]: finding["verdict"] for finding in findings}
    assert by_subject["Python"] == by_subject["Redis"] == by_subject["Data folder"] == "ok"
    assert {"Memory", "Disk", "Cores", "Model engine", "Port 50051", "Model"} <= set(by_subject)
