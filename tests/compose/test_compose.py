"""What customers, support leads and attackers of the suite in containers meet."""

import asyncio
import ssl
from collections.abc import AsyncIterable

import grpc
import grpc.aio
import pytest

from kefu.common.auth import make_key
from kefu.common.permissions import PERMISSIONS
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.v1 import admin_pb2 as admin_pb
from kefu.router.v1 import admin_pb2_grpc as admin_rpc
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.compose.asking import CHINESE, ENGLISH, LONG, ask
from tests.compose.containers import Containers, inside
from tests.support.grpc_calls import bearer_metadata, expect_failure

pytestmark = pytest.mark.timeout(1200)
CUSTOMERS = frozenset({"ChatService", "AttachmentService"})
"""Which services nginx lets through to customers, and below to the support team."""
OPERATIONS = frozenset(
    {
        "AdminService",
        "AuditService",
        "DeskService",
        "DraftService",
        "ExperimentService",
        "GoldenQuestionService",
        "HistoryService",
        "InsightService",
        "KnowledgeService",
        "ReviewService",
        "SourceService",
        "WebhookService",
    }
)
HEALTH = [f"{one}:grpc.health.v1.Health/Check" for one in ("generation", "retrieval", "router")]
ASKED_INSIDE = """
import sys, grpc
ports = {"router": 50051, "retrieval": 50052, "generation": 50053}
channels = {name: grpc.insecure_channel(f"kefu-{name}:{port}") for name, port in ports.items()}
for path in sys.argv[1:]:
    service, _, method = path.rpartition(":")
    call = channels[service or path.split(".")[1]].unary_unary(f"/{method}").with_call
    try:
        code = call(b"", timeout=30)[1].code()
    except grpc.RpcError as error:
        code = error.code()
    print(path, code.name)
"""
SLOW_CLIENTS = 300
STAYING = ("nginx", "gateway", "router", "retrieval", "generation", "redis")


async def test_questions_in_both_languages_are_answered_in_the_pages_own_words_with_sources(kefu: Containers) -> None:
    async with kefu.customers() as channel:
        for question, expected in ((ENGLISH, "3 years"), (CHINESE, "24")):
            answer = await ask(channel, kefu.key, question)
            assert expected in answer.text.decode()
            assert answer.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
            assert answer.completed.citations


async def test_an_answer_whose_stream_is_lost_is_resumed_to_the_letter(kefu: Containers) -> None:
    async with kefu.customers() as channel:
        chat = rpc.ChatServiceStub(channel)
        request = pb.ConverseRequest(session="sessions/-", text=LONG, collections=["collections/help"], resumable=True)
        call = chat.Converse(request, metadata=bearer_metadata(kefu.key))
        turn, held = "", b""
        async for event in call:
            turn = turn or event.turn_started.turn
            if event.HasField("text_delta"):
                held = event.text_delta.text.encode()
                break
        call.cancel()
        assert held
        resumed = chat.ResumeTurn(pb.ResumeTurnRequest(turn=turn, offset=len(held)), metadata=bearer_metadata(kefu.key))
        completed = None
        async for event in resumed:
            if event.HasField("text_delta"):
                held = held[: event.text_delta.offset] + event.text_delta.text.encode()
            if event.HasField("turn_completed"):
                completed = event.turn_completed
        assert completed is not None
        assert completed.text_bytes == len(held)
        session = turn.partition("/turns/")[0]
        turns = await chat.ListTurns(pb.ListTurnsRequest(session=session), metadata=bearer_metadata(kefu.key))
        assert [one.text.encode() for one in turns.turns if one.name == turn] == [held]


async def test_without_a_key_or_with_a_wrong_one_every_method_that_nginx_lets_through_is_unauthenticated(
    kefu: Containers,
) -> None:
    async with kefu.customers() as customers, kefu.operations() as operations:
        for channel, open_to in ((customers, CUSTOMERS), (operations, OPERATIONS)):
            for service, methods in PERMISSIONS.items():
                let_through = service.rpartition(".")[2] in open_to
                expected = grpc.StatusCode.UNAUTHENTICATED if let_through else grpc.StatusCode.UNIMPLEMENTED
                for path in (f"/{service}/{method}" for method in methods):
                    for metadata in ((), bearer_metadata(make_key("wrong").secret)):
                        # Not as a stream: in grpc.aio that now and then makes INTERNAL of a refusal that comes at once.
                        call = channel.unary_unary(path, bytes, bytes)(b"", metadata=metadata)
                        assert await call.code() == expected, path


