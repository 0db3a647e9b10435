"""Golden run store: the last runs of a tenant's golden questions in Redis, with their results."""

import time
from dataclasses import replace

import pydantic

from kefu.common.errors import GoldenRunNotFound
from kefu.common.redis.commands import Command, RedisCommands
from kefu.office.golden_questions.golden_question import Change, GoldenResult, GoldenRun, RunState
from kefu.office.golden_questions.question_store import ANSWER_SECONDS
from kefu.router.storage import keys

MAX_RUNS = 50
ALIVE_SECONDS = 600.0
"""A run of which nothing was written for this long has ended with its router. One question takes less."""
_RUN = pydantic.TypeAdapter(GoldenRun)
_RESULT = pydantic.TypeAdapter(GoldenResult)
_ORDER = {change: at for at, change in enumerate(Change)}


class GoldenRunStore:
    """Stores runs. Their ids sort by time."""

    def __init__(self, commands: RedisCommands) -> None:
        self._commands = commands

    async def begin(self, tenant: str, run: GoldenRun) -> None:
        """Store a run that begins, and remove what is older than the last 50."""
        await self._write(tenant, run, [])
        stored = await self._commands.hash(keys.golden_runs(tenant))
        old = sorted(stored)[:-MAX_RUNS]
        if old:
            gone: list[Command] = [("DEL", keys.golden_results(tenant, each)) for each in old]
            await self._commands.pipeline([("HDEL", keys.golden_runs(tenant), *old), *gone])

    async def update(self, tenant: str, run: GoldenRun, result: GoldenResult | None = None) -> None:
        """Store how far a run is, with a result that is new."""
        key = keys.golden_results(tenant, run.id)
        added: list[Command] = []
        if result is not None:
            added = [
                ("HSET", key, result.question, _RESULT.dump_json(result).decode()),
                ("EXPIRE", key, ANSWER_SECONDS),
            ]
        await self._write(tenant, run, added)

    async def all(self, tenant: str) -> list[GoldenRun]:
        """A tenant's last runs, the newest first."""
        stored = await self._commands.hash(keys.golden_runs(tenant))
        return [_parsed(stored[each]) for each in sorted(stored, reverse=True)]

    async def get(self, tenant: str, run_id: str) -> tuple[GoldenRun, list[GoldenResult]]:
        """A run and its results, those that changed first. Raises GoldenRunNotFound."""
        stored = await self._commands.hash_get(keys.golden_runs(tenant), run_id)
        if stored is None:
            raise GoldenRunNotFound(f"There is no run {run_id}; list the runs.")
        found = (await self._commands.hash(keys.golden_results(tenant, run_id))).values()
        results = [_RESULT.validate_json(each) for each in found]
        return _parsed(stored), sorted(results, key=lambda each: (_ORDER[each.change], each.question))

    async def last_night(self, tenant: str) -> str:
        """The day of the tenant's last nightly run; empty: there was none lately."""
        return await self._commands.get(keys.golden_night(tenant)) or ""

    async def set_last_night(self, tenant: str, day: str) -> None:
        """Note the day of a nightly run that is over."""
        await self._commands.set(keys.golden_night(tenant), day, seconds=3 * 86_400)

    async def _write(self, tenant: str, run: GoldenRun, more: list[Command]) -> None:
        value = _RUN.dump_json(replace(run, alive_time=time.time())).decode()
        await self._commands.pipeline([("HSET", keys.golden_runs(tenant), run.id, value), *more])


def _parsed(stored: str) -> GoldenRun:
    run = _RUN.validate_json(stored)
    is_dead = run.state is RunState.RUNNING and time.time() - run.alive_time > ALIVE_SECONDS
    return replace(run, state=RunState.STOPPED, end_time=run.alive_time) if is_dead else run
