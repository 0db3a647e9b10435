"""Actions drafted from OpenAPI documents, at the systems that publish them: our order system, a server of others."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from google.protobuf import json_format
from importlinter.ui.server import create_app

from kefu.cli.openapi.document import Document, read
from kefu.cli.openapi.draft import draft
from kefu.router.v1 import action_pb2 as pb
from kefu.router.v1 import admin_pb2 as admin
from kefu.testing.redis_server import RedisServer
from tests.service.order_system.harness import API_KEY, Shop, open_shop, order_path
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.shop_actions import EMMAS, customer, put
from tests.support.waiting import wait_until

LIST, CANCEL, IMPORTS = "What have I ordered?", "Cancel my order", "What does it import?"
PENDING = EMMAS[0]


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, private_networks="127.0.0.0/8") as opened:
        opened.knowledge.alike = {each: [each] for each in (LIST, CANCEL, IMPORTS)}
        yield opened


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


async def published(origin: str) -> Document:
    """The document that a system publishes of itself."""
    url = f"{origin}/openapi.json"
    async with httpx.AsyncClient() as client:
        return read((await client.get(url)).content, url)


async def imported(root: RouterClient, of: Document, operation: str, decided: dict[str, Any], **options: Any) -> None:
    """Store the draft of an operation, with what a person has decided."""
    made = draft(of, of.find(operation), **options).action
    await put(root, json_format.ParseDict({**made, **decided}, pb.Action()))


@pytest.fixture
async def emma(harness: RouterHarness, shop: Shop) -> RouterClient:
    """A customer of the shop, with two actions of its document."""
    root, of = await harness.client(), await published(shop.origin)
    secret = admin.PutSecretRequest(name="tenants/default/secrets/order-system", value=API_KEY)
    await root.admin.PutSecret(secret, metadata=root.metadata)
    known = {"secret": "order-system", "customer": "customer_id"}
    await imported(root, of, "listOrders", {"examples": [LIST]}, **known)
    await imported(root, of, "cancelOrder", {"examples": [CANCEL]}, **known)
    return await customer(harness)


async def test_the_order_systems_own_document_gives_the_customers_orders(emma: RouterClient) -> None:
    told = await emma.ask(LIST)
    assert [f"- orders: {order}, " in told.text for order in EMMAS] == [True] * 3
    assert "- currency: CNY" in told.text


async def test_an_order_is_cancelled_by_a_change_of_that_document(emma: RouterClient, shop: Shop) -> None:
    which = await emma.ask(CANCEL)
    assert which.text == "What is the order id?"
    why = await emma.ask(PENDING, which.session)
    assert list(why.completed.choices) == ["no longer needed", "ordered by mistake"]
    question = await emma.ask("ordered by mistake", which.session)
    assert question.text.startswith(
        f"I can do this for you: Cancel a pending order.\n\n- order id: {PENDING}\n- reason: ordered by mistake\n"
    )
    assert "- amounts: refund, 388, " in question.text  # the system's own preview
    order = order_path("emma_clarke", PENDING)
    assert (await shop.api.get(order)).json()["status"] == "pending"
    told = await emma.ask("Yes, please do it", which.session)
    assert f"- order: {PENDING}, " in told.text
    assert (await shop.api.get(order)).json()["status"] == "cancelled"


@pytest.fixture
async def import_linter() -> AsyncIterator[str]:
    """The page server of import-linter, whose document its authors never meant for us."""
    app = create_app(root_packages=["jmespath"])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


async def test_a_program_of_others_is_called_by_its_own_document(harness: RouterHarness, import_linter: str) -> None:
    root, of = await harness.client(), await published(import_linter)
    [name] = [each.id for each in of.operations() if each.path == "/api/graph/{module}"]
    made = draft(of, of.find(name)).action
    [module] = made["inputs"]
    decided = {"examples": [IMPORTS], "inputs": [{**module, "pattern": r"\bjmespath(?:\.[a-z]+)*\b"}]}
    await imported(root, of, name, decided)
    visitor = await customer(harness, "")
    asked = await visitor.ask(IMPORTS)
    assert asked.text == "What is the module?"
    told = await visitor.ask("jmespath", asked.session)
    assert told.text.startswith("- dot string: ")
    assert "- module: jmespath" in told.text
    assert made["result"].keys() == {"dot_string", "module", "child_packages", "error"}
