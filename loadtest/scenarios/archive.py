"""
The archive of conversations: what does it cost to write one, and what do customers notice who ask meanwhile?

    python -m loadtest.scenarios.archive --conversations 500

Starts a suite whose router archives to a folder, and holds `--conversations` of `--messages` each, with the simulated
engine. Then customers ask at a steady `--rate` until all of them are in the archive. Figures compare the time in which
it was written with an equally long time before, in the same router. It ends with an error when a conversation is not
archived, or when there is one too many.

A router looks for quiet conversations each ten minutes. Here it does so each `--quiet` seconds, and takes what has been
quiet for as long: both follow from the life of a session, which is made short.
"""

import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import grpc.aio
import typer

from kefu.common.aio import cancel_and_wait
from kefu.router.v1.chat_pb2_grpc import ChatServiceStub
from kefu.testing.suite import Suite
from loadtest.harness.asking import NEW_SESSION, ask
from loadtest.harness.environment import describe_environment
from loadtest.harness.questions import Question, endless_questions
from loadtest.harness.resource_usage import Sample, pids_of_suite, sampling
from loadtest.harness.statistics import Spread, mean
from loadtest.harness.suite import SuiteSetup, open_loaded_suite, steady_pace
from loadtest.harness.tables import table

if TYPE_CHECKING:
    from kefu.router.v1.chat_pb2_grpc import ChatServiceAsyncStub

_AT_ONCE = 8
"""Customers who fill the suite, and who ask while it is archived."""
_LOOKS_A_LIFE = 8
"""A router looks at each session this often in its life, at least: see office/archive/archive_setup.py."""
_DAY_SECONDS = 86_400
_SAMPLE_SECONDS = 0.5
_MOST_PASSES = 4


@dataclass(frozen=True)
class Plan:
    """What is archived, and who asks meanwhile."""

    conversations: int
    messages: int
    """Of each conversation."""
    rate: float
    """Questions a second of the customers who ask meanwhile."""
    quiet: float
    """Seconds."""


class Customers:
    """Who asks while the archive is written: each in a conversation of its own, which never grows quiet."""

    def __init__(self, stub: "ChatServiceAsyncStub", key: str, questions: Iterator[Question], rate: float) -> None:
        self._stub, self._key, self._questions = stub, key, questions
        self._pause = _AT_ONCE / rate
        self.answers = list[tuple[float, float]]()
        """When each was asked (time.monotonic) and how many seconds it took."""

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Ask while the block runs. A question that fails ends it."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._ask_steadily(number)) for number in range(_AT_ONCE)]
            yield
            for task in tasks:
                await cancel_and_wait(task)

    async def _ask_steadily(self, number: int) -> None:
        session, due = NEW_SESSION, time.monotonic() + self._pause * number / _AT_ONCE
        for question in self._questions:
            await asyncio.sleep(max(due - time.monotonic(), 0))
            began = time.monotonic()
            session = (await ask(self._stub, self._key, question.text, session)).session
            self.answers.append((began, time.monotonic() - began))
            due += self._pause

    def between(self, begin: float, end: float) -> Spread:
        """Seconds of the answers to what was asked in this time."""
        return Spread.of([seconds for at, seconds in self.answers if begin <= at < end])


async def fill(stub: "ChatServiceAsyncStub", key: str, questions: Iterator[Question], plan: Plan) -> None:
    """Hold the conversations, some at a time."""
    waiting = itertools.islice(questions, plan.conversations)

    async def customer() -> None:
        for question in waiting:
            texts = itertools.chain((question.text,), itertools.cycle((*question.follow_ups, "OK")))
            session = NEW_SESSION
            for text in itertools.islice(texts, plan.messages):
                session = (await ask(stub, key, text, session)).session

    async with asyncio.TaskGroup() as customers:
        for _ in range(_AT_ONCE):
            customers.create_task(customer())


class Archived:
    """What lies in the folder of an archive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def conversations(self) -> list[Path]:
        """The files of conversations."""
        return list(self._folder.glob("*/*/conversations/*"))

    async def until(self, count: int, deadline: float) -> None:
        """Return once so many conversations are there. Raises RuntimeError after the deadline (time.monotonic)."""
        while (there := len(self.conversations())) < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{there} of {count} conversations are in the archive.")
            await asyncio.sleep(_SAMPLE_SECONDS)

    def bytes_each(self) -> float:
        """Mean size of a conversation's file."""
        return mean(path.stat().st_size for path in self.conversations())


