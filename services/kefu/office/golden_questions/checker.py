"""
Golden checker: asks the golden questions of every draft that waits for a check, and of all tenants at night.

One router does so: the one with the lease. When it dies another one goes on: the draft still waits, and the night is
not over until its run is. A draft with a lost answer is held; one without, that is to be promoted when green, is
promoted, by another router where this one dies before.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import DEFAULT_TENANT, Principal
from kefu.common.errors import DraftHeld, DraftNotFound, DraftOutdated, KnowledgeMoved, ServiceError
from kefu.common.redis.commands import RedisCommands
from kefu.office.golden_questions.golden_question import PREFIX, GoldenRun, Trigger
from kefu.office.golden_questions.question_asker import golden_principal
from kefu.office.golden_questions.question_store import GoldenQuestionStore
from kefu.office.golden_questions.run_store import GoldenRunStore
from kefu.office.golden_questions.runner import GoldenRunner, RunOrder
from kefu.router.domain.event_bus import EventBus
from kefu.router.domain.events import GoldenAnswersLost
from kefu.router.replicas.draft_client import DraftClient, WaitingDraft
from kefu.router.storage import keys
from kefu.router.storage.leader_lease import LeaderLease
from kefu.router.tenants.settings import SettingsStore

_NIGHT_HOURS = 4
"""A night that was missed, since no router ran, is made up for within so many hours."""
_MOST_LOST = 200
_Duty = Callable[[str], Awaitable[None]]
_log = structlog.stdlib.get_logger()


class GoldenChecker:
    """Checks drafts and runs nights while it has the lease.

    `hour`: when the night is, 0 to 23, by each tenant's clock; None: never. `check_seconds`: pause between two looks.
    """

    def __init__(
        self,
        commands: RedisCommands,
        runner: GoldenRunner,
        questions: GoldenQuestionStore,
        runs: GoldenRunStore,
        drafts: DraftClient,
        settings: SettingsStore,
        event_bus: EventBus,
        owner: str,
        *,
        hour: int | None,
        check_seconds: float,
    ) -> None:
        self._commands = commands
        self._runner = runner
        self._questions = questions
        self._runs = runs
        self._drafts = drafts
        self._settings = settings
        self._event_bus = event_bus
        self._lease = LeaderLease(commands, keys.GOLDEN_LEASE, owner)
        self._hour = hour
        self._check_seconds = check_seconds
        self._told: dict[tuple[str, str], str] = {}
        self._missed: dict[str, str] = {}

    async def run(self) -> None:
        """Look for work at each interval, until cancelled."""
        duties = (self._check_drafts, self._run_nights)
        running: list[asyncio.Task[None] | None] = [None for _ in duties]
        failed = False
        try:
            while True:
                await asyncio.sleep(self._check_seconds)
                try:
                    leads = await self._lease.take()
                    failed = False
                except ServiceError as error:
                    leads = False
                    if not failed:
                        _log.warning("golden.not_attended", cause=error.message)
                    failed = True
                for at, duty in enumerate(duties):
                    task = running[at]
                    if not leads and task is not None:
                        await cancel_and_wait(task)
                        running[at] = None
                    elif leads and (task is None or task.done()):
                        running[at] = asyncio.create_task(self._for_all(duty), name="golden checker")
        finally:
            for task in running:
                if task is not None:
                    await cancel_and_wait(task)

    async def _for_all(self, duty: _Duty) -> None:
        try:
            tenants = sorted({DEFAULT_TENANT, *await self._commands.hash(keys.TENANTS)})
        except ServiceError as error:
            _log.warning("golden.not_attended", cause=error.message)
            return
        for tenant in tenants:
            about = (duty.__name__, tenant)
            try:
                await duty(tenant)
                self._told.pop(about, None)
            except ServiceError as error:
                if self._told.get(about) != error.message:  # it is tried again every few seconds
                    self._told[about] = error.message
                    _log.warning("golden.not_checked", tenant=tenant, cause=error.message)
            except Exception:  # of one tenant; the others' must not wait for it
                _log.exception("golden.failed", tenant=tenant)

    async def _check_drafts(self, tenant: str) -> None:
        for draft in sorted(await self._drafts.waiting(golden_principal(tenant)), key=lambda each: each.is_green):
            if draft.is_green:
                await self._promote(golden_principal(tenant), draft.name)
            else:
                await self._check_draft(tenant, draft)

    async def _check_draft(self, tenant: str, draft: WaitingDraft) -> None:
        principal = golden_principal(tenant)
        questions = [each for each in await self._questions.some(tenant, ()) if each.is_asked_of(draft.name)]
        run: GoldenRun | None = None
        if questions:
            run = await self._runner.whole(principal, RunOrder(questions, Trigger.DRAFT, draft.name))
        passed = run.right if run is not None else 0
        failed = run.lost + run.not_asked if run is not None else 0
        lost = run.lost_questions if run is not None else ()
        is_true = await self._drafts.report(
            principal,
            draft,
            passed=passed,
            failed=failed,
            lost=[f"{PREFIX}{each}" for each in lost[:_MOST_LOST]],
            message=_message(run),
        )
        _log.info("golden.draft_checked", tenant=tenant, draft=draft.name, passed=passed, failed=failed)
        if not is_true:
            return  # it has changed meanwhile, and still waits
        if failed:
            self._tell(tenant, run)
        elif draft.promote_when_green:
            await self._promote(principal, draft.name)

    async def _promote(self, principal: Principal, draft: str) -> None:
        try:
            await self._drafts.promote(principal, draft)
        except DraftOutdated:  # what is brought over from live is checked with the draft
            await self._drafts.refresh(principal, draft)
            await self._drafts.check_again(principal, draft)
        except (DraftNotFound, DraftHeld, KnowledgeMoved) as error:
            _log.warning("golden.draft_not_promoted", tenant=principal.tenant, draft=draft, cause=error.message)

    async def _run_nights(self, tenant: str) -> None:
        if self._hour is None:
            return
        zone = ZoneInfo((await self._settings.effective(tenant)).time_zone)
        day, hours = last_night(datetime.now(zone), self._hour)
        last = await self._runs.last_night(tenant)
        if last == day:
            return
        if hours >= _NIGHT_HOURS:
            if last and self._missed.get(tenant) != day:  # where none was lately nothing is known to be missed
                self._missed[tenant] = day
                _log.warning("golden.night_missed", tenant=tenant, day=day, last=last)
            return
        questions = await self._questions.some(tenant, ())
        if questions:
            run = await self._runner.whole(golden_principal(tenant), RunOrder(questions, Trigger.NIGHT))
            if run.lost:
                self._tell(tenant, run)
        await self._runs.set_last_night(tenant, day)

    def _tell(self, tenant: str, run: GoldenRun | None) -> None:
        if run is not None and run.lost:
            self._event_bus.publish(GoldenAnswersLost(tenant, run.id, run.trigger, run.draft, run.lost_questions))


def last_night(now: datetime, hour: int) -> tuple[str, int]:
    """The day of the last night that has begun, and for how many hours: a night may reach into the next day."""
    hours = (now.hour - hour) % 24
    return (now - timedelta(hours=hours)).date().isoformat(), hours


def _message(run: GoldenRun | None) -> str:
    if run is None:
        return "There are no golden questions that this draft could change."
    parts = [f"goldenRuns/{run.id}: {run.right} of {run.questions} right, {run.lost} lost"]
    if run.not_asked:
        parts.append(f"{run.not_asked} could not be asked")
    return ", ".join(parts) + "."


@asynccontextmanager
async def open_golden_checker(checker: GoldenChecker) -> AsyncIterator[None]:
    """Run the checker while the block runs."""
    running = asyncio.create_task(checker.run(), name="golden checker")
    try:
        yield
    finally:
        await cancel_and_wait(running)
