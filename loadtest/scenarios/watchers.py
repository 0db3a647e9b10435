"""
Thousands of open pages that wait for a person: does what is written reach them, and what does it cost to wait?

    python -m loadtest.scenarios.watchers --routers 2 --watchers 2000 --replies 300

Starts a suite, opens a session for each page, watches it (WatchSession over gRPC, 100 streams a connection), then
claims some of them and writes to each. A reply's time is from before the call to its event's arrival at the page. The
count of Redis's clients that wait in an XREAD shows that a router reads for all of its watchers with one. The exit
status is 1 when a watch broke, when a reply did not arrive, or when a greeting, which opens a session, failed, was
handed over for load or was refused for load.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import grpc.aio
import typer

from kefu.common.redis.client import open_redis
from kefu.common.rpc.status import failure_of
from kefu.router.v1 import chat_pb2, chat_pb2_grpc, desk_pb2, desk_pb2_grpc
from kefu.testing.suite import Suite
from loadtest.harness.environment import Environment, describe_environment
from loadtest.harness.report import lost_answers, summary, usage_table, verdict_table
from loadtest.harness.resource_usage import GENERATOR, pids_of_suite, sampling
from loadtest.harness.statistics import Spread
from loadtest.harness.suite import SuiteSetup, open_loaded_suite, steady_pace
from loadtest.harness.verdicts import Verdict, VerdictBuilder

_STREAMS_EACH = 100
_AT_ONCE = 20
_GREETING = "Hello"
"""Answered by a fixed reply: it opens a session and costs next to nothing."""
_T = TypeVar("_T")


@dataclass
class _Page:
    session: str
    events: Any
    arrived: asyncio.Future[float]

    async def read(self) -> None:
        """Read events until an agent has replied."""
        async for event in self.events:
            if event.WhichOneof("event") == "turn_stored" and event.turn_stored.agent:
                self.arrived.set_result(time.perf_counter())
                return


async def measure(suite: Suite, watchers: int, replies: int, rate: float) -> dict[str, Any]:
    """Watch, write, and return the figures."""
    metadata = [("authorization", f"Bearer {suite.key}")]
    address = suite.router.removeprefix("https://")
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_redis(suite.redis_url))
        options = [("grpc.use_local_subchannel_pool", 1)]
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(address, options=options))
            for _ in range(-(-watchers // _STREAMS_EACH))
        ]
        before = await _redis_clients(store)
        verdicts = list[Verdict]()

        async def opened(number: int) -> _Page | None:
            chat = chat_pb2_grpc.ChatServiceStub(channels[number // _STREAMS_EACH])
            verdict, session = await greet(chat, metadata)
            verdicts.append(verdict)
            if not verdict.good:
                return None
            request = chat_pb2.WatchSessionRequest(session=session)
            events = chat.WatchSession(request, metadata=metadata)
            await events.initial_metadata()
            return _Page(session, events, asyncio.get_running_loop().create_future())

        began = time.perf_counter()
        found = await _run_limited(opened(number) for number in range(watchers))
        pages = [page for page in found if page is not None]
        opening = time.perf_counter() - began
        reading = [asyncio.create_task(page.read()) for page in pages]
        during = await _redis_clients(store)
        async with sampling(pids_of_suite(suite.folder.path)) as idle:
            await asyncio.sleep(20)
        desk = desk_pb2_grpc.DeskServiceStub(await stack.enter_async_context(grpc.aio.insecure_channel(address)))
        calls, arrivals, lost = list[float](), list[float](), 0
        async with sampling(pids_of_suite(suite.folder.path)) as writing:
            for number, page in enumerate(pages[:: max(watchers // replies, 1)][:replies]):
                wanted = desk_pb2.ClaimSessionRequest(session=page.session, agent="Mei")
                claim = (await desk.ClaimSession(wanted, metadata=metadata)).claim
                text = f"Good morning, this is Mei. You are number {number}."
                reply = desk_pb2.ReplyRequest(session=page.session, claim=claim, text=text)
                sent = time.perf_counter()
                await desk.Reply(reply, metadata=metadata)
                calls.append(time.perf_counter() - sent)
                try:
                    arrivals.append(await asyncio.wait_for(page.arrived, 10) - sent)
                except TimeoutError:
                    lost += 1
                await asyncio.sleep(max(sent + 1 / rate - time.perf_counter(), 0))
        broken = sum(task.done() and not page.arrived.done() for task, page in zip(reading, pages, strict=True))
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        return {
            "opened_seconds": round(opening, 1),
            "greetings": summary(verdicts),
            "watches_broken": broken,
            "replies_lost": lost,
            "reply_call_ms": Spread.of(calls).milliseconds(),
            "reply_at_the_page_ms": Spread.of(arrivals).milliseconds(),
            "redis_clients_before": before,
            "redis_clients_watched": during,
            "idle": usage_table(idle.usage),
            "writing": usage_table(writing.usage),
            "warning": writing.generator_warning(GENERATOR),
        }


async def greet(chat: "chat_pb2_grpc.ChatServiceAsyncStub", metadata: Sequence[tuple[str, str]]) -> tuple[Verdict, str]:
    """Open a session with a greeting. Returns the verdict on its answer, and the session."""
    builder = VerdictBuilder(time.monotonic())
    greeting = chat_pb2.ConverseRequest(session="sessions/-", text=_GREETING)
    try:
        async for event in chat.Converse(greeting, metadata=metadata):
            builder.receive(event, time.monotonic())
    except grpc.aio.AioRpcError as error:
        failure = failure_of(error)
        return builder.ended(failure.code, time.monotonic(), failure.reason, failure.retry_after), builder.session
    return builder.ended(grpc.StatusCode.OK, time.monotonic()), builder.session


async def _run_limited(tasks: Iterable[Awaitable[_T]]) -> Sequence[_T]:
    allowed = asyncio.Semaphore(_AT_ONCE)

    async def one(task: Awaitable[_T]) -> _T:
        async with allowed:
            return await task

    return await asyncio.gather(*map(one, tasks))


async def _redis_clients(store: Any) -> dict[str, int]:
    clients = await store.client_list()
    return {"all": len(clients), "waiting in XREAD": sum(one["cmd"] == "xread" for one in clients)}


def main(
    watchers: Annotated[int, typer.Option(min=1, help="Pages.")] = 2000,
    replies: Annotated[int, typer.Option(min=1, help="Pages that are written to.")] = 300,
    rate: Annotated[float, typer.Option(help="Replies a second.")] = 10.0,
    routers: Annotated[int, typer.Option(min=1, help="Router processes; more than one need nginx.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Exits with 1 when a watch broke, a reply did not arrive, or a greeting was not answered."""
    environment = describe_environment()

    async def run() -> dict[str, Any]:
        edge = ("--streams", str(2 * watchers)) if routers > 1 else ()
        async with open_loaded_suite(SuiteSetup(steady_pace(10, 60), routers=routers, edge=edge)) as suite:
            return await measure(suite, watchers, replies, rate)

    figures = asyncio.run(run())
    if as_json:
        print(json.dumps({**environment.as_json(), **figures}, indent=2, ensure_ascii=False))
    else:
        print_figures(environment, figures)
    lost = lost_answers(figures["greetings"])
    raise typer.Exit(1 if lost or figures["watches_broken"] or figures["replies_lost"] else 0)


def print_figures(environment: Environment, figures: dict[str, Any]) -> None:
    """Print the figures, one below the other."""
    print(environment)
    print(verdict_table("greetings", figures["greetings"]))
    for name, value in figures.items():
        if name != "greetings":
            print(f"{name}:\n{value}" if "\n" in str(value) else f"{name}: {value}")


if __name__ == "__main__":
    typer.run(main)
