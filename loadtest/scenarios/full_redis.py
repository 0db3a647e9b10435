"""
Visitors without keys who fill Redis: is every message answered or clearly refused, and does anything get lost?

    python -m loadtest.scenarios.full_redis --rate 50 --minutes 10 --memory 256

Starts a suite, shrinks its Redis to `--memory` MiB, and lets `--rate` visitors a second come to the gateway as the chat
page does: each gets a visitor's token, then sends messages over Connect, the first of which opens a session. Each
message is long and calls a person, which asks neither the model nor the knowledge base: nothing else writes as much to
Redis for so little work. The engine is simulated and says so; it is hardly asked.

Each visitor has an address of its own in X-Forwarded-For, and the gateway trusts this machine as a proxy. The gateway's
bound on the messages of all visitors together is off. So its limits do not end the run before the memory does;
`--variable` changes them and others.

At the end some visitors' sessions are read again: what was answered must be there. The exit status is 1 when a message
was neither answered nor refused with a reason, when one was handed over for load or refused for load (it is Redis that
is to be full, and not the routers), when Redis refused or evicted anything, when its memory went beyond maxmemory, or
when a turn is lost.
"""

import asyncio
import itertools
import json
import random
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import aiohttp
import typer

from kefu.common.errors import StorageFull
from kefu.common.redis.client import open_redis
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.suite import Suite
from loadtest.harness.environment import describe_environment
from loadtest.harness.report import usage_table
from loadtest.harness.resource_usage import GENERATOR, pids_of_suite, sampling
from loadtest.harness.statistics import Spread
from loadtest.harness.suite import SuiteSetup, open_loaded_suite, steady_pace
from loadtest.harness.tables import table
from loadtest.harness.verdicts import FOR_LOAD
from loadtest.scenarios.connect_json import Refusal, frames, refusal_of

_CHAT = "/kefu.router.v1.ChatService"
_SAMPLE_SECONDS = 0.25
_ANSWER_SECONDS = 60.0
_REREAD_SESSIONS = 200
_CONNECTIONS = 100
_WORDS = ("wrapping", "delivery", "umbrella", "carriage", "the shop", "received", "it broke", "yesterday")


@dataclass(frozen=True)
class Plan:
    """The visitors of a run."""

    rate: float
    """Visitors a second."""
    seconds: float
    messages: int
    """Messages of each visitor, the first of which opens a session."""
    pause_seconds: float
    """Between two messages of a visitor."""
    characters: int
    """Of each message."""


@dataclass
class Outcomes:
    """What became of all messages."""

    sent: int = 0
    answered: int = 0
    handed_over: int = 0
    """For load."""
    refused_for_load: int = 0
    """Also among `refused`."""
    refused: Counter[str] = field(default_factory=Counter[str])
    """By reason, with "token: " before it when no message could be sent."""
    unanswered: Counter[str] = field(default_factory=Counter[str])
    """By what came instead of an answer or a reason."""
    seconds: list[float] = field(default_factory=list[float])
    late: list[float] = field(default_factory=list[float])
    sessions: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    """Token, session and answered messages of each visitor."""
    first_refusal: float | None = None
    """Seconds from the start to the first STORAGE_FULL."""


@dataclass
class Memory:
    """What was seen of Redis' memory."""

    most_ratio: float = 0.0
    most_bytes: int = 0


class _Response(NamedTuple):
    """A whole HTTP response."""

    status: int
    body: bytes
    seconds: float


