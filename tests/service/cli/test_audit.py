"""`kefu audit`, as a process that calls a real router."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.common.audit.log import chain_key, stream_key
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.shell import Shell


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as opened:
        yield opened


@pytest.fixture
def shell(harness: RouterHarness, tmp_path: Path) -> Shell:
    return Shell(harness, BOOTSTRAP_KEY, tmp_path / "data")


async def test_what_was_done_is_listed_and_printed_as_lines_that_anyone_can_check(shell: Shell) -> None:
    assert "There are no such entries" in await shell.ok("audit", "--action", "key")
    await shell.ok("tenants", "create", "acme")
    await shell.ok("keys", "create", "--scope", "chat", "--name", "the shop's")
    shown = await shell.ok("audit", "--days", "1")
    for word in ("key.create", "tenant.create", "tenants/default/keys/bootstrap", "127.0.0.1", "OK"):
        assert word in shown
    lines = (await shell.ok("audit", "--action", "key", "--json")).splitlines()
    assert len(lines) == 1
    values = json.loads(lines[0])
    digest = values.pop("hash")
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    assert (values["action"], values["details"]["display_name"]) == ("key.create", "the shop's")
    assert await shell.ok("audit", "--tenant", "acme", "--json") == ""
    assert await shell.ok("audit", "--failed", "--json") == ""


async def test_a_log_that_was_changed_fails_the_check_with_the_number_of_the_entry(
    harness: RouterHarness, shell: Shell
) -> None:
    assert "0 entries" in await shell.ok("audit", "verify")
    for tenant in ("one", "two", "three"):
        await shell.ok("tenants", "create", tenant)
    shown = await shell.ok("audit", "verify")
    assert "The log is whole: 3 entries" in shown
    digest = shown.split()[-1]
    await shell.ok("audit", "verify", "--hash", digest)
    unknown = await shell.run("audit", "verify", "--hash", "0" * 64)
    assert (unknown.status, "written anew" in unknown.err) == (1, True)
    async with harness.open_store() as store:
        [_, (second, _), _] = await store.xrange(stream_key("default"))  # pyright: ignore
        await store.xdel(stream_key("default"), second)  # pyright: ignore
    broken = await shell.run("audit", "verify")
    assert broken.status == 1
    assert "The log is broken at entry 2" in broken.err


async def test_a_log_whose_end_was_cut_fails_the_check_until_somebody_notes_a_hash_of_since(
    harness: RouterHarness, shell: Shell
) -> None:
    for tenant in ("one", "two", "three"):
        await shell.ok("tenants", "create", tenant)
    async with harness.open_store() as store:
        [_, (_, second), (third, _)] = await store.xrange(stream_key("default"))  # pyright: ignore
        await store.xdel(stream_key("default"), third)  # pyright: ignore
        await store.hset(chain_key("default"), mapping={"sequence": "2", "hash": second[b"hash"]})  # pyright: ignore
    for acts in (0, 1):
        for _ in range(acts):
            await shell.ok("tenants", "create", "four")
        cut = await shell.run("audit", "verify")
        assert cut.status == 1
        assert "The chain is whole" in cut.out
        assert "Before number 3 the end of the log was not sealed" in " ".join(cut.err.split())
    assert "audit.unsealed" in await shell.ok("audit", "--failed")
    digest = cut.out.split()[-1]
    assert "The log is whole" in await shell.ok("audit", "verify", "--hash", digest)
