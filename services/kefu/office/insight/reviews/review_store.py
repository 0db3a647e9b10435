"""
Review store: the sample of each day, reviewers' verdicts, and their notes.

Samples and verdicts hold ids and no text, and are kept as long as the numbers. Notes may hold what a customer said:
they end with the session.
"""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pydantic

from kefu.common.redis.commands import RedisCommands, ScriptCall, hash_items
from kefu.office.insight.reviews.sample import SAMPLE, ReviewVerdict, Sample
from kefu.router.storage import keys

_SAMPLE = "sample"
_VERDICT = "verdict:"
_SECONDS_A_DAY = 86_400
_BATCH_DAYS = 31

JUDGE = """
-- KEYS: the day, the session's notes, erasure marker. ARGV: field of the verdict, verdict JSON or "", turn id, note,
--       life of the day s, what is left of the session's life ms
if redis.call('EXISTS', KEYS[3]) == 1 then return end
if ARGV[2] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('EXPIRE', KEYS[1], ARGV[5])
if ARGV[4] == '' or tonumber(ARGV[6]) <= 0 then
  redis.call('HDEL', KEYS[2], ARGV[3])
else
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
end
"""
"""Keep a verdict and its note, or take both back: nothing where the session was erased, no note where it has ended."""


@dataclass(frozen=True)
class ReviewJudgement:
    """What a reviewer said of an answer. `time` in seconds since the epoch."""

    verdict: ReviewVerdict
    reviewer: str
    time: float
    note: str = ""


@dataclass(frozen=True)
class ReviewedDay:
    """What is kept of a day. `verdicts`: by turn id; notes are left out."""

    day: date
    sample: Sample | None
    verdicts: Mapping[str, ReviewJudgement]


_JUDGEMENT = pydantic.TypeAdapter(ReviewJudgement)


class ReviewStore:
    """Reviews of all tenants. `days`: how long verdicts are kept."""

    def __init__(self, commands: RedisCommands, *, days: float) -> None:
        self._commands = commands
        self._life = round(days * _SECONDS_A_DAY)

    async def days(self, tenant: str, days: Sequence[date]) -> AsyncIterator[ReviewedDay]:
        """What is kept of each day."""
        for at in range(0, len(days), _BATCH_DAYS):
            some = days[at : at + _BATCH_DAYS]
            found = await self._commands.pipeline([("HGETALL", keys.review_day(tenant, str(day))) for day in some])
            for day, fields in zip(some, found, strict=True):
                kept = dict(hash_items(fields))
                stored = kept.get(_SAMPLE)
                yield ReviewedDay(
                    day,
                    None if stored is None else SAMPLE.validate_json(stored),
                    {
                        name.removeprefix(_VERDICT): _JUDGEMENT.validate_json(value)
                        for name, value in kept.items()
                        if name.startswith(_VERDICT)
                    },
                )

    async def keep_sample(self, tenant: str, day: date, sample: Sample) -> None:
        """Keep a day's sample, in place of an earlier one."""
        key = keys.review_day(tenant, str(day))
        await self._commands.pipeline(
            [("HSET", key, _SAMPLE, SAMPLE.dump_json(sample).decode()), ("EXPIRE", key, self._life)]
        )

    async def judge(
        self, tenant: str, day: date, session_id: str, turn_id: str, judgement: ReviewJudgement | None
    ) -> None:
        """Keep what a reviewer said of an answer of a day, its note as long as the session; None takes it back."""
        [left] = await self._commands.pipeline([("PTTL", f"{keys.session(tenant, session_id)}session")])
        stored = "" if judgement is None else _JUDGEMENT.dump_json(judgement, exclude={"note"}).decode()
        call = ScriptCall(
            JUDGE,
            (
                keys.review_day(tenant, str(day)),
                keys.review_notes(tenant, session_id),
                keys.erasure_marker(tenant, session_id),
            ),
            (
                f"{_VERDICT}{turn_id}",
                stored,
                turn_id,
                "" if judgement is None else judgement.note,
                self._life,
                int(left),
            ),
        )
        await self._commands.script(call.text, call.keys, call.arguments)

    async def judgements(self, tenant: str, turns: Sequence[tuple[date, str, str]]) -> dict[str, ReviewJudgement]:
        """What reviewers said of some answers, by turn id, with their notes. `turns`: day, session id, turn id."""
        calls: list[tuple[str, ...]] = []
        for day, session_id, turn_id in turns:
            calls.append(("HGET", keys.review_day(tenant, str(day)), f"{_VERDICT}{turn_id}"))
            calls.append(("HGET", keys.review_notes(tenant, session_id), turn_id))
        replies = await self._commands.pipeline(calls) if calls else []
        found: dict[str, ReviewJudgement] = {}
        for (_, _, turn_id), stored, note in zip(turns, replies[::2], replies[1::2], strict=True):
            if stored is not None:
                found[turn_id] = _JUDGEMENT.validate_python({**json.loads(stored), "note": note or ""})
        return found


def now_judged(verdict: ReviewVerdict, reviewer: str, note: str) -> ReviewJudgement:
    """A judgement of this moment."""
    return ReviewJudgement(verdict, reviewer, round(time.time(), 3), note)
