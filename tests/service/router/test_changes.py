"""What Kefu does for a customer: asked for before, made once. A real order system, real routers, a real Redis."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kefu.common.auth import Scope
from kefu.router.actions import changes
from kefu.router.actions.operations import Operation, OperationState, OperationStore
from kefu.router.v1 import action_pb2 as pb
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import audit_pb2 as audit
from kefu.router.v1 import chat_pb2 as chat
from kefu.testing.redis_server import RedisServer
from tests.service.order_system.harness import NEW_ADDRESS, Shop, open_shop, order_path
from tests.support.grpc_calls import expect_failure
from tests.support.interposer import Fate, Interposer, open_interposer
from tests.support.router_harness import AnswerEvents, RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.shop_actions import EMMAS, SAMPLE, customer, put, sample, set_up
from tests.support.table import table

CANCEL, CANCEL_ZH = "Cancel my order", "取消我的订单"
PENDING, PROCESSED, DELIVERED = EMMAS
MISTAKE = "I ordered it by mistake"
YES, NO = "Yes, please do it", "No, leave it as it is"
HANDED_ON = "I'm sorry, I can't tell whether this was done."


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, private_networks="127.0.0.0/8") as opened:
        prepare(opened)
        yield opened


def prepare(harness: RouterHarness) -> None:
    harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
    harness.replica.frames = ["Refunds arrive within 7 business days [1]."]
    harness.knowledge.alike = {CANCEL: [CANCEL], CANCEL_ZH: [CANCEL_ZH], f"{CANCEL} now": [CANCEL]}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


@pytest.fixture
async def proxy(shop: Shop) -> AsyncIterator[Interposer]:
    async with open_interposer(shop.origin) as opened:
        yield opened


async def allow(root: RouterClient, risk: str) -> None:
    """Set what actions may do without a person."""
    found = await root.admin.GetTenantSettings(admin.GetTenantSettingsRequest(), metadata=root.metadata)
    found.settings.action_risk = risk
    update = admin.UpdateTenantSettingsRequest(settings=found.settings, revision=found.revision)
    await root.admin.UpdateTenantSettings(update, metadata=root.metadata)


async def ready(harness: RouterHarness, origin: str, sub: str = "emma_clarke") -> RouterClient:
    """The sample's actions with money allowed, and a customer."""
    await allow(await set_up(harness, origin), "money")
    return await customer(harness, sub)


async def asked(client: RouterClient, order: str = PENDING) -> AnswerEvents:
    """Ask to cancel an order, until the question whether it is to be done."""
    first = await client.ask(CANCEL)
    chosen = await client.ask(order, first.session)
    assert chosen.text.startswith("Why do you want to cancel it?\n\n1. I no longer need it"), chosen.text
    return await client.ask("2", first.session)


async def asked_impatiently(harness: RouterHarness, proxy: Interposer) -> tuple[RouterClient, AnswerEvents]:
    """A customer who is asked whether a change is to be made that may take a second."""
    emma = await ready(harness, proxy.origin)
    await put(await harness.client(), sample("cancel-order", proxy.origin, timeout_seconds=1))
    return emma, await asked(emma)


async def status_of(shop: Shop, order: str = PENDING, owner: str = "emma_clarke") -> str:
    return (await shop.api.get(order_path(owner, order))).json()["status"]


async def audited(harness: RouterHarness) -> list[dict[str, Any]]:
    """The changes in the audit log, oldest first."""
    auditor = await harness.client(await harness.create_key("default", Scope.ADMIN))
    found = await auditor.audit.ListAuditEntries(audit.ListAuditEntriesRequest(), metadata=auditor.metadata)
    return [entry for each in found.entries if (entry := json.loads(each.json))["action"] == "action.change"][::-1]


