"""The foundation of a router: pools, stores and limits that its wings share, opened once."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from redis.asyncio import Redis

from kefu.common.aio import cancel_and_wait
from kefu.common.audit.recorder import AuditRecorder
from kefu.common.auth import Keyring
from kefu.common.outbound.guarded_http import GuardedHttp, networks, open_guarded_http, permits
from kefu.common.redis.backup_record import open_backup_metrics
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.memory_guard import MemoryGuard, open_memory_guard
from kefu.common.redis.tenant_secrets import SecretStore
from kefu.router import metrics
from kefu.router.admission.concurrency_limit import EngineLimit
from kefu.router.admission.scheduler import AdmissionBounds, AdmissionScheduler
from kefu.router.admission.search_limit import SearchLimit
from kefu.router.admission.tenant_limits import TenantLimits
from kefu.router.answering.writing.prompt import common_prompts
from kefu.router.api.server_stream import StreamLimits
from kefu.router.config import RouterConfig, Timing
from kefu.router.domain.event_bus import EventBus, Observer
from kefu.router.domain.generation import GenerationRequest
from kefu.router.exam.background import open_model_exams
from kefu.router.replicas.draft_client import DraftClient
from kefu.router.replicas.pool import ReplicaPool, open_pool
from kefu.router.replicas.retrieval_client import RetrievalClient
from kefu.router.replicas.retrieval_pool import RetrievalPool, open_retrieval_pool
from kefu.router.storage.erasure import SessionErasure
from kefu.router.storage.sessions import SessionStore
from kefu.router.tenants.settings import SettingsStore
from kefu.router.tenants.staged_settings import StagedSettingsStore

_SEARCH_TARGET_SHARE = 0.2
"""Turns are held back when their searches take this share of the time after which they are given up."""


@dataclass(frozen=True)
class Foundation:
    """What the wings share."""

    name: str
    """Of this router, new at each start."""
    config: RouterConfig
    timing: Timing
    keyring: Keyring
    audit: AuditRecorder
    commands: RedisCommands
    memory_guard: MemoryGuard
    pool: ReplicaPool
    retrieval_pool: RetrievalPool
    retrieval: RetrievalClient
    drafts: DraftClient
    http: GuardedHttp
    secrets: SecretStore
    settings: SettingsStore
    staged_settings: StagedSettingsStore
    limits: TenantLimits
    admission: AdmissionScheduler
    search_admission: AdmissionScheduler
    sessions: SessionStore
    erasure: SessionErasure
    event_bus: EventBus
    streams: StreamLimits

    @property
    def internal_key(self) -> str:
        """The key among services."""
        return self.config.internal_key.get_secret_value()


@asynccontextmanager
async def open_foundation(
    config: RouterConfig,
    store: Redis,
    keyring: Keyring,
    timing: Timing,
    audit: AuditRecorder,
    observers: Sequence[Observer],
) -> AsyncIterator[Foundation]:
    """The foundation while the block runs, with what goes on in the background: admission, limits, exams."""
    name = f"router-{secrets.token_hex(6)}"
    internal_key = config.internal_key.get_secret_value()
    commands = RedisCommands(store)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        warm_up = [GenerationRequest(prompt, 0, max_tokens=1) for prompt in common_prompts()]
        pool = await enter(
            open_pool(
                config.generation,
                internal_key,
                name,
                first_token_seconds=config.first_token_seconds,
                warm_up=warm_up if config.warm_prompts else [],
                tls=config.tls,
            )
        )
        retrieval_pool = await enter(open_retrieval_pool(config.retrieval, config.tls))
        settings = SettingsStore(commands, config)
        bounds = AdmissionBounds(
            max_running=config.max_concurrent_turns,
            max_waiting=config.max_waiting_turns,
            max_waiting_bytes=config.max_waiting_bytes,
            max_wait_seconds=config.admission_seconds,
            brown_out_pressure=config.brown_out_pressure,
        )
        engine_limit = EngineLimit(lambda: pool.engine_load)
        admission = AdmissionScheduler(bounds, engine_limit, metrics.ENGINE_ADMISSION)
        search_limit = SearchLimit(config.search_seconds * _SEARCH_TARGET_SHARE)
        # Turns at WITHOUT_MODEL search beyond the slots of the engines. How many search at once is the limit's to say.
        most_searching = bounds.max_running + bounds.max_waiting
        search_bounds = replace(bounds, max_running=most_searching, spares_slots=False)
        search_admission = AdmissionScheduler(search_bounds, search_limit, metrics.SEARCH_ADMISSION)
        limits = TenantLimits(commands, lease_seconds=config.lease_seconds, without_redis=config.limits_without_redis)
        for background in (admission.watch(), search_admission.watch(), limits.renew()):
            stack.push_async_callback(cancel_and_wait, asyncio.create_task(background))
        exam_check = timing.exam_check_seconds
        await enter(open_model_exams(config, commands, pool, admission, name, check_seconds=exam_check))
        guard = await enter(open_memory_guard(store, limit=config.redis_memory_limit))
        await enter(open_backup_metrics(store))
        yield Foundation(
            name=name,
            config=config,
            timing=timing,
            keyring=keyring,
            audit=audit,
            commands=commands,
            memory_guard=guard,
            pool=pool,
            retrieval_pool=retrieval_pool,
            retrieval=RetrievalClient(retrieval_pool, internal_key, on_call=search_limit.record_call),
            drafts=DraftClient(retrieval_pool, internal_key),
            http=await enter(open_guarded_http(permits(networks(config.private_networks)))),
            secrets=SecretStore(commands, config.secrets_keys),
            settings=settings,
            staged_settings=StagedSettingsStore(commands, settings, config),
            limits=limits,
            admission=admission,
            search_admission=search_admission,
            sessions=SessionStore(commands, life=config.session_life),
            erasure=SessionErasure(commands, life=config.longest_life),
            event_bus=EventBus(observers),
            streams=StreamLimits(
                slow_reader_seconds=config.slow_reader_seconds, key_check_seconds=timing.key_check_seconds
            ),
        )
