"""A router in front of scripted services and a real Redis, and its clients."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
import grpc.aio
from pydantic import SecretStr
from redis.asyncio import Redis

from kefu.common.auth import (
    DEFAULT_TENANT,
    STALE_KEY_SECONDS,
    Priority,
    Scope,
    StoredKey,
    make_key,
    open_keyring,
    redis_key,
)
from kefu.common.grpc_options import Options
from kefu.common.outbound.ssrf import resolve_permitted
from kefu.common.permissions import ALL_SCOPES
from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands
from kefu.common.rpc.server import RunningServer
from kefu.office.api.webhook_servicer import HostResolver
from kefu.router.config import RouterConfig, Timing
from kefu.router.domain.event_bus import Observer
from kefu.router.service import router
from kefu.router.tenants.tenant_store import TenantStore
from kefu.router.v1 import (
    action_pb2_grpc,
    admin_pb2_grpc,
    attachment_pb2_grpc,
    audit_pb2_grpc,
    chat_pb2_grpc,
    desk_pb2_grpc,
    experiment_pb2_grpc,
    golden_pb2_grpc,
    procedure_pb2_grpc,
)
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from kefu.testing.suite import clean_environment
from tests.support.forked_processes import ForkedProcess, fork
from tests.support.grpc_calls import BOOTSTRAP_KEY, INTERNAL_KEY, bearer_metadata
from tests.support.scripted_services import ScriptedKnowledge, ScriptedReplica, serve_knowledge, serve_replica
from tests.support.shared_redis import SharedRedis

_TIMING = Timing()


class RouterClient:
    """A client of a router with one key: of a customer, an agent or an operator."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self.key = key
        self.metadata = bearer_metadata(key)
        self.chat = chat_pb2_grpc.ChatServiceStub(channel)
        self.admin = admin_pb2_grpc.AdminServiceStub(channel)
        self.actions = action_pb2_grpc.ActionServiceStub(channel)
        self.procedures = procedure_pb2_grpc.ProcedureServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.golden = golden_pb2_grpc.GoldenQuestionServiceStub(channel)
        self.attachments = attachment_pb2_grpc.AttachmentServiceStub(channel)
        self.desk = desk_pb2_grpc.DeskServiceStub(channel)
        self.experiments = experiment_pb2_grpc.ExperimentServiceStub(channel)

    def converse(
        self, text: str, session: str = "sessions/-", **more: object
    ) -> "grpc.aio.UnaryStreamCall[pb.ConverseRequest, pb.ConverseEvent]":
        """Send a message, and return the call without reading it."""
        request = pb.ConverseRequest(session=session, text=text, **more)  # pyright: ignore[reportArgumentType] - fields
        return self.chat.Converse(request, metadata=self.metadata)

    async def ask(self, text: str, session: str = "sessions/-", **more: object) -> "AnswerEvents":
        """Send a message, and return all events of its answer."""
        return AnswerEvents([event async for event in self.converse(text, session, **more)])

    async def resume(self, turn: str, offset: int = 0) -> "AnswerEvents":
        """Resume a turn at an offset, and return all its events."""
        request = pb.ResumeTurnRequest(turn=turn, offset=offset)
        return AnswerEvents([event async for event in self.chat.ResumeTurn(request, metadata=self.metadata)])

    async def turns(self, session: str) -> Sequence[pb.Turn]:
        """List a session's turns."""
        return (await self.chat.ListTurns(pb.ListTurnsRequest(session=session), metadata=self.metadata)).turns