def test_who_is_inside_is_unauthenticated_without_a_key_with_every_method_but_health(kefu: Containers) -> None:
    [router, *_] = kefu.ids("router")
    methods = [f"{service}/{method}" for service, methods in PERMISSIONS.items() for method in methods]
    read = inside(router, f"python -c '{ASKED_INSIDE}' {' '.join([*methods, *HEALTH])} 2>&1")
    codes = dict(line.split() for line in read.stdout.splitlines())
    assert codes == dict.fromkeys(methods, "UNAUTHENTICATED") | dict.fromkeys(HEALTH, "OK"), read.stdout


async def test_a_tenant_reads_neither_sessions_nor_knowledge_of_another_even_with_their_ids(kefu: Containers) -> None:
    async with kefu.customers() as channel, kefu.operations() as operations:
        chat, knowledge = rpc.ChatServiceStub(channel), kb_rpc.KnowledgeServiceStub(operations)
        theirs = await ask(channel, kefu.key, ENGLISH)
        session = theirs.turn.partition("/turns/")[0]
        found = await knowledge.Search(kb.SearchRequest(query=ENGLISH), metadata=bearer_metadata(kefu.key))
        document = found.hits[0].passage.name.partition("/passages/")[0]
        stranger = bearer_metadata(await key_of_another_tenant(kefu, operations))

        async def drained(call: AsyncIterable[object]) -> None:
            async for _ in call:
                pass

        for attempt in (
            lambda: chat.GetSession(pb.GetSessionRequest(name=session), metadata=stranger),
            lambda: chat.ListTurns(pb.ListTurnsRequest(session=session), metadata=stranger),
            lambda: chat.DeleteSession(pb.DeleteSessionRequest(name=session), metadata=stranger),
            lambda: drained(chat.ResumeTurn(pb.ResumeTurnRequest(turn=theirs.turn), metadata=stranger)),
            lambda: drained(chat.WatchSession(pb.WatchSessionRequest(session=session, after="0"), metadata=stranger)),
            lambda: drained(chat.Converse(pb.ConverseRequest(session=session, text="And?"), metadata=stranger)),
            lambda: knowledge.GetCollection(kb.GetCollectionRequest(name="collections/help"), metadata=stranger),
            lambda: knowledge.ListPassages(kb.ListPassagesRequest(document=document), metadata=stranger),
            lambda: knowledge.Search(
                kb.SearchRequest(query=ENGLISH, collections=["collections/help"]), metadata=stranger
            ),
        ):
            assert (await expect_failure(attempt)).code == grpc.StatusCode.NOT_FOUND
        assert (await chat.ListSessions(pb.ListSessionsRequest(), metadata=stranger)).sessions == []
        assert (await knowledge.Search(kb.SearchRequest(query=ENGLISH), metadata=stranger)).hits == []
        turns = await chat.ListTurns(pb.ListTurnsRequest(session=session), metadata=bearer_metadata(kefu.key))
        assert len(turns.turns) == 1, "nor was it written to"


async def key_of_another_tenant(kefu: Containers, operations: grpc.aio.Channel) -> str:
    admin, metadata = admin_rpc.AdminServiceStub(operations), bearer_metadata(kefu.key)
    tenant = await admin.CreateTenant(admin_pb.CreateTenantRequest(tenant_id="other"), metadata=metadata)
    scopes = [admin_pb.SCOPE_CHAT, admin_pb.SCOPE_KNOWLEDGE, admin_pb.SCOPE_OPERATOR]
    request = admin_pb.CreateKeyRequest(tenant=tenant.tenant.name, display_name="other", scopes=scopes)
    return (await admin.CreateKey(request, metadata=metadata)).secret


