"""The router as one block: all of its parts, opened in order and closed in reverse."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import grpc.aio
from redis.asyncio import Redis

from kefu.common.aio import cancel_and_wait
from kefu.common.audit.log import AuditLog
from kefu.common.audit.recorder import open_audit_recorder
from kefu.common.auth import Keyring
from kefu.common.outbound.guarded_http import GuardedHttp, networks, open_guarded_http, permits
from kefu.common.outbound.ssrf import Address, is_public, resolve_permitted
from kefu.common.permissions import permissions_of
from kefu.common.redis.backup_record import open_backup_metrics
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.memory_guard import open_memory_guard
from kefu.common.redis.tenant_secrets import SecretStore
from kefu.common.rpc.server import RunningServer, serving
from kefu.router import metrics
from kefu.router.actions.changes import ChangeMaker
from kefu.router.actions.http_call import ActionCaller
from kefu.router.actions.operations import OperationStore
from kefu.router.actions.procedures.catalogue import ProcedureCatalogue
from kefu.router.actions.procedures.runner import ProcedureRunner
from kefu.router.actions.procedures.store import ProcedureStore
from kefu.router.actions.runner import ActionRunner
from kefu.router.actions.store import ActionStore
from kefu.router.admission.concurrency_limit import EngineLimit
from kefu.router.admission.gate import AdmissionGate
from kefu.router.admission.scheduler import AdmissionBounds, AdmissionScheduler
from kefu.router.admission.search_limit import SearchLimit
from kefu.router.admission.tenant_limits import TenantLimits
from kefu.router.answering.answer_cache import AnswerCache
from kefu.router.answering.pipeline import AnswerPipeline
from kefu.router.answering.triage.reader import TriageReader
from kefu.router.answering.triage.signals import SignalFinder
from kefu.router.answering.writing.prompt import common_prompts
from kefu.router.api import (
    action_servicer,
    admin_servicer,
    attachment_servicer,
    audit_servicer,
    audited_methods,
    chat_servicer,
    desk_servicer,
    experiment_servicer,
    golden_question_servicer,
    identity_servicer,
    insight_servicer,
    procedure_servicer,
    review_servicer,
    webhook_servicer,
)
from kefu.router.api.action_servicer import ActionServicer
from kefu.router.api.admin_servicer import AdminServicer
from kefu.router.api.archive_calls import ArchiveCalls
from kefu.router.api.attachment_servicer import AttachmentServicer
from kefu.router.api.audit_servicer import AuditServicer
from kefu.router.api.chat_servicer import ChatServicer
from kefu.router.api.desk_servicer import DeskServicer
from kefu.router.api.experiment_servicer import ExperimentServicer
from kefu.router.api.golden_question_servicer import GoldenQuestionServicer
from kefu.router.api.identity_servicer import IdentityServicer
from kefu.router.api.insight_servicer import InsightServicer
from kefu.router.api.procedure_servicer import ProcedureServicer
from kefu.router.api.review_servicer import ReviewServicer
from kefu.router.api.server_stream import StreamLimits
from kefu.router.api.webhook_servicer import HostResolver, WebhookServicer
from kefu.router.config import RouterConfig, Timing
from kefu.router.conversations.archive.archive import Archive
from kefu.router.conversations.archive.archiver import Archiver, open_archiver
from kefu.router.conversations.archive.opening import archive_times, make_archive
from kefu.router.conversations.attachments.opening import open_attachments
from kefu.router.conversations.experiments import Experiments
from kefu.router.conversations.golden_questions.opening import open_golden_questions
from kefu.router.conversations.identity.email_codes import EmailCodes
from kefu.router.conversations.identity.mailer import Mailer, SmtpServer
from kefu.router.conversations.identity.service import IdentityService
from kefu.router.conversations.identity.token_verifier import TokenVerifier
from kefu.router.conversations.live_turn import TurnServices
from kefu.router.conversations.personal_data import PersonalData
from kefu.router.conversations.remote_turns import open_remote_turns
from kefu.router.conversations.service import ConversationService
from kefu.router.conversations.session_watches import open_watches
from kefu.router.conversations.turn_registry import TurnRegistry
from kefu.router.desk.escalation import EscalationMonitor, open_escalation_monitor
from kefu.router.desk.service import DeskService
from kefu.router.desk.store import DeskStore
from kefu.router.desk.watches import open_desk_watches
from kefu.router.domain.answer_profiles import FULL
from kefu.router.domain.event_bus import EventBus, Observer
from kefu.router.domain.generation import GenerationRequest
from kefu.router.event_recorder import EventRecorder, open_event_recorder
from kefu.router.exam.background import open_model_exams
from kefu.router.insight.conversations.index import ConversationIndex
from kefu.router.insight.conversations.matching import QuestionMatcher
from kefu.router.insight.conversations.search import ConversationSearch
from kefu.router.insight.counter_store import CounterStore
from kefu.router.insight.experiments.store import ExperimentStore
from kefu.router.insight.reviews.book import ReviewBook
from kefu.router.insight.reviews.store import ReviewStore
from kefu.router.insight.unanswered import UnansweredStore
from kefu.router.insight.unanswered_groups import UnansweredGroups
from kefu.router.messages.archive_record import ArchiveRecordWriter
from kefu.router.replicas.draft_client import DraftClient
from kefu.router.replicas.file_reader import FileReader
from kefu.router.replicas.patient_retrieval_client import PATIENT_SECONDS, PatientRetrievalClient
from kefu.router.replicas.pool import open_pool
from kefu.router.replicas.retrieval_client import RetrievalClient
from kefu.router.replicas.retrieval_pool import open_retrieval_pool
from kefu.router.storage import keys
from kefu.router.storage.archive_marks import ArchiveMarks
from kefu.router.storage.change_feed import open_change_feed
from kefu.router.storage.desk_index import DeskRoom
from kefu.router.storage.erasure import SessionErasure
from kefu.router.storage.leader_lease import LeaderLease
from kefu.router.storage.session_events import SessionEvents
from kefu.router.storage.session_owners import SessionOwners
from kefu.router.storage.sessions import SessionStore
from kefu.router.storage.turn_leases import open_leases
from kefu.router.storage.turns import TurnStore
from kefu.router.tenants.settings import SettingsStore
from kefu.router.tenants.staged_settings import StagedSettingsStore
from kefu.router.tenants.store import TenantStore
from kefu.router.webhooks.queue import WebhookQueue
from kefu.router.webhooks.sender import open_webhook_sender
from kefu.router.webhooks.store import RETENTION_SECONDS, WebhookStore

PERMISSIONS = permissions_of(
    action_servicer.SERVICE,
    procedure_servicer.SERVICE,
    golden_question_servicer.SERVICE,
    chat_servicer.SERVICE,
    desk_servicer.SERVICE,
    admin_servicer.SERVICE,
    attachment_servicer.SERVICE,
    audit_servicer.SERVICE,
    experiment_servicer.SERVICE,
    identity_servicer.SERVICE,
    insight_servicer.SERVICE,
    review_servicer.SERVICE,
    webhook_servicer.SERVICE,
)
_TIMING = Timing()
_SECONDS_A_DAY = 86_400
_JWKS_SECONDS, _JWKS_BYTES = 5.0, 256 * 1024
_SEARCH_TARGET_SHARE = 0.2
"""Turns are held back when their searches take this share of the time after which they are given up."""


@asynccontextmanager
async def router(
    config: RouterConfig,
    store: Redis,
    keyring: Keyring,
    *,
    timing: Timing = _TIMING,
    observers: Sequence[Observer] = (),
    resolve: HostResolver = resolve_permitted,
) -> AsyncIterator[RunningServer]:
    """A router that serves while the block runs.

    `observers` receive domain events beside the event recorder. `resolve` looks up the host of a new webhook.
    """
    name = f"router-{secrets.token_hex(6)}"
    internal_key = config.internal_key.get_secret_value()
    commands = RedisCommands(store)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        pool = await enter(
            open_pool(
                config.generation,
                internal_key,
                name,
                first_token_seconds=config.first_token_seconds,
                warm_up=[GenerationRequest(prompt, 0, max_tokens=1) for prompt in common_prompts()]
                if config.warm_prompts
                else [],
                tls=config.tls,
            )
        )
        retrieval_pool = await enter(open_retrieval_pool(config.retrieval, config.tls))
        settings = SettingsStore(commands, config)
        staged_settings = StagedSettingsStore(commands, settings, config)
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
        life = config.session_days * _SECONDS_A_DAY
        turns = TurnStore(commands, life=life, lease=config.lease_seconds, owner=name, most_turns=config.session_turns)
        cache = AnswerCache(
            commands,
            life=config.cache_seconds,
            most=config.cache_entries,
            fingerprints=lambda: pool.fingerprints,
        )
        retrieval = RetrievalClient(retrieval_pool, internal_key, on_call=search_limit.record_call)
        http = await enter(open_guarded_http(permits(networks(config.private_networks))))
        tenant_secrets = SecretStore(commands, config.secrets_keys)
        actions = ActionStore(commands, seconds=config.settings_seconds)
        audit_log = AuditLog(commands, days=config.audit_days)
        audit = await enter(open_audit_recorder(audit_log, audited_methods.AUDITED, internal_key=internal_key))
        caller = ActionCaller(http, tenant_secrets.get)
        changes = ChangeMaker(caller, OperationStore(commands, life=life), audit.record)
        procedures = ProcedureStore(commands, seconds=config.settings_seconds)
        catalogue = ProcedureCatalogue(actions, procedures)
        action_runner = ActionRunner(catalogue, caller, changes, retrieval)
        stack.push_async_callback(action_runner.close)
        experiments = ExperimentStore(
            commands, seconds=config.settings_seconds, quiet_seconds=config.experiment_quiet_seconds
        )
        drafts = DraftClient(retrieval_pool, internal_key)
        insight = await enter(open_insight(config, commands, retrieval, experiments, name, resolve))
        event_bus = EventBus([insight.recorder, *observers])
        sessions = SessionStore(commands, life=life)
        guard = await enter(open_memory_guard(store, limit=config.redis_memory_limit))
        await enter(open_backup_metrics(store))
        reader = FileReader(retrieval_pool, internal_key, timing.read_file_seconds)
        opening = open_attachments(
            config, commands, sessions, settings, guard, reader, name, sweep_seconds=timing.file_sweep_seconds
        )
        attachments = await enter(opening)
        services = TurnServices(
            config=config,
            store=sessions,
            turns=turns,
            leases=await enter(open_leases(turns)),
            admission_gate=AdmissionGate(limits, admission, prompt_tokens=config.prompt_tokens or FULL.prompt_tokens),
            settings=settings,
            experiments=Experiments(experiments, drafts, staged_settings),
            pipeline=AnswerPipeline(
                config,
                retrieval,
                search_admission,
                pool,
                cache,
                DeskRoom(commands, config.desk_conversations),
                ProcedureRunner(catalogue, action_runner, caller, changes),
                TriageReader(SignalFinder(commands)),
            ),
            event_bus=event_bus,
            erasure=insight.erasure,
            memory_guard=guard,
            store_wait_seconds=timing.store_wait_seconds,
            attachments=attachments,
        )
        registry = TurnRegistry(services, await enter(open_remote_turns(turns)))
        stack.push_async_callback(registry.close)
        session_watches = await enter(
            open_watches(SessionEvents(commands, services.store), sweep_seconds=timing.sweep_seconds)
        )
        desk_store = DeskStore(commands, life=life, retention_seconds=timing.desk_retention_seconds)
        desk_watches = await enter(
            open_desk_watches(desk_store, presence_seconds=timing.presence_seconds, sweep_seconds=timing.sweep_seconds)
        )
        await enter(open_change_feed(commands, [session_watches, desk_watches]))
        check = timing.escalation_check_seconds
        monitor = EscalationMonitor(commands, desk_store, settings, event_bus, name, check_seconds=check)
        await enter(open_escalation_monitor(monitor))
        streams = StreamLimits(
            slow_reader_seconds=config.slow_reader_seconds, key_check_seconds=timing.key_check_seconds
        )
        archive = make_archive(config, commands)
        personal_data = PersonalData(services.store, services.erasure, registry, event_bus, attachments, archive)
        if archive.is_on:
            pause = timing.archive_pass_seconds
            await enter(open_archiver(archiver(config, commands, archive, settings, personal_data, name, pause)))
        identity = identity_service(config, commands, settings, tenant_secrets, http)
        conversations = ConversationService(services, registry, session_watches, identity)
        chat = ChatServicer(conversations, personal_data, keyring, streams, internal_key)
        presence = timing.presence_seconds
        desk_service = DeskService(
            desk_store, services.store, event_bus, conversations.answer_held, presence_seconds=presence
        )
        desk = DeskServicer(desk_service, desk_watches, keyring, streams)
        tenants = TenantStore(commands)
        archive_calls = ArchiveCalls(archive, settings, streams)
        admin = AdminServicer(tenants, settings, staged_settings, tenant_secrets, action_runner, archive_calls)

        golden = await enter(
            open_golden_questions(
                config,
                commands,
                settings,
                AnswerPipeline(
                    config.model_copy(update={"search_seconds": PATIENT_SECONDS}),
                    PatientRetrievalClient(retrieval_pool, internal_key),
                    search_admission,
                    pool,
                ),
                admission,
                drafts,
                event_bus,
                name,
                check_seconds=timing.golden_check_seconds,
            )
        )

        def register(server: grpc.aio.Server) -> None:
            chat.register(server)
            desk.register(server)
            admin.register(server)
            AttachmentServicer(attachments, streams).register(server)
            AuditServicer(audit_log, tenants).register(server)
            IdentityServicer(identity).register(server)
            ExperimentServicer(experiments, drafts, staged_settings).register(server)
            ActionServicer(actions, action_runner).register(server)
            ProcedureServicer(procedures, actions, settings, action_runner).register(server)
            insight.register(server)
            GoldenQuestionServicer(
                golden.questions, golden.runs, golden.runner, services.store, insight.unanswered, streams
            ).register(server)

        def end_watches() -> None:
            session_watches.leave()
            desk_watches.end_all()

        yield await enter(
            serving(
                config.listen,
                register,
                keyring=keyring,
                permissions=PERMISSIONS,
                drain_seconds=config.drain_seconds,
                transport=config.transport(),
                tls=config.tls,
                on_shutdown=end_watches,
                audit=audit,
            )
        )


def identity_service(
    config: RouterConfig,
    commands: RedisCommands,
    settings: SettingsStore,
    tenant_secrets: SecretStore,
    http: GuardedHttp,
) -> IdentityService:
    """What identifies customers."""
    mailer = None
    if config.smtp_url is not None:
        mailer = Mailer(SmtpServer.of(config.smtp_url.get_secret_value()), config.smtp_from)
    return IdentityService(
        commands,
        settings,
        TokenVerifier(partial(http.json, seconds=_JWKS_SECONDS, most_bytes=_JWKS_BYTES), tenant_secrets.get),
        EmailCodes(commands, mailer, config.internal_key.get_secret_value()),
        SessionOwners(commands, life=config.session_days * _SECONDS_A_DAY, beside_life=_beside_life(config)),
    )


def archiver(
    config: RouterConfig,
    commands: RedisCommands,
    archive: Archive,
    settings: SettingsStore,
    personal_data: PersonalData,
    router: str,
    pause: float,
) -> Archiver:
    """What fills the archive. `router` names this router. `pause`: between two passes, in seconds."""
    return Archiver(
        archive,
        ArchiveMarks(commands),
        SessionStore(commands, life=config.session_days * _SECONDS_A_DAY),
        ReviewStore(commands, days=config.numbers_days),
        settings,
        ArchiveRecordWriter(),
        personal_data.finish_erasure,
        LeaderLease(commands, keys.ARCHIVE_LEASE, router),
        archive_times(config, pause),
    )


def _beside_life(config: RouterConfig) -> float:
    """The longest time that anything is kept after its session, in seconds."""
    life = config.session_days * _SECONDS_A_DAY
    return max(life, config.unanswered_days * _SECONDS_A_DAY, RETENTION_SECONDS)


@dataclass(frozen=True)
class InsightParts:
    """The event recorder, the session erasure, and the servicers of what is stored beside sessions."""

    recorder: EventRecorder
    erasure: SessionErasure
    unanswered: UnansweredStore
    insight_servicer: InsightServicer
    review_servicer: ReviewServicer
    webhook_servicer: WebhookServicer

    def register(self, server: grpc.aio.Server) -> None:
        """Add the services to a server."""
        self.insight_servicer.register(server)
        self.review_servicer.register(server)
        self.webhook_servicer.register(server)


@asynccontextmanager
async def open_insight(
    config: RouterConfig,
    commands: RedisCommands,
    retrieval: RetrievalClient,
    experiments: ExperimentStore,
    router: str,
    resolve: HostResolver,
) -> AsyncIterator[InsightParts]:
    """Record domain events and send webhook deliveries while the block runs. `router` names this router."""
    life = config.session_days * _SECONDS_A_DAY
    counters = CounterStore(commands, days=config.numbers_days, life=life)
    unanswered = UnansweredStore(commands, days=config.unanswered_days)
    index = ConversationIndex(commands, life=life, explains=config.explanations)
    sessions = SessionStore(commands, life=life)
    book = ReviewBook(ReviewStore(commands, days=config.numbers_days), index, life=life)
    erasure = SessionErasure(commands, life=_beside_life(config))
    lease, hours = config.lease_seconds, config.webhook_hours
    webhooks = WebhookStore(commands, retry_seconds=hours * 3600)
    queue = WebhookQueue(commands, router=router, lease=lease)
    permitted = _anywhere if config.webhook_private else is_public
    first_pause = config.webhook_retry_seconds
    async with (
        open_webhook_sender(webhooks, queue, lease=lease, first_pause=first_pause, permitted=permitted) as sender,
        open_event_recorder(
            commands,
            counters=counters,
            experiments=experiments,
            unanswered=unanswered,
            conversations=index,
            erasure=erasure,
            webhooks=webhooks,
            wake=sender.wake,
        ) as recorder,
    ):
        yield InsightParts(
            recorder,
            erasure,
            unanswered,
            InsightServicer(counters, unanswered, UnansweredGroups(unanswered, retrieval)),
            ReviewServicer(
                sessions,
                index,
                ConversationSearch(index, sessions),
                QuestionMatcher(index, sessions, retrieval),
                book,
            ),
            WebhookServicer(webhooks, private=config.webhook_private, resolve=resolve),
        )


def _anywhere(address: Address) -> bool:
    """Permit every address: this installation allows webhooks in private networks."""
    del address
    return True