class AnswerEvents:
    """The events of one answer stream, and what follows from them."""

    def __init__(self, events: list[pb.ConverseEvent]) -> None:
        self.events = events

    @property
    def kinds(self) -> list[str]:
        """Kinds of the events, a run of equal kinds once."""
        kinds: list[str] = []
        for event in self.events:
            kind = event.WhichOneof("event") or ""
            if not (kinds and kinds[-1] == kind):
                kinds.append(kind)
        return kinds

    @property
    def started(self) -> pb.TurnStarted:
        """The first event."""
        return self.events[0].turn_started

    @property
    def session(self) -> str:
        """Name of the session."""
        return self.started.session

    def text_after(self, held: bytes) -> bytes:
        """Text of a client that held these bytes before: each delta replaces from its offset."""
        for event in self.events:
            if event.WhichOneof("event") == "text_delta":
                assert event.text_delta.offset <= len(held)
                held = held[: event.text_delta.offset] + event.text_delta.text.encode()
        return held

    @property
    def text(self) -> str:
        """The joined deltas; fails when an offset is not where the text was."""
        joined, begin = b"", None
        for event in self.events:
            if event.WhichOneof("event") == "text_delta":
                begin = event.text_delta.offset if begin is None else begin
                assert event.text_delta.offset == begin + len(joined)
                joined += event.text_delta.text.encode()
        return joined.decode()

    @property
    def found(self) -> pb.PassagesFound:
        """The passages found."""
        [found] = [event.passages_found for event in self.events if event.WhichOneof("event") == "passages_found"]
        return found

    @property
    def handoff(self) -> pb.Handoff:
        """The handoff."""
        [handoff] = [event.handoff for event in self.events if event.WhichOneof("event") == "handoff"]
        return handoff

    @property
    def completed(self) -> pb.TurnCompleted:
        """The last event."""
        assert self.events[-1].WhichOneof("event") == "turn_completed"
        return self.events[-1].turn_completed

    @property
    def cited_spans(self) -> list[tuple[str, int]]:
        """Text and passage number of each citation."""
        whole = self.text.encode()
        return [
            (whole[citation.start : citation.end].decode(), citation.number) for citation in self.completed.citations
        ]


class RouterProcess:
    """A router in a process of its own."""

    def __init__(self, process: ForkedProcess, port: int) -> None:
        self._process = process
        self.port = port

    async def wait_until_ready(self) -> None:
        """Return once the router serves."""
        async with asyncio.timeout(60), grpc.aio.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            while channel.get_state(try_to_connect=True) is not grpc.ChannelConnectivity.READY:
                assert self._process.returncode is None, "the router has ended"
                await asyncio.sleep(0.05)

    async def terminate(self) -> int:
        """Send SIGTERM, as a platform does. Returns the exit status."""
        self._process.terminate()
        return await asyncio.wait_for(self._process.wait(), 30)

    async def kill(self) -> None:
        """Send SIGKILL: the router finishes nothing and announces nothing."""
        self._process.kill()
        await self._process.wait()


