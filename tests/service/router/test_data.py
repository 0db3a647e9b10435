"""docs/reference/data.md lists every key that the router writes, with its type and life."""

import asyncio
import re
from pathlib import Path

from pydantic import SecretStr

from kefu.common.auth import Scope
from kefu.router.v1 import action_pb2 as action
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import identity_pb2, identity_pb2_grpc
from kefu.router.v1 import procedure_pb2 as procedure
from kefu.router.v1 import webhook_pb2 as hooks
from kefu.router.v1 import webhook_pb2_grpc as hooks_rpc
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.support.agents import claim_session, return_session, send_reply, watch_desk
from tests.support.grpc_calls import INTERNAL_KEY, bearer_metadata, expect_failure, open_channel
from tests.support.identity_tokens import AUDIENCE, ISSUER, identity_token, public_pem
from tests.support.router_harness import open_router_harness
from tests.support.scripted_services import make_hit

DOCUMENT = Path(__file__).parents[3] / "docs/reference/data.md"
_ROW = re.compile(r"^\| `(kefu:[^`]+)` \| ([a-z ]+) \| ([^|]+) \|", re.MULTILINE)
_TYPES: dict[str, str] = {"sorted set": "zset"}


def documented() -> list[tuple[re.Pattern[str], str, str]]:
    """Each documented key as a pattern, with its type and life."""
    rows: list[tuple[re.Pattern[str], str, str]] = []
    for name, kind, life in _ROW.findall(DOCUMENT.read_text("utf-8")):
        pattern = re.sub(r"[A-Z][A-Z0-9]+", "[A-Za-z0-9-]+", re.escape(name))
        rows.append((re.compile(pattern), str(_TYPES.get(kind, kind)), str(life)))
    return rows


