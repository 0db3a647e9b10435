"""Where a message may ask for several actions, Kefu asks which is meant: before the pages, or before a person."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.common.auth import Scope
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as chat
from kefu.testing.redis_server import RedisServer
from tests.service.order_system.harness import Shop, open_shop
from tests.service.router.test_changes import prepare, ready
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.shop_actions import EMMAS

PENDING = EMMAS[0]
WRONG, KETTLE = f"{PENDING} something is wrong with it", "I want the kettle in a different size"
CANCEL, PERSON = "Cancel an order", "None of these: a person"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, private_networks="127.0.0.0/8") as opened:
        prepare(opened)
        cancel = ("I want to cancel my order", "Please cancel my order", "Cancel my order")
        exchange = ("Exchange my order", "I want to exchange an item", "我要换货")
        opened.knowledge.cosines = {
            "something is wrong with it": dict.fromkeys(cancel, 0.88),
            KETTLE: dict.fromkeys(exchange, 0.85),
        }
        yield opened


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


async def test_an_order_that_is_named_without_a_clear_wish_is_asked_about(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    asked = await emma.ask(WRONG)
    assert asked.completed.source == chat.ANSWER_SOURCE_CLARIFYING, asked.text
    choices = list(asked.completed.choices)
    assert (choices[0], choices[-1], len(choices)) == (CANCEL, PERSON, 4)
    assert harness.knowledge.requests == []  # the pages were not searched
    why = await emma.ask("1", asked.session)
    assert why.text.startswith("Why do you want to cancel it?")  # which order was said
    question = await emma.ask("2", asked.session)
    assert f"I can cancel your order **{PENDING}**" in question.text


async def test_a_new_wish_is_no_reply_though_it_names_what_was_asked_for(harness: RouterHarness, shop: Shop) -> None:
    where, cancel = "Where is my order?", "cancel the kettle please"
    harness.knowledge.alike = {where: [where], cancel: ["Cancel my order"]}
    emma = await ready(harness, shop.origin)
    for order, replied in ((f"{PENDING}", "placed, and not packed yet"), ("the mattress", "on its way")):
        asked = await emma.ask(where)
        assert asked.text.startswith("Which of your orders do you mean?")
        assert replied in (await emma.ask(order, asked.session)).text
    asked = await emma.ask(where)
    why = await emma.ask(cancel, asked.session)
    assert why.text.startswith("Why do you want to cancel it?")
    assert f"I can cancel your order **{PENDING}**" in (await emma.ask("1", asked.session)).text


async def test_a_new_wish_is_no_line_of_an_address(harness: RouterHarness, shop: Shop) -> None:
    move, cancel = "Change the delivery address of my order", "actually no, cancel the whole order"
    harness.knowledge.alike = {move: [move], cancel: ["Cancel my order"]}
    emma = await ready(harness, shop.origin)
    asked = await emma.ask(move)
    street = await emma.ask(PENDING, asked.session)
    assert street.text.startswith("What is the new address?"), street.text
    assert (await emma.ask("9 Cancel Street", asked.session)).text.startswith("Flat, suite or floor?")
    assert (await emma.ask(cancel, asked.session)).text.startswith("Which of your orders do you want to cancel?")


async def test_an_order_that_was_not_offered_is_named_nevertheless(harness: RouterHarness, shop: Shop) -> None:
    back = "I want to return an item"
    harness.knowledge.alike = {back: [back]}
    emma = await ready(harness, shop.origin)
    asked = await emma.ask(back)
    assert len(asked.completed.choices) == 1  # one of three was delivered
    told = await emma.ask(PENDING, asked.session)
    assert "SL-H3 humidifier" in told.text  # what is in it; a procedure would say why not


async def test_none_of_them_calls_a_person(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    asked = await emma.ask(WRONG)
    told = await emma.ask(PERSON, asked.session)
    assert told.completed.finish_reason == chat.FINISH_REASON_HANDOFF


async def test_actions_are_offered_before_a_person_and_below_an_answer(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    answered = await emma.ask(KETTLE)
    assert answered.completed.source == chat.ANSWER_SOURCE_GENERATED, answered.text
    offer = "I can do this for you:\n\n1. Exchange something that was delivered"
    assert answered.text.startswith(f"Refunds arrive within 7 business days [1].\n\n{offer}")
    again = await emma.ask(KETTLE, answered.session)
    assert not again.completed.choices  # not twice in a row
    anew = await emma.ask(KETTLE)
    done = await emma.ask("1", anew.session)
    assert done.text.startswith("**SL-K3 kettle** (capacity 1.2 L, colour white): which one do you want instead?")
    thanks = await emma.ask("no thanks", (await emma.ask(KETTLE)).session)
    assert thanks.completed.finish_reason != chat.FINISH_REASON_HANDOFF
    stranger = await harness.client(await harness.create_key(harness.tenant, Scope.CHAT))
    assert not (await stranger.ask(KETTLE)).completed.choices
    harness.knowledge.hits = []
    offered = await emma.ask(KETTLE)
    assert offered.completed.source == chat.ANSWER_SOURCE_CLARIFYING, offered.text
    assert PERSON in offered.completed.choices


async def test_actions_are_not_offered_twice_in_a_row(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    asked = await emma.ask(WRONG)
    told = await emma.ask(WRONG, asked.session)
    assert told.completed.source != chat.ANSWER_SOURCE_CLARIFYING, told.text
    again = await emma.ask(WRONG, asked.session)
    assert again.completed.source == chat.ANSWER_SOURCE_CLARIFYING, again.text


async def test_a_tenant_that_does_not_ask_back_offers_nothing(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    root = await harness.client()
    found = await root.admin.GetTenantSettings(admin.GetTenantSettingsRequest(), metadata=root.metadata)
    found.settings.asks_back = False
    update = admin.UpdateTenantSettingsRequest(settings=found.settings, revision=found.revision)
    await root.admin.UpdateTenantSettings(update, metadata=root.metadata)
    asked = await emma.ask(WRONG)
    assert asked.completed.source != chat.ANSWER_SOURCE_CLARIFYING
