"""
Kefu's router beside vllm-router and LiteLLM, before the same simulated backends, in one run.

    python -m loadtest.compare --streams 200 --tokens 1000 --interval 10

For each way: first-token time against the direct way to the same backend, CPU a token of the router's processes,
streams held at once, failures. Every answer is judged: all of its tokens have to come, and its end has to be said.
The exit status is 1 when an answer of Kefu failed, was handed over for load, or was refused for load.
Kefu is measured twice: its router without sessions and retrieval, as the others are, and all of it. The other
routers are installed into environments of their own under ~/.cache/kefu/compare.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import psutil
import typer
import uvloop

from kefu.router.v1 import chat_pb2
from kefu.testing.suite import Suite
from loadtest.compare import systems
from loadtest.compare.clients import ClientAnswer, ask_generation, ask_http
from loadtest.compare.results import Row, as_json, print_rows, ratios, row_of
from loadtest.generator.connection_pool import ConnectionPool
from loadtest.generator.http2_client import ConnectionLost
from loadtest.generator.turn_client import TurnClient
from loadtest.harness.environment import describe_environment
from loadtest.harness.questions import endless_questions
from loadtest.harness.statistics import Timeline
from loadtest.harness.suite import COLLECTION, SuiteSetup, open_loaded_suite, steady_pace

_GIVE_UP_SECONDS = 60.0
_BARE, _WHOLE, _VLLM, _VLLM_COALESCING = "kefu, bare", "kefu", "vllm-router", "vllm-router, coalescing"
_DIRECT, _DIRECT_COALESCING, _DIRECT_GRPC = "direct HTTP", "direct HTTP, coalescing", "direct gRPC"
Ask = Callable[[str, float], Awaitable[ClientAnswer]]
"""Asks a question, and gives up at a time on the monotonic clock."""


class Comparison:
    """One run: the same load on each system in turn."""

    def __init__(self, streams: int, ramp: float, tokens: int, interval: float, tell: Callable[[str], None]) -> None:
        self.rows: list[Row] = []
        self._streams = streams
        self._ramp = ramp
        self._tokens = tokens
        self._interval = interval
        self._tell = tell
        self._questions = endless_questions(seed=1)

    async def measure_kefu(self) -> float:
        """Kefu's rows. Returns the milliseconds between two of its frames, in the mean."""
        pace = steady_pace(self._interval, self._tokens)
        # Tokens of ours are three characters like those of the other backend; every answer has the asked length.
        async with open_loaded_suite(SuiteSetup(pace)) as suite:
            generation = suite.service("generation")
            direct = ConnectionPool(generation.address)
            await self._measure(
                _DIRECT_GRPC,
                lambda text, ends: ask_generation(
                    direct, generation.address, suite.internal_key, text, self._tokens, ends
                ),
                behind=[generation.pid],
            )
            direct.close()
            async with systems.bare_router(suite) as bare:
                address = f"127.0.0.1:{bare.port}"
                on = "keys, balancing, relay, filters"
                await self._kefu_row(_BARE, on, suite, address, bare.pid, generation.pid)
            router = suite.service("router")
            on = "all: Redis sessions, retrieval, filters"
            row = await self._kefu_row(_WHOLE, on, suite, router.address, router.pid, generation.pid)
        return row.tokens_a_frame * self._interval

    async def measure_others(self, coalesce: float, *, litellm_streams: int) -> None:
        """Rows of the other routers, and of the direct ways to their backends."""
        async with systems.backend(self._tokens, self._interval, 0.0) as behind:
            await self._http(_DIRECT, behind.port, behind=behind.pid)
            async with systems.vllm_router(behind.port) as router:
                await self._http(_VLLM, router.port, router.pid, behind.pid, baseline=_DIRECT)
            if litellm_streams:
                await self._litellm(behind, min(litellm_streams, self._streams))
        async with systems.backend(self._tokens, self._interval, coalesce) as behind:
            await self._http(_DIRECT_COALESCING, behind.port, behind=behind.pid)
            async with systems.vllm_router(behind.port) as router:
                await self._http(_VLLM_COALESCING, router.port, router.pid, behind.pid, baseline=_DIRECT_COALESCING)

    def verdicts(self) -> list[str]:
        """The three ways to compare CPU a token, for Kefu's bare router and for all of it."""
        rows = {row.name: row for row in self.rows}
        return [
            f"{ours}: {sentence}"
            for ours in (_BARE, _WHOLE)
            for sentence in ratios(rows, ours, _VLLM, _VLLM_COALESCING)
        ]

    async def _litellm(self, behind: systems.RunningSystem, streams: int) -> None:
        try:
            async with systems.litellm(behind.port) as router:
                await self._http(
                    "litellm", router.port, router.pid, behind.pid, baseline=_DIRECT, streams=streams, key=router.key
                )
        except systems.NotStarted as error:
            self._tell(f"LiteLLM is left out: {error}")

    async def _http(
        self,
        name: str,
        port: int,
        router: int = 0,
        behind: int = 0,
        *,
        baseline: str = "",
        streams: int = 0,
        key: str = "",
    ) -> None:
        await self._measure(
            name,
            lambda text, ends: ask_http(port, text, self._tokens, ends, key),
            on="forwarding" if router else "",
            routers=[router] if router else [],
            behind=[behind],
            baseline=baseline,
            streams=streams,
        )

    async def _kefu_row(self, name: str, on: str, suite: Suite, address: str, router: int, generation: int) -> Row:
        pool = ConnectionPool(address)
        client = TurnClient(address, suite.key, Timeline(time.monotonic()))

        async def ask(text: str, ends: float) -> ClientAnswer:
            request = chat_pb2.ConverseRequest(session="sessions/-", text=text, max_tokens=self._tokens)
            if name == _WHOLE:
                request.collections.append(f"collections/{COLLECTION}")
            try:
                turn = client.ask(await pool.acquire(), request)
            except (OSError, TimeoutError, ConnectionLost) as error:
                return ClientAnswer(f"no connection: {type(error).__name__}")
            with suppress(TimeoutError):
                await asyncio.wait_for(turn.verdict(), max(ends - time.monotonic(), 0.01))
            turn.give_up("not ended when the run was")
            verdict = await turn.verdict()
            failure = verdict.failure
            if not failure and verdict.completion_tokens != self._tokens:
                failure = "tokens are missing"
            answer = ClientAnswer(
                failure,
                verdict.first_text,
                verdict.total,
                verdict.completion_tokens,
                verdict.deltas,
                handed_over=verdict.handed_over,
                refused=verdict.refused,
            )
            if verdict.first_text is not None:
                at = verdict.asked_at
                answer.spans.append((at + verdict.first_text, at + verdict.total))
            return answer

        try:
            return await self._measure(name, ask, on=on, routers=[router], behind=[generation], baseline=_DIRECT_GRPC)
        finally:
            pool.close()

    async def _measure(
        self,
        name: str,
        ask: Ask,
        *,
        on: str = "",
        routers: Iterable[int] = (),
        behind: Iterable[int] = (),
        baseline: str = "",
        streams: int = 0,
    ) -> Row:
        streams = streams or self._streams
        self._tell(f"{name}: {streams} streams …")
        routers, behind = list(routers), list(behind)
        await ask(next(self._questions).text, time.monotonic() + _GIVE_UP_SECONDS)  # warm
        before = _cpu(routers), _cpu(behind)
        began = time.monotonic()
        ends = began + self._ramp + self._tokens * self._interval / 1000 + _GIVE_UP_SECONDS
        tasks: list[asyncio.Future[ClientAnswer]] = []
        for number, question in enumerate(itertools.islice(self._questions, streams)):
            await asyncio.sleep(max(began + self._ramp * number / streams - time.monotonic(), 0))
            tasks.append(asyncio.ensure_future(ask(question.text, ends)))
        answers = await asyncio.gather(*tasks)
        used, made = _cpu(routers) - before[0], _cpu(behind) - before[1]
        row = row_of(name, answers, on=on, cpu_router=used if routers else None, cpu_behind=made, baseline=baseline)
        self.rows.append(row)
        return row


