"""Numbers in a real Redis: however a session's turns and ratings are told, the counts are those of what holds now."""

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands, ScriptCall
from kefu.office.insight.counter_store import CounterStore
from kefu.office.insight.turn_counters import turn_counters
from kefu.router.domain.handoff import Handoff, HandoffReason
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Rating, Turn, TurnState
from kefu.router.storage.erasure import SessionErasure
from kefu.testing.redis_server import RedisServer

DAY = 86_400.0
NOON = 1_764_072_000.0


@dataclass(eq=False)
class Told:
    """One turn of a session as it came to be: what it was, and its ratings in their order."""

    question: str
    kind: str
    """answer, small talk, unanswered, person."""
    hour: int
    ratings: list[Rating] = field(default_factory=list[Rating])

    def turn(self, position: int) -> Turn:
        handoff = {"unanswered": HandoffReason.NOTHING_RELEVANT, "person": HandoffReason.CUSTOMER_ASKED}.get(self.kind)
        source = AnswerSource.GENERATED if self.kind == "answer" else AnswerSource.CANNED
        finish = FinishReason.HANDOFF if handoff else FinishReason.STOP
        return Turn(
            f"{position:04d}",
            self.question,
            "en",
            "",
            NOON + 3600 * self.hour,
            handoff=Handoff(handoff, "", "") if handoff else None,
            completed=Completed(finish, source),
        )


def expected(session: list[Told]) -> Counter[str]:
    """What the numbers of a session should be, counted from the whole of it."""
    counts: Counter[str] = Counter()
    tried = [told for told in session if told.kind != "small talk"]
    for told in session:
        counts["questions"] += 1
        rating = told.ratings[-1] if told.ratings else Rating.NONE
        if rating:
            counts[f"rated:{rating}"] += 1
        if told.kind != "answer":
            continue
        at = tried.index(told)
        after = tried[at + 1] if at + 1 < len(tried) else None
        again = after is not None and after.question == told.question
        if rating is Rating.UP:
            counts["confirmed"] += 1
        elif rating is Rating.DOWN or again:
            counts["reopened"] += 1
        elif after is None or after.kind != "person":
            counts["assumed"] += 1
    return counts


async def counted(ledger: CounterStore, tenant: str) -> Counter[str]:
    together: Counter[str] = Counter()
    async for _, hour in ledger.hours(tenant, NOON - DAY, NOON + 3 * DAY):
        together.update(hour)
    kept = ("questions", "confirmed", "assumed", "reopened", "rated:up", "rated:down")
    return Counter({name: count for name, count in together.items() if name in kept})


sessions = st.lists(
    st.builds(
        Told,
        st.sampled_from(["How long is a refund?", "Where is my parcel?", "Can I pay by card?"]),
        st.sampled_from(["answer", "answer", "answer", "small talk", "unanswered", "person"]),
        st.integers(0, 3),
        st.lists(st.sampled_from(list(Rating)), max_size=3),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(session=sessions, shuffle=st.integers(0, 2**32), twice=st.booleans())
async def test_counts_do_not_depend_on_the_order_in_which_two_routers_tell_them(
    own_redis: RedisServer, session: list[Told], shuffle: int, twice: bool
) -> None:
    async with open_redis(own_redis.url) as one, open_redis(own_redis.admin_url) as other:
        ledgers = [CounterStore(RedisCommands(client), days=400, life=7 * DAY) for client in (one, other)]
        told: list[ScriptCall] = []
        number = 0
        for position, what in enumerate(session):
            turn = what.turn(position)
            tally = turn_counters(turn, TurnState.FINISHED)
            assert tally is not None
            told.append(ledgers[0].count("acme", "s1", turn.id, tally))
            for rating in what.ratings:
                number += 1
                told.append(ledgers[0].rate("acme", "s1", turn.id, tally, rating, number))
        chance = random.Random(shuffle)
        chance.shuffle(told)
        if twice:
            told += chance.sample(told, len(told))
        await other.flushall()  # pyright: ignore[reportUnknownMemberType]
        for call in told:
            await RedisCommands(chance.choice([one, other])).pipeline([call])
        assert await counted(ledgers[1], "acme") == expected(session)


@pytest.mark.parametrize("rating", [Rating.UP, Rating.DOWN])
async def test_a_rating_that_is_taken_back_leaves_an_assumed_answer(own_redis: RedisServer, rating: Rating) -> None:
    async with open_redis(own_redis.url) as store:
        commands, ledger = RedisCommands(store), CounterStore(RedisCommands(store), days=400, life=DAY)
        turn = Told("How long?", "answer", 0).turn(0)
        tally = turn_counters(turn, TurnState.FINISHED)
        assert tally is not None
        await commands.pipeline(
            [
                ledger.count("acme", "s1", turn.id, tally),
                ledger.rate("acme", "s1", turn.id, tally, rating, 1),
                ledger.rate("acme", "s1", turn.id, tally, Rating.NONE, 2),
            ]
        )
        assert await counted(ledger, "acme") == Counter({"questions": 1, "assumed": 1})


async def test_numbers_outlive_an_erased_session_and_what_is_told_of_it_later_changes_nothing(
    own_redis: RedisServer,
) -> None:
    async with open_redis(own_redis.admin_url) as store:
        commands, ledger = RedisCommands(store), CounterStore(RedisCommands(store), days=400, life=DAY)
        turn = Told("How long?", "answer", 0).turn(0)
        tally = turn_counters(turn, TurnState.FINISHED)
        assert tally is not None
        await commands.pipeline([ledger.count("acme", "s1", turn.id, tally)])
        await SessionErasure(commands, life=DAY).erase("acme", "s1")
        before = await counted(ledger, "acme")
        assert before == Counter({"questions": 1, "assumed": 1})
        await commands.pipeline([ledger.rate("acme", "s1", turn.id, tally, Rating.DOWN, 1)])
        assert await counted(ledger, "acme") == before
        keys: list[bytes] = await store.keys("*s1*")  # pyright: ignore
        assert keys == []
