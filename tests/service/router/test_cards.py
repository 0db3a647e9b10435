"""What actions say as cards, and what they do as progress: in the turn's events, and in what is stored of the turn."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kefu.common.redis.client import open_redis
from kefu.common.redis.commands import RedisCommands
from kefu.router.actions.operations import Operation, OperationState, OperationStore
from kefu.router.storage.keys import changes
from kefu.router.v1 import action_pb2 as pb
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as chat
from kefu.testing.redis_server import RedisServer
from tests.service.order_system.harness import Shop, open_shop
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.shop_actions import EMMAS, customer, set_up

ASK, CANCEL = "Where is my order?", "Cancel my order"
PENDING, PROCESSED, _ = EMMAS
YES = "Yes, please do it"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, routers=2, private_networks="127.0.0.0/8") as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        opened.replica.frames = ["Refunds arrive within 7 business days [1]."]
        opened.knowledge.alike = {each: [each] for each in (ASK, CANCEL, "Show me my orders")}
        yield opened


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


async def allow_money(harness: RouterHarness, origin: str) -> None:
    root = await set_up(harness, origin)
    found = await root.admin.GetTenantSettings(admin.GetTenantSettingsRequest(), metadata=root.metadata)
    found.settings.action_risk = "money"
    update = admin.UpdateTenantSettingsRequest(settings=found.settings, revision=found.revision)
    await root.admin.UpdateTenantSettings(update, metadata=root.metadata)


def fields_of(card: chat.Card) -> dict[str, str]:
    return {each.label: each.value for each in card.fields}


async def test_orders_are_chosen_from_by_cards_and_the_chosen_one_is_a_card(harness: RouterHarness, shop: Shop) -> None:
    await set_up(harness, shop.origin)
    emma = await customer(harness)
    asked = await emma.ask(ASK)
    cards = asked.completed.cards
    assert cards.text == "Which of your orders do you mean?"
    assert asked.text.startswith(f"{cards.text}\n\n1. {PENDING}: ")  # the text is the same as without cards
    assert [card.title for card in cards.cards] == list(EMMAS)
    assert [card.choice for card in cards.cards] == list(asked.completed.choices)
    assert cards.cards[1].status == "on its way"

    told = await emma.ask(cards.cards[1].choice, asked.session)
    assert told.kinds == ["turn_started", "progress", "text_delta", "turn_completed"]
    assert [each.progress.text for each in told.events if each.WhichOneof("event") == "progress"] == [
        "Looking up your order"
    ]
    [card] = told.completed.cards.cards
    assert (card.title, card.status, card.choice) == (PROCESSED, "on its way", "")
    assert fields_of(card)["Tracking number"] == "770000365433"
    assert fields_of(card)["Total"].endswith(" yuan")
    assert all(value in told.text for value in fields_of(card)["Items"].splitlines())
    listed = await emma.ask("Show me my orders", asked.session)
    assert [card.title for card in listed.completed.cards.cards] == list(EMMAS)
    other = await emma.ask("How long does a refund take?", asked.session)
    assert not other.completed.HasField("cards")
    assert PROCESSED not in str([call.request for call in harness.replica.calls])


async def test_a_turn_has_the_same_cards_wherever_it_is_read_again(harness: RouterHarness, shop: Shop) -> None:
    await set_up(harness, shop.origin)
    emma, elsewhere = await customer(harness), await customer(harness, at=1)
    asked = await emma.ask(ASK, request_id="r1")
    again = await elsewhere.ask(ASK, asked.session, request_id="r1")
    assert again.started.turn == asked.started.turn
    assert again.completed.cards == asked.completed.cards
    assert "progress" not in again.kinds
    assert (await elsewhere.resume(asked.started.turn)).completed.cards == asked.completed.cards
    [stored] = await elsewhere.turns(asked.session)
    assert stored.completed.cards == asked.completed.cards


async def test_a_change_is_asked_for_on_a_card_and_told_as_it_is_made(harness: RouterHarness, shop: Shop) -> None:
    await allow_money(harness, shop.origin)
    emma = await customer(harness)
    first = await emma.ask(CANCEL)
    await emma.ask(PENDING, first.session)
    asked = await emma.ask("2", first.session)
    cards = asked.completed.cards
    assert cards.text == "I can cancel this order. This cannot be undone. Shall I go ahead?"
    [card] = cards.cards
    assert card.title == PENDING
    assert fields_of(card)["Reason"] == "I ordered it by mistake"
    assert fields_of(card)["Refund"] == "388 yuan go back within a few working days to your credit card."
    assert fields_of(card)["Refund"] in asked.text

    unclear = await emma.ask("OK?", first.session)  # no yes
    assert unclear.completed.cards.cards == cards.cards
    assert unclear.completed.cards.text.endswith(f"\n\n{cards.text}")
    done = await emma.ask(YES, first.session)
    assert "is cancelled" in done.text
    assert [each.progress.text for each in done.events if each.WhichOneof("event") == "progress"] == [
        "Cancelling your order"
    ]
    assert not done.completed.HasField("cards")


async def test_an_operation_of_an_earlier_release_is_gone_on_with(own_redis: RedisServer) -> None:
    """What it stored is compared letter by letter, and knew no cards."""
    stored = '{"state":"started","time":1.0,"attempts":1,"text":"","detail":""}'
    async with open_redis(own_redis.url) as client:
        await client.hset(changes("default", "s"), "o", stored)  # pyright: ignore
        operations = OperationStore(RedisCommands(client), life=60)
        known = Operation(OperationState.STARTED, 1.0)
        assert await operations.get("default", "s", "o") == known
        assert await operations.take_over("default", "s", "o", known, replace(known, attempts=2))


async def test_an_admin_sees_what_would_be_shown(harness: RouterHarness, shop: Shop) -> None:
    root = await set_up(harness, shop.origin)
    request = pb.TryActionRequest(name="actions/order-status", customer="emma_clarke", inputs={"order": PROCESSED})
    tried = await root.actions.TryAction(request, metadata=root.metadata)
    assert [card.title for card in tried.cards.cards] == [PROCESSED]
    request.inputs["order"] = "SL700412650183"  # somebody else's
    assert not (await root.actions.TryAction(request, metadata=root.metadata)).HasField("cards")
    stored = await root.actions.GetAction(pb.GetActionRequest(name="actions/orders"), metadata=root.metadata)
    assert stored.action.cards.list == "orders"
    assert stored.action.progress["zh"] == "正在查询您的订单"
