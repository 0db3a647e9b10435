"""A gateway in front of a router harness, as browsers and other HTTP clients see it."""

import base64
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from google.protobuf.json_format import Parse
from google.rpc import error_details_pb2
from pydantic import SecretStr

from kefu.gateway.config import GatewayConfig
from kefu.gateway.service import gateway
from kefu.gateway.static_pages import FOLDER
from kefu.router.v1 import chat_pb2 as pb
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.router_harness import AnswerEvents, RouterHarness

CHAT = "/kefu.router.v1.ChatService"
VISITOR_SECRET = "a secret of visitors that is long enough for HS256"
END_OF_STREAM = 0b10


@dataclass
class GatewayHarness:
    """A running gateway, and an HTTP client of it."""

    port: int
    http: httpx.AsyncClient
    key: str
    """A key of the tenant with every scope: that of calls without a token."""

    @property
    def url(self) -> str:
        """The gateway's URL."""
        return f"http://127.0.0.1:{self.port}"

    def bearer(self, token: str | None = None) -> dict[str, str]:
        """The header that holds a key or token, or this harness's key; none when it is empty."""
        return bearer_header(self.key if token is None else token)

    async def call(self, path: str, token: str | None = None, **fields: Any) -> httpx.Response:
        """Send a unary call in JSON."""
        return await self.http.post(path, json=fields, headers=self.bearer(token))

    async def ask(self, text: str, token: str | None = None, session: str = "sessions/-", **more: Any) -> AnswerEvents:
        """Send a message over Connect in JSON, and return all events. Fails when the stream ends with an error."""
        response = await self.converse(text, token, session, **more)
        messages, end = decode_frames(response.content)
        assert "error" not in end, end
        return AnswerEvents([Parse(message, pb.ConverseEvent()) for message in messages])

    async def converse(
        self, text: str, token: str | None = None, session: str = "sessions/-", **more: Any
    ) -> httpx.Response:
        """Send a message over Connect, and return the HTTP response."""
        return await self.http.post(
            f"{CHAT}/Converse",
            content=encode_frame({"session": session, "text": text, **more}),
            headers={**self.bearer(token), "content-type": "application/connect+json"},
        )

    async def create_visitor(self) -> str:
        """Create a visitor, and return the token."""
        response = await self.http.post("/api/visitor")
        assert response.status_code == 200, response.text
        return str(response.json()["token"])


@asynccontextmanager
async def open_gateway_harness(
    harness: RouterHarness, *, retrieval: str = "", folder: Path = FOLDER, **config: object
) -> AsyncIterator[GatewayHarness]:
    """A gateway while the block runs; `config` are fields of GatewayConfig."""
    chosen: dict[str, object] = {
        "listen": "127.0.0.1:0",
        "router": f"127.0.0.1:{harness.routers[0].port}",
        "retrieval": retrieval or harness.retrieval,
        "internal_key": SecretStr(INTERNAL_KEY),
        "visitor_secret": SecretStr(VISITOR_SECRET),
        "visitor_tenant": harness.tenant,
        "drain_seconds": 5.0,
        **config,
    }
    settings = GatewayConfig(**chosen)  # pyright: ignore[reportArgumentType]
    async with gateway(settings, folder) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        yield GatewayHarness(port, http, harness.key)


def bearer_header(token: str) -> dict[str, str]:
    """The header that holds a key or token; none when that is empty."""
    return {"authorization": f"Bearer {token}"} if token else {}


def encode_frame(message: dict[str, Any] | bytes) -> bytes:
    """One message framed for a stream of Connect or gRPC-Web."""
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">BI", 0, len(data)) + data


def decode_frames(body: bytes) -> tuple[list[bytes], dict[str, Any]]:
    """The messages of a Connect stream, and its end-of-stream message."""
    messages: list[bytes] = []
    while body:
        flags, length = struct.unpack(">BI", body[:5])
        data, body = body[5 : 5 + length], body[5 + length :]
        if flags & END_OF_STREAM:
            assert not body, "something follows the end"
            return messages, json.loads(data)
        messages.append(data)
    raise AssertionError("the stream was cut")


def reason_of(error: dict[str, Any]) -> str:
    """The reason in the ErrorInfo of an error in Connect's JSON."""
    return detail_of(error, error_details_pb2.ErrorInfo()).reason


def detail_of(error: dict[str, Any], kind: Any) -> Any:
    """One of an error's details."""
    for each in error["details"]:
        if each["type"] == kind.DESCRIPTOR.full_name:
            kind.ParseFromString(base64.b64decode(each["value"] + "=="))
            return kind
    raise AssertionError(f"no {kind.DESCRIPTOR.full_name} in {error}")