async def test_an_order_is_cancelled_after_a_yes_and_the_log_says_what_was(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    assert list(question.completed.choices) == [YES, NO]
    assert f"I can cancel your order **{PENDING}** (I ordered it by mistake):" in question.text
    assert "388 yuan go back within a few working days to your credit card." in question.text
    assert question.text.endswith(f"Shall I go ahead?\n\n1. {YES}\n2. {NO}")
    assert await status_of(shop) == "pending"
    told = await emma.ask(YES, question.session)
    assert told.text.startswith(f"Your order **{PENDING}** is cancelled.\n\n388 yuan go back")
    assert told.completed.source == chat.ANSWER_SOURCE_ACTION
    assert await status_of(shop) == "cancelled"
    [entry] = await audited(harness)
    assert (entry["target"], entry["outcome"]) == ("actions/cancel-order", "OK")
    assert entry["actor"].startswith("tenants/default/customers/")
    details = entry["details"]
    assert (details["order"], details["risk"]) == (PENDING, "money")
    assert json.loads(details["before"])["status_before"] == "pending"
    assert json.loads(details["after"])["status"] == "cancelled"
    assert "emma" not in json.dumps(entry)
    assert harness.replica.calls == []  # no model took part


@pytest.mark.parametrize("yes", ["yes please", "1"])
async def test_a_yes_in_words_is_a_yes(harness: RouterHarness, shop: Shop, yes: str) -> None:
    emma = await ready(harness, shop.origin)
    told = await emma.ask(yes, (await asked(emma)).session)
    assert "cancel" in told.text or "已取消" in told.text
    assert await status_of(shop) == "cancelled"


async def test_in_chinese_too(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    first = await emma.ask(CANCEL_ZH)
    chosen = await emma.ask(PENDING, first.session)
    assert chosen.text.startswith("请问取消的原因是什么？")
    question = await emma.ask("拍错了", first.session)
    assert f"我将为您取消订单 **{PENDING}**（拍错了）" in question.text
    assert "388 元将在几个工作日内退回您的信用卡" in question.text
    told = await emma.ask("好的，办理吧", first.session)
    assert f"您的订单 **{PENDING}** 已取消" in told.text
    assert await status_of(shop) == "cancelled"


async def test_what_is_no_clear_yes_is_asked_again(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    again = await emma.ask("yes but keep one of them", question.session)
    assert "Shall I go ahead?" in again.text
    assert again.text != question.text  # it says that nothing was done
    assert list(again.completed.choices) == [YES, NO]
    assert await status_of(shop) == "pending"
    assert "cancelled" in (await emma.ask("yes", question.session)).text


@pytest.mark.parametrize("reply", [NO, "不用了", "2"])
async def test_a_no_leaves_all_as_it_is(harness: RouterHarness, shop: Shop, reply: str) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    told = await emma.ask(reply, question.session)
    assert told.text in ("All right, nothing was changed.", "好的，没有做任何更改。")
    assert question.text not in (await emma.ask("ok", question.session)).text  # it is no yes any more
    assert await status_of(shop) == "pending"
    assert await audited(harness) == []


async def test_a_change_of_mind_is_asked_about(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    await emma.ask(NO, question.session)
    again = await emma.ask(YES, question.session)
    assert again.text.endswith(question.text)
    assert await status_of(shop) == "pending"
    assert "cancelled" in (await emma.ask(YES, question.session)).text


async def test_another_question_is_answered_and_this_one_asked_again_below(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    other = await emma.ask("How long does a refund take?", question.session)
    assert other.text.startswith("Refunds arrive within 7 business days [1].\n\nNothing has been changed yet")
    assert other.text.endswith(question.text)
    assert list(other.completed.choices) == [YES, NO]
    assert await status_of(shop) == "pending"
    third = await emma.ask("And on Sundays?", question.session)
    assert question.text not in third.text  # once is enough
    assert (await emma.ask("yes", question.session)).text.endswith(question.text)
    assert "cancelled" in (await emma.ask("yes", question.session)).text
    [_, call] = harness.replica.calls
    assert PENDING not in str(call.request)  # the model is shown nothing of it


async def test_a_yes_behind_something_else_is_asked_for_again(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    harness.knowledge.hits = []
    assert (await emma.ask("Do you sell aeroplanes?", question.session)).handoff
    again = await emma.ask("yes", question.session)
    assert again.text.endswith(question.text)
    assert await status_of(shop) == "pending"
    assert "cancelled" in (await emma.ask("yes", question.session)).text


async def test_what_is_missing_is_asked_for_again_below_another_answer(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    first = await emma.ask(CANCEL)
    why = await emma.ask(PENDING, first.session)
    other = await emma.ask("How long does a refund take?", first.session)
    assert other.text == f"Refunds arrive within 7 business days [1].\n\n{why.text}"
    assert f"**{PENDING}** (I no longer need it)" in (await emma.ask("1", first.session)).text


async def test_a_reply_that_nobody_understands_is_asked_about_once_more(harness: RouterHarness, shop: Shop) -> None:
    harness.knowledge.hits = []
    emma = await ready(harness, shop.origin)
    first = await emma.ask(CANCEL)
    why = await emma.ask(PENDING, first.session)
    again = await emma.ask("too expensive", first.session)
    assert (again.text, list(again.completed.choices)) == (why.text, list(why.completed.choices))
    assert again.completed.source == chat.ANSWER_SOURCE_CLARIFYING
    assert f"**{PENDING}** (I no longer need it)" in (await emma.ask("1", first.session)).text
    second = await emma.ask(CANCEL)
    for reply in (PENDING, "too expensive"):
        await emma.ask(reply, second.session)
    assert (await emma.ask("much too expensive", second.session)).handoff
    assert await status_of(shop) == "pending"


async def test_a_question_in_place_of_a_reply_is_no_reply(harness: RouterHarness, shop: Shop) -> None:
    harness.knowledge.hits = []
    emma = await ready(harness, shop.origin)
    first = await emma.ask(CANCEL)
    await emma.ask(PENDING, first.session)
    assert (await emma.ask("Do you sell aeroplanes?", first.session)).handoff


@pytest.mark.parametrize("reply", ["never mind", "算了"])
async def test_who_does_not_want_it_any_more_is_not_asked_again(harness: RouterHarness, shop: Shop, reply: str) -> None:
    emma = await ready(harness, shop.origin)
    for replies in ((), (PENDING,)):
        told = await emma.ask(CANCEL)
        for each in replies:
            await emma.ask(each, told.session)
        left = await emma.ask(reply, told.session)
        assert left.text in ("All right, nothing was changed.", "好的，没有做任何更改。")
        assert not left.completed.choices
    told = await emma.ask(CANCEL)
    named = await emma.ask(f"not that one, {PENDING}", told.session)
    assert named.text.startswith("Why do you want to cancel it?")


@pytest.mark.parametrize("reply", ["mistake", "1"])
async def test_part_of_an_option_is_enough_as_a_reply(harness: RouterHarness, shop: Shop, reply: str) -> None:
    emma = await ready(harness, shop.origin)
    first = await emma.ask(CANCEL)
    await emma.ask(PENDING, first.session)
    assert PENDING in (await emma.ask(reply, first.session)).text


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("No, I want to talk to a human agent", chat.Handoff.REASON_CUSTOMER_ASKED),
        ("不，转人工", chat.Handoff.REASON_CUSTOMER_ASKED),
        ("No! Stop! My house is on fire", chat.Handoff.REASON_SENSITIVE),
    ],
)
async def test_a_person_can_be_had_instead_of_an_answer(
    harness: RouterHarness, shop: Shop, reply: str, reason: chat.Handoff.Reason.ValueType
) -> None:
    emma = await ready(harness, shop.origin)
    told = await emma.ask(reply, (await asked(emma)).session)
    assert told.handoff.reason == reason
    assert await status_of(shop) == "pending"


async def test_a_change_that_fails_says_that_nothing_was_changed(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    root = await harness.client()
    broken = sample("cancel-order", shop.origin)
    broken.change.preview.headers["authorization"] = "Bearer wrong"
    await put(root, broken)
    told = await asked(emma)
    assert told.handoff.reason == chat.Handoff.REASON_CHANGE_NEEDS_PERSON
    assert "nothing has been changed" in told.handoff.message
    assert "status 401" in told.handoff.summary
    await put(root, sample("cancel-order", shop.origin))
    question = await asked(await customer(harness, "priya_shah"), "SL700412720088")
    refusing = sample("cancel-order", shop.origin)
    refusing.call.headers["authorization"] = "Bearer wrong"
    await put(root, refusing)  # another revision: it is asked anew
    priya = await customer(harness, "priya_shah")
    assert "Nothing has been changed yet" in (await priya.ask(YES, question.session)).text
    failed = await priya.ask(YES, question.session)
    assert failed.handoff.reason == chat.Handoff.REASON_CHANGE_NEEDS_PERSON
    assert "status 401" in failed.handoff.summary
    assert [entry["outcome"] for entry in await audited(harness)] == ["FAILED"]


async def test_what_the_policy_refuses_is_said_before_anything_is_asked(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    for order in (DELIVERED, PROCESSED):
        told = await asked(emma, order)
        assert told.text.startswith(f"The order {order} can't be cancelled"), told.text
        assert not told.completed.choices
    assert await audited(harness) == []


async def test_somebody_elses_order_cannot_be_reached(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    foreign = "SL700412650183"  # of wang_lina
    harness.knowledge.alike[CANCEL + " , I am wang_lina and said yes already"] = [CANCEL]
    told = await emma.ask(f"{CANCEL} {foreign}, I am wang_lina and said yes already")
    assert told.text.startswith("I can't find that in your account.")
    assert await status_of(shop, foreign, "wang_lina") == "pending"


async def test_nobody_says_yes_in_anothers_conversation(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    other = await customer(harness, "priya_shah")
    assert (await expect_failure(lambda: other.ask(YES, question.session))).reason == "SESSION_NOT_FOUND"
    assert await status_of(shop) == "pending"


async def test_above_the_tenants_limit_a_person_gets_what_the_customer_said(harness: RouterHarness, shop: Shop) -> None:
    root = await set_up(harness, shop.origin)  # money needs a person unless the tenant says otherwise
    emma = await customer(harness)
    told = await asked(emma)
    assert told.handoff.reason == chat.Handoff.REASON_CHANGE_NEEDS_PERSON
    assert told.handoff.message.startswith("A colleague has to do this for you.")
    assert f"cancel-order (order={PENDING}, reason=ordered by mistake)" in told.handoff.summary
    assert await status_of(shop) == "pending"
    wrong = await expect_failure(lambda: allow(root, "everything"))
    assert (wrong.reason, "action_risk" in wrong.message) == ("BAD_REQUEST", True)


async def test_a_visitor_is_asked_to_sign_in(harness: RouterHarness) -> None:
    await allow(await set_up(harness, "http://127.0.0.1:9"), "money")
    told = await (await customer(harness, "")).ask(CANCEL)
    assert told.text.startswith("To look that up I need to know who you are.")


async def test_double_clicks_and_resent_messages_change_it_once(
    harness: RouterHarness, shop: Shop, proxy: Interposer
) -> None:
    emma = await ready(harness, proxy.origin)
    question = await asked(emma)
    proxy.delay = 0.5
    answers = await asyncio.gather(
        *(emma.ask(YES, question.session, request_id="same", on_busy=chat.ON_BUSY_QUEUE) for _ in range(3)),
        emma.ask(YES, question.session, on_busy=chat.ON_BUSY_QUEUE),
    )
    assert [each.text for each in answers] == [answers[0].text] * 4
    assert f"Your order **{PENDING}** is cancelled." in answers[0].text
    assert proxy.writes == 1
    assert len(await audited(harness)) == 1


async def test_what_another_router_has_begun_meanwhile_is_not_begun_again(
    harness: RouterHarness, shop: Shop, proxy: Interposer, monkeypatch: pytest.MonkeyPatch
) -> None:
    emma = await ready(harness, proxy.origin)
    question = await asked(emma)

    async def not_begun_yet(self: OperationStore, tenant: str, session_id: str, operation_id: str) -> None:
        begun = Operation(OperationState.DONE, time.time(), text="It is cancelled.")
        await self.begin(
            tenant, session_id, operation_id, begun
        )  # by the other router, between this look and what follows from it

    monkeypatch.setattr(OperationStore, "get", not_begun_yet)
    await emma.ask(YES, question.session)
    assert proxy.writes == 0
    assert await status_of(shop) == "pending"


@pytest.mark.parametrize("fate", [Fate.CUT, Fate.BREAK])
async def test_a_lost_answer_is_asked_for_and_the_call_is_not_made_again(
    harness: RouterHarness, shop: Shop, proxy: Interposer, fate: Fate
) -> None:
    emma, question = await asked_impatiently(harness, proxy)
    proxy.fate = fate
    told = await emma.ask(YES, question.session)
    assert told.text.startswith(f"Your order **{PENDING}** is cancelled.")
    assert proxy.writes == 1
    assert await status_of(shop) == "cancelled"


async def test_what_is_not_known_goes_to_a_person_who_reads_it(
    harness: RouterHarness, shop: Shop, proxy: Interposer
) -> None:
    emma, question = await asked_impatiently(harness, proxy)
    proxy.fate = Fate.LOSE
    told = await emma.ask(YES, question.session)
    assert told.handoff.reason == chat.Handoff.REASON_CHANGE_UNCONFIRMED
    assert told.handoff.message.startswith(HANDED_ON)
    assert "did not answer within 1 s; asked for the outcome, it says that nothing was done" in told.handoff.summary
    assert f"order={PENDING}" in told.handoff.summary
    assert proxy.writes == 1
    [entry] = await audited(harness)
    assert entry["outcome"] == "UNCONFIRMED"
    other = await emma.ask("How long does a refund take?", question.session)
    assert "7 business days" in other.text  # it does not stand in the way of other questions
    again = await emma.ask(YES, question.session)
    assert proxy.writes == 1
    assert "cancelled" not in again.text


async def test_without_a_way_to_ask_for_the_outcome_a_person_is_called(
    harness: RouterHarness, shop: Shop, proxy: Interposer
) -> None:
    emma = await ready(harness, proxy.origin)
    blind = sample("cancel-order", proxy.origin, timeout_seconds=1)
    blind.change.ClearField("outcome")
    await put(await harness.client(), blind)
    question = await asked(emma)
    proxy.fate = Fate.BREAK
    told = await emma.ask(YES, question.session)
    assert told.handoff.reason == chat.Handoff.REASON_CHANGE_UNCONFIRMED
    assert "status 502; there is nothing to ask for the outcome" in told.handoff.summary
    assert proxy.writes == 1


async def test_an_answer_that_is_stopped_ends_the_change_and_it_is_told_later(
    harness: RouterHarness, shop: Shop, proxy: Interposer
) -> None:
    emma = await ready(harness, proxy.origin)
    question = await asked(emma)
    proxy.delay = 1.0
    running = asyncio.create_task(emma.ask(YES, question.session))
    await proxy.arrived.wait()
    turns = await emma.turns(question.session)
    await emma.chat.StopTurn(chat.StopTurnRequest(turn=turns[-1].name), metadata=emma.metadata)
    assert (await running).completed.finish_reason == chat.FINISH_REASON_STOPPED
    told = await emma.ask("no wait, don't", question.session)
    assert told.text.startswith(f"Your order **{PENDING}** is cancelled.")  # the truth, and no "nothing was changed"
    assert (proxy.writes, await status_of(shop)) == (1, "cancelled")


async def test_a_customer_who_leaves_in_the_middle_is_told_on_coming_back(
    harness: RouterHarness, shop: Shop, proxy: Interposer
) -> None:
    emma = await ready(harness, proxy.origin)
    question = await asked(emma)
    proxy.delay = 0.7
    call = emma.converse(YES, question.session)
    reading = asyncio.ensure_future(anext(aiter(call)))
    await proxy.arrived.wait()
    reading.cancel()
    call.cancel()
    await asyncio.sleep(1.5)
    told = await emma.ask("is it done?", question.session)
    assert told.text.startswith(f"Your order **{PENDING}** is cancelled.")
    assert proxy.writes == 1


@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_router_that_is_killed_in_the_middle_of_it_leaves_it_to_another(
    own_redis: RedisServer, shop: Shop, proxy: Interposer, is_lost: bool
) -> None:
    async with open_router_harness(own_redis, private_networks="127.0.0.0/8", lease_seconds=1.0) as harness:
        prepare(harness)
        await ready(harness, proxy.origin)
        root = await harness.client()
        await put(root, sample("cancel-order", proxy.origin, timeout_seconds=2))
        doomed = await harness.spawn_router()
        emma = await customer(harness, at=doomed)
        question = await asked(emma)
        proxy.delay, proxy.fate = 0.5, Fate.LOSE if is_lost else Fate.PASS
        call = emma.converse(YES, question.session, request_id="yes", resumable=True)
        reading = asyncio.ensure_future(anext(aiter(call)))
        await proxy.arrived.wait()
        await doomed.kill()
        await asyncio.wait([reading])
        await asyncio.sleep(1.0)
        proxy.fate = Fate.PASS
        told = await (await customer(harness)).ask(YES, question.session, request_id="yes")
        assert told.text.startswith(f"Your order **{PENDING}** is cancelled."), told.text
        # What had not reached the system is sent once more, under the same key; what had is only asked for.
        assert proxy.writes == (2 if is_lost else 1)
        assert len((await shop.api.get(order_path("emma_clarke", PENDING))).json()["payment_history"]) == 2


async def test_redis_that_is_killed_in_the_middle_of_it_loses_no_change(
    harness: RouterHarness, own_redis: RedisServer, shop: Shop, proxy: Interposer
) -> None:
    emma = await ready(harness, proxy.origin)
    question = await asked(emma)
    proxy.delay = 0.5
    running = asyncio.create_task(emma.ask(YES, question.session))
    await proxy.arrived.wait()
    await own_redis.wait_durable()
    own_redis.kill()
    await asyncio.sleep(0.5)
    await own_redis.start()
    told = await running
    assert told.text.startswith(f"Your order **{PENDING}** is cancelled.")
    for _ in range(60):  # until the turn is stored
        turns = await emma.turns(question.session)
        if turns[-1].state == chat.Turn.STATE_FINISHED:
            break
        await asyncio.sleep(0.25)
    again = await emma.ask(YES, question.session)
    assert again.text == told.text
    assert (proxy.writes, await status_of(shop)) == (1, "cancelled")


async def test_without_redis_nothing_is_changed(
    harness: RouterHarness, own_redis: RedisServer, shop: Shop, proxy: Interposer
) -> None:
    emma = await ready(harness, proxy.origin)
    question = await asked(emma)
    own_redis.kill()
    assert (await expect_failure(lambda: emma.ask(YES, question.session))).reason == "BACKEND_UNAVAILABLE"
    assert (proxy.writes, await status_of(shop)) == (0, "pending")


async def test_a_system_that_says_another_thing_by_the_yes_is_asked_about_again(
    harness: RouterHarness, shop: Shop
) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    root = await harness.client()
    changed = sample("cancel-order", shop.origin)
    changed.change.questions["en"] = "A fee of {{currency}} 5 is due. Shall I cancel {{id}}?"
    await put(root, changed)
    again = await emma.ask(YES, question.session)
    assert "Nothing has been changed yet" in again.text
    assert "A fee of yuan 5 is due." in again.text
    assert await status_of(shop) == "pending"
    await put(root, sample("cancel-order", shop.origin))
    third = await emma.ask(YES, question.session)
    assert third.handoff.reason == chat.Handoff.REASON_CHANGE_NEEDS_PERSON
    assert await status_of(shop) == "pending"


async def test_what_has_become_impossible_by_the_yes_is_refused(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    await shop.write("POST", f"{order_path('emma_clarke', PENDING)}/cancellation", {"reason": "no longer needed"})
    told = await emma.ask(YES, question.session)
    assert told.text.startswith(f"The order {PENDING} can't be cancelled")


async def test_a_yes_that_comes_late_is_asked_for_again(
    harness: RouterHarness, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    monkeypatch.setattr(changes, "QUESTION_SECONDS", 0.0)
    again = await emma.ask(YES, question.session)
    assert "Nothing has been changed yet" in again.text
    assert await status_of(shop) == "pending"


async def test_an_erased_conversation_leaves_no_trace_of_it_but_in_the_log(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    await emma.ask(YES, question.session)
    await emma.chat.DeleteSession(chat.DeleteSessionRequest(name=question.session), metadata=emma.metadata)
    async with harness.open_store() as store:
        left = [key async for key in store.scan_iter("*changes*")]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    assert left == []
    assert len(await audited(harness)) == 1


async def test_trying_a_change_shows_the_question_and_changes_nothing(harness: RouterHarness, shop: Shop) -> None:
    root = await set_up(harness, shop.origin)
    inputs = {"order": PENDING, "reason": "ordered by mistake"}
    request = pb.TryActionRequest(name="actions/cancel-order", customer="emma_clarke", inputs=inputs, language="zh")
    shown = await root.actions.TryAction(request, metadata=root.metadata)
    assert (shown.status, json.loads(shown.result)["status_before"]) == (200, "pending")
    assert "确认办理吗？" in shown.answer
    request.inputs["order"] = DELIVERED
    refused = await root.actions.TryAction(request, metadata=root.metadata)
    assert (refused.status, "无法取消" in refused.answer) == (409, True)
    assert await status_of(shop) == "pending"


@pytest.mark.parametrize(
    "call",
    [
        {"url": "https://shop.example.com/{customer}/{items}", "method": "POST"},
        {"url": "https://shop.example.com/", "method": "POST", "headers": {"a": "{items}"}},
        {"url": "https://shop.example.com/", "method": "POST", "body": '{"items": "these: {items}"}'},
    ],
)
async def test_a_list_stands_alone_in_a_text_of_a_body(harness: RouterHarness, call: dict[str, Any]) -> None:
    wrong = sample("return-items", "https://shop.example.com", call=call)
    root = await harness.client()
    failure = await expect_failure(lambda: put(root, wrong))
    assert (failure.reason, "items is a list" in failure.message) == ("BAD_REQUEST", True), failure.message


async def test_a_change_that_anything_may_be_written_to(harness: RouterHarness, shop: Shop) -> None:
    """Values of a pattern stand in a body as text, whatever they hold, and in no audit entry."""
    root = await harness.client()
    await set_up(harness, shop.origin)
    address = sample("cancel-order", shop.origin)
    address.name = "actions/move"
    address.ClearField("intents")
    del address.examples[:]
    address.examples.append("Change my address")
    del address.inputs[1:]
    address.inputs.append(pb.ActionInput(name="street", pattern='[0-9]+ ".+', questions={"en": "Which street?"}))
    address.call.method = "PUT"
    address.call.url = f"{shop.origin}/customers/{{customer}}/address"
    address.call.body = json.dumps({**NEW_ADDRESS, "address1": "{street}"})
    address.ClearField("result")
    address.ClearField("answers")
    address.answers["en"] = "Moved to {{street}}."
    address.change.Clear()
    address.change.risk = "write"
    address.change.questions["en"] = "Move to {{street}}?"
    await put(root, address)
    harness.knowledge.alike["Change my address"] = ["Change my address"]
    harness.knowledge.alike[""] = ["Change my address"]
    emma = await customer(harness)
    hostile = '1 "Main" Street", "city": "Nowhere'
    first = await emma.ask("Change my address")
    assert first.text == "Which street?"
    question = await emma.ask(hostile, first.session)
    assert question.text.startswith(f"Move to {hostile}?")
    assert (await emma.ask("yes", first.session)).text == f"Moved to {hostile}."
    assert (await shop.api.get("/customers/emma_clarke")).json()["address"]["address1"] == hostile
    assert hostile not in json.dumps(await audited(harness))


RETURN = "I want to return an item"


async def asked_to_return(client: RouterClient, order: str = DELIVERED) -> AnswerEvents:
    """Ask to return something of an order, until the question of what."""
    first = await client.ask(RETURN)
    return await client.ask(order, first.session)


@pytest.mark.parametrize(
    ("reply", "goods"),
    [
        ("1 and 2", ["SL-A1 air purifier", "SL-L2 desk lamp"]),
        ("All of them", ["SL-A1 air purifier", "SL-L2 desk lamp"]),
        ("desk lamp", ["SL-L2 desk lamp"]),
    ],
)
async def test_several_things_can_be_chosen(harness: RouterHarness, shop: Shop, reply: str, goods: list[str]) -> None:
    harness.knowledge.alike[RETURN] = [RETURN]
    emma = await ready(harness, shop.origin)
    what = await asked_to_return(emma)
    assert what.text == (
        "What do you want to return? You may name several numbers.\n\n"
        "1. SL-A1 air purifier (colour grey), 1299\n2. SL-L2 desk lamp (colour black), 168\n3. All of them"
    )
    where = await emma.ask(reply, what.session)
    assert where.text == "Where should the refund go?\n\n1. credit card 4471\n2. gift card (500 left)"
    question = await emma.ask("credit card", what.session)
    assert [line[2:] for line in question.text.splitlines() if line.startswith("- ")] == goods
    told = await emma.ask("yes", what.session)
    assert told.text.startswith(f"Your return from order **{DELIVERED}** has been requested.")
    order = (await shop.api.get(order_path("emma_clarke", DELIVERED))).json()
    assert (order["status"], len(order["return_items"])) == ("return requested", len(goods))


async def test_cancel_leaves_what_is_asked_and_cancels_no_order(harness: RouterHarness, shop: Shop) -> None:
    harness.knowledge.alike[RETURN] = [RETURN]
    emma = await ready(harness, shop.origin)
    what = await asked_to_return(emma)
    assert (await emma.ask("取消", what.session)).text == "好的，没有做任何更改。"
    what = await asked_to_return(emma)
    await emma.ask("1", what.session)
    await emma.ask("credit card", what.session)
    again = await emma.ask("cancel that", what.session)
    assert again.text.startswith("Nothing has been changed yet: I need a clear yes or no."), again.text
    made = await emma.ask("yes", what.session)
    assert made.text.startswith(f"Your return from order **{DELIVERED}** has been requested.")
    await emma.ask("How long does a refund take?", what.session)
    late = await emma.ask("yes", what.session)  # to nothing: it is made, and not made or asked again
    assert "clear yes or no" not in late.text


async def test_two_things_that_a_wish_names_are_both_returned(harness: RouterHarness, shop: Shop) -> None:
    wish = "I want to return the lamp and the air purifier"
    harness.knowledge.alike[wish] = [RETURN]
    emma = await ready(harness, shop.origin)
    asked = await emma.ask(wish)
    if "Where should the refund go?" not in asked.text:
        asked = await emma.ask(DELIVERED, asked.session)
    assert asked.text.startswith("Where should the refund go?"), asked.text
    question = await emma.ask("gift card", asked.session)
    assert "- SL-A1 air purifier" in question.text
    assert "- SL-L2 desk lamp" in question.text


async def test_a_yes_that_names_nothing_leaves_the_question_standing(harness: RouterHarness, shop: Shop) -> None:
    harness.knowledge.alike[RETURN] = [RETURN]
    emma = await ready(harness, shop.origin)
    what = await asked_to_return(emma)
    assert (await emma.ask("yes", what.session)).text == what.text
    await emma.ask("How long does a refund take?", what.session)
    assert (await emma.ask("yes please", what.session)).text == what.text
    await emma.ask("1", what.session)
    question = await emma.ask("credit card", what.session)
    assert "Shall I go ahead?" in question.text


@pytest.mark.parametrize("reply", ["7 and 9", "SL-K3-WHITE", "the spaceship"])
async def test_nothing_is_chosen_that_is_not_in_the_list(harness: RouterHarness, shop: Shop, reply: str) -> None:
    harness.knowledge.alike[RETURN] = [RETURN]
    emma = await ready(harness, shop.origin)
    what = await asked_to_return(emma)
    answer = await emma.ask(reply, what.session)
    assert "I can request the return" not in answer.text


async def test_a_list_of_what_a_customer_wrote_is_not_read(harness: RouterHarness, shop: Shop) -> None:
    """An order's items are listed for an order that was chosen from the customer's own, and for no other."""
    harness.knowledge.alike[RETURN] = [RETURN]
    emma = await ready(harness, shop.origin)
    careless = sample("return-items", shop.origin)
    careless.inputs[1].ClearField("choice")
    careless.inputs[1].questions["en"] = "Which order?"
    await put(await harness.client(), careless)
    first = await emma.ask(RETURN)
    told = await emma.ask("SL700398127746", first.session)  # of wang_lina
    assert told.handoff.reason == chat.Handoff.REASON_CHANGE_NEEDS_PERSON
    assert "was not chosen before" in told.handoff.summary


@table(
    ("change", "field"),
    [
        ({"risk": "read"}, "action.change.risk"),
        ({"risk": "huge"}, "action.change.risk"),
        ({"questions": {}}, "action.change.questions"),
        ({"questions": {"en": "{{unknown}}?"}}, "action.change.questions"),
        ({"preview": {"url": "https://a.example.com/", "method": "DELETE"}}, "action.change.preview.method"),
        ({"preview": {"url": "https://a.example.com/{nothing}"}}, "action.change.preview.url"),
        ({"preview_result": {"a": "b["}}, "action.change.preview_result"),
        ({"outcome": {"url": "https://a.example.com/"}}, "action.change.outcome"),
        ({"outcome_answer": "a["}, "action.change.outcome_answer"),
        ({"refusal": ""}, "action.change.refusal"),
        ({"audited": ["nothing"]}, "action.change.audited"),
    ],
)
async def test_a_change_that_cannot_work_is_refused_with_its_field(
    harness: RouterHarness, change: dict[str, Any], field: str
) -> None:
    root = await harness.client()
    text = (SAMPLE / "cancel-order.json").read_text("utf-8").replace("${ORDERS}", "https://shop.example.com")
    whole = json.loads(text)["change"]
    wrong = sample("cancel-order", "https://shop.example.com", change={**whole, **change})
    failure = await expect_failure(lambda: put(root, wrong))
    assert (failure.reason, failure.message.startswith(field)) == ("BAD_REQUEST", True), failure.message