class Visitors:
    """Visitors of one gateway."""

    def __init__(self, gateway: str, plan: Plan) -> None:
        self._plan = plan
        self._connections = asyncio.Semaphore(_CONNECTIONS)  # so that an answer's time begins when it is sent
        self._http = aiohttp.ClientSession(
            gateway,
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS),
        )
        self._began = 0.0
        self._texts = itertools.count()
        self.lost = 0
        """Answered turns that could not be read again, of those that were looked at."""
        self.outcomes = Outcomes()

    async def run(self) -> None:
        """Let all visitors come, wait until the last one has left, and read some sessions again."""
        plan, self._began = self._plan, time.monotonic()
        async with self._http:
            async with asyncio.TaskGroup() as visits:
                for number in range(round(plan.rate * plan.seconds)):
                    due = self._began + number / plan.rate
                    await asyncio.sleep(max(due - time.monotonic(), 0))
                    self.outcomes.late.append(max(time.monotonic() - due, 0))
                    visits.create_task(self._visit(number))
            self.lost = await self._lost_turns()

    async def _visit(self, number: int) -> None:
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        made = await self._post("/api/visitor", b"", {"x-forwarded-for": address})
        if made is None or made.status != 200:
            self.outcomes.sent += 1
            if made is not None:
                self._refuse(refusal_of(made.body), "token: ")
            return
        headers = {
            "x-forwarded-for": address,
            "authorization": f"Bearer {json.loads(made.body)['token']}",
            "content-type": "application/connect+json",
        }
        session, answered = "sessions/-", 0
        for turn in range(self._plan.messages):
            if turn:
                await asyncio.sleep(self._plan.pause_seconds * random.uniform(0.5, 1.5))
            started = await self._say(session, headers)
            if started:
                session, answered = started, answered + 1
            elif session == "sessions/-":
                return  # a visitor whose first message is refused leaves
        if answered:
            self.outcomes.sessions.append((headers["authorization"], session, answered))

    async def _say(self, session: str, headers: dict[str, str]) -> str:
        """Send one message. Returns its session; empty when no turn came of it."""
        body = json.dumps({"session": session, "text": self._text()}).encode()
        self.outcomes.sent += 1
        response = await self._post(f"{_CHAT}/Converse", struct.pack(">BI", 0, len(body)) + body, headers)
        if response is None:
            return ""
        events, end = frames(response.body)
        if "error" in end:
            self._refuse(refusal_of(json.dumps(end["error"]).encode()))
        elif events and "turnCompleted" in events[-1]:
            self._completed(events, response.seconds)
            return str(events[0]["turnStarted"]["session"])
        elif response.status != 200:
            self._refuse(refusal_of(response.body))
        else:
            self.outcomes.unanswered["cut off"] += 1
        return ""

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> _Response | None:
        """Send a request. None, and counted, when no whole response came."""
        try:
            async with self._connections:
                began = time.monotonic()
                async with self._http.post(path, data=body, headers=headers) as response:
                    return _Response(response.status, await response.read(), time.monotonic() - began)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.outcomes.unanswered[type(error).__name__] += 1
            return None

    def _completed(self, events: Sequence[dict[str, Any]], seconds: float) -> None:
        if is_handed_over_for_load(events):
            self.outcomes.handed_over += 1
        else:
            self.outcomes.answered += 1
            self.outcomes.seconds.append(seconds)

    def _refuse(self, refusal: Refusal, before: str = "") -> None:
        if not refusal.is_clear:
            self.outcomes.unanswered[f"{before}{refusal}" or "no reason"] += 1
            return
        self.outcomes.refused[f"{before}{refusal}"] += 1
        self.outcomes.refused_for_load += refusal.for_load
        if refusal.reason == StorageFull.reason and not before and self.outcomes.first_refusal is None:
            self.outcomes.first_refusal = time.monotonic() - self._began

    def _text(self) -> str:
        """A message that calls a person, unlike all others, as long as planned."""
        words = random.choices(_WORDS, k=self._plan.characters // 8)
        text = f"Let me talk to a human about my order {next(self._texts)}: {' '.join(words)}"
        return text[: self._plan.characters]

    async def _lost_turns(self) -> int:
        """How many answered turns of some sessions cannot be read again."""
        lost, sessions = 0, self.outcomes.sessions
        for token, session, answered in random.sample(sessions, min(len(sessions), _REREAD_SESSIONS)):
            body = json.dumps({"session": session}).encode()
            headers = {"authorization": token, "content-type": "application/json"}
            response = await self._post(f"{_CHAT}/ListTurns", body, headers)
            listed: dict[str, Any] = json.loads(response.body) if response is not None else {}
            stored = sum(turn["state"] == "STATE_FINISHED" for turn in listed.get("turns", ()))
            lost += max(answered - stored, 0)
        return lost


def is_handed_over_for_load(events: Sequence[dict[str, Any]]) -> bool:
    """Whether a turn's events in JSON hold a handoff for load."""
    reasons = [event["handoff"]["reason"] for event in events if "handoff" in event]
    return any(pb.Handoff.Reason.Value(reason) in FOR_LOAD for reason in reasons)


@asynccontextmanager
async def _watching_memory(store: Any) -> AsyncIterator[Memory]:
    """What is seen of Redis' memory while the block runs."""
    seen = Memory()

    async def look() -> None:
        while True:
            info = await store.info("memory")
            used = int(info["used_memory"]) - int(info.get("mem_not_counted_for_evict", 0))
            seen.most_bytes = max(seen.most_bytes, used)
            seen.most_ratio = max(seen.most_ratio, used / int(info["maxmemory"]))
            await asyncio.sleep(_SAMPLE_SECONDS)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()


async def measure(suite: Suite, plan: Plan, memory_mib: float) -> dict[str, Any]:
    """Shrink Redis, let the visitors come, and return the figures."""
    async with open_redis(suite.redis_url) as opened:
        store: Any = opened  # redis-py's own types are of no use to a strict checker
        await store.config_set("maxmemory", round(memory_mib * 2**20))
        gateway = suite.state().gateway
        visitors = Visitors(gateway, plan)
        async with _watching_memory(store) as seen, sampling(pids_of_suite(suite.folder.path)) as sampler:
            await visitors.run()
        stats, errors = await store.info("stats"), await store.info("errorstats")
    outcomes = visitors.outcomes
    return {
        "plan": {**vars(plan), "maxmemory_mib": memory_mib},
        "sent": outcomes.sent,
        "answered": outcomes.answered,
        "handed_over_for_load": outcomes.handed_over,
        "refused_for_load": outcomes.refused_for_load,
        "refused": dict(outcomes.refused.most_common()),
        "unanswered": dict(outcomes.unanswered.most_common()),
        "first_storage_full_seconds": outcomes.first_refusal and round(outcomes.first_refusal, 1),
        "redis_memory_most_share": round(seen.most_ratio, 4),
        "redis_memory_most_mib": round(seen.most_bytes / 2**20, 1),
        "redis_writes_refused": int(errors.get("errorstat_OOM", {}).get("count", 0)),
        "redis_keys_evicted": int(stats["evicted_keys"]),
        "turns_lost": visitors.lost,
        "answer_ms": Spread.of(outcomes.seconds).milliseconds(),
        "visitors_late_ms": Spread.of(outcomes.late).milliseconds(),
        "usage": usage_table(sampler.usage),
        "warning": sampler.generator_warning(GENERATOR),
    }


def failures(figures: dict[str, Any]) -> list[str]:
    """What of the promise was not kept."""
    broken = {
        "messages neither answered nor refused with a reason": sum(figures["unanswered"].values()),
        "messages handed over for load": figures["handed_over_for_load"],
        "messages refused for load": figures["refused_for_load"],
        "writes that Redis refused": figures["redis_writes_refused"],
        "keys evicted": figures["redis_keys_evicted"],
        "answered turns that are lost": figures["turns_lost"],
        "times beyond maxmemory": int(figures["redis_memory_most_share"] >= 1),
    }
    return [f"{what}: {count}" for what, count in broken.items() if count]


def print_figures(figures: dict[str, Any]) -> None:
    """Print the figures as tables."""
    rows = [(name.replace("_", " "), figures[name]) for name in ("sent", "answered", "handed_over_for_load")]
    rows.append(("refused for load", figures["refused_for_load"]))
    rows += [(f"refused: {reason}", count) for reason, count in figures["refused"].items()]
    rows += [(f"not answered: {what}", count) for what, count in figures["unanswered"].items()]
    print(table(("messages", "count"), rows))
    print()
    names = ("first_storage_full_seconds", "redis_memory_most_mib", "redis_memory_most_share", "redis_writes_refused")
    names += ("redis_keys_evicted", "turns_lost")
    print(table(("figure", "value"), [(name.replace("_", " "), figures[name]) for name in names]))
    for name in ("answer_ms", "visitors_late_ms"):
        print(f"{name}: {figures[name]}")
    print(figures["usage"])
    if figures["warning"]:
        print(figures["warning"])


def main(
    rate: Annotated[float, typer.Option(help="Visitors a second.")] = 50.0,
    minutes: Annotated[float, typer.Option(help="For which they come.")] = 10.0,
    memory: Annotated[float, typer.Option(help="maxmemory of Redis, in MiB.")] = 256.0,
    messages: Annotated[int, typer.Option(min=1, help="Messages of each visitor.")] = 3,
    pause: Annotated[float, typer.Option(help="Seconds between two of them.")] = 20.0,
    characters: Annotated[int, typer.Option(min=50, max=4000, help="Of each message.")] = 3900,
    variable: Annotated[list[str] | None, typer.Option(help="NAME=VALUE for the services; again for more.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Exits with 1 when the promise was not kept."""
    plan = Plan(rate, minutes * 60, messages, pause, characters)
    variables = {
        "KEFU_GATEWAY_TRUSTED_PROXIES": "127.0.0.1",
        "KEFU_GATEWAY_ALL_VISITORS_QUESTIONS_PER_MINUTE": "0",  # 3,000 by default, a third of what comes
    }
    variables |= {name: value for name, _, value in (one.partition("=") for one in variable or ())}

    async def run() -> dict[str, Any]:
        setup = SuiteSetup(steady_pace(10, 60), everything_relevant=False, variables=variables)
        async with open_loaded_suite(setup) as suite:
            return await measure(suite, plan, memory)

    environment = describe_environment()
    figures = {**environment.as_json(), **asyncio.run(run())}
    if as_json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        print(environment, "(the engine is simulated)")
        print_figures(figures)
    broken = failures(figures)
    for sentence in broken:
        print(f"Not kept: {sentence}")
    raise typer.Exit(1 if broken else 0)


if __name__ == "__main__":
    typer.run(main)
