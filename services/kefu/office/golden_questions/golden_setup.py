"""What golden questions need, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kefu.common.redis.commands import RedisCommands
from kefu.office.golden_questions.checker import GoldenChecker, open_golden_checker
from kefu.office.golden_questions.question_asker import QuestionAsker
from kefu.office.golden_questions.question_store import GoldenQuestionStore
from kefu.office.golden_questions.run_store import GoldenRunStore
from kefu.office.golden_questions.runner import GoldenRunner
from kefu.router.admission.scheduler import AdmissionScheduler
from kefu.router.answering.pipeline import AnswerPipeline
from kefu.router.config import RouterConfig
from kefu.router.domain.event_bus import EventBus
from kefu.router.replicas.draft_client import DraftClient
from kefu.router.tenants.settings import SettingsStore


@dataclass(frozen=True)
class GoldenParts:
    """The stores of golden questions, and what runs over them."""

    questions: GoldenQuestionStore
    runs: GoldenRunStore
    runner: GoldenRunner


@asynccontextmanager
async def open_golden_questions(
    config: RouterConfig,
    commands: RedisCommands,
    questions: GoldenQuestionStore,
    settings: SettingsStore,
    pipeline: AnswerPipeline,
    admission: AdmissionScheduler,
    drafts: DraftClient,
    event_bus: EventBus,
    router: str,
    *,
    check_seconds: float,
) -> AsyncIterator[GoldenParts]:
    """Check drafts and run nights while the block runs. `pipeline`: one without a cache, actions and the desk."""
    runs = GoldenRunStore(commands)
    asker = QuestionAsker(pipeline, admission, settings, default_language=config.default_language)
    runner = GoldenRunner(asker, questions, runs, parallel=config.golden_parallel)
    hour = None if config.golden_hour < 0 else config.golden_hour
    checker = GoldenChecker(
        *(commands, runner, questions, runs, drafts, settings, event_bus, router),
        hour=hour,
        check_seconds=check_seconds,
    )
    async with open_golden_checker(checker):
        yield GoldenParts(questions, runs, runner)