def _cpu(pids: Iterable[int]) -> float:
    """CPU seconds of processes and what they started."""
    total = 0.0
    for pid in pids:
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                total += times.user + times.system
    return total


def main(
    streams: Annotated[int, typer.Option(min=1, help="Answers at once.")] = 200,
    ramp: Annotated[float, typer.Option(help="Seconds over which they begin.")] = 2.0,
    tokens: Annotated[int, typer.Option(min=1, max=4096, help="Tokens of an answer.")] = 1000,
    interval: Annotated[float, typer.Option(help="Milliseconds between tokens.")] = 10.0,
    coalesce: Annotated[float, typer.Option(help="Milliseconds of the coalescing backend; 0: as Kefu did.")] = 0.0,
    litellm_streams: Annotated[int, typer.Option(help="Answers at once for LiteLLM at most; 0: leave it out.")] = 20,
    only_kefu: Annotated[bool, typer.Option("--only-kefu", help="Leave the others out.")] = False,
    only_others: Annotated[bool, typer.Option("--only-others", help="Leave Kefu out.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the JSON here too.")] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
) -> None:
    """Exits with 1 when an answer of Kefu failed, was handed over for load, or was refused for load."""
    environment = describe_environment()

    def tell(sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)

    comparison = Comparison(streams, ramp, tokens, interval, tell)

    async def run() -> None:
        frames = 100.0 if only_others else await comparison.measure_kefu()
        if not only_kefu:
            await comparison.measure_others(coalesce or frames, litellm_streams=litellm_streams)

    uvloop.run(run())
    result = {**environment.as_json(), "rows": as_json(comparison.rows), "cpu_a_token": comparison.verdicts()}
    if out is not None:
        out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if as_json_:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        print(f"\n{environment}")
        print(f"{tokens} tokens an answer, one every {interval:g} ms, begun over {ramp:g} s")
        print(print_rows(comparison.rows))
        print(*comparison.verdicts(), sep="\n")
    lost = sum(row.lost for row in comparison.rows if row.name in (_BARE, _WHOLE))
    raise typer.Exit(1 if lost else 0)


if __name__ == "__main__":
    typer.run(main)
