"""Tenants' limits over all routers, and more turns than a router can answer: over real gRPC, with a real Redis."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import grpc
import pytest
from prometheus_client import REGISTRY

from kefu.client import Client
from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Priority, Scope
from kefu.common.errors import BackendUnavailable, TenantLimit
from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands
from kefu.common.rpc.status import RpcFailure, failure_of
from kefu.router.admission.search_limit import FIRST_LIMIT
from kefu.router.admission.tenant_limits import TenantLimits
from kefu.router.config import RouterConfig
from kefu.router.storage import keys
from kefu.router.tenants.settings import EffectiveSettings, TenantSettings, effective_settings
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.agents import list_conversations, watch_desk
from tests.support.grpc_calls import INTERNAL_KEY, expect_failure
from tests.support.router_harness import AnswerEvents, RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.tenant_fixtures import replace_settings
from tests.support.waiting import wait_until, wait_until_async

ASK = "How long does a refund take?"


def rules(max_concurrent_turns: int = 0, questions_per_minute: int = 0, question_burst: int = 0) -> EffectiveSettings:
    config = RouterConfig(internal_key=INTERNAL_KEY)  # pyright: ignore[reportArgumentType, reportCallIssue]
    settings = TenantSettings(
        max_concurrent_turns=max_concurrent_turns,
        questions_per_minute=questions_per_minute,
        question_burst=question_burst,
    )
    return effective_settings(settings, config)


@asynccontextmanager
async def limits_over(redis: RedisServer, routers: int, *, lease: float = 5.0) -> AsyncIterator[list[TenantLimits]]:
    """What each router has of its own."""
    async with open_redis(redis.url) as store:
        yield [TenantLimits(RedisCommands(store), lease_seconds=lease, without_redis="serve") for _ in range(routers)]


async def verdict(entering: TenantLimits, turn: str, given: EffectiveSettings, **more: float) -> TenantLimit | None:
    try:
        await entering.enter("acme", turn, given, **more)
    except TenantLimit as error:
        return error
    return None


async def outcome(call: Callable[[], "asyncio.Future[AnswerEvents] | object"]) -> AnswerEvents | RpcFailure:
    try:
        return await call()  # pyright: ignore
    except grpc.aio.AioRpcError as error:
        return failure_of(error)


async def test_a_rate_is_exact_however_many_ask_at_once_at_however_many_routers(own_redis: RedisServer) -> None:
    # 6 a minute is one each 10 s: within this test no more than the burst.
    async with open_router_harness(
        own_redis, routers=2, tenant_questions_per_minute=6, tenant_question_burst=5
    ) as harness:
        key = await harness.create_key("acme")
        customers = [await harness.client(key, at=n % 2) for n in range(4)]
        outcomes = await asyncio.gather(*(outcome(lambda n=n: customers[n % 4].ask("Hello!")) for n in range(40)))
        answers = [one for one in outcomes if isinstance(one, AnswerEvents)]
        refused = [one for one in outcomes if isinstance(one, RpcFailure)]
        assert (len(answers), len(refused)) == (5, 35)
        for read in refused:
            assert (read.code, read.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TENANT_LIMIT")
            assert read.metadata == {"limit": "questions_per_minute", "value": "6"}
            assert read.retry_after is not None
            assert 0 < read.retry_after <= 10
        other = await harness.client(await harness.create_key("umbrella"))
        assert (await other.ask("Hello!")).text


async def test_a_refused_question_may_come_after_the_time_it_was_told_and_not_before(own_redis: RedisServer) -> None:
    async with limits_over(own_redis, 2) as (here, there):
        given = rules(questions_per_minute=30, question_burst=1)  # one each two seconds
        began = time.monotonic()
        assert await verdict(here, "a", given) is None
        refused = await verdict(there, "b", given)
        assert refused is not None
        assert refused.retry_after is not None
        assert 1.7 - (time.monotonic() - began) < refused.retry_after <= 2.0
        await asyncio.sleep(refused.retry_after + 0.01)
        assert await verdict(there, "b", given) is None
        assert await verdict(here, "c", given) is not None


async def test_turns_that_are_refused_count_for_nothing(own_redis: RedisServer) -> None:
    async with limits_over(own_redis, 1) as (limits,):
        given = rules(questions_per_minute=6, question_burst=2, max_concurrent_turns=1)
        assert await verdict(limits, "a", given) is None
        for n in range(5):
            refused = await verdict(limits, f"b{n}", given, turn_seconds=4.0)
            assert refused is not None
            assert (refused.metadata["limit"], refused.retry_after) == ("max_concurrent_turns", 4.0)
        await limits.leave("acme", "a")
        assert await verdict(limits, "c", given) is None  # the burst's second
        await limits.leave("acme", "c")
        refused = await verdict(limits, "d", given)
        assert refused is not None
        assert refused.metadata["limit"] == "questions_per_minute"
        await limits.leave("acme", "d")  # it was never there
        assert await verdict(limits, "e", replace(given, questions_per_minute=0)) is None


async def test_turns_at_once_are_exact_over_routers_and_free_again_when_they_end(own_redis: RedisServer) -> None:
    async with limits_over(own_redis, 3) as routers:
        given = rules(max_concurrent_turns=7)
        entered = await asyncio.gather(*(verdict(routers[n % 3], f"t{n}", given) for n in range(60)))
        assert Counter(one is None for one in entered) == {True: 7, False: 53}
        for n in range(60):
            await routers[n % 3].leave("acme", f"t{n}")
        assert await verdict(routers[0], "again", given) is None


async def test_leases_are_renewed_in_batches_and_those_of_a_killed_router_are_free_after_one(
    own_redis: RedisServer,
) -> None:
    async with limits_over(own_redis, 2, lease=1.5) as (killed, other):
        given = rules(max_concurrent_turns=1100)
        await asyncio.gather(*(verdict(killed, f"t{n}", given) for n in range(1100)))
        async with open_redis(own_redis.url) as store:
            before = await _scripts_run(store)
            renewing = asyncio.create_task(killed.renew())
            await asyncio.sleep(2.5)  # well beyond a lease
            assert await verdict(other, "new", given) is not None
            assert await _scripts_run(store) - before <= 2 * 6 + 1  # 1,100 turns: two calls, each half second
            await cancel_and_wait(renewing)  # as a killed router's would be

            async def only_the_new_one() -> bool:
                await verdict(other, "new", given)  # whoever enters clears away what has lapsed
                return await store.zcard(keys.running_turns("acme")) == 1  # pyright: ignore

            await wait_until_async(only_the_new_one)


async def _scripts_run(store: object) -> int:
    info = await store.info("commandstats")  # pyright: ignore
    return sum(int(info.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("evalsha", "eval"))  # pyright: ignore


@pytest.mark.parametrize("unknown", ["serve", "refuse"])
async def test_without_redis_limits_are_not_enforced_or_nobody_is_served_as_configured(
    own_redis: RedisServer, unknown: str
) -> None:
    async with open_redis(own_redis.url) as store:
        limits = TenantLimits(RedisCommands(store), lease_seconds=5.0, without_redis=unknown)  # pyright: ignore[reportArgumentType]
        given = rules(max_concurrent_turns=1, questions_per_minute=1)
        own_redis.kill()
        if unknown == "refuse":
            with pytest.raises(BackendUnavailable):
                await limits.enter("acme", "a", given)
        else:
            await limits.enter("acme", "a", given)
            await limits.enter("acme", "b", given)
        await limits.enter("acme", "c", rules())  # without limits Redis is not asked


async def test_a_tenants_settings_hold_before_the_installations(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, tenant_questions_per_minute=6, tenant_question_burst=1) as harness:
        root, customer = await harness.client(), await harness.client(await harness.create_key("acme"))
        await root.admin.CreateTenant(admin.CreateTenantRequest(tenant_id="acme"), metadata=root.metadata)
        assert (await customer.ask("Hello!")).text
        assert (await expect_failure(lambda: customer.ask("Hello!"))).reason == "TENANT_LIMIT"
        request = admin.UpdateTenantSettingsRequest(
            tenant="tenants/acme", settings=admin.TenantSettings(questions_per_minute=0)
        )
        await root.admin.UpdateTenantSettings(request, metadata=root.metadata)
        for _ in range(20):
            assert (await customer.ask("Hello!")).text


# The line.


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def crowded(
    redis: RedisServer, waiting: int, **config: object
) -> AsyncIterator[tuple[RouterHarness, asyncio.Event]]:
    """A router with one place, which is taken until the event is set."""
    chosen: dict[str, object] = {"max_concurrent_turns": 1, "max_waiting_turns": waiting, **config}
    async with open_router_harness(redis, **chosen) as harness:  # pyright: ignore[reportArgumentType] - fields of RouterConfig
        harness.knowledge.hits = [
            make_hit("Refunds arrive within 7 business days."),
            make_hit("Or later.", relevance=0.8, n=2),
        ]
        release = asyncio.Event()
        harness.replica.frames = ["Refunds take 7 days [1]. ", release]
        first = asyncio.create_task((await harness.client()).ask(ASK))
        await wait_until(lambda: bool(harness.replica.calls))
        yield harness, release
        release.set()
        await first


async def test_a_person_goes_before_a_line_of_batch_and_none_starves(own_redis: RedisServer) -> None:
    async with crowded(own_redis, 20, brown_out_pressure=0) as (harness, release):
        order: list[str] = []

        async def ask(name: str, customer: RouterClient) -> None:
            await customer.ask(ASK)
            order.append(name)

        batch = await harness.client(await harness.create_key("acme", priority=Priority.BATCH))
        person = await harness.client(await harness.create_key("umbrella"))
        asking = [asyncio.create_task(ask("batch", batch)) for _ in range(5)]
        await wait_until(lambda: metric("kefu_turns_waiting") == 5)
        asking += [asyncio.create_task(ask("person", person)) for _ in range(2)]
        await wait_until(lambda: metric("kefu_turns_waiting") == 7)
        release.set()
        await asyncio.gather(*asking)
        assert sorted(order) == ["batch"] * 5 + ["person"] * 2
        assert order.index("person") <= 1
        assert metric("kefu_queue_seconds_count") >= 7


async def test_a_deadline_that_cannot_be_kept_is_refused_at_once(own_redis: RedisServer) -> None:
    async with crowded(own_redis, 20, brown_out_pressure=0) as (harness, release):
        await asyncio.sleep(3)
        release.set()
        await wait_until(lambda: harness.replica.calls[0].ended.is_set())  # now it is known that a turn takes 3 s
        release.clear()
        customer = await harness.client()
        asking = [asyncio.create_task(customer.ask(ASK))]
        await wait_until(lambda: len(harness.replica.calls) == 2)
        shed = metric("kefu_turns_shed_total", limit="deadline")
        failed = metric("kefu_turns_failed_total", reason="OVERLOADED")

        async def call() -> None:
            request = pb.ConverseRequest(session="sessions/-", text=ASK)
            async for _ in customer.chat.Converse(request, metadata=customer.metadata, timeout=2.0):
                pass

        read = await expect_failure(call)
        assert (read.code, read.metadata) == (grpc.StatusCode.RESOURCE_EXHAUSTED, {"limit": "deadline"})
        assert read.retry_after is not None
        assert read.retry_after >= 3
        assert metric("kefu_turns_shed_total", limit="deadline") == shed + 1
        assert metric("kefu_turns_failed_total", reason="OVERLOADED") == failed + 1  # what the SLO of answers counts
        release.set()
        await asyncio.gather(*asking)


@asynccontextmanager
async def at_desk(harness: RouterHarness, agent: str) -> AsyncIterator[None]:
    """An agent is at the desk while the block runs."""
    client = await harness.client(await operator_key(harness))
    watching = watch_desk(client, agent)
    await wait_until(lambda: bool(watching.events))
    yield
    watching.call.cancel()


async def test_turn_completed_names_every_rung(own_redis: RedisServer) -> None:
    async with crowded(own_redis, 8, admission_seconds=60.0) as (harness, release):
        customer = await harness.client()

        def rung(name: str) -> Callable[[], bool]:
            return lambda: metric("kefu_brown_out_flows", rung=name) == 1

        # Thresholds lie at .25, .4375, .625 and .8125 of the 8 that may wait.
        asking = [asyncio.create_task(customer.ask(ASK)) for _ in range(2)]
        await wait_until(rung("fewer_passages"))
        asking += [asyncio.create_task(customer.ask(ASK)) for _ in range(2)]
        await wait_until(rung("shorter_answer"))
        asking += [asyncio.create_task(customer.ask(ASK)) for _ in range(1)]
        await wait_until(rung("without_model"))
        asked = len(harness.replica.calls)
        excerpt = await customer.ask(ASK)
        assert excerpt.completed.brown_out == pb.BROWN_OUT_WITHOUT_MODEL
        assert excerpt.completed.source == pb.ANSWER_SOURCE_EXTRACTIVE
        assert excerpt.text == "Refunds arrive within 7 business days. [1]"
        assert len(harness.replica.calls) == asked
        harness.knowledge.delay = 3.0
        slow = [asyncio.create_task(customer.ask(ASK)) for _ in range(2)]
        await wait_until(rung("handoff"))
        harness.knowledge.delay = 0.0
        answered = await customer.ask(ASK)
        assert answered.completed.brown_out == pb.BROWN_OUT_WITHOUT_MODEL, "nobody is handed over for load"
        assert answered.text == excerpt.text
        await replace_settings(customer, overload_handoffs_per_agent=1)
        answered = await customer.ask(ASK)
        assert answered.completed.brown_out == pb.BROWN_OUT_WITHOUT_MODEL, "and nobody is at the desk"
        async with at_desk(harness, "Mei"):
            searched = len(harness.knowledge.requests)
            handed = await customer.ask(ASK)
            assert handed.completed.brown_out == pb.BROWN_OUT_HANDOFF
            assert handed.handoff.reason == pb.Handoff.REASON_OVERLOADED
            assert len(harness.knowledge.requests) == searched
            answered = await customer.ask(ASK)
            assert answered.completed.brown_out == pb.BROWN_OUT_WITHOUT_MODEL, "she takes one a minute"
        assert (await customer.ask("Hello!")).completed.source == pb.ANSWER_SOURCE_CANNED
        await asyncio.gather(*slow)
        release.set()
        shorter = await asyncio.gather(*asking)
        for answer in shorter:
            assert answer.completed.brown_out == pb.BROWN_OUT_SHORTER_ANSWER
            assert answer.completed.source == pb.ANSWER_SOURCE_GENERATED
        request = harness.replica.calls[-1].request
        assert request.max_tokens == 128
        assert "one or two sentences" in request.chat.messages[0].content
        assert metric("kefu_brown_out_turns_total", rung="shorter_answer") >= 5


async def test_the_first_rung_shows_the_model_fewer_passages_and_calm_turns_name_none(own_redis: RedisServer) -> None:
    async with crowded(own_redis, 8, admission_seconds=60.0, max_passages=2) as (harness, release):
        customer = await harness.client()
        asking = [asyncio.create_task(customer.ask(ASK)) for _ in range(2)]
        await wait_until(lambda: metric("kefu_brown_out_flows", rung="fewer_passages") == 1)
        release.set()
        for answer in await asyncio.gather(*asking):
            assert answer.completed.brown_out == pb.BROWN_OUT_FEWER_PASSAGES
            assert len(answer.found.passages) == 1
    async with open_router_harness(own_redis, max_passages=2) as calm:
        calm.knowledge.hits = harness.knowledge.hits
        answer = await (await calm.client()).ask(ASK)
        assert answer.completed.brown_out == pb.BROWN_OUT_UNSPECIFIED
        assert len(answer.found.passages) == 2


# The search.


async def test_a_search_that_is_late_while_others_are_done_is_refused_with_a_time_and_calls_nobody(
    own_redis: RedisServer,
) -> None:
    async with open_router_harness(own_redis, search_seconds=0.3) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        customer, agent = await harness.client(), await harness.client(await operator_key(harness))
        first = await customer.ask(ASK)
        harness.knowledge.delay = 30.0
        read = await expect_failure(lambda: customer.ask("And for furniture?", first.session, request_id="late"))
        assert (read.code, read.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        assert read.metadata == {"limit": "search_too_late"}
        assert read.retry_after is not None
        assert read.retry_after >= 0.5
        assert await list_conversations(agent, pb.Session.STATE_WAITING) == []
        harness.knowledge.delay = 0.0
        again = await customer.ask("And for furniture?", first.session, request_id="late")
        assert again.completed.source == pb.ANSWER_SOURCE_GENERATED, "whoever comes back is answered"


async def test_a_program_that_was_refused_comes_back_by_itself_and_is_answered(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, search_seconds=0.3) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        await (await harness.client()).ask(ASK)
        harness.knowledge.delay = 30.0
        key = await harness.create_key("default")
        async with Client(f"127.0.0.1:{harness.routers[0].port}", key=key) as program:
            asking = asyncio.create_task(program.ask("And for furniture?"))
            refused = metric("kefu_turns_shed_total", limit="search_too_late")
            await wait_until(lambda: metric("kefu_turns_shed_total", limit="search_too_late") > refused)
            harness.knowledge.delay = 0.0
            assert (await asking).text == "Refunds take 7 days [1]."


async def test_for_load_the_desk_gets_as_many_a_minute_as_its_tenant_wants_for_each_agent(
    own_redis: RedisServer,
) -> None:
    async with open_router_harness(own_redis, search_seconds=0.3) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        customer, agent = await harness.client(), await harness.client(await operator_key(harness))
        await replace_settings(customer, overload_handoffs_per_agent=2)
        await customer.ask(ASK)
        harness.knowledge.delay = 30.0
        async with at_desk(harness, "Mei"), at_desk(harness, "Tom"):
            ended = await asyncio.gather(*(customer.ask(ASK) for _ in range(7)), return_exceptions=True)
        handed = [one for one in ended if isinstance(one, AnswerEvents)]
        refused = [failure_of(one) for one in ended if isinstance(one, grpc.aio.AioRpcError)]
        assert [one.handoff.reason for one in handed] == [pb.Handoff.REASON_OVERLOADED] * 4
        assert [one.reason for one in refused] == ["OVERLOADED"] * 3
        assert len(await list_conversations(agent, pb.Session.STATE_WAITING)) == 4
        [waiting, *_] = handed
        more = await customer.ask("It was order 8829104.", waiting.session)
        assert more.handoff.repeated, "who waits is not refused: the agent reads it"


async def test_more_turns_than_may_search_wait_and_all_are_answered(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, search_seconds=5.0) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        harness.knowledge.delay = 1.0  # a fifth of what a search may take: the limit stays about where it is
        customer = await harness.client()
        answers = await asyncio.gather(*(customer.ask(f"{ASK} {number}") for number in range(60)))
        assert {one.completed.source for one in answers} == {pb.ANSWER_SOURCE_GENERATED}
        assert FIRST_LIMIT // 2 <= harness.knowledge.most_at_once <= FIRST_LIMIT * 2
        assert metric("kefu_searches_queued_total", priority="interactive") >= 20
        assert metric("kefu_search_queue_seconds_count") >= 60


async def operator_key(harness: RouterHarness) -> str:
    return await harness.create_key("default", Scope.OPERATOR)
