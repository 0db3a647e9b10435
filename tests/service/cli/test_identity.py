"""`kefu secrets`, identity settings, and customers by `sub`, as processes that call a real router."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.router.v1 import admin_pb2 as admin
from kefu.testing.redis_server import RedisServer
from tests.support.cli_harness import CliHarness
from tests.support.identity_tokens import ISSUER, identity_token, public_pem
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as opened:
        opened.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        opened.replica.frames = ["Refunds arrive within 7 business days [1]."]
        yield opened


@pytest.fixture
def kefu(harness: RouterHarness, tmp_path: Path) -> CliHarness:
    return CliHarness(tmp_path, harness.routers[0].port)


async def test_a_secret_is_piped_in_listed_by_name_and_deleted(kefu: CliHarness) -> None:
    done = await kefu("secrets", "put", "site-key", stdin=b"a value of some length\n")
    assert done.out == "Stored site-key, encrypted.\n"
    listed = (await kefu("secrets", "list")).out
    assert "site-key" in listed
    assert "a value" not in listed
    assert (await kefu("secrets", "delete", "site-key", "--yes")).out == "Deleted site-key.\n"
    assert (await kefu("secrets", "list")).out.strip() == "There are none."
    gone = await kefu("secrets", "delete", "site-key", "--yes")
    assert (gone.status, "There is no secret site-key" in gone.err) == (1, True)
    assert "There is no value" in (await kefu("secrets", "put", "empty", stdin=b"")).err
    assert "must look like" in (await kefu("secrets", "put", "Not a name", stdin=b"x")).err


async def test_identity_is_set_and_a_customer_is_erased_by_sub(
    harness: RouterHarness, kefu: CliHarness, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    key.write_text(public_pem())
    wanted = ("identity.mode=optional", f"identity.issuer={ISSUER}", "identity.audience=kefu-shop")
    claims = ("identity.claims=name; email", "identity.email_codes=no")
    done = await kefu("settings", "set", *wanted, *claims, f"identity.public_key=@{key}")
    assert done.out == "Stored as revision 1.\n"
    root = await harness.client()
    found = await root.admin.GetTenantSettings(admin.GetTenantSettingsRequest(), metadata=root.metadata)
    assert found.settings.identity.public_key == public_pem().strip()
    assert list(found.settings.identity.claims) == ["name", "email"]
    assert "identity.mode" in (await kefu("settings", "get")).out
    wrong = await kefu("settings", "set", "identity.public_key=@/nowhere.pem")
    assert "/nowhere.pem cannot be read" in wrong.err
    assert "issuer" in (await kefu("settings", "set", "identity.issuer=")).err
    await root.ask("How long does a refund take?", identity_token=identity_token("c-7"))
    assert (await kefu("sessions", "delete-user", "customers/c-8", "--yes")).out == "Erased 0 sessions.\n"
    assert (await kefu("sessions", "delete-user", "customers/c-7", "--yes")).out == "Erased 1 session.\n"
