"""`kefu actions` and `kefu procedures`, as processes that call a real router, which calls a real order system."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.testing.redis_server import RedisServer
from tests.service.order_system.harness import API_KEY, Shop, open_shop, order_path
from tests.support.cli_harness import CliHarness
from tests.support.router_harness import RouterHarness, open_router_harness

SAMPLE = Path(__file__).parents[3] / "services/kefu/sample/actions"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, private_networks="127.0.0.1") as opened:
        yield opened


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


async def test_actions_are_put_listed_tried_and_deleted(harness: RouterHarness, shop: Shop, tmp_path: Path) -> None:
    kefu = CliHarness(tmp_path, harness.routers[0].port)
    await kefu("secrets", "put", "order-system", stdin=API_KEY.encode())
    files: list[str] = []
    for name in ("orders", "order-status"):
        file = tmp_path / f"{name}.json"
        file.write_text((SAMPLE / file.name).read_text("utf-8").replace("${ORDERS}", shop.origin), "utf-8")
        files.append(str(file))
    done = await kefu("actions", "put", *files)
    assert done.out == f"{files[0]}: stored orders as revision 1.\n{files[1]}: stored order-status as revision 1.\n"
    listed = (await kefu("actions", "list", COLUMNS="300")).out
    assert "Where is my order?" in listed
    assert API_KEY not in listed
    shown = json.loads((await kefu("actions", "show", "orders")).out)
    assert shown["name"] == "actions/orders"
    assert "revision" not in shown
    tried = await kefu("actions", "try", "order-status", "order=SL700411902853", "--customer", "emma_clarke")
    assert "HTTP 200" in tried.out
    assert "Your order **SL700411902853** is on its way." in tried.out
    assert "As cards:\nYour order is on its way.\n\nSL700411902853 (on its way)\n  Items: " in tried.out
    assert tried.out.count("Warning") == 1
    assert "Warning: delivered: its expression names delivered_at, where" in tried.out  # not yet
    assert tried.out.endswith(
        "That is right where your system leaves a key without a value out; else it is misspelt.\n"
    )
    action = json.loads((await kefu("actions", "show", "order-status")).out)
    action["result"]["total"] = "toatl"
    misspelt = tmp_path / "misspelt.json"
    misspelt.write_text(json.dumps({**action, "name": "actions/misspelt"}))
    await kefu("actions", "put", str(misspelt))
    tried = await kefu("actions", "try", "misspelt", "order=SL700411902853", "--customer", "emma_clarke")
    assert "its answer has nothing for total, of which `answers` speaks" in tried.err
    assert "total: its expression names toatl, where the answer has order_id, customer_id, " in tried.err
    foreign = await kefu("actions", "try", "order-status", "order=SL700412650183", "--customer", "emma_clarke")
    assert "There is no such thing." in foreign.out
    assert "Warning" not in foreign.out
    missing = await kefu("actions", "try", "order-status", "--customer", "emma_clarke")
    assert (missing.status, "must have order" in missing.err) == (1, True)
    bad = tmp_path / "bad.json"
    bad.write_text('{"name": "actions/x", "nonsense": 1}')
    assert "is no action" in (await kefu("actions", "put", str(bad))).err
    bad.write_text('{"name": "actions/x"')
    assert "is no JSON: " in (await kefu("actions", "put", str(bad))).err
    bad.write_text('{"name": "actions/x"}')
    assert "call.url" in (await kefu("actions", "put", str(bad))).err
    assert "cannot be read" in (await kefu("actions", "put", str(tmp_path / "gone.json"))).err
    assert (await kefu("actions", "delete", "orders", "--yes")).out == "Deleted orders.\n"
    assert "There is no action orders" in (await kefu("actions", "show", "orders")).err


async def test_a_fault_of_the_companys_system_leads_to_that_system_and_not_to_kefus(
    harness: RouterHarness, tmp_path: Path
) -> None:
    kefu = CliHarness(tmp_path, harness.routers[0].port)
    file = tmp_path / "orders.json"
    file.write_text((SAMPLE / file.name).read_text("utf-8").replace("${ORDERS}", "http://127.0.0.1:9"), "utf-8")
    await kefu("actions", "put", str(file))
    unsent = await kefu("actions", "try", "orders", "--customer", "emma_clarke")
    assert "There is no secret" in unsent.err
    assert unsent.err.endswith("(BACKEND_UNAVAILABLE) `kefu actions show orders` says how it is called.\n")
    await kefu("secrets", "put", "order-system", stdin=API_KEY.encode())
    away = await kefu("actions", "try", "orders", "--customer", "emma_clarke")
    assert (away.status, "could not be reached" in away.err) == (69, True)
    assert "Look at your own system, http://127.0.0.1:9/" in away.err
    assert "kefu status" not in away.err
    nobody = await kefu("actions", "try", "orders")
    assert "it needs customer.sub of a verified customer, and there is none: name a customer" in nobody.err
    file.write_text(file.read_text("utf-8").replace("127.0.0.1:9", "10.9.9.9"), "utf-8")
    await kefu("actions", "put", str(file))
    private = await kefu("actions", "try", "orders", "--customer", "emma_clarke")
    assert "KEFU_ROUTER_PRIVATE_NETWORKS has to name a network" in private.err
    assert "Look at your own system" not in private.err  # it was not asked


async def test_a_change_says_who_makes_it_and_is_tried_without_changing_anything(
    harness: RouterHarness, shop: Shop, tmp_path: Path
) -> None:
    kefu = CliHarness(tmp_path, harness.routers[0].port)
    await kefu("secrets", "put", "order-system", stdin=API_KEY.encode())
    file = tmp_path / "cancel-order.json"
    file.write_text((SAMPLE / file.name).read_text("utf-8").replace("${ORDERS}", shop.origin), "utf-8")
    done = await kefu("actions", "put", str(file))
    assert done.out.endswith("until you allow it: kefu settings set action_risk=money\n")
    assert (await kefu("settings", "set", "action_risk=money")).out.startswith("Stored as revision")
    assert "until you allow it" not in (await kefu("actions", "put", str(file))).out
    assert "money" in (await kefu("actions", "list", COLUMNS="300")).out
    as_json = json.loads(file.read_text("utf-8"))
    as_json["call"]["body"] = json.loads(as_json["call"]["body"])  # as one writes it
    file.write_text(json.dumps(as_json), "utf-8")
    assert (await kefu("actions", "put", str(file))).status == 0
    assert '"body": "{\\"reason\\": \\"{reason}\\"}"' in (await kefu("actions", "show", "cancel-order")).out
    inputs = ("order=SL700412697734", "reason=no longer needed", "--customer", "emma_clarke")
    tried = await kefu("actions", "try", "cancel-order", *inputs)
    assert "I can cancel your order **SL700412697734**" in tried.out
    assert (await shop.api.get(order_path("emma_clarke", "SL700412697734"))).json()["status"] == "pending"


async def test_procedures_are_checked_simulated_put_compared_and_restored(
    harness: RouterHarness, shop: Shop, tmp_path: Path
) -> None:
    kefu = CliHarness(tmp_path, harness.routers[0].port)
    await kefu("secrets", "put", "order-system", stdin=API_KEY.encode())
    files: list[str] = []
    for name in ("orders", "order-status", "cancel-order"):
        file = tmp_path / f"{name}.json"
        file.write_text((SAMPLE / file.name).read_text("utf-8").replace("${ORDERS}", shop.origin), "utf-8")
        files.append(str(file))
    await kefu("actions", "put", *files)
    await kefu("settings", "set", "action_risk=money")
    page = tmp_path / "cancel-order.md"
    good = (SAMPLE.parent / "procedures/cancel-order.md").read_text("utf-8")
    page.write_text(good.replace("Look up `order-status`", "Look it up"), "utf-8")
    checked = await kefu("procedures", "check", str(page))
    assert checked.status == 1
    assert f"{page}:13: “Look it up.” is not understood: a step begins with" in checked.out
    refused = await kefu("procedures", "put", str(page))
    assert (refused.status, "line 13: “Look it up.” is not" in refused.err) == (1, True)
    page.write_text(good, "utf-8")
    assert "do: Do `cancel-order`." in (await kefu("procedures", "check", str(page))).out
    played = await kefu("procedures", "simulate", str(page), "--customer", "changes-mind", COLUMNS="200")
    assert (played.status, "All right, nothing was changed." in played.out) == (0, True)
    assert "says-yes-twice" in played.out
    assert (await kefu("procedures", "put", str(page))).out == "Stored cancel-order as revision 1.\n"
    page.write_text(good.replace("We", "we").replace("can be cancelled", "can be called off"), "utf-8")
    assert (await kefu("procedures", "put", str(page))).out == "Stored cancel-order as revision 2.\n"
    difference = (await kefu("procedures", "diff", "cancel-order", "1")).out
    assert "-Only an order that is not packed yet can be cancelled." in difference
    assert (await kefu("procedures", "restore", "cancel-order", "1")).out == "Stored cancel-order as revision 3.\n"
    assert (await kefu("procedures", "show", "cancel-order")).out == good
    assert (await kefu("procedures", "revisions", "cancel-order")).out.count("bootstrap") == 3
    assert "Cancel an order / 取消订单" in (await kefu("procedures", "list", COLUMNS="200")).out
    await kefu("actions", "delete", "order-status", "--yes")
    assert '"is_error": true' in (await kefu("procedures", "list", "--json")).out
    assert (await kefu("procedures", "delete", "cancel-order", "--yes")).out == "Deleted cancel-order.\n"