async def test_clients_that_send_a_byte_now_and_then_starve_nobody_and_are_cut_off(kefu: Containers) -> None:
    trusted = ssl.create_default_context(cafile=kefu.secrets / "edge.pem")

    async def dribble() -> None:
        reader, writer = await asyncio.open_connection("localhost", kefu.port, ssl=trusted)
        reading = asyncio.create_task(reader.read())
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            opened.release()
            while not reading.done():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(1)
        except ConnectionError:
            pass
        finally:
            reading.cancel()
            writer.close()

    opened = asyncio.Semaphore(0)
    async with asyncio.timeout(120), asyncio.TaskGroup() as slow:
        for _ in range(SLOW_CLIENTS):
            slow.create_task(dribble())
        for _ in range(SLOW_CLIENTS):
            await opened.acquire()
        async with kefu.customers() as channel:
            assert (await ask(channel, kefu.key, ENGLISH)).text


async def test_the_customers_port_knows_neither_knowledge_nor_administration(kefu: Containers) -> None:
    async with kefu.customers() as channel:
        search = kb_rpc.KnowledgeServiceStub(channel).Search
        read = await expect_failure(lambda: search(kb.SearchRequest(query="x"), metadata=bearer_metadata(kefu.key)))
        assert (read.code, read.reason) == (grpc.StatusCode.UNIMPLEMENTED, "METHOD_UNKNOWN")


async def test_a_request_of_100_mb_is_refused_before_it_is_read(kefu: Containers) -> None:
    async with kefu.customers() as channel:
        request = pb.ConverseRequest(session="sessions/-", text="x" * 100_000_000)

        async def send() -> None:
            async for _ in rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(kefu.key)):
                pass

        read = await expect_failure(send)
        assert (read.code, read.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE")
        assert await ask(channel, kefu.key, "Hello!")


def test_nothing_but_nginx_is_published_and_that_at_this_machine_only(kefu: Containers) -> None:
    published: dict[str, set[str]] = {}
    for container in kefu.ids():
        found = kefu.inspect(container)
        service = found["Config"]["Labels"]["com.docker.compose.service"]
        for bindings in found["NetworkSettings"]["Ports"].values():
            published.setdefault(service, set()).update(binding["HostIp"] for binding in bindings or ())
    assert {service: hosts for service, hosts in published.items() if hosts} == {"nginx": {"127.0.0.1"}}


def test_a_container_reaches_whom_it_has_to_call_and_nobody_else(kefu: Containers) -> None:
    may = {
        "nginx": {"gateway", "router", "retrieval"},
        "gateway": {"router", "retrieval"},
        "router": {"gateway", "retrieval", "generation", "redis"},
        "retrieval": {"gateway", "redis", "router"},
        "generation": {"router"},
        "redis": {"router", "retrieval"},
    }
    for service, reached in may.items():
        [container, *_] = kefu.ids(service)
        for other in set(STAYING) - {service, "nginx"}:
            known = inside(container, f"getent hosts {other}").returncode == 0
            assert known == (other in reached), f"{service} and {other}"
        if service != "nginx":
            outside = inside(container, "timeout 3 bash -c '</dev/tcp/192.0.2.1/443'")
            assert "unreachable" in outside.stderr, f"{service} has a road outside: {outside.stderr}"


def test_a_container_cannot_write_outside_its_mounts_and_is_nobody_in_particular(kefu: Containers) -> None:
    for service in STAYING:
        [container, *_] = kefu.ids(service)
        assert inside(container, "id -u").stdout.strip() not in ("0", "")
        capabilities = inside(container, "grep CapEff /proc/self/status").stdout
        assert int(capabilities.split()[1], 16) == 0
        mounts = {mount["Destination"] for mount in kefu.inspect(container)["Mounts"] if mount["RW"]}
        mounts |= set(kefu.inspect(container)["HostConfig"].get("Tmpfs", {})) | {"/dev", "/proc", "/sys"}
        pruned = " -o ".join(f"-path {mount}" for mount in sorted(mounts))
        writable = inside(container, rf"find / \( {pruned} \) -prune -o -type d -writable -print 2>/dev/null")
        for path in writable.stdout.split():  # its permissions would allow it, were the file system not read-only
            assert inside(container, f"touch {path}/written").returncode != 0, f"{service} writes to {path}"
        for path in ("/", "/etc", "/usr/bin", "/run/secrets"):
            assert inside(container, f"touch {path}/written").returncode != 0, f"{service} writes to {path}"
