"""The wing of turns: conversations, what answers them, and who asks."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from kefu.router.actions.action_runner import ActionRunner
from kefu.router.actions.action_store import ActionStore
from kefu.router.actions.changes import ChangeMaker
from kefu.router.actions.http_call import ActionCaller
from kefu.router.actions.operations import OperationStore
from kefu.router.actions.procedures.catalogue import ProcedureCatalogue
from kefu.router.actions.procedures.procedure_runner import ProcedureRunner
from kefu.router.actions.procedures.procedure_store import ProcedureStore
from kefu.router.admission.gate import AdmissionGate
from kefu.router.answering.answer_cache import AnswerCache
from kefu.router.answering.pipeline import AnswerPipeline
from kefu.router.answering.triage.reader import TriageReader
from kefu.router.answering.triage.signals import SignalFinder
from kefu.router.conversations.attachments.attachment_service import AttachmentService
from kefu.router.conversations.attachments.attachments_setup import open_attachments
from kefu.router.conversations.conversation_service import ConversationService
from kefu.router.conversations.experiments import Experiments, RunningExperiments
from kefu.router.conversations.identity.email_codes import EmailCodes
from kefu.router.conversations.identity.identity_service import IdentityService
from kefu.router.conversations.identity.mailer import Mailer, SmtpServer
from kefu.router.conversations.identity.token_verifier import TokenVerifier
from kefu.router.conversations.live_turn import TurnServices
from kefu.router.conversations.remote_turns import open_remote_turns
from kefu.router.conversations.session_watches import SessionWatches, open_watches
from kefu.router.conversations.turn_registry import TurnRegistry
from kefu.router.domain.answer_profiles import FULL
from kefu.router.replicas.file_reader import FileReader
from kefu.router.storage.desk_index import DeskRoom
from kefu.router.storage.session_events import SessionEvents
from kefu.router.storage.session_owners import SessionOwners
from kefu.router.storage.turn_leases import open_leases
from kefu.router.storage.turns import TurnStore
from kefu.router.wings.foundation import Foundation

_JWKS_SECONDS, _JWKS_BYTES = 5.0, 256 * 1024


@dataclass(frozen=True)
class ActionParts:
    """What a tenant's actions and procedures are kept in and run by."""

    actions: ActionStore
    procedures: ProcedureStore
    runner: ActionRunner
    in_turns: ProcedureRunner


@dataclass(frozen=True)
class TurnParts:
    """What the wing has."""

    conversations: ConversationService
    registry: TurnRegistry
    watches: SessionWatches
    attachments: AttachmentService
    identity: IdentityService
    actions: ActionParts


@asynccontextmanager
async def open_turns(base: Foundation, experiments: RunningExperiments) -> AsyncIterator[TurnParts]:
    """Answer conversations while the block runs."""
    config, commands = base.config, base.commands
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        life, lease = config.session_life, config.lease_seconds
        turns = TurnStore(commands, life=life, lease=lease, owner=base.name, most_turns=config.session_turns)
        actions = _actions(base)
        stack.push_async_callback(actions.runner.close)
        attachments = await enter(_open_attachments(base))
        prompt_tokens = config.prompt_tokens or FULL.prompt_tokens
        services = TurnServices(
            config=config,
            store=base.sessions,
            turns=turns,
            leases=await enter(open_leases(turns)),
            admission_gate=AdmissionGate(base.limits, base.admission, prompt_tokens=prompt_tokens),
            settings=base.settings,
            experiments=Experiments(experiments, base.drafts, base.staged_settings),
            pipeline=_pipeline(base, actions),
            event_bus=base.event_bus,
            erasure=base.erasure,
            memory_guard=base.memory_guard,
            store_wait_seconds=base.timing.store_wait_seconds,
            attachments=attachments,
        )
        registry = TurnRegistry(services, await enter(open_remote_turns(turns)))
        stack.push_async_callback(registry.close)
        events = SessionEvents(commands, base.sessions)
        watches = await enter(open_watches(events, sweep_seconds=base.timing.sweep_seconds))
        identity = _identity(base)
        conversations = ConversationService(services, registry, watches, identity)
        yield TurnParts(conversations, registry, watches, attachments, identity, actions)


def _actions(base: Foundation) -> ActionParts:
    caller = ActionCaller(base.http, base.secrets.get)
    operations = OperationStore(base.commands, life=base.config.session_life)
    changes = ChangeMaker(caller, operations, base.audit.record)
    actions = ActionStore(base.commands, seconds=base.config.settings_seconds)
    procedures = ProcedureStore(base.commands, seconds=base.config.settings_seconds)
    catalogue = ProcedureCatalogue(actions, procedures)
    runner = ActionRunner(catalogue, caller, changes, base.retrieval)
    return ActionParts(actions, procedures, runner, ProcedureRunner(catalogue, runner, caller, changes))


def _pipeline(base: Foundation, actions: ActionParts) -> AnswerPipeline:
    config = base.config
    cache = AnswerCache(
        base.commands,
        life=config.cache_seconds,
        most=config.cache_entries,
        fingerprints=lambda: base.pool.fingerprints,
    )
    return AnswerPipeline(
        config,
        base.retrieval,
        base.search_admission,
        base.pool,
        cache,
        DeskRoom(base.commands, config.desk_conversations),
        actions.in_turns,
        TriageReader(SignalFinder(base.commands)),
    )


@asynccontextmanager
async def _open_attachments(base: Foundation) -> AsyncIterator[AttachmentService]:
    reader = FileReader(base.retrieval_pool, base.internal_key, base.timing.read_file_seconds)
    async with open_attachments(
        *(base.config, base.commands, base.sessions, base.settings, base.memory_guard, reader, base.name),
        sweep_seconds=base.timing.file_sweep_seconds,
    ) as attachments:
        yield attachments


def _identity(base: Foundation) -> IdentityService:
    config = base.config
    mailer = None
    if config.smtp_url is not None:
        mailer = Mailer(SmtpServer.of(config.smtp_url.get_secret_value()), config.smtp_from)
    return IdentityService(
        base.commands,
        base.settings,
        TokenVerifier(partial(base.http.json, seconds=_JWKS_SECONDS, most_bytes=_JWKS_BYTES), base.secrets.get),
        EmailCodes(base.commands, mailer, base.internal_key),
        SessionOwners(base.commands, life=config.session_life, beside_life=config.longest_life),
    )