async def measure(suite: Suite, folder: Path, plan: Plan) -> dict[str, Any]:
    """Fill the suite, and look until all is archived."""
    archived = Archived(folder)
    async with grpc.aio.insecure_channel(suite.router) as channel:
        stub: ChatServiceAsyncStub = ChatServiceStub(channel)  # pyright: ignore[reportAssignmentType]
        questions, filling = endless_questions(), time.monotonic()
        await fill(stub, suite.key, questions, plan)
        filled = time.monotonic()
        if archived.conversations():
            raise RuntimeError("The archive was begun before all conversations were held: give a longer --quiet.")
        customers = Customers(stub, suite.key, questions, plan.rate)
        deadline = filled + _MOST_PASSES * plan.quiet
        async with sampling(pids_of_suite(suite.folder.path), _SAMPLE_SECONDS) as sampler, customers.asking():
            sampled = time.monotonic()
            await archived.until(1, deadline)
            begin = time.monotonic()
            await archived.until(plan.conversations, deadline)
            end = time.monotonic()
            await asyncio.sleep(2 * _SAMPLE_SECONDS)
    if (there := len(archived.conversations())) != plan.conversations:
        raise RuntimeError(f"{there} conversations are in the archive, of {plan.conversations} that were held.")
    seconds = end - begin
    before = max(begin - seconds, sampled)
    if warning := sampler.generator_warning():
        typer.echo(warning, err=True)
    [router] = [usage for name, usage in sampler.usage.items() if name.startswith("router")]

    def seen(since: float, until: float) -> list[Sample]:
        return [each for each in router.samples if since <= sampled + each.at < until]

    cores, idle_cores = (mean(each.cpu for each in seen(*span)) for span in ((begin, end), (before, begin)))
    memory, idle_memory = (max(each.rss for each in seen(*span)) / 2**20 for span in ((begin, end), (before, begin)))
    return {
        "conversations": plan.conversations,
        "messages_each": plan.messages,
        "fill_seconds": filled - filling,
        "archive_seconds": seconds,
        "cpu_ms_each": (cores - idle_cores) * seconds / plan.conversations * 1000,
        "bytes_each": archived.bytes_each(),
        "router_cores": cores,
        "router_cores_before": idle_cores,
        "memory_more_mib": memory - idle_memory,
        **{f"answer_ms_{name}": value for name, value in customers.between(begin, end).milliseconds().items()},
        **{
            f"answer_ms_before_{name}": value for name, value in customers.between(before, begin).milliseconds().items()
        },
    }


def main(
    conversations: Annotated[int, typer.Option(min=100, help="To be archived.")] = 500,
    messages: Annotated[int, typer.Option(min=1, help="Of each conversation.")] = 6,
    rate: Annotated[float, typer.Option(min=0.1, help="Questions a second while the archive is written.")] = 5.0,
    quiet: Annotated[float, typer.Option(min=10, help="Seconds; longer than the start and the conversations take.")] = (
        180.0
    ),
) -> None:
    """Archive conversations while customers ask."""
    plan = Plan(conversations, messages, rate, quiet)

    async def run() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            variables = {
                "KEFU_ROUTER_ARCHIVE": folder,
                "KEFU_ROUTER_SESSION_DAYS": f"{_LOOKS_A_LIFE * quiet / _DAY_SECONDS}",
            }
            async with open_loaded_suite(SuiteSetup(steady_pace(1, 60), variables=variables)) as suite:
                return await measure(suite, Path(folder), plan)

    environment = describe_environment()
    figures = {
        name: round(value, 2) if isinstance(value, float) else value for name, value in asyncio.run(run()).items()
    }
    typer.echo(f"{environment} (the engine is simulated)")
    typer.echo(table(("figure", "value"), [(name.replace("_", " "), value) for name, value in figures.items()]))
    typer.echo(json.dumps({"environment": environment.as_json(), "run": figures}))


if __name__ == "__main__":
    typer.run(main)
