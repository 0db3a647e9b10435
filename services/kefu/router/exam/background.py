"""
The exam in the background: a model that the catalog does not know sits it as soon as it serves.

One router has the lease and sits it, through the replicas that serve customers, behind all of them; it ends early for a
model that has failed already. The marks are then every router's. Until they are there, answers are the evidence itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import Overloaded, ServiceError
from kefu.common.redis.commands import RedisCommands
from kefu.router.admission.scheduler import AdmissionScheduler, SlotRequest
from kefu.router.config import RouterConfig
from kefu.router.domain.turn import BrownOut
from kefu.router.exam.examiner import ModelUnavailable, sit_exam
from kefu.router.exam.marks import Marks
from kefu.router.exam.marks_store import MarksStore
from kefu.router.exam.replica_model import EXAMINER, OneModelOf, ReplicaModel
from kefu.router.replicas.pool import ReplicaPool
from kefu.router.storage import keys
from kefu.router.storage.leader_lease import LeaderLease

_RETRY_SECONDS = 60.0
"""Pause after an exam that could not be ended, for the model was away."""
_BUSY_SECONDS = 2.0
"""Pause where customers left no time for a question of the exam."""
_log = structlog.stdlib.get_logger()


class ModelExams:
    """Finds out the profiles of the pool's unknown models. `check_seconds`: pause between two looks."""

    def __init__(
        self,
        config: RouterConfig,
        pool: ReplicaPool,
        store: MarksStore,
        lease: LeaderLease,
        admission: AdmissionScheduler,
        *,
        check_seconds: float,
    ) -> None:
        self._config = config
        self._pool = pool
        self._store = store
        self._lease = lease
        self._admission = admission
        self._check_seconds = check_seconds
        self._sitting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Look for unknown models at each interval, until cancelled."""
        failed = False
        try:
            while True:
                await asyncio.sleep(self._check_seconds)
                try:
                    await self._look()
                    failed = False
                except ServiceError as error:
                    if not failed:
                        _log.warning("exam.not_attended", cause=error.message)
                    failed = True
        finally:
            await self._stop()

    async def _look(self) -> None:
        unknown = [model_id for model_id in self._pool.unknown_models if not await self._is_known(model_id)]
        if not unknown:
            return
        if not await self._lease.take():
            await self._stop()
            return
        is_sitting = self._sitting is not None and not self._sitting.done()
        # An exam may have ended since the marks were read: nothing begins one but this, so what is read now holds.
        if not is_sitting and not await self._is_known(unknown[0]):
            self._sitting = asyncio.create_task(self._sit(unknown[0]), name=f"exam of {unknown[0]}")

    async def _is_known(self, model_id: str) -> bool:
        """Whether there are marks of a model, which are applied then."""
        marks = await self._store.get(model_id)
        if marks is not None:
            self._apply(model_id, marks)
        return marks is not None

    async def _stop(self) -> None:
        if self._sitting is not None:
            await cancel_and_wait(self._sitting)
            self._sitting = None

    async def _sit(self, model_id: str) -> None:
        _log.info("exam.began", model=model_id)
        model = ReplicaModel(
            OneModelOf(self._pool, model_id),
            first_token_seconds=self._config.first_token_seconds,
            idle_seconds=self._config.between_token_seconds,
        )
        try:
            marks = await sit_exam(model, turns=self._turn, until_decided=True)
            await self._store.put(model_id, marks)
        except (ModelUnavailable, ServiceError) as error:
            _log.warning("exam.broken_off", model=model_id, cause=str(error))
        except Exception:  # what a model or its server does must not have the exam begun anew every few seconds
            _log.exception("exam.failed", model=model_id)
        else:
            self._apply(model_id, marks)
            return
        await asyncio.sleep(_RETRY_SECONDS)

    def _apply(self, model_id: str, marks: Marks) -> None:
        profile = marks.profile()
        self._pool.set_profile(model_id, profile)
        _log.info(
            "exam.marks",
            model=model_id,
            profile=profile,
            right=round(marks.right, 3),
            harmful=round(marks.harmful, 3),
            date=marks.date,
        )

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """A block that holds a slot of the engines, once customers leave one."""
        while (slot := await self._slot()) is None:  # noqa: ASYNC110 - other customers' turns end at no event of ours
            await asyncio.sleep(_BUSY_SECONDS)
        async with slot:
            yield

    async def _slot(self) -> AsyncExitStack | None:
        async with AsyncExitStack() as stack:
            request = SlotRequest(EXAMINER.tenant, EXAMINER.priority)
            try:
                level = await stack.enter_async_context(self._admission.slot(request))
            except Overloaded:
                return None
            return stack.pop_all() if level is BrownOut.NONE else None


@asynccontextmanager
async def open_model_exams(
    config: RouterConfig,
    commands: RedisCommands,
    pool: ReplicaPool,
    admission: AdmissionScheduler,
    router: str,
    *,
    check_seconds: float,
) -> AsyncIterator[None]:
    """Examine unknown models while the block runs, if that is wanted. `router` names this router."""
    if not config.model_exam or config.answer_profile != "auto":
        yield
        return
    lease = LeaderLease(commands, keys.EXAM_LEASE, router)
    exams = ModelExams(config, pool, MarksStore(commands), lease, admission, check_seconds=check_seconds)
    running = asyncio.create_task(exams.run(), name="model exams")
    try:
        yield
    finally:
        await cancel_and_wait(running)