class RouterHarness:
    """Routers in this process, over one Redis, scripted retrieval and scripted replicas."""

    def __init__(
        self,
        stack: AsyncExitStack,
        redis: RedisServer | SharedRedis,
        config: dict[str, object],
        knowledge: ScriptedKnowledge,
        replicas: list[ScriptedReplica],
        timing: Timing,
        observers: Sequence[Observer],
        resolve: HostResolver,
    ) -> None:
        self._stack = stack
        self._config = {"warm_prompts": False, **config}  # tests count the calls of scripted replicas
        self._timing = timing
        self._observers = observers
        self._resolve = resolve
        self.redis = redis
        self.tenant = DEFAULT_TENANT
        self.key = BOOTSTRAP_KEY
        """A key of the tenant with every scope."""
        self.knowledge = knowledge
        self.replicas = replicas
        self.routers: list[RunningServer] = []

    @property
    def retrieval(self) -> str:
        """Address of the retrieval service."""
        return str(self._config["retrieval"])

    @property
    def generation(self) -> str:
        """Addresses of the replicas."""
        return str(self._config["generation"])

    @property
    def replica(self) -> ScriptedReplica:
        """The first replica."""
        return self.replicas[0]

    async def begin(self) -> None:
        """Go on with a new tenant and a key of it, and with scripts as they were at first."""
        self.knowledge.reset()
        for replica in self.replicas:
            replica.reset()
        self.tenant = f"tenant-{secrets.token_hex(6)}"
        async with self.open_store() as store:
            await TenantStore(RedisCommands(store)).create(self.tenant, "")
        self.key = await self.create_key(self.tenant, *ALL_SCOPES)

    async def start_router(self, timing: Timing | None = None) -> None:
        """Start one more router over the same services and Redis; without `timing` with that of `open_desk`."""
        timing = timing or self._timing
        enter = self._stack.enter_async_context
        config = RouterConfig(**{**self._config, "redis_url": SecretStr(self.redis.url)})  # pyright: ignore[reportArgumentType, reportCallIssue]
        store = await enter(open_redis(self.redis.url))
        outlast = STALE_KEY_SECONDS if config.without_redis == "answer" else 0.0
        keyring = await enter(open_keyring(INTERNAL_KEY, BOOTSTRAP_KEY, store, stale_seconds=outlast))
        opened = router(config, store, keyring, timing=timing, observers=self._observers, resolve=self._resolve)
        self.routers.append(await enter(opened))

    async def spawn_router(self) -> "RouterProcess":
        """Start one more router as a process of its own, which can be killed."""
        settings = {**self._config, "listen": f"127.0.0.1:{free_port()}"}
        plain = {name: value for name, value in settings.items() if not isinstance(value, SecretStr)}
        process = await fork(
            "tests.support.router_process",
            json.dumps(plain),
            environment={
                **clean_environment(),
                "KEFU_INTERNAL_KEY": INTERNAL_KEY,
                "KEFU_BOOTSTRAP_KEY": BOOTSTRAP_KEY,
                "KEFU_REDIS_URL": self.redis.url,
            },
        )
        spawned = RouterProcess(process, int(str(settings["listen"]).rpartition(":")[2]))
        self._stack.push_async_callback(spawned.kill)
        await spawned.wait_until_ready()
        return spawned

    async def client(self, key: str = "", *, at: "int | RouterProcess" = 0, options: Options = ()) -> RouterClient:
        """A client of one of the routers. Without a key it has that of the harness. `options`: of the channel."""
        address = f"127.0.0.1:{(self.routers[at] if isinstance(at, int) else at).port}"
        channel = await self._stack.enter_async_context(grpc.aio.insecure_channel(address, options=options))
        return RouterClient(channel, key or self.key)

    async def create_key(
        self,
        tenant: str,
        *scopes: Scope,
        collections: frozenset[str] | None = None,
        priority: Priority = Priority.INTERACTIVE,
    ) -> str:
        """Store a new key of a tenant, and return its secret."""
        made = make_key()
        chosen = frozenset(scopes or (Scope.CHAT,))
        key = StoredKey(made.id, made.sha256, tenant, chosen, collections, "test", 1.0, priority)
        async with self.open_store() as store:
            await store.hset(redis_key(made.id), mapping=key.to_hash())  # pyright: ignore
        return made.secret

    @asynccontextmanager
    async def open_store(self) -> AsyncIterator[Redis]:
        """A client of the Redis."""
        async with open_redis(self.redis.admin_url) as store:
            yield store


@asynccontextmanager
async def open_router_harness(
    redis: RedisServer | SharedRedis,
    *,
    replicas: int = 1,
    routers: int = 1,
    timing: Timing = _TIMING,
    observers: Sequence[Observer] = (),
    resolve: HostResolver = resolve_permitted,
    **config: object,
) -> AsyncIterator[RouterHarness]:
    """Routers and scripted services while the block runs. `config`: fields of RouterConfig; others go to `router`.

    On a Redis that tests share the harness has a new tenant, else the default one and its bootstrap key.
    """
    async with AsyncExitStack() as stack:
        knowledge = ScriptedKnowledge()  # pyright: ignore[reportAbstractUsage] - the router only searches
        scripted = [ScriptedReplica() for _ in range(replicas)]
        addresses = [await stack.enter_async_context(serve_replica(replica)) for replica in scripted]
        retrieval = await stack.enter_async_context(serve_knowledge(knowledge))
        chosen: dict[str, object] = {
            "listen": "127.0.0.1:0",
            "retrieval": retrieval,
            "generation": ",".join(addresses),
            "internal_key": SecretStr(INTERNAL_KEY),
            "listener_grace_seconds": 0.0,  # nothing in front of it
            "drain_seconds": 0.0,
            "settings_seconds": 0.0,
            "model_exam": False,  # tests count the calls of scripted replicas
            "search_seconds": 15.0,  # a machine that pauses is no search that fails, unless a test is about that
            "answer_profile": "unchecked",  # what the scripted replica says is the text, unless a test is about proof
            **config,
        }
        harness = RouterHarness(stack, redis, chosen, knowledge, scripted, timing, observers, resolve)
        if isinstance(redis, SharedRedis):
            await harness.begin()
        for _ in range(routers):
            await harness.start_router()
        yield harness
