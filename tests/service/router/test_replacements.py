"""Changes that need more than one choice: items for others, an address, another payment method."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.testing.redis_server import RedisServer
from tests.service.order_system.harness import Shop, open_shop, order_path
from tests.service.router.test_changes import YES, prepare, ready
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.shop_actions import EMMAS

PENDING, _, DELIVERED = EMMAS
EXCHANGE, CHANGE, ADDRESS = "Exchange my order", "Modify my order", "new address for my order please"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, private_networks="127.0.0.0/8") as opened:
        prepare(opened)
        wishes = (EXCHANGE, CHANGE, ADDRESS, "I'd rather pay by gift card")
        opened.knowledge.alike = {wish: [wish] for wish in wishes}
        yield opened


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


async def test_items_are_exchanged_one_for_each_that_was_chosen(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    first = await emma.ask(EXCHANGE)
    items = await emma.ask(DELIVERED, first.session)
    assert "1. SL-A1 air purifier (colour grey), 1299\n2. SL-L2 desk lamp (colour black), 168\n3. All of" in items.text
    lamp = await emma.ask("the purifier and the lamp", first.session)  # of the purifier there is one other: white
    offered = "1. colour white, 168\n2. colour green, 178"
    assert lamp.text == f"**SL-L2 desk lamp** (colour black): which one do you want instead?\n\n{offered}"
    method = await emma.ask("white", first.session)
    assert "1. credit card 4471\n2. gift card (500 left)" in method.text
    question = await emma.ask("gift card", first.session)
    assert (
        "- SL-A1 air purifier: colour white, in place of colour grey\n- SL-L2 desk lamp: colour white" in question.text
    )
    told = await emma.ask(YES, first.session)
    assert told.text.startswith(f"Your exchange from order **{DELIVERED}** has been requested:")
    order = (await shop.api.get(order_path("emma_clarke", DELIVERED))).json()
    assert order["status"] == "exchange requested"
    assert order["exchange_items"] == ["SL-A1-GREY", "SL-L2-BLACK"]
    assert order["exchange_new_items"] == ["SL-A1-WHITE", "SL-L2-WHITE"]


async def test_something_else_in_between_loses_nothing_that_was_chosen(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    first = await emma.ask(CHANGE)
    await emma.ask(PENDING, first.session)
    humidifier = await emma.ask("all", first.session)
    assert humidifier.text.startswith("**SL-H3 humidifier**")
    kettle = await emma.ask("1", first.session)
    assert kettle.text.startswith("**SL-K3 kettle**")
    aside = await emma.ask("How long does a refund take?", first.session)
    assert "**SL-K3 kettle** (capacity 1.2 L, colour white): which one do you want instead?" in aside.text
    method = await emma.ask("1.7 L, the black one", first.session)
    assert method.text.startswith("How should a price difference"), method.text
    question = await emma.ask("2", first.session)
    assert "- SL-K3 kettle: capacity 1.7 L, colour black, in place of capacity 1.2 L, colour white" in question.text
    assert "You pay 90.9 yuan with your gift card." in question.text
    await emma.ask(YES, first.session)
    order = (await shop.api.get(order_path("emma_clarke", PENDING))).json()
    assert [each["item_id"] for each in order["items"]] == ["SL-H3-4-WHITE", "SL-K3-17-BLACK"]


async def test_an_address_is_taken_word_for_word_and_shown_before_it_is_used(
    harness: RouterHarness, shop: Shop
) -> None:
    emma = await ready(harness, shop.origin)
    first = await emma.ask(ADDRESS)
    assert (await emma.ask(PENDING, first.session)).text.startswith("What is the new address? Street")
    for line in ("12 Hill {order} Road", "-", "Suzhou", "Jiangsu", "215000"):
        await emma.ask(line, first.session)
    question = await emma.ask("China", first.session)
    assert "12 Hill {order} Road\nSuzhou, Jiangsu 215000\nChina\n\nShall I go ahead?" in question.text
    await emma.ask("yes", first.session)
    address = (await shop.api.get(order_path("emma_clarke", PENDING))).json()["address"]
    assert (address["address1"], address["address2"], address["zip"]) == ("12 Hill {order} Road", "", "215000")


async def test_never_mind_ends_the_questions_for_an_address(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    first = await emma.ask(ADDRESS)
    await emma.ask(PENDING, first.session)
    told = await emma.ask("never mind", first.session)
    assert "Nothing was changed" in told.text or "nothing" in told.text.lower()
    assert (await shop.api.get(order_path("emma_clarke", PENDING))).json()["address"]["city"] == "Shanghai"


async def test_an_order_is_paid_another_way(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    first = await emma.ask("I'd rather pay by gift card")
    await emma.ask(PENDING, first.session)
    question = await emma.ask("the gift card", first.session)
    assert "You pay 388 yuan with your gift card. 388 yuan go back within a few working days" in question.text
    told = await emma.ask(YES, first.session)
    assert told.text.startswith(f"The payment of your order **{PENDING}** has been changed.")
    history = (await shop.api.get(order_path("emma_clarke", PENDING))).json()["payment_history"]
    assert [each["transaction_type"] for each in history] == ["payment", "payment", "refund"]
