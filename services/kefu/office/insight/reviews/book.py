"""Review book: draws the samples, takes the verdicts, and says what they mean for all answers."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from kefu.common.errors import TurnNotFound
from kefu.office.insight.conversations.facts import KnownTurn
from kefu.office.insight.conversations.index import ConversationIndex
from kefu.office.insight.reviews.estimate import Estimate, ReviewedCell, cells_of, estimate
from kefu.office.insight.reviews.review_store import ReviewedDay, ReviewJudgement, ReviewStore
from kefu.office.insight.reviews.sample import Candidate, ReviewVerdict, Sample, draw, sizes_of, stratum_of

_SECONDS_A_DAY = 86_400
_FRESH_SECONDS = 60.0
"""For so long the sample of a day that is not over is given again."""


@dataclass(frozen=True)
class ReviewNumbers:
    """What the reviews of some days mean for all answers of those days. No share is there before anything is judged."""

    days: tuple[date, ...]
    judged: int
    answers: int
    handed_over: int
    resolved: Estimate | None
    """Right answers, of all that was answered or handed over."""
    verdicts: dict[ReviewVerdict, Estimate]
    """The share of each verdict among all answers."""


class ReviewBook:
    """Reviews of all tenants. `life` of a session is in seconds. `now` tells the time, in seconds since the epoch."""

    def __init__(
        self, store: ReviewStore, index: ConversationIndex, *, life: float, now: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._index = index
        self._life = life
        self._now = now

    def today(self) -> date:
        """The day that it is, in UTC."""
        return day_of(self._now())

    async def sample(self, tenant: str, day: date) -> ReviewedDay:
        """The sample of a day and what was said of it.

        It is drawn again until the day is over, at most once a minute. Of a day of which sessions may have ended
        already none is drawn.
        """
        [kept] = [each async for each in self._store.days(tenant, [day])]
        return kept if self._is_new(kept) else await self._drawn(tenant, kept)

    def _is_new(self, kept: ReviewedDay) -> bool:
        """Whether a day's sample need not be drawn again, or cannot."""
        begin, now = _begin(kept.day), self._now()
        if begin < now - self._life:
            return True
        if kept.sample is None:
            return False
        is_over = now >= begin + _SECONDS_A_DAY
        return kept.sample.is_final or (not is_over and now - kept.sample.drawn_at < _FRESH_SECONDS)

    async def _drawn(self, tenant: str, kept: ReviewedDay) -> ReviewedDay:
        day, begin = kept.day, _begin(kept.day)
        candidates: list[Candidate] = []
        handed_over = 0
        async for session in self._index.sessions(tenant, begin):
            for turn in session.turns:
                if not begin <= turn.facts.time < begin + _SECONDS_A_DAY:
                    continue
                handed_over += turn.facts.reason is not None
                if turn.facts.answered:
                    candidates.append(Candidate(session.id, turn.turn_id, stratum_of(turn)))
        now = self._now()
        sample = Sample(
            round(now, 3),
            sizes_of(candidates),
            handed_over,
            draw(candidates, f"{tenant}/{day}"),
            is_final=now >= begin + _SECONDS_A_DAY,
        )
        if candidates:
            await self._store.keep_sample(tenant, day, sample)
        return ReviewedDay(day, sample, kept.verdicts)

    async def judge(self, tenant: str, session_id: str, turn_id: str, judgement: ReviewJudgement | None) -> None:
        """Keep what a reviewer said of an answer; None takes it back. Raises TurnNotFound."""
        turn = await self.turn(tenant, session_id, turn_id)
        await self._store.judge(tenant, day_of(turn.facts.time), session_id, turn_id, judgement)

    async def turn(self, tenant: str, session_id: str, turn_id: str) -> KnownTurn:
        """What a turn is found by, or TurnNotFound."""
        for turn in await self._index.session(tenant, session_id):
            if turn.turn_id == turn_id:
                return turn
        raise TurnNotFound("There is no such turn, or nothing is kept of it for reviews; list the conversations.")

    async def judgements(self, tenant: str, turns: Sequence[tuple[str, KnownTurn]]) -> dict[str, ReviewJudgement]:
        """What reviewers said of some turns, by turn id. `turns`: session ids and turns."""
        return await self._store.judgements(
            tenant, [(day_of(turn.facts.time), session_id, turn.turn_id) for session_id, turn in turns]
        )

    async def numbers(self, tenant: str, first: date, last: date) -> ReviewNumbers:
        """What the reviews of the days from `first` to `last`, both included, mean for all their answers.

        A sample that was drawn before its day was over is drawn again: it is weighed by all answers of the day.
        """
        days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
        reviewed = [each async for each in self._store.days(tenant, days)]
        today = self.today()
        for at, kept in enumerate(reviewed):
            if kept.day < today and kept.sample and kept.verdicts and not self._is_new(kept):
                reviewed[at] = await self._drawn(tenant, kept)
        return numbers_of(reviewed)


def numbers_of(days: Sequence[ReviewedDay]) -> ReviewNumbers:
    """What the reviews of some days mean. A day without a verdict on its sample says nothing, and is left out."""
    counted = [(day, day.sample, judged) for day in days if day.sample and (judged := _judged(day, day.sample))]

    def cells(counts: Callable[[ReviewVerdict], bool]) -> list[ReviewedCell]:
        found: list[ReviewedCell] = []
        for _, sample, judged in counted:
            values: defaultdict[str, list[bool]] = defaultdict(list)
            for candidate, verdict in judged:
                values[candidate.stratum].append(counts(verdict))
            found += cells_of({str(stratum): size for stratum, size in sample.sizes.items()}, values)
        return found

    def is_right(verdict: ReviewVerdict) -> bool:
        return verdict is ReviewVerdict.RIGHT

    handed_over = sum(sample.handed_over for _, sample, _ in counted)
    shares = {verdict: estimate(cells(lambda given, one=verdict: given is one)) for verdict in ReviewVerdict}
    return ReviewNumbers(
        tuple(day.day for day, _, _ in counted),
        sum(len(judged) for _, _, judged in counted),
        sum(sample.answers for _, sample, _ in counted),
        handed_over,
        estimate(cells(is_right), besides=handed_over),
        {verdict: share for verdict, share in shares.items() if share is not None},
    )


def day_of(seconds: float) -> date:
    """The day of a time, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).date()


def _judged(day: ReviewedDay, sample: Sample) -> list[tuple[Candidate, ReviewVerdict]]:
    verdicts = day.verdicts
    return [(each, verdicts[each.turn_id].verdict) for each in sample.drawn if each.turn_id in verdicts]


def _begin(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
