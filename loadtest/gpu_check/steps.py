"""The steps of a check, in their order. Each stands alone: one that fails is reported, and the next ones run."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from kefu.common.errors import StartupError
from kefu.generation.models.card_fit import check_folder
from kefu.generation.models.memory_fit import GIB
from kefu.generation.models.nvidia_cards import NvidiaCard, nvidia_cards
from loadtest.bench.process import Process
from loadtest.gpu_check import throughput
from loadtest.gpu_check.answers import check_answers
from loadtest.gpu_check.failing import check_drain, check_kill, check_memory_after
from loadtest.gpu_check.preflight import preflight
from loadtest.gpu_check.replica import descendants, kv_tokens, log_tail, make_replica, still_running
from loadtest.gpu_check.results import StepResult
from loadtest.gpu_check.retrieval import check_retrieval
from loadtest.gpu_check.setting import Setting

_GONE_SECONDS = 15.0
"""What a killed replica has started is killed within five seconds; a busy machine may take longer."""


@dataclass
class Session:
    """What one step leaves for the next ones."""

    setting: Setting
    cards_before: tuple[NvidiaCard, ...] = ()
    replica: Process | None = None
    processes: dict[int, float] = field(default_factory=dict[int, float])
    """Of every replica's family, with the time at which each began."""

    async def running_replica(self) -> Process:
        """The replica under check, started where it does not run. RuntimeError with its log's end when it cannot."""
        if self.replica is not None and self.replica.pid and await self.replica.is_ready():
            return self.replica
        if self.replica is not None:
            await self.replica.kill()
        self.replica = make_replica(self.setting, 1, self.setting.utilization)
        try:
            await self.replica.start()
        except TimeoutError as error:
            await self.replica.kill()
            raise RuntimeError(f"The replica does not start ({error}): {log_tail(self.replica.log)}") from error
        self.processes |= descendants(self.replica.pid)
        return self.replica

    async def end(self) -> None:
        """Kill what still runs."""
        if self.replica is not None:
            await self.replica.kill()


@dataclass(frozen=True)
class Step:
    """One step. `plan` says what it does, for a dry run."""

    name: str
    title: str
    plan: Callable[[Setting], str]
    run: Callable[[Session, StepResult], Awaitable[None]]


async def run_step(step: Step, session: Session) -> StepResult:
    """The result of a step. Whatever it raises is a failure of this step alone."""
    result, began = StepResult(step.name, step.title), time.monotonic()
    try:
        await step.run(session, result)
    except Exception as error:  # the next steps run all the same
        result.fail(f"{type(error).__name__}: {error}")
    result.seconds = time.monotonic() - began
    return result


def plan_step(step: Step, setting: Setting) -> StepResult:
    """What a dry run says of a step. The preflight is done, but for what needs a card."""
    result = StepResult(step.name, step.title)
    if step is PREFLIGHT:
        preflight(setting, result, dry=True)
    else:
        result.note(f"Would {step.plan(setting)}")
    return result


async def _preflight(session: Session, result: StepResult) -> None:
    preflight(session.setting, result, dry=False)


async def _start(session: Session, result: StepResult) -> None:
    session.cards_before = nvidia_cards()
    began = time.monotonic()
    replica = await session.running_replica()
    result.passed(f"Ready after {time.monotonic() - began:.0f} s, {len(session.processes)} processes")
    tokens = kv_tokens(replica.log)
    if tokens is None:
        result.note(f"vLLM's line on its key/value cache is not in {replica.log.name}")
    else:
        result.passed(f"vLLM says that its key/value cache holds {tokens:,} tokens")
        _compare_estimate(session.setting, tokens, result)
    now = {card.uuid: card for card in nvidia_cards()}
    rows = [
        (f"GPU {card.index} {card.name}", _gib(card.total), _gib(card.free), _gib(now[card.uuid].free))
        for card in session.cards_before
        if card.uuid in now
    ]
    if rows:
        result.tabulate(("card", "total GiB", "free before", "free once ready"), rows)


def _compare_estimate(setting: Setting, tokens: int, result: StepResult) -> None:
    try:
        fit = check_folder(setting.model, setting.cards, setting.use_of_cards(setting.utilization))
    except StartupError as error:
        result.note(f"The estimate was wrong, for vLLM has started: {error}")
        return
    if fit is not None:
        result.note(f"The estimate was {fit.kv_tokens:,} tokens, {fit.kv_tokens / tokens:.0%} of what vLLM found")


async def _answers(session: Session, result: StepResult) -> None:
    replica = await session.running_replica()
    await check_answers(session.setting, replica.address, result)


async def _throughput(session: Session, result: StepResult) -> None:
    replica = await session.running_replica()
    kefu = await throughput.measure_kefu(session.setting, replica.address, result)
    await replica.kill()  # the card is for one of them
    raw = await throughput.measure_raw(session.setting, kefu, result)
    throughput.compare(kefu, raw, result)


async def _drain(session: Session, result: StepResult) -> None:
    replica = await session.running_replica()
    await check_drain(session.setting, replica, result)


async def _kill(session: Session, result: StepResult) -> None:
    await session.end()
    await check_kill(session.setting, session.processes, result)


async def _afterwards(session: Session, result: StepResult) -> None:
    await session.end()
    deadline = time.monotonic() + _GONE_SECONDS
    while True:
        left = list(still_running(session.processes))
        if not left or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    result.check(not left, "No process of a replica is left", f"Left behind: {', '.join(left)}")
    await check_memory_after(session.cards_before, result)


async def _retrieval(session: Session, result: StepResult) -> None:
    if session.setting.device == "cpu":
        result.note("A rehearsal: these tests need a card")
        return
    await check_retrieval(session.setting.logs, result)


def _gib(size: int | None) -> str:
    return "-" if size is None else f"{size / GIB:.1f}"


def _levels(setting: Setting) -> str:
    return ", ".join(map(str, setting.levels))


PREFLIGHT = Step(
    "preflight", "Preflight", lambda _: "look at driver, card, packages, the model's files and its fit", _preflight
)
STEPS = (
    PREFLIGHT,
    Step(
        "start",
        "Start",
        lambda setting: (
            f"start a replica on {setting.utilization:.0%} of the card, wait up to {setting.start_seconds:.0f} s until "
            "it is ready, and read its memory"
        ),
        _start,
    ),
    Step(
        "answers",
        "Answers",
        lambda _: (
            "ask in two languages, without and with thinking, hold the cap on thinking, continue from token ids in the "
            "middle, and leave an answer"
        ),
        _answers,
    ),
    Step(
        "throughput",
        "Throughput against raw vLLM",
        lambda setting: (
            f"time {setting.prompts_per_level} times {_levels(setting)} answers of {setting.answer_tokens} tokens at "
            "so many at once, by Kefu and by vllm bench serve at vLLM's own server"
        ),
        _throughput,
    ),
    Step(
        "drain",
        "Drain",
        lambda _: "send SIGTERM with answers open: each must come whole, and the replica leave by itself",
        _drain,
    ),
    Step(
        "kill",
        "Replica killed",
        lambda _: "kill one of two replicas with answers open, where both fit: each must go on at the other",
        _kill,
    ),
    Step("memory", "Memory afterwards", lambda _: "compare the card's free memory with that before", _afterwards),
    Step("retrieval", "Retrieval on the card", lambda _: "run pytest -m gpu tests, and keep its summary", _retrieval),
)
