"""The office, opened and closed in one place: first what records, then what leads work with."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import grpc.aio

from kefu.common.audit.log import AuditLog
from kefu.common.outbound.ssrf import Address, is_public
from kefu.office.api import (
    action_servicer,
    admin_servicer,
    audit_servicer,
    experiment_servicer,
    golden_question_servicer,
    insight_servicer,
    procedure_servicer,
    review_servicer,
    webhook_servicer,
)
from kefu.office.api.action_servicer import ActionServicer
from kefu.office.api.admin_servicer import AdminServicer
from kefu.office.api.archive_calls import ArchiveCalls
from kefu.office.api.audit_servicer import AuditServicer
from kefu.office.api.experiment_servicer import ExperimentServicer
from kefu.office.api.golden_question_servicer import GoldenQuestionServicer
from kefu.office.api.insight_servicer import InsightServicer
from kefu.office.api.procedure_servicer import ProcedureServicer
from kefu.office.api.review_servicer import ReviewServicer
from kefu.office.api.webhook_servicer import HostResolver, WebhookServicer
from kefu.office.archive.archive import Archive
from kefu.office.archive.archive_setup import archive_times, make_archive
from kefu.office.archive.archiver import Archiver, open_archiver
from kefu.office.data_requests import DataRequests
from kefu.office.event_recorder import open_event_recorder
from kefu.office.experiments.experiment_store import ExperimentStore
from kefu.office.golden_questions.golden_setup import open_golden_questions
from kefu.office.golden_questions.question_store import GoldenQuestionStore
from kefu.office.insight.conversations.index import ConversationIndex
from kefu.office.insight.conversations.question_matcher import QuestionMatcher
from kefu.office.insight.conversations.search import ConversationSearch
from kefu.office.insight.counter_store import CounterStore
from kefu.office.insight.reviews.book import ReviewBook
from kefu.office.insight.reviews.review_store import ReviewStore
from kefu.office.insight.unanswered import UnansweredStore
from kefu.office.insight.unanswered_groups import UnansweredGroups
from kefu.office.messages.archive_record import ArchiveRecordWriter
from kefu.office.webhooks.queue import WebhookQueue
from kefu.office.webhooks.sender import open_webhook_sender
from kefu.office.webhooks.webhook_store import WebhookStore
from kefu.router.answering.pipeline import AnswerPipeline
from kefu.router.replicas.patient_retrieval_client import PATIENT_SECONDS, PatientRetrievalClient
from kefu.router.storage import keys
from kefu.router.storage.archive_marks import ArchiveMarks
from kefu.router.storage.leader_lease import LeaderLease
from kefu.router.tenants.tenant_store import TenantStore
from kefu.router.wings.foundation import Foundation
from kefu.router.wings.turn_parts import TurnParts

SERVICES = (
    action_servicer.SERVICE,
    admin_servicer.SERVICE,
    audit_servicer.SERVICE,
    experiment_servicer.SERVICE,
    golden_question_servicer.SERVICE,
    insight_servicer.SERVICE,
    procedure_servicer.SERVICE,
    review_servicer.SERVICE,
    webhook_servicer.SERVICE,
)
"""The names of its gRPC services."""


class Servicer(Protocol):
    """Serves one of them."""

    def register(self, server: grpc.aio.Server) -> None:
        """Add it to a server."""
        ...


@dataclass(frozen=True)
class Records:
    """What is written of turns beside their sessions."""

    counters: CounterStore
    unanswered: UnansweredStore
    conversations: ConversationIndex
    experiments: ExperimentStore
    webhooks: WebhookStore


@asynccontextmanager
async def open_records(base: Foundation) -> AsyncIterator[Records]:
    """Record domain events and send webhook deliveries while the block runs. It outlasts the turns, for their ends."""
    config, commands, life = base.config, base.commands, base.config.session_life
    counters = CounterStore(commands, days=config.numbers_days, life=life)
    unanswered = UnansweredStore(commands, days=config.unanswered_days)
    index = ConversationIndex(commands, life=life, explains=config.explanations)
    quiet = config.experiment_quiet_seconds
    experiments = ExperimentStore(commands, seconds=config.settings_seconds, quiet_seconds=quiet)
    lease, hours = config.lease_seconds, config.webhook_hours
    webhooks = WebhookStore(commands, retry_seconds=hours * 3600)
    queue = WebhookQueue(commands, router=base.name, lease=lease)
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
            erasure=base.erasure,
            webhooks=webhooks,
            wake=sender.wake,
        ) as recorder,
    ):
        base.event_bus.add(recorder)
        yield Records(counters, unanswered, index, experiments, webhooks)


@dataclass(frozen=True)
class Office:
    """What the office serves."""

    data_requests: DataRequests
    servicers: tuple[Servicer, ...]

    def register(self, server: grpc.aio.Server) -> None:
        """Add its services to a server."""
        for servicer in self.servicers:
            servicer.register(server)


@asynccontextmanager
async def open_office(
    base: Foundation, records: Records, turns: TurnParts, audit_log: AuditLog, resolve: HostResolver
) -> AsyncIterator[Office]:
    """The office while the block runs. `resolve` looks up the host of a new webhook."""
    config, commands = base.config, base.commands
    async with AsyncExitStack() as stack:
        archive = make_archive(config, commands)
        questions = GoldenQuestionStore(commands)
        data_requests = DataRequests(
            *(base.sessions, base.erasure, turns.registry, base.event_bus, turns.attachments, archive, questions)
        )
        reviews = ReviewStore(commands, days=config.numbers_days)
        if archive.is_on:
            await stack.enter_async_context(open_archiver(_archiver(base, archive, reviews, data_requests)))
        golden = await stack.enter_async_context(
            open_golden_questions(
                *(config, commands, questions, base.settings, _patient_pipeline(base), base.admission, base.drafts),
                *(base.event_bus, base.name),
                check_seconds=base.timing.golden_check_seconds,
            )
        )
        tenants, index, actions = TenantStore(commands), records.conversations, turns.actions
        calls = ArchiveCalls(archive, base.settings, base.streams)
        unanswered = UnansweredGroups(records.unanswered, base.retrieval)
        search = ConversationSearch(index, base.sessions)
        matcher = QuestionMatcher(index, base.sessions, base.retrieval)
        book = ReviewBook(reviews, index, life=config.session_life)
        yield Office(
            data_requests,
            (
                AdminServicer(tenants, base.settings, base.staged_settings, base.secrets, actions.runner, calls),
                AuditServicer(audit_log, tenants),
                ActionServicer(actions.actions, actions.runner),
                ProcedureServicer(actions.procedures, actions.actions, base.settings, actions.runner),
                ExperimentServicer(records.experiments, base.drafts, base.staged_settings),
                GoldenQuestionServicer(
                    *(golden.questions, golden.runs, golden.runner),
                    *(base.sessions, records.unanswered, base.streams),
                ),
                InsightServicer(records.counters, records.unanswered, unanswered),
                ReviewServicer(base.sessions, index, search, matcher, book),
                WebhookServicer(records.webhooks, private=config.webhook_private, resolve=resolve),
            ),
        )


def _patient_pipeline(base: Foundation) -> AnswerPipeline:
    """One without a cache, actions and the desk, whose searches may wait."""
    return AnswerPipeline(
        base.config.model_copy(update={"search_seconds": PATIENT_SECONDS}),
        PatientRetrievalClient(base.retrieval_pool, base.internal_key),
        base.search_admission,
        base.pool,
    )


def _archiver(base: Foundation, archive: Archive, reviews: ReviewStore, data_requests: DataRequests) -> Archiver:
    """What fills the archive."""
    return Archiver(
        archive,
        ArchiveMarks(base.commands),
        base.sessions,
        reviews,
        base.settings,
        ArchiveRecordWriter(),
        data_requests.finish_erasure,
        LeaderLease(base.commands, keys.ARCHIVE_LEASE, base.name),
        archive_times(base.config, base.timing.archive_pass_seconds),
    )


def _anywhere(address: Address) -> bool:
    """Permit every address: this installation allows webhooks in private networks."""
    del address
    return True
