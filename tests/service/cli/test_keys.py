"""`kefu keys`, `whoami` and `doctor`, as processes that call a real router."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.common.auth import Scope
from kefu.testing.redis_server import RedisServer
from tests.support.cli_harness import CliHarness
from tests.support.router_harness import RouterHarness, open_router_harness


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as opened:
        yield opened


@pytest.fixture
def kefu(harness: RouterHarness, tmp_path: Path) -> CliHarness:
    return CliHarness(tmp_path, harness.routers[0].port)


async def test_an_agents_key_is_made_shown_and_tells_what_it_may_do(kefu: CliHarness) -> None:
    made = await kefu("keys", "create", "--role", "agent", "--expires", "90d", "--name", "Mei")
    key = made.out.strip()
    shown = (await kefu("whoami", KEFU_KEY=key)).out
    assert "role         agent\n" in shown
    assert "scopes       desk\n" in shown
    assert "expires      2" in shown
    services = (
        "ChatService (GetSession, ListTurns, WatchSession); "
        "AttachmentService (GetAttachmentLimits, ListAttachments, GetAttachment); DeskService; ReviewService; "
        "KnowledgeService (Search)\n"
    )
    assert f"may call     {services}" in shown
    identity = json.loads((await kefu("whoami", "--json", KEFU_KEY=key)).out)
    assert (identity["roles"], identity["scopes"]) == (["agent"], ["desk"])
    [heading, row] = (await kefu("keys", "list", COLUMNS="300")).out.splitlines()
    assert heading.split() == [
        "key",
        "name",
        "role",
        "scopes",
        "collections",
        "priority",
        "made",
        "expires",
        "last",
        "used",
    ]
    assert row.split()[1:6] == ["Mei", "agent", "desk", "all", "interactive"]
    refused = await kefu("keys", "create", "--role", "app", KEFU_KEY=key)
    assert refused.status == 1
    assert "This needs a key with the scope admin. (SCOPE_MISSING) `kefu whoami` says" in refused.err


async def test_the_first_key_of_all_may_do_everything_and_never_ends(kefu: CliHarness) -> None:
    shown = (await kefu("whoami")).out
    assert "role         admin\n" in shown
    assert "expires      never\n" in shown
    [line] = [line for line in shown.splitlines() if line.startswith("may call ")]
    assert {"ChatService", "DeskService", "AdminService", "KnowledgeService"} <= set(line[13:].split("; "))


async def test_doctor_lists_the_keys_of_an_earlier_release(harness: RouterHarness, kefu: CliHarness) -> None:
    await kefu("tenants", "create", "acme")
    legacy = await kefu("keys", "create", "--scope", "operator", "--name", "old desk", "--tenant", "acme")
    assert legacy.out.startswith("kefu_")
    findings = json.loads((await kefu("doctor", "--json")).out)
    found = [finding for finding in findings if finding["subject"] == "Keys"]
    assert [finding["verdict"] for finding in found] == ["note", "note"]
    assert found[0]["found"].startswith("1 of 1 have the scope operator of an earlier release")
    assert found[0]["found"].endswith("(old desk)")
    assert "--role agent" in found[0]["advice"]
    without_right = await harness.create_key("acme", Scope.CHAT)
    findings = json.loads((await kefu("doctor", "--json", KEFU_KEY=without_right)).out)
    [found] = [finding for finding in findings if finding["subject"] == "Keys"]
    assert found["found"].startswith("could not be listed: This needs a key with the scope admin.")
