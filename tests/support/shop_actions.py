"""The sample's actions at an order system, customers as the gateway calls for them, and systems that answer badly."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from kefu.common.customers import Customer, Verification, customer_subject
from kefu.router.v1 import action_pb2 as pb
from kefu.router.v1 import admin_pb2 as admin
from tests.service.order_system.harness import API_KEY
from tests.support.grpc_calls import INTERNAL_KEY, bearer_metadata
from tests.support.router_harness import RouterClient, RouterHarness, RouterProcess

SAMPLE = Path(__file__).parents[2] / "services/kefu/sample/actions"
EMMAS = ("SL700412697734", "SL700411902853", "SL700399450621")
"""Orders of emma_clarke, the newest first: pending, processed, delivered."""


def sample(of: str, origin: str, **changes: Any) -> pb.Action:
    """An action of the sample, at an order system."""
    text = (SAMPLE / f"{of}.json").read_text("utf-8").replace("${ORDERS}", origin)
    return json_format.ParseDict({**json.loads(text), **changes}, pb.Action())


async def put(root: RouterClient, action: pb.Action, revision: int = 0) -> pb.Action:
    request = pb.PutActionRequest(action=action, revision=revision)
    return (await root.actions.PutAction(request, metadata=root.metadata)).action


async def set_up(harness: RouterHarness, origin: str) -> RouterClient:
    """The sample's actions, at an order system."""
    root = await harness.client()
    secret = admin.PutSecretRequest(name=f"tenants/{harness.tenant}/secrets/order-system", value=API_KEY)
    await root.admin.PutSecret(secret, metadata=root.metadata)
    for path in sorted(SAMPLE.glob("*.json")):
        await put(root, sample(path.stem, origin))
    return root


async def customer(harness: RouterHarness, sub: str = "emma_clarke", *, at: "int | RouterProcess" = 0) -> RouterClient:
    """A customer of the pages, as the gateway calls for one; with an empty `sub` a visitor."""
    client = await harness.client(INTERNAL_KEY, at=at)
    known = Customer(sub, {}, Verification.TOKEN, 1.0).to_json() if sub else ""
    subject = customer_subject(harness.tenant, sub) if sub else "visitor-5e0e2f0a-0000-4000-8000-000000000001"
    client.metadata = bearer_metadata(
        INTERNAL_KEY,
        ("kefu-tenant", harness.tenant),
        ("kefu-subject", subject),
        ("kefu-scopes", "chat"),
        *([("kefu-customer", known)] if known else []),
    )
    return client


class BadSystem:
    """A system of a company that answers as `answer` says: bytes of HTTP. `hits`: the calls that came."""

    def __init__(self) -> None:
        self.answer: bytes | Callable[[], bytes] = b""
        self.delay = 0.0
        self.hits = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.hits += 1
            await asyncio.sleep(self.delay)
            writer.write(self.answer() if callable(self.answer) else self.answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the caller hung up, as it should
        finally:
            writer.close()


def http(body: bytes, kind: str = "application/json", status: str = "200 OK", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {len(body)}", "connection: close", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