async def test_every_key_in_redis_is_documented(own_redis: RedisServer) -> None:
    async with open_router_harness(
        own_redis,
        tenant_concurrent_turns=5,
        tenant_questions_per_minute=60,
        webhook_private=True,
        smtp_url=SecretStr(f"smtp://127.0.0.1:{free_port()}"),
        smtp_from="no-reply@example.com",
    ) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
        harness.knowledge.revision = "one"
        harness.replica.frames = ["Refunds arrive within 7 business days [1]."]
        root = await harness.client()
        await root.admin.CreateTenant(admin.CreateTenantRequest(tenant_id="acme"), metadata=root.metadata)
        await root.admin.CreateKey(
            admin.CreateKeyRequest(tenant="tenants/acme", scopes=[admin.SCOPE_CHAT]), metadata=root.metadata
        )
        await root.admin.UpdateTenantSettings(
            admin.UpdateTenantSettingsRequest(settings=admin.TenantSettings()), metadata=root.metadata
        )
        looks_up = action.Action(
            name="actions/orders",
            call=action.HttpCall(url="https://shop.example.com/orders"),
            result={"orders": "orders"},
            answers={"en": "{{orders}}"},
        )
        await root.actions.PutAction(action.PutActionRequest(action=looks_up), metadata=root.metadata)
        page = "# Orders\n\n## When\n- `orders`\n\n## Steps\n1. Hand over.\n"
        written = procedure.Procedure(name="procedures/hand-over", page=page)
        await root.procedures.PutProcedure(procedure.PutProcedureRequest(procedure=written), metadata=root.metadata)
        secret = admin.PutSecretRequest(name="tenants/acme/secrets/site", value="a secret")
        await root.admin.PutSecret(secret, metadata=root.metadata)
        identity = admin.IdentitySettings(
            mode="optional", issuer=ISSUER, audience=AUDIENCE, public_key=public_pem(), email_codes=True
        )
        await root.admin.UpdateTenantSettings(
            admin.UpdateTenantSettingsRequest(tenant="tenants/acme", settings=admin.TenantSettings(identity=identity)),
            metadata=root.metadata,
        )
        customer = await harness.client(await harness.create_key("acme", Scope.CHAT))
        async with open_channel(harness.routers[0].port) as channel:
            nobody = hooks.CreateWebhookRequest(url="http://127.0.0.1:1/", events=[hooks.WEBHOOK_EVENT_TURN])
            operator = bearer_metadata(await harness.create_key("acme", Scope.OPERATOR))
            await hooks_rpc.WebhookServiceStub(channel).CreateWebhook(nobody, metadata=operator)
        seen: dict[str, tuple[str, int]] = {}

        async def look() -> None:
            async with harness.open_store() as store:
                found: list[bytes] = await store.keys("*")  # pyright: ignore
                for key in found:
                    kind, life = (await store.type(key)).decode(), await store.ttl(key)  # pyright: ignore
                    if kind != "none":  # it went while we looked
                        seen[key.decode()] = (kind, int(life))

        turn = ""
        async for event in customer.converse("How long does a refund take?", user="u-1", request_id="r-1"):
            await look()
            if event.WhichOneof("event") == "turn_completed":
                rating = pb.RateTurnRequest(turn=turn, rating=pb.RATING_UP)
                await customer.chat.RateTurn(rating, metadata=customer.metadata)
            elif event.WhichOneof("event") == "turn_started":
                turn = event.turn_started.turn
                await customer.chat.StopTurn(pb.StopTurnRequest(turn=turn), metadata=customer.metadata)
        await customer.ask("How long does a refund take?")  # whole, and kept for others
        await customer.ask("How long does a refund take?", identity_token=identity_token(), profile={"plan": "gold"})
        async with open_channel(harness.routers[0].port) as channel:
            someone = bearer_metadata(
                INTERNAL_KEY,
                ("kefu-tenant", "acme"),
                ("kefu-subject", "visitor-5e0e2f0a-0000-4000-8000-000000000001"),
                ("kefu-scopes", "chat"),
            )
            send = identity_pb2.SendEmailCodeRequest(email="li@example.com")
            failure = await expect_failure(
                lambda: identity_pb2_grpc.IdentityServiceStub(channel).SendEmailCode(send, metadata=someone)
            )
            assert failure.reason == "BACKEND_UNAVAILABLE"  # no mail server is there
        await look()
        session = (await customer.ask("Let me talk to a person")).session
        person = await harness.client(await harness.create_key("acme", Scope.OPERATOR))
        here = watch_desk(person, "Mei")
        await here.wait_until(lambda events: any(event.HasField("caught_up") for event in events))
        held = (await claim_session(person, session)).claim
        await send_reply(person, session, held, "Hello.", "r-1")
        await return_session(person, session, held)
        async with asyncio.timeout(30):
            while "kefu:1:desks:attendant" not in seen:
                await asyncio.sleep(0.1)
                await look()
            harness.knowledge.hits = []
            await customer.ask("Do you sell submarines?", user="u-1")  # nobody knows
            beside = ("hour", "cited", "counted", "unanswered", "traces", "webhooks", "delivery", "pending", "told")
            while not all(any(f":{kind}:" in f"{name}:" for name in seen) for kind in beside):
                await asyncio.sleep(0.1)
                await look()
        await customer.chat.DeleteUser(pb.DeleteUserRequest(user="u-1"), metadata=customer.metadata)
        await look()
        await here.disconnect()
    for kind in ("erased", "identity-token", "email-code", "email-codes-sent"):
        assert any(f":{kind}:" in name for name in seen), kind
    expected = (
        "actions",
        "procedures",
        "hand-over",
        "secrets",
        "bell",
        "desks",
        "events",
        "replies",
        "open",
        "past",
        "agents",
        "attendant",
    )
    assert {key.rpartition(":")[2] for key in seen} >= set(expected)
    rows = documented()
    assert len(rows) >= 15
    for key, (kind, life) in seen.items():
        matching = [row for row in rows if row[0].fullmatch(key)]
        assert len(matching) == 1, f"{key} is documented {len(matching)} times"
        _, documented_kind, documented_life = matching[0]
        assert kind == documented_kind, key
        assert (life == -1) == (documented_life in ("for ever", "until revoked")), key
